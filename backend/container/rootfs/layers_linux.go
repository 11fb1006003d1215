package rootfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/moby/sys/userns"
	digest "github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

const (
	lockPoll = 5 * time.Millisecond
	// Linux writes data to the disk some 30 s after it was written. Then a sync takes no time.
	settled = 2 * time.Minute
)

// Layers is a directory of unpacked layers, which containers share. It is safe for
// concurrent use, by many processes.
type Layers struct {
	dir    string
	userns bool
	marks  marks
	kind   func() string
}

// Open opens the layers in a directory, and makes it when there is none. No other user of
// the machine can reach what is in it: a layer may have programs that are setuid.
func Open(dir string) (*Layers, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = private(dir)
	}
	if err != nil {
		return nil, explain(dir, err)
	}
	l := &Layers{dir: dir, userns: userns.RunningInUserNS()}
	l.marks = marks{xattr: "trusted.overlay."}
	if l.userns {
		l.marks.xattr = "user.overlay."
	}
	l.kind = sync.OnceValue(l.findKind)
	return l, nil
}

// private makes a directory that only its owner can enter.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = os.Chmod(dir, 0o700)
	}
	return err
}

// findKind names the directory of the layers that this process can use. Layers differ by the
// marks for what they remove, which are those of overlayfs where there is one, and by the
// owners of their files, which in a user namespace are what it maps.
func (l *Layers) findKind() string {
	users := ""
	if l.userns {
		sum := fnv.New64a()
		for _, name := range []string{"/proc/self/uid_map", "/proc/self/gid_map"} {
			data, _ := os.ReadFile(name)
			sum.Write([]byte(strings.Join(strings.Fields(string(data)), " ")))
		}
		users = fmt.Sprintf("-%016x", sum.Sum64())
	}
	if kind := "overlay" + users; l.overlays(kind) {
		return kind
	}
	l.marks = marks{}
	return "plain" + users
}

// overlays tells whether layers can be mounted by overlayfs here. That they can is noted, for
// this boot of the machine, this file system and these capabilities: to try it takes longer than
// to mount them. If it is so no more, Mount copies them.
func (l *Layers) overlays(kind string) bool {
	st, err := lstat(l.dir)
	var caps [2]unix.CapUserData
	if err = errors.Join(err, unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &caps[0])); err != nil {
		return false
	}
	here := fmt.Sprintf("%s %d %x %x\n", Boot(), st.Dev, caps[0].Effective, caps[1].Effective)
	name := filepath.Join(l.dir, kind+probedSuffix)
	if noted, err := os.ReadFile(name); err == nil && string(noted) == here {
		return true
	}
	if l.probe() != nil {
		return false
	}
	os.WriteFile(name, []byte(here), 0o600) // else the next one tries again
	return true
}

// marked gives the marks of the layers in use.
func (l *Layers) marked() marks {
	l.kind()
	return l.marks
}

func (l *Layers) path(d digest.Digest) string {
	return filepath.Join(l.dir, l.kind(), d.Algorithm().String(), d.Encoded())
}

// share keeps collections away until release.
func (l *Layers) share(ctx context.Context) (release func(), err error) {
	f := flock.New(filepath.Join(l.dir, lockName))
	if _, err := f.TryRLockContext(ctx, lockPoll); err != nil {
		f.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, explain(l.dir, err)
	}
	return func() { f.Close() }, nil
}

// details are what the tree of a layer cannot say.
type details struct {
	Implied []string // directories that the layer has no entry for, and files in; "" is the root
	Skipped []string `json:",omitempty"` // what could not be made here, and why
	// Boot is the boot in which the layer was unpacked, as long as nobody knows that its files
	// are on the disk. The layer is not believed after another one: a sync would take longer
	// than the rest, and few machines crash within a minute.
	Boot string `json:",omitempty"`
}

// Boot tells this run of the machine's kernel from others, "" when nobody knows.
func Boot() string { return boot() }

// boot is asked for more than once in each run of a container.
var boot = sync.OnceValue(func() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
})

// read gives the details of a layer that is there. It is fs.ErrNotExist if there is none, or
// none that can be believed.
func (l *Layers) read(d digest.Digest) (details, error) {
	var v details
	name := filepath.Join(l.path(d), detailsName)
	data, err := os.ReadFile(name)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("%s: %w", name, errors.Join(err, fs.ErrNotExist))
	}
	if v.Boot != "" && v.Boot != Boot() {
		return v, fmt.Errorf("%s: the machine may have crashed since: %w", name, fs.ErrNotExist)
	}
	return v, nil
}

// settle notes that a layer is on the disk, once that is sure to be so.
func (l *Layers) settle(d digest.Digest, v details) {
	if v.Boot == "" {
		return
	}
	dir := l.path(d)
	info, err := os.Stat(filepath.Join(dir, detailsName))
	if err != nil || time.Since(info.ModTime()) < settled {
		return
	}
	at, err := os.Open(dir)
	if err != nil {
		return
	}
	defer at.Close()
	if unix.Syncfs(int(at.Fd())) == nil {
		v.Boot = ""
		writeDetails(dir, v) // else the next one tries again
	}
}

func writeDetails(dir string, v details) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+detailsName+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there after the rename
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, detailsName))
}

// Skipped says what layers have that could not be made on this machine, like devices without
// root, a line each.
func (l *Layers) Skipped(diffIDs []digest.Digest) []string {
	var list []string
	for _, d := range diffIDs {
		v, err := l.read(d)
		if err == nil {
			list = append(list, v.Skipped...)
		}
	}
	return list
}
