//go:build linux

package engine

import (
	"errors"
	"math"
	"os"
	"strings"
	"syscall"

	"github.com/seed-e0495807/strake/lang/diag"
)

// reserveSize is what the embedded engine keeps free on its disk, in bytes. BuildKit
// writes down what it deletes: on a disk that is full to the last byte it could not
// even delete its cache, nor start.
const reserveSize = 8 << 20

// keepReserve makes the reserve, unless it is there or the disk has too little space.
func (p place) keepReserve() {
	if p.free() < 4*reserveSize {
		return
	}
	f, err := os.OpenFile(p.path(reserveFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, reserveSize); err != nil {
		os.Remove(f.Name())
	}
}

// relieved does something, and does it again without the reserve when the disk is full.
func (p place) relieved(do func() error) error {
	err := do()
	if isFull(err) && os.Remove(p.path(reserveFile)) == nil {
		err = do()
	}
	if isFull(err) {
		return diskFull(p.dir)
	}
	return err
}

func isFull(err error) bool {
	var d diag.Diagnostic
	return errors.As(err, &d) && d.Code == fullCode || err != nil && strings.Contains(err.Error(), syscall.ENOSPC.Error())
}

// free gives the bytes that the disk has left.
func (p place) free() int64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(p.dir, &disk); err != nil {
		return math.MaxInt64 // there is something else to complain of
	}
	return int64(disk.Bavail) * disk.Bsize
}
