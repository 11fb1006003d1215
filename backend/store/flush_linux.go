package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush has the disk begin to write a part of a file. It waits for nothing, and where
// the file system cannot, the sync at the end does it all.
func flush(f *os.File, offset, size int64) {
	unix.SyncFileRange(int(f.Fd()), offset, size, unix.SYNC_FILE_RANGE_WRITE)
}
