// Package container runs the images of the store as containers, with runc or crun. It
// is for trying what was built. All of it works as root of the present user
// namespace; package userns makes one for who is not root.
//
// A directory has the containers, each in a directory of its own:
//
//	ID/config.json    Config
//	ID/state.json     State
//	ID/lock           held while the state changes
//	ID/monitor        held by the monitor, which waits for the container's end
//	ID/pause          held by who pauses it, and empty when nobody does
//	ID/log            what it wrote, see Entry
//	ID/record         what was typed in it, see package record
//	ID/upper, work …  what it changed, of package rootfs
//	ID/oci            the bundle for the runtime
//	ID/runtime        of the runtime
//	ID/exec-…         of one more process, whose name has the one that waits for it
//	lock              held while a name is taken
//
// Files appear whole or not at all, and locks vanish with the process that holds them. A
// container whose monitor is gone is Dead: the next command cleans it, see Sweep.
package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/lang/diag"
)

// The files of a container.
const (
	configFile  = "config.json"
	stateFile   = "state.json"
	lockFile    = "lock"
	monitorFile = "monitor"
	pauseFile   = "pause"
	recordFile  = "record"
)

// Container is one container as it was when it was looked for.
type Container struct {
	Config
	State
	// Err tells why the container cannot be used: its files are damaged.
	Err error

	dir  string
	hold *os.File // of the monitor's lock, by who made it or is the monitor
}

// Dir is the container's directory.
func (c *Container) Dir() string { return c.dir }

// ShortID is the id as it is shown.
func (c *Container) ShortID() string { return c.ID[:min(12, len(c.ID))] }

func (c *Container) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}

// load reads a container.
func load(dir string) *Container {
	c := &Container{dir: dir}
	c.Err = readJSON(c.path(configFile), &c.Config)
	if c.Err == nil && c.ID != filepath.Base(dir) {
		c.Err = fmt.Errorf("%s has the id %q", c.path(configFile), c.ID)
	}
	if c.ID == "" || c.Err != nil {
		c.ID = filepath.Base(dir)
	}
	if err := c.Refresh(); c.Err == nil {
		c.Err = err
	}
	return c
}

// Commands are those that were typed in the container, where it was run with a record.
func (c *Container) Commands() ([]record.Command, error) { return record.Read(c.path(recordFile)) }

// Refresh reads the state again.
func (c *Container) Refresh() error {
	// The order matters: who sees that the monitor is gone sees all that it wrote.
	watched := c.hold != nil || locked(c.path(monitorFile))
	var s State
	if err := readJSON(c.path(stateFile), &s); err != nil {
		return err
	}
	switch s.Status {
	case Created, Running, Paused, Exited, Dead:
	default:
		return fmt.Errorf("%s has the status %q", c.path(stateFile), s.Status)
	}
	if !watched && s.Status != Exited {
		s.Status = Dead
	}
	if s.rebooted() {
		s.Process, s.Monitor = Process{}, Process{}
	}
	c.State = s
	return nil
}

// Gone tells whether the container was removed meanwhile.
func (c *Container) Gone() bool {
	_, err := os.Stat(c.path(configFile))
	return errors.Is(err, fs.ErrNotExist)
}

// SetState notes what has become of the container. Its monitor does so, or whoever has its
// lock when there is none.
func (c *Container) SetState(s State) error {
	s.Boot = rootfs.Boot()
	if err := writeJSON(c.path(stateFile), s); err != nil {
		return explain(c.dir, err)
	}
	c.State = s
	return nil
}

func readJSON(name string, v any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeJSON writes a file that appears whole or not at all.
func writeJSON(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFile(name, data, 0o600)
}

func writeFile(name string, data []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// diskFull is the code of an error that explain makes, and fullHint what is to be done.
const (
	diskFull = "disk-full"
	fullHint = "remove containers with `strake rm`, images with `strake rmi`, or set STRAKE_HOME to a directory on a larger disk"
)

// explain says what the user can do about a failure to use the containers' directory.
func explain(dir string, err error) error {
	var (
		d  diag.Diagnostic
		at *fs.PathError
	)
	switch {
	case err == nil || errors.As(err, &d):
		return err
	case errors.As(err, &at) && !strings.HasPrefix(at.Path, dir):
		return err // it is about another file
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fail(diskFull, fullHint,
			"the disk of the containers in %s is full", dir)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fail("containers-read-only", "make the directory writable, or set STRAKE_HOME to one that is",
			"the containers in %s may not be written: %v", dir, err)
	}
	return err
}
