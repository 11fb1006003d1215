//go:build linux

package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	monitorArg = "be-monitor" // and the directory of a home, the runtime, an id
	initArg    = "be-init"
	pauserArg  = "be-pauser" // and as monitorArg
	execArg    = "be-exec"   // so, too
)

// TestMain makes the test binary a monitor and a first process, too.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 4 && os.Args[1] == monitorArg && os.Args[4] == HoldArg:
		Hold()
		os.Exit(0)
	case len(os.Args) > 4 && os.Args[1] == monitorArg:
		if err := newRunner(os.Args[2], os.Args[3]).Watch(context.Background(), os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) > 4 && os.Args[1] == pauserArg:
		fmt.Println(bePauser(os.Args[2], os.Args[3], os.Args[4]))
		os.Exit(1)
	case len(os.Args) > 4 && os.Args[1] == execArg:
		fmt.Println(beExec(os.Args[2], os.Args[3], os.Args[4]))
		os.Exit(1)
	case len(os.Args) > 2 && os.Args[1] == initArg:
		code, err := Init(os.Args[2:])
		if err != nil {
			code = 1
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func newRunner(home, runtime string) *Runner {
	return &Runner{
		Set: Open(filepath.Join(home, "containers")), Layers: filepath.Join(home, "layers"), Runtime: runtime,
		Monitor: []string{os.Args[0], monitorArg, home, runtime}, Init: []string{os.Args[0], initArg},
	}
}

// place is where a test runs containers, of an image with busybox.
type place struct {
	*Runner
	t     *testing.T
	notes []string
	ids   []digest.Digest // of the image's layers
}

// withRuntimes runs a test with each runtime that there is.
func withRuntimes(t *testing.T, test func(*place)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("containers of tests need root")
	}
	found := false
	for _, name := range []string{"runc", "crun"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		found = true
		t.Run(name, func(t *testing.T) {
			p := &place{Runner: newRunner(t.TempDir(), program), t: t}
			if _, err := os.Stat("/sys/fs/cgroup/unified"); err == nil && name == "crun" {
				p.withoutUnified()
			}
			p.Look = func(name string) string { path, _ := exec.LookPath(name); return path }
			p.Note = func(text string) { p.notes = append(p.notes, text) }
			p.unpack()
			t.Cleanup(p.nothingLeft)
			test(p)
		})
	}
	if !found {
		t.Skip("neither runc nor crun is installed")
	}
}

// specWait is for scripts in front of a runtime that have mounts of their own: what is mounted for the container
// later is not among them.
const specWait = "while [ -L config.json ]; do sleep 0.01; done\n"

// withoutUnified hides the second version of control groups from crun, which refuses to run
// where there are both.
func (p *place) withoutUnified() {
	script := "#!/bin/sh\n" + specWait + "exec unshare -m sh -c 'umount /sys/fs/cgroup/unified; exec " + p.Runtime + " \"$@\"' crun \"$@\"\n"
	p.Runtime = filepath.Join(p.t.TempDir(), "crun")
	p.check(os.WriteFile(p.Runtime, []byte(script), 0o755))
	p.Monitor[3] = p.Runtime
}

// sub runs a part of a test.
func (p *place) sub(name string, test func(*place)) {
	p.t.Run(name, func(t *testing.T) {
		part := *p
		part.t = t
		test(&part)
	})
}

func (p *place) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// unpack unpacks the layers of an image.
func (p *place) unpack() {
	s, err := store.Open(p.t.TempDir())
	p.check(err)
	layers, err := testbed.Image(p.t, testbed.Busybox).Layers()
	p.check(err)
	var m ocispecs.Manifest
	for _, l := range layers {
		r, err := l.Uncompressed()
		p.check(err)
		data, err := io.ReadAll(r)
		p.check(err)
		desc, err := s.Write(p.t.Context(), ocispecs.MediaTypeImageLayer, data)
		p.check(err)
		m.Layers, p.ids = append(m.Layers, desc), append(p.ids, desc.Digest)
	}
	at, err := rootfs.Open(p.Layers)
	p.check(err)
	p.check(at.Unpack(p.t.Context(), s.Content(), m, p.ids))
}

// make makes a container that runs a script, unless cfg has arguments.
func (p *place) make(cfg Config, script string) *Container {
	p.t.Helper()
	if cfg.Init {
		testbed.Static(p.t)
	}
	if cfg.Args == nil {
		cfg.Args = []string{"/bin/sh", "-c", script}
	}
	cfg.DiffIDs, cfg.Env = p.ids, Environment(nil, cfg.Env)
	if cfg.Network == "" {
		cfg.Network = Host
	}
	c, err := p.Set.Create(p.t.Context(), cfg)
	p.check(err)
	return c
}

// result is what came of a container.
type result struct {
	code      int
	err       error
	out, errs string
}

func (p *place) run(cfg Config, script, input string) result {
	p.t.Helper()
	c := p.make(cfg, script)
	var out, errs bytes.Buffer
	s := Streams{Out: &out, Err: &errs}
	if cfg.Stdin {
		s.In = strings.NewReader(input)
	}
	code, err := p.Run(p.t.Context(), c, s, nil)
	return result{code, err, out.String(), errs.String()}
}

// nothingLeft holds that no process, mount or control group of a test is left.
func (p *place) nothingLeft() {
	list, err := p.Set.List()
	if err != nil {
		p.t.Error(err)
	}
	for _, c := range list {
		if c.Status == Running {
			c.Kill(context.Background())
		}
		if c.State.Process.Alive() || c.Monitor.Alive() && c.Monitor != self() {
			p.t.Errorf("processes of container %s are left: %+v", c.Name, c.State)
		}
		for _, pattern := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
			if left, _ := filepath.Glob(pattern + c.cgroup()); len(left) > 0 {
				p.t.Errorf("control groups are left: %s", left)
			}
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || bytes.Contains(mounts, []byte(p.Set.dir)) {
		p.t.Errorf("mounts are left: %v", err)
	}
}

func TestRun(t *testing.T) {
	withRuntimes(t, func(p *place) {
		for name, test := range map[string]struct {
			cfg    Config
			script string
			input  string
			code   int
			out    string // all of it, or a part of it between *
			errs   string
		}{
			"output":         {script: "echo out; echo err >&2; exit 3", code: 3, out: "out\n", errs: "err\n"},
			"no input":       {script: "cat; echo end", out: "end\n"},
			"input":          {cfg: Config{Stdin: true}, script: "cat", input: "typed", out: "typed"},
			"signal":         {cfg: Config{Init: true}, script: "kill -TERM $$", code: 143},
			"init":           {cfg: Config{Init: true}, script: "exit 7", code: 7},
			"init reaps":     {cfg: Config{Init: true}, script: "(sleep 0.1 & ); sleep 0.3; ps -o comm | grep -c '^sleep'; true", out: "0\n"},
			"user":           {cfg: Config{User: "12:34"}, script: "id -u; id -g", out: "12\n34\n"},
			"directory":      {cfg: Config{Cwd: "/a/b"}, script: "pwd", out: "/a/b\n"},
			"environment":    {cfg: Config{Env: []string{"A=b c"}}, script: "echo $A $HOME $HOSTNAME", out: "b c /root *"},
			"host name":      {cfg: Config{Hostname: "box"}, script: "hostname; grep -c box /etc/hosts", out: "box\n1\n"},
			"read only":      {cfg: Config{ReadOnly: true}, script: "touch /x", code: 1, errs: "*Read-only file system*"},
			"no network":     {cfg: Config{Network: None}, script: "ls /sys/class/net", out: "lo\n"},
			"tmpfs":          {cfg: Config{Mounts: []Mount{{Type: "tmpfs", Target: "/t/mp"}}}, script: "grep -c ' /t/mp tmpfs' /proc/mounts", out: "1\n"},
			"no capability":  {cfg: Config{CapDrop: []string{"ALL"}}, script: "grep CapBnd /proc/self/status", out: "CapBnd:\t0000000000000000\n"},
			"one capability": {cfg: Config{CapDrop: []string{"ALL"}, CapAdd: []string{"CAP_CHOWN"}}, script: "grep CapEff /proc/self/status", out: "CapEff:\t0000000000000001\n"},
			"usual ones":     {script: "grep CapEff /proc/self/status", out: "CapEff:\t00000000a80425fb\n"},
			"large spec":     {cfg: Config{Env: large()}, script: "echo ${#A} ${#B}", out: "100000 100000\n"},
			"kept":           {script: "grep -c '^overlay / .*volatile' /proc/mounts", code: 1, out: "0\n"},
			"not kept":       {cfg: Config{Remove: true}, script: "grep -c '^overlay / .*volatile' /proc/mounts", out: "1\n"},
			"much":           {script: "seq 100000 | tail -n 1; seq 1 20000 >&2", out: "100000\n", errs: "*20000\n"},
		} {
			p.sub(name, func(p *place) {
				t := p.t
				got := p.run(test.cfg, test.script, test.input)
				if got.err != nil || got.code != test.code || !matches(got.out, test.out) || !matches(got.errs, test.errs) {
					t.Errorf("%d, %v\n%q\n%q\nwant %d\n%q\n%q", got.code, got.err, cut(got.out), cut(got.errs), test.code, test.out, test.errs)
				}
			})
		}
	})
}

// large are variables that no pipe has room for at once.
func large() []string {
	text := strings.Repeat("x", 100_000)
	return []string{"A=" + text, "B=" + text}
}

func cut(text string) string { return text[:min(len(text), 300)] }

// matches tells whether a text is what a pattern says, in which * is anything at an end.
func matches(text, pattern string) bool {
	begin, open := strings.CutPrefix(pattern, "*")
	middle, more := strings.CutSuffix(begin, "*")
	switch {
	case open && more:
		return strings.Contains(text, middle)
	case open:
		return strings.HasSuffix(text, middle)
	case more:
		return strings.HasPrefix(text, middle)
	}
	return text == pattern
}

func TestNotStarted(t *testing.T) {
	withRuntimes(t, func(p *place) {
		for name, test := range map[string]struct {
			cfg  Config
			code int
			want string
		}{
			"not in PATH":    {Config{Args: []string{"nonesuch"}}, CodeNotFound, "nonesuch"},
			"no such file":   {Config{Args: []string{"/nonesuch"}}, CodeNotFound, "nonesuch"},
			"not executable": {Config{Args: []string{"/etc/passwd"}}, CodeNotRunnable, "/etc/passwd"},
			"a directory":    {Config{Args: []string{"/etc"}}, CodeNotRunnable, "/etc"},
			"no such user":   {Config{User: "nobody-there"}, CodeFailed, `user "nobody-there"`},
			"no capability":  {Config{CapAdd: []string{"CAP_NONSENSE"}}, CodeFailed, "no capability CAP_NONSENSE"},
			"no source":      {Config{Mounts: []Mount{{Type: "bind", Source: "/nonesuch", Target: "/x"}}}, CodeFailed, "/nonesuch"},
			"a file as cwd":  {Config{Cwd: "/etc/passwd"}, CodeFailed, "/etc/passwd"},
			"a relative cwd": {Config{Cwd: "srv"}, CodeFailed, "the working directory srv is no absolute path"},
		} {
			p.sub(name, func(p *place) {
				t := p.t
				got := p.run(test.cfg, "true", "")
				if got.err == nil || got.code != test.code || !strings.Contains(got.err.Error(), test.want) || got.out+got.errs != "" {
					t.Errorf("%d, %v\n%q\nwant %d, %s", got.code, got.err, got.out+got.errs, test.code, test.want)
				}
			})
		}
	})
}

// detach starts a container in the background.
func (p *place) detach(cfg Config, script string) *Container {
	p.t.Helper()
	cfg.Detached = true
	c := p.make(cfg, script)
	p.check(p.Detach(p.t.Context(), c))
	if c.Status != Running || !c.State.Process.Alive() || c.Monitor == self() {
		p.t.Fatalf("the container does not run: %+v", c.State)
	}
	return c
}

// until waits until something is so.
func (p *place) until(what string, so func() bool) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s does not come", what)
		}
	}
}

func (p *place) logs(c *Container, tail int) string {
	p.t.Helper()
	var b strings.Builder
	p.check(c.Logs(p.t.Context(), LogOptions{Tail: tail}, func(e Entry) error { b.WriteString(e.Text); return nil }))
	return b.String()
}

func TestDetach(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{Name: "web"}, `trap "echo bye; exit 5" TERM; echo one; echo two >&2; echo three; while :; do sleep 0.05; done`)
		p.until("the output", func() bool { return strings.Count(p.logs(c, -1), "\n") == 3 })
		if got := p.logs(c, 2); strings.Count(got, "\n") != 2 {
			p.t.Errorf("the last two lines are %q", got)
		}
		if got := p.logs(c, 0); got != "" {
			p.t.Errorf("the last 0 lines are %q", got)
		}
		if err := p.Set.Remove(p.t.Context(), c); err == nil {
			p.t.Error("a container was removed that runs")
		}
		p.check(c.Stop(p.t.Context(), -1))
		if c.Status != Exited || c.ExitCode != 5 || p.logs(c, 1) != "bye\n" {
			p.t.Errorf("%+v\n%s", c.State, p.logs(c, -1))
		}
		p.check(p.Set.Remove(p.t.Context(), c))
	})
}

func TestDetachFails(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.make(Config{Remove: true, Args: []string{"nonesuch"}}, "")
		err := p.Detach(p.t.Context(), c)
		if err == nil || codeOf(err) != CodeNotFound {
			p.t.Errorf("%v", err)
		}
		p.until("the removal", c.Gone)
	})
}

// TestStubborn stops a container that hears no signal.
func TestStubborn(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{}, "trap '' TERM; echo deaf; while :; do sleep 0.05; done")
		p.until("the trap", func() bool { return p.logs(c, -1) != "" }) // before, it is a program of the runtime
		p.check(c.Stop(p.t.Context(), 200*time.Millisecond))
		if c.ExitCode != 137 {
			p.t.Errorf("%+v", c.State)
		}
	})
}

func TestExec(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.detach(Config{Env: []string{"A=image"}, Cwd: "/tmp", CapDrop: []string{"ALL"}}, "sleep 100")
		for name, test := range map[string]struct {
			e     ExecConfig
			input string
			code  int
			out   string
		}{
			"what it has":  {e: ExecConfig{Args: []string{"sh", "-c", "echo $A $PWD; exit 4"}}, code: 4, out: "image /tmp\n"},
			"what is said": {e: ExecConfig{Args: []string{"sh", "-c", "echo $A $PWD; id -u"}, Env: []string{"A=b"}, Cwd: "/etc", User: "5"}, out: "b /etc\n5\n"},
			"input":        {e: ExecConfig{Args: []string{"cat"}, Stdin: true}, input: "typed", out: "typed"},
			"no more":      {e: ExecConfig{Args: []string{"grep", "CapBnd", "/proc/self/status"}}, out: "CapBnd:\t0000000000000000\n"},
			"not there":    {e: ExecConfig{Args: []string{"nonesuch"}}, code: CodeNotFound},
			"no directory": {e: ExecConfig{Args: []string{"pwd"}, Cwd: "/nonesuch"}, code: CodeFailed},
		} {
			p.sub(name, func(p *place) {
				t := p.t
				var out bytes.Buffer
				s := Streams{Out: &out}
				if test.e.Stdin {
					s.In = strings.NewReader(test.input)
				}
				code, err := p.Exec(t.Context(), c, test.e, s, false)
				var d diag.Diagnostic
				if errors.As(err, &d) && d.Hint != "" {
					code = codeOf(err)
				}
				if code != test.code || out.String() != test.out {
					t.Errorf("%d, %v\n%q\nwant %d\n%q", code, err, &out, test.code, test.out)
				}
			})
		}
		p.end(c)
		if _, err := p.Exec(p.t.Context(), c, ExecConfig{Args: []string{"true"}}, Streams{}, false); err == nil {
			p.t.Error("a process was started in a container that has ended")
		}
	})
}

// TestKilled kills each of the processes of a container. The next command cleans.
func TestKilled(t *testing.T) {
	withRuntimes(t, func(p *place) {
		for name, victim := range map[string]func(*Container) []Process{
			"monitor": func(c *Container) []Process { return []Process{c.Monitor} },
			"init":    func(c *Container) []Process { return []Process{c.State.Process} },
			"both":    func(c *Container) []Process { return []Process{c.Monitor, c.State.Process} },
		} {
			p.sub(name, func(p *place) {
				t := p.t
				c := p.detach(Config{}, "sleep 1000 & sleep 1000")
				init := c.State.Process
				for _, v := range victim(c) {
					if err := syscall.Kill(v.Pid, syscall.SIGKILL); err != nil {
						t.Fatal(err)
					}
				}
				p.until("the end", func() bool { p.check(c.Refresh()); return c.Status != Running })
				if left, err := p.Set.Left(); err != nil || (c.Status == Dead) != (len(left) == 1) {
					t.Fatalf("%v, %v", left, err)
				}
				p.check(p.Clean(t.Context(), c))
				if c.Status != Exited || c.ExitCode != 137 || init.Alive() {
					t.Errorf("%+v", c.State)
				}
				p.check(p.Set.Remove(t.Context(), c))
			})
		}
	})
}

// TestKilledRuntime has the runtime killed while it starts the container.
func TestKilledRuntime(t *testing.T) {
	withRuntimes(t, func(p *place) {
		real := p.Runtime
		p.Runtime = filepath.Join(p.t.TempDir(), "runtime")
		script := "#!/bin/sh\ncase \"$*\" in *delete*) exec " + real + " \"$@\";; esac\n" + real + " \"$@\" & sleep 0.05; kill -9 $! $$\n"
		p.check(os.WriteFile(p.Runtime, []byte(script), 0o755))
		got := p.run(Config{Remove: true}, "sleep 1000", "")
		if got.err == nil || got.code != CodeFailed {
			p.t.Errorf("%+v", got)
		}
		if list, err := p.Set.List(); err != nil || len(list) > 0 {
			p.t.Errorf("%v, %v", list, err)
		}
	})
}

// TestInterrupts interrupts a first process that does not care, without a terminal.
func TestInterrupts(t *testing.T) {
	withRuntimes(t, func(p *place) {
		c := p.make(Config{Args: []string{"/bin/sh", "-c", `trap "echo no" INT; echo up; while :; do sleep 0.01; done`}}, "")
		code, runs := make(chan int, 1), make(chan struct{})
		go func() {
			n, err := p.Run(p.t.Context(), c, Streams{}, func() { close(runs) })
			if err != nil {
				p.t.Error(err)
			}
			code <- n
		}()
		<-runs // before that, an interrupt is for who starts it
		for n, want := range []string{"up\n", "up\nno\n", "up\nno\nno\n"} {
			p.until(want, func() bool { return p.logs(c, -1) == want })
			select {
			case <-code:
				p.t.Fatalf("it ended after %d interrupts", n)
			default:
			}
			syscall.Kill(os.Getpid(), syscall.SIGINT)
		}
		if got := <-code; got != 128+int(syscall.SIGKILL) {
			p.t.Errorf("exit code %d", got)
		}
	})
}
