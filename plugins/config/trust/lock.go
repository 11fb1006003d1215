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

// maxInfo bounds what a program says it is, in bytes of JSON.
const maxInfo = 1 << 20

// Lock is strake.lock: the programs that strake.yaml names, by name.
type Lock struct {
	Plugins map[string]Locked
}

// Locked is a program as it was locked.
type Locked struct {
	Use     string            // as in strake.yaml
	Digests map[string]string // by platform, like "linux/amd64"
	Info    plugins.Info      // what it said it is; without a name it did not run yet
}

// Known tells whether a program has said what it is.
func Known(i plugins.Info) bool { return i.Name != "" }

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
	Info    *infoRecord       `json:"info,omitempty"`
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
	if head.Version != 1 && head.Version != 2 {
		return nil, fail("plugin-lock", "use a newer strake", "%s has version %d", name, head.Version)
	}
	var file lockFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, damaged(err)
	}
	for name, r := range file.Plugins {
		for platform, digest := range r.Digests {
			if !digestForm().MatchString(digest) {
				return nil, damaged(fmt.Errorf("the digest of %s for %s is none", name, platform))
			}
		}
		l := Locked{Use: r.Use, Digests: r.Digests}
		if r.Info != nil {
			l.Info = r.Info.info()
		}
		lock.Plugins[name] = l
	}
	return lock, nil
}

// Write writes strake.lock, whole or not at all. One with a program that did not say yet
// what it is has version 2: older versions of strake would take it for one that does nothing.
func (l *Lock) Write(name string) error {
	file := lockFile{1, map[string]lockRecord{}}
	for name, p := range l.Plugins {
		r := lockRecord{Use: p.Use, Digests: p.Digests}
		if Known(p.Info) {
			info := recordOf(p.Info)
			r.Info = &info
		} else {
			file.Version = 2
		}
		file.Plugins[name] = r
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return writeFile(name, append(data, '\n'), 0o644)
}

// Learn keeps what a program said it is, for the next time, and gives it back as it is kept.
// That it cannot keep it is no harm: the program is asked again.
func (s *Store) Learn(digest string, info plugins.Info) plugins.Info {
	if data, err := json.Marshal(recordOf(info)); err == nil && s.ready() == nil {
		_ = writeFile(s.infoFile(digest), data, 0o600)
	}
	return recordOf(info).info()
}

// Recall gives what a program said it is when it ran before; else the zero value.
func (s *Store) Recall(digest string) plugins.Info {
	var r infoRecord
	data, err := regular.Read(s.infoFile(digest), maxInfo)
	if err != nil || json.Unmarshal(data, &r) != nil {
		return plugins.Info{}
	}
	return r.info()
}

func (s *Store) infoFile(digest string) string { return s.copyDir(digest) + ".info.json" }

// SideInfo reads what stands beside a program of what it is: NAME.info.json, in the form of
// strake.lock's info. The zero value is for none. The program has to say the same.
func SideInfo(path string) (plugins.Info, error) {
	name := path + ".info.json"
	data, err := regular.Read(name, maxInfo)
	if errors.Is(err, fs.ErrNotExist) {
		return plugins.Info{}, nil
	}
	if err != nil {
		return plugins.Info{}, err
	}
	var r infoRecord
	if err := json.Unmarshal(data, &r); err != nil {
		return plugins.Info{}, fmt.Errorf("%s: %w", name, err)
	}
	return r.info(), nil
}

// SameInfo tells whether two plugins say the same of themselves.
func SameInfo(a, b plugins.Info) bool {
	x, errX := json.Marshal(recordOf(a))
	y, errY := json.Marshal(recordOf(b))
	return errX == nil && errY == nil && string(x) == string(y)
}
