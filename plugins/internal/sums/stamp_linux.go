package sums

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// settled is how long a file must have been left alone before its stamp counts: two
// changes within a tick of the clock may have the same one.
const settled = 2 * time.Second

// stamp identifies the content of a file without reading it; "" when nothing does.
func stamp(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || time.Since(time.Unix(s.Ctim.Unix())) < settled {
		return ""
	}
	return fmt.Sprintf("%d/%d/%d/%d.%09d/%d.%09d", s.Dev, s.Ino, s.Size, s.Mtim.Sec, s.Mtim.Nsec, s.Ctim.Sec, s.Ctim.Nsec)
}
