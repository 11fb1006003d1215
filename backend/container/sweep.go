package container

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Dead gives the containers whose monitor was killed, for Clean.
func (s *Set) Dead() ([]*Container, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	var dead []*Container
	for _, c := range list {
		if c.Err == nil && c.Status == Dead {
			dead = append(dead, c)
		}
	}
	return dead, nil
}

// fresh is how long a directory may be unlocked that is being made.
const fresh = time.Minute

// Litter gives the directories of containers that were not made or removed to the end.
func (s *Set) Litter() []string {
	var list []string
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		id, ok := strings.CutPrefix(e.Name(), unfinished)
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < fresh {
			continue
		}
		if dir := filepath.Join(s.dir, e.Name()); ok && isID(id) && !locked(filepath.Join(dir, monitorFile)) && !locked(filepath.Join(dir, lockFile)) {
			list = append(list, dir)
		}
	}
	return list
}

// Sweep removes the directories of Litter.
func (s *Set) Sweep() error {
	var errs []error
	for _, dir := range s.Litter() {
		errs = append(errs, removeAll(dir))
	}
	return errors.Join(errs...)
}
