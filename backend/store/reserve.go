package store

import (
	"errors"
	"os"
	"syscall"
)

const (
	reserveFile = "reserve"
	reserveSize = 256 << 10 // bytes: room for an index.json of a thousand images
)

// keepReserve takes some space of the disk. Removing images gives it up when the
// disk is full: the new index.json needs space before any blob can go.
func (s *Store) keepReserve() {
	f, err := os.OpenFile(s.path(reserveFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return // it is there, or there is no room
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, reserveSize)); err != nil {
		os.Remove(f.Name())
	}
}

func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
