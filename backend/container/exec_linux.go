package container

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/seed-e0495807/strake/backend/container/ocispec"
)

// Exec runs a process in a container that runs, to its end, and gives its exit code. With
// detach, it only starts it, with nothing to read and nobody who reads what it writes.
func (r *Runner) Exec(ctx context.Context, c *Container, e ExecConfig, s Streams, detach bool) (code int, err error) {
	if c.Status != Running {
		return 0, fail("container-not-running", "`strake ps -a` shows the containers; run the image again with `strake run "+c.Image+"`", "container %s is %s", c.Name, c.Status)
	}
	if err := adopt(); err != nil {
		return 0, err
	}
	dir, err := c.execDir()
	if err != nil {
		return 0, explain(c.dir, err)
	}
	defer os.RemoveAll(dir)
	if detach {
		s, e.Stdin = Streams{}, false
	}
	ch := &channel{Streams: s, stdin: e.Stdin, alone: detach}
	if ch.recorder, err = c.newRecorder(e.Record && !detach, e.Args, cmp.Or(e.Cwd, c.Cwd), cmp.Or(e.User, c.User)); err != nil {
		return 0, err
	}
	defer func() { r.recorded(ch, code, err) }()
	if e.TTY {
		if ch.terminal, err = newTerminal(dir, s.In); err != nil {
			return 0, err
		}
	}
	if err := c.writeProcess(dir, e, ch); err != nil {
		return 0, explain(c.dir, err)
	}
	signals, stop := r.catch()
	r.caught()
	defer stop()
	defer func() {
		if derr := ch.drain(); err == nil {
			err = derr
		}
	}()
	var pid int
	ctx, err = starting(ctx, signals, func(ctx context.Context) error {
		pid, err = r.begin(ctx, c, e.Args[0], dir, ch, nil, "exec", "--process", filepath.Join(dir, processFile), c.ID)
		return err
	})
	if err == nil && detach && ch.terminal != nil {
		err = r.hold(ch.terminal.master)
	}
	if err != nil || detach {
		return 0, err
	}
	code, err = wait(ctx, pid, ch.terminal, signals)
	ch.ended()
	return code, err
}

// execName is the name of a directory of Exec, which begins with the process that has made it.
const execName = "exec-%d-%d-"

// execDir makes a directory for a process, and removes those that others have left which were killed.
func (c *Container) execDir() (string, error) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		var p Process
		if n, _ := fmt.Sscanf(e.Name(), execName, &p.Pid, &p.Start); n == 2 && !p.Alive() {
			os.RemoveAll(c.path(e.Name())) // else the next one does
		}
	}
	me := self()
	return os.MkdirTemp(c.dir, fmt.Sprintf(execName, me.Pid, me.Start))
}

const processFile = "process.json"

// writeProcess writes what the runtime reads of a process.
func (c *Container) writeProcess(dir string, e ExecConfig, ch *channel) error {
	root, err := ocispec.OpenRoot(filepath.Join("/proc", strconv.Itoa(c.Process.Pid), "root"))
	if err != nil {
		return err
	}
	defer root.Close()
	command := ocispec.Command{
		Args: e.Args, Env: Environment(c.Env, e.Env), User: c.User, Cwd: c.Cwd, TTY: e.TTY, Hostname: c.Hostname,
		CapAdd: slices.Clone(c.CapAdd), CapDrop: c.CapDrop,
	}
	if e.User != "" {
		command.User = e.User
	}
	if e.Cwd != "" {
		command.Cwd = e.Cwd
	}
	p, err := ocispec.NewProcess(command, root)
	if err != nil {
		return err
	}
	p.ConsoleSize = ch.size()
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, processFile), data, 0o600)
}
