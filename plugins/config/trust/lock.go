package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins"
)

// Lock is strake.lock: the programs that strake.yaml names, by name.
type Lock struct {
	Plugins map[string]Locked
}

// Locked is a program as it was locked.
type Locked struct {
	Use     string            // as in strake.yaml
	Digests map[string]string // by platform, like "linux/amd64"
	Info    plugins.Info      // what it said it is
}

// Platform is the key of Digests for this machine.
func Platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// lockFile is the form of strake.lock. Keys are sorted, and a change of one plugin is a
// change of its lines only.
type lockFile struct {
	Version int                   `json:"version"`
	Plugins map[string]lockRecord `json:"plugins"`
}

type lockRecord struct {
	Use     string            `json:"use"`
	Digests map[string]string `json:"digests"`
	Info    infoRecord        `json:"info"`
}

// ReadLock reads strake.lock. One that is not there has no plugins.
func ReadLock(name string) (*Lock, error) {
	lock := &Lock{Plugins: map[string]Locked{}}
	data, err := regular.Read(name, maxList)
	if errors.Is(err, fs.ErrNotExist) {
		return lock, nil
	}
	if err != nil {
		return nil, err
	}
	damaged := func(err error) error {
		return fail("plugin-lock", "remove it, and run `strake plugin lock`", "%s is damaged: %v", name, err)
	}
	var head struct{ Version int }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, damaged(err)
	}
	if head.Version != 1 {
		return nil, fail("plugin-lock", "use a newer strake", "%s has version %d", name, head.Version)
	}
	var file lockFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, damaged(err)
	}
	for name, r := range file.Plugins {
		for platform, digest := range r.Digests {
			if !digestForm.MatchString(digest) {
				return nil, damaged(fmt.Errorf("the digest of %s for %s is none", name, platform))
			}
		}
		lock.Plugins[name] = Locked{r.Use, r.Digests, r.Info.info()}
	}
	return lock, nil
}

// Write writes strake.lock, whole or not at all.
func (l *Lock) Write(name string) error {
	file := lockFile{1, map[string]lockRecord{}}
	for name, p := range l.Plugins {
		file.Plugins[name] = lockRecord{p.Use, p.Digests, recordOf(p.Info)}
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return writeFile(name, append(data, '\n'), 0o644)
}

// SameInfo tells whether two plugins say the same of themselves.
func SameInfo(a, b plugins.Info) bool {
	x, errX := json.Marshal(recordOf(a))
	y, errY := json.Marshal(recordOf(b))
	return errX == nil && errY == nil && string(x) == string(y)
}
