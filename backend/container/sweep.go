package container

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Left gives the containers that a process which was killed has left for Clean: its monitor,
// or who had paused it.
func (s *Set) Left() ([]*Container, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(c *Container) bool { return c.Err != nil || c.Status != Dead && !c.leftPaused() }), nil
}

// leftPaused tells whether who has paused the container was killed before it resumed it.
func (c *Container) leftPaused() bool {
	if c.Status != Running {
		return false
	}
	info, err := os.Stat(c.path(pauseFile))
	return err == nil && info.Size() > 0 && !locked(c.path(pauseFile))
}

// fresh is how long a directory may be unlocked that is being made.
const fresh = time.Minute

// Litter gives the directories of containers that were not made or removed to the end.
func (s *Set) Litter() []string {
	var list []string
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		id, ok := strings.CutPrefix(e.Name(), unfinished)
		if !ok || !isID(id) {
			continue
		}
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < fresh {
			continue
		}
		if dir := filepath.Join(s.dir, e.Name()); !locked(filepath.Join(dir, monitorFile)) && !locked(filepath.Join(dir, lockFile)) {
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
