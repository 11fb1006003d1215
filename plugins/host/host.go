// Package host runs plugins that are programs: it starts them in a sandbox, connects to
// them by go-plugin and gRPC, and holds them to deadlines and limits. It may import
// plugins and what is below.
package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
	"github.com/seed-e0495807/strake/plugins/internal/sandbox"
	"github.com/seed-e0495807/strake/plugins/internal/sums"
)

// Level is how much of a sandbox there has to be.
type Level = sandbox.Level

// The levels: of all that Linux has; without namespaces; none at all.
const (
	Full = sandbox.Full
	Weak = sandbox.Weak
	None = sandbox.None
)

// ErrSandbox is in the error of a program that was not started as its sandbox cannot be made.
var ErrSandbox = errors.New("it may not run with less than its sandbox")

// Options say what to start, and what it may take. Zero limits are the defaults.
type Options struct {
	Name    string // for errors, until the plugin says its own; "" is that of the file
	Path    string // of the program
	Args    []string
	SHA256  []byte          // of the file at Path; anything else is not started
	Notes   string          // a directory of the user's alone, with the sums of files that were read before; "" reads Path each time
	Env     []string        // all of its environment, but PATH and TMPDIR when they are not here
	Grants  []plugins.Grant // those that the sandbox is about
	Reads   []string        // files and directories that it may read, absolute
	TempDir string          // where its directory is made; "" is that of the system

	// Helper is the command of a program that imports the package helper, which says it.
	// Without one there is no sandbox.
	Helper  []string
	Sandbox Level // the least that it may run in; zero is the full one

	StartTimeout time.Duration // until it has said what it is; 10 s
	CallTimeout  time.Duration // of each call; 30 s
	CPUTime      time.Duration // of the processor, in the program's life; 10 min
	Memory       int64         // bytes, shared ones too; 1 GiB
	Threads      int           // at one time; 512
	MaxMessage   int           // bytes of an answer; 32 MiB
	MaxLog       int           // bytes of its stderr; 16 MiB
}

func (o Options) withDefaults() Options {
	fill(&o.Name, filepath.Base(o.Path))
	fill(&o.StartTimeout, 10*time.Second)
	fill(&o.CallTimeout, 30*time.Second)
	fill(&o.CPUTime, 10*time.Minute)
	fill(&o.Memory, 1<<30)
	fill(&o.Threads, 512)
	fill(&o.MaxMessage, 32<<20)
	fill(&o.MaxLog, 16<<20)
	return o
}

func fill[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}

// Program is a plugin in a process of its own. After a call that it did not answer as it
// should, the process is ended, and all later calls fail.
type Program struct {
	*remote.Client
	options Options
	dir     string // its temporary directory
	client  *plugin.Client
	process *process
	missing []string
}

// Start starts a program and asks what plugin it is. The error names it, and has the
// end of its log; it is the cause of the context's end when that came first.
func Start(ctx context.Context, o Options) (*Program, error) {
	o = o.withDefaults()
	p, err := start(ctx, o)
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("plugin %s: cannot start %s: %w", o.Name, o.Path, err)
}

func start(ctx context.Context, o Options) (*Program, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	o.Path = path
	if err := o.verify(); err != nil {
		return nil, err
	}
	p := &Program{options: o}
	if p.dir, err = tempDir(o.TempDir); err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// verify makes sure that the program is the one that may run. A note that says otherwise may be
// of an older one: what the file has counts.
func (o *Options) verify() error {
	if len(o.SHA256) == 0 {
		return errors.New("no checksum says which program it is to be")
	}
	want := hex.EncodeToString(o.SHA256)
	for _, notes := range []sums.Notes{sums.Notes(o.Notes), ""} {
		if sum, err := notes.Of(o.Path); err != nil || sum == want {
			return err
		}
	}
	return errors.New("its sha256 is not the one that was allowed")
}

// maxTemp is how long the path of a directory may be in which go-plugin makes another one,
// and a socket in that: unix(7) has room for 107 bytes.
const maxTemp = 107 - len("/plugin-dir4294967295/plugin4294967295")

// tempDir makes a directory whose path is short enough.
func tempDir(in string) (string, error) {
	dir, err := os.MkdirTemp(in, "strake-")
	if err != nil || len(dir) <= maxTemp {
		return dir, err
	}
	os.Remove(dir)
	return os.MkdirTemp("/tmp", "strake-")
}

// start tries the levels of the sandbox, the strongest first.
func (p *Program) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.options.StartTimeout,
		fmt.Errorf("it was not ready within %v", p.options.StartTimeout))
	defer cancel()
	level := Full
	if len(p.options.Helper) == 0 {
		if level = None; p.options.Sandbox < None {
			return fmt.Errorf("%w: there is none here", ErrSandbox)
		}
		p.missing = append(p.missing, level.String())
	}
	for {
		err := p.attempt(ctx, level)
		var f *sandbox.Failure
		if !errors.As(err, &f) || f.Program || level == None {
			return err
		}
		if level++; level > p.options.Sandbox {
			return fmt.Errorf("%w: %w", ErrSandbox, f)
		}
		p.missing = append(p.missing, fmt.Sprintf("%s (%v)", level, f))
	}
}

// attempt starts the program in one level of the sandbox.
func (p *Program) attempt(ctx context.Context, level sandbox.Level) error {
	p.process = newProcess(p.options, level)
	stop := context.AfterFunc(ctx, p.process.kill)
	defer stop()
	config, err := p.config()
	if err != nil {
		return err
	}
	p.client = plugin.NewClient(config)
	protocol, err := p.client.Client()
	if err == nil {
		conn := protocol.(*plugin.GRPCClient).Conn
		limits := remote.Limits{Call: p.options.CallTimeout, Message: p.options.MaxMessage, Log: p.options.MaxLog}
		p.Client, err = remote.Connect(ctx, conn, limits)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var f *sandbox.Failure
	if !errors.As(err, &f) {
		within := flush
		if protocol == nil || errors.Is(err, remote.ErrBroken) {
			within = settle
		}
		err = p.process.explain(err, within)
	}
	p.process.kill() // go-plugin would ask it to end, and wait
	p.client.Kill()
	p.process.release()
	return err
}

// Sandbox says what the program's sandbox lacks. It is empty when it lacks nothing.
func (p *Program) Sandbox() []string { return slices.Clone(p.missing) }

// Log is the end of what the program has written to stderr.
func (p *Program) Log() string { return p.process.log.String() }

// Run has the program do a call, within the deadline. When it fails at that, the
// error has the end of its log.
func (p *Program) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	if err := p.process.cause(); err != nil {
		return nil, fmt.Errorf("it has ended before: %w", err)
	}
	res, err := p.Client.Run(ctx, h, c)
	if err == nil || ctx.Err() != nil {
		return res, err
	}
	within := flush
	if errors.Is(err, remote.ErrBroken) {
		within = settle
	}
	err = p.process.explain(err, within)
	if !errors.As(err, new(remote.Failure)) {
		p.process.fail(err)
	}
	return nil, err
}

// Close ends the program, with all that it has started, and removes its directory. A
// plugin has nothing to lose, so nothing is awaited.
func (p *Program) Close() error {
	if p.process != nil {
		p.process.fail(errors.New("it was closed"))
	}
	if p.client != nil {
		p.client.Kill()
		p.process.release()
	}
	return os.RemoveAll(p.dir)
}

// PID is the number of the process.
func (p *Program) PID() int { return p.process.box.Process.Pid }
