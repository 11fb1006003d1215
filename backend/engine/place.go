//go:build linux

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// place is where the embedded engine keeps its files.
type place struct {
	dir string
	run string // of sockets: dir itself unless its path is too long
}

// The files in place.dir.
const (
	// Whoever runs the engine has two locks on this file. That of fcntl tells
	// everybody who it is, and ends with that process. That of flock is inherited
	// by buildkitd, and so ends with the last process of the engine.
	lockFile = "lock"
	// Whoever starts the engine locks this one.
	startFile = "start.lock"
	// Clients share a lock of this one, and touch it when they leave. The
	// supervisor takes it for itself when the engine is idle, and keeps it until
	// the engine is gone: a client waits for that, and starts the next one.
	clientsFile = "clients"
	stateFile   = "state.json"
	logFile     = "log"
	configFile  = "buildkitd.toml"
	reserveFile = "reserve" // see keepReserve
	rootDir     = "root"    // of buildkitd
)

// maxSocketPath is how long the path of a socket may be: unix(7), without the zero.
const maxSocketPath = len(unix.RawSockaddrUnix{}.Path) - 1

// launch says how the engine runs: it is the argument of the supervisor and, with
// Since, the content of state.json.
type launch struct {
	Dir, Run  string
	Buildkitd string // the program
	Runtime   string // runc or crun
	Config    string // of the user, "" is none
	Idle      time.Duration
	Rootless  bool
	Sandbox   bool // steps have process namespaces of their own
	Since     time.Time
}

func (l *launch) place() place { return place{l.Dir, l.Run} }

// place finds the place of the embedded engine. The directory that is there
// belongs to somebody: root's files in a user's directory would be in the way of
// the user, and the other way round.
func (o *Options) place() (place, error) {
	p := place{dir: o.Dir, run: o.Dir}
	info, err := os.Stat(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return p, p.explain(err)
	case !info.IsDir():
		return p, fail("engine-directory", "move it away, or set STRAKE_HOME to another directory", "%s is no directory", p.dir)
	default:
		if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() {
			return p, fail("engine-directory", "work as that user, or set STRAKE_HOME to another directory",
				"the build engine in %s belongs to user %d, and you are %d", p.dir, owner, os.Geteuid())
		}
	}
	if len(p.path(rootlessDir+"0123456789", "api.sock")) > maxSocketPath {
		p.run = o.shortDir()
	}
	return p, nil
}

// rootlessDir begins the names of directories of rootlesskit, in place.run. Each has
// one of its own, which it removes in the end.
const rootlessDir = "rootlesskit-"

// rootless gives the directories of rootlesskits that run or were killed.
func (p place) rootless() []string {
	list, _ := filepath.Glob(filepath.Join(p.run, rootlessDir+"*"))
	return list
}

// shortDir is a directory for sockets, which only this engine uses.
func (o *Options) shortDir() string {
	base := o.getenv("XDG_RUNTIME_DIR")
	if base == "" || len(base) > maxSocketPath/2 {
		base = os.TempDir()
	}
	return filepath.Join(base, "strake-"+digest(o.Dir))
}

// digest is a short name of a directory.
func digest(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(sum[:6])
}

func (p place) path(name ...string) string {
	return filepath.Join(append([]string{p.dir}, name...)...)
}

func (p place) socket() string { return filepath.Join(p.run, "buildkitd.sock") }

// make makes the directories. Nobody else may enter them: who can use the socket
// of a BuildKit that runs as root is root.
func (p place) make() error {
	for _, dir := range []string{p.dir, p.run} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return p.explain(err)
		}
	}
	if p.run == p.dir {
		return nil
	}
	info, err := os.Lstat(p.run) // it is in a directory of everybody's
	if err != nil {
		return p.explain(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); !info.IsDir() || int(stat.Uid) != os.Geteuid() || info.Mode().Perm() != 0o700 {
		return fail("engine-directory", "remove it, or set XDG_RUNTIME_DIR or STRAKE_HOME to another directory", "%s is not yours alone", p.run)
	}
	return nil
}

// explain says what the user can do about a file that cannot be used.
func (p place) explain(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fail("engine-directory", "set STRAKE_HOME to a directory that you may write to", "the build engine cannot use its directory: %v", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return diskFull(p.dir)
	}
	return fail("engine-directory", "", "the build engine cannot use its directory: %v", err)
}

// holder gives the process that runs the engine, 0 when there is none, and -1 when
// this process cannot see it, from another container. The kernel knows it: it stays
// right when a process is killed and its number goes to another one.
func (p place) holder() int {
	f, err := os.Open(p.path(lockFile))
	if err != nil {
		return 0
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return 0
	}
	if lock.Pid <= 0 {
		return -1
	}
	return int(lock.Pid)
}

// state gives what the running engine has noted, as far as it can be read.
func (p place) state() launch {
	var l launch
	if data, err := os.ReadFile(p.path(stateFile)); err == nil && json.Unmarshal(data, &l) != nil {
		l = launch{}
	}
	return l
}

// update finds the sockets of the running engine, which may have been started with
// another XDG_RUNTIME_DIR.
func (p *place) update() {
	if run := p.state().Run; run != "" && p.holder() != 0 {
		p.run = run
	}
}

// write writes a file that appears whole or not at all.
func (p place) write(name string, data []byte) error {
	temp := p.path(name + ".tmp")
	err := os.WriteFile(temp, data, 0o600)
	if err == nil {
		err = os.Rename(temp, p.path(name))
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}
