//go:build linux

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/seed-e0495807/strake/backend/engine/programs"
	"github.com/seed-e0495807/strake/lang/diag"
)

// prepare checks that the engine can start, and says how.
func (o *Options) prepare(p place) (*launch, error) {
	l := &launch{Dir: p.dir, Run: p.run, Config: o.Config, Rootless: !isRoot(), Sandbox: true}
	var err error
	if l.Idle, err = o.idle(); err != nil {
		return nil, err
	}
	if l.Config == "" {
		l.Config = o.getenv("STRAKE_BUILDKITD_CONFIG")
	}
	if l.Config != "" {
		if l.Config, err = filepath.Abs(l.Config); err != nil {
			return nil, err
		}
	}
	if l.Buildkitd, err = o.programs().Own("buildkitd"); err != nil {
		return nil, err
	}
	if l.Runtime, err = o.programs().Runtime(); err != nil {
		return nil, err
	}
	if l.Rootless {
		l.Sandbox = !procMasked()
		list := o.checkRootlessEngine()
		return l, list.Err()
	}
	return l, programs.CheckRoot()
}

// programs finds the programs of the engine.
func (o *Options) programs() programs.Finder { return programs.Finder{Dir: o.Dir, Env: o.Env} }

// checkRootlessEngine is what is missing to run the engine without privileges.
func (o *Options) checkRootlessEngine() diag.List {
	list := o.programs().CheckRootless()
	if _, err := o.programs().Own("rootlesskit"); err != nil {
		list.Add(err.(diag.Diagnostic))
	}
	return list
}

// idle reads $STRAKE_ENGINE_IDLE.
func (o *Options) idle() (time.Duration, error) {
	text := o.getenv("STRAKE_ENGINE_IDLE")
	if text == "" {
		return DefaultIdle, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fail("bad-idle", "give a time like 90s, 10m or 2h", "bad STRAKE_ENGINE_IDLE %q", text)
	}
	return d, nil
}

// environ is the environment of the engine: what it needs. It outlives the command
// that starts it, and must not keep that one's secrets.
func (o *Options) environ() []string {
	env := []string{"PATH=" + o.programs().Path()}
	for _, name := range []string{"HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "BUILDKITD_LOG_LEVEL"} {
		if v, ok := o.Env(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// starting is an engine that may become ready.
type starting struct {
	place
	done chan struct{} // closed when the process has ended
	log  int64         // where its part of the log begins
}

func (s *starting) ended() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.done
}

// spawn starts a supervisor in the background, which outlives this process.
func (s *session) spawn(o *Options) (*starting, error) {
	l, err := o.prepare(s.place)
	if err != nil {
		return nil, err
	}
	if err := s.make(); err != nil { // the last engine, or a client that could start none, may have removed it
		return nil, err
	}
	if err := l.configure(); err != nil {
		return nil, err
	}
	cmd, err := o.command(l)
	if err != nil {
		return nil, err
	}
	log, start, err := s.openLog()
	if err != nil {
		return nil, s.explain(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, forbidden(err)
	}
	mine := &starting{place: s.place, done: make(chan struct{}), log: start}
	go func() {
		cmd.Wait()
		close(mine.done)
	}()
	return mine, nil
}

// command is the supervisor's. As root it is the first process of new namespaces:
// when it ends, however that comes, the kernel ends all processes of the engine and
// unmounts what they have mounted. Without privileges, rootlesskit does the same.
func (o *Options) command(l *launch) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arg, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "engine", "run", string(arg))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	if l.Rootless {
		if cmd, err = o.rootlesskit(l, cmd.Args); err != nil {
			return nil, err
		}
	}
	cmd.Dir, cmd.Env = "/", o.environ()
	return cmd, nil
}

// rootlesskit runs a command with the rights of root in namespaces of the user.
func (o *Options) rootlesskit(l *launch, command []string) (*exec.Cmd, error) {
	kit, err := o.programs().Own("rootlesskit")
	if err != nil {
		return nil, err
	}
	for _, dir := range l.place().rootless() {
		lock := flock.New(filepath.Join(dir, "lock")) // rootlesskit's own, while it runs
		if ok, err := lock.TryLock(); ok || err != nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
	state, err := os.MkdirTemp(l.Run, rootlessDir)
	if err != nil {
		return nil, l.place().explain(err)
	}
	args := []string{"--state-dir", state, "--net=host", "--propagation=rslave"}
	if l.Sandbox {
		args = append(args, "--pidns")
	}
	cmd := exec.Command(kit, slices.Concat(args, []string{"--"}, command)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, nil
}

// forbidden explains why no process could be started.
func forbidden(err error) error {
	if errors.Is(err, syscall.EPERM) {
		return programs.NoNamespaces()
	}
	return fail("engine-start", "", "cannot start the build engine: %v", err)
}

// failure says why the engine has ended before it was ready.
func (s *starting) failure() error {
	return diagnose(s.place, s.readLog(s.log))
}

// arguments are those of buildkitd.
func (l *launch) arguments() []string {
	args := []string{
		"--config", filepath.Join(l.Dir, configFile),
		"--root", filepath.Join(l.Dir, rootDir),
		"--addr", "unix://" + l.place().socket(),
		"--otel-socket-path", filepath.Join(l.Run, "otel.sock"),
		"--oci-worker-binary", l.Runtime,
		"--containerd-worker=false",
	}
	if !l.Sandbox {
		args = append(args, "--oci-worker-no-process-sandbox")
	}
	return args
}

// cgroup is the parent of all cgroups that the engine makes.
func (l *launch) cgroup() string { return fmt.Sprintf("strake-%s", digest(l.Dir)) }
