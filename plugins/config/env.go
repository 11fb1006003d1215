package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// Env is what a pipeline is made with.
type Env struct {
	Builtins map[string]func() plugins.Plugin
	Starter  Starter // nil cannot start programs
	Store    *trust.Store
	WorkDir  string // that relative names of Dockerfiles start at
}

// Program is a program that may be started: a private copy.
type Program struct {
	trust.Program
	Name    string          // of the entry, for messages
	Grants  []plugins.Grant // for its sandbox
	Sandbox trust.Sandbox   // the least that it may run in
}

// Started is a program that runs as a plugin.
type Started interface {
	plugins.Plugin
	io.Closer
}

// Starter starts programs. The context bounds the start, not the life of what is
// started, which Close ends.
type Starter interface {
	Start(ctx context.Context, p Program) (Started, error)
}

// State says whether the plugin of an entry can run.
type State string

// The states.
const (
	Builtin    State = "built-in"
	Unknown    State = "unknown" // no built-in plugin has that name
	Allowed    State = "allowed"
	NotAllowed State = "not allowed" // by the user
	NotLocked  State = "not locked"  // strake.lock does not have it, or not for this platform
	Changed    State = "changed"     // it is not what strake.lock pins
	Missing    State = "missing"     // there is no such program, or it cannot be read
)

// Status is what is known of an entry's plugin without starting it.
type Status struct {
	Entry   *Entry
	Name    string       // its own, or that of the entry
	Info    plugins.Info // the zero value when it is not known
	State   State
	Program *trust.Program // of a program that is there
	Err     error          // why it cannot run: a diag.Diagnostic

	Sandbox trust.Sandbox // the least that the program may run in

	plugin  plugins.Plugin // of a built-in one
	started Started        // of a program that was asked what it is
}

// program is what to start.
func (s *Status) program() Program {
	return Program{Program: *s.Program, Name: s.Name, Grants: s.Entry.Grants, Sandbox: s.Sandbox}
}

// status finds out about an entry. The error is that of the context.
func (f *File) status(ctx context.Context, env Env, lock *trust.Lock, e *Entry) (Status, error) {
	s := Status{Entry: e, Name: e.Key()}
	if !e.External() {
		f.builtin(env, &s)
		return s, nil
	}
	locked, isLocked := lock.Plugins[e.Key()]
	if isLocked {
		s.Info = locked.Info
	}
	digest := locked.Digests[trust.Platform()]
	p, err := f.pin(ctx, env, e, func(have string) bool {
		_, err := env.Store.Check(s.Name, have, e.Grants, f.Root)
		return err == nil && have == digest && locked.Use == e.Use
	})
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	if err != nil {
		s.State, s.Err = Missing, err
		return s, nil
	}
	s.Program = p
	if !trust.Known(s.Info) {
		s.Info = env.Store.Recall(p.Digest)
	}
	run := "if that is right, run `strake plugin lock` and commit strake.lock"
	switch {
	case !isLocked || locked.Use != e.Use:
		s.State = NotLocked
		s.Err = problem("plugin-not-locked", run, "strake.lock does not have the plugin %s", s.Name)
	case digest == "":
		s.State = NotLocked
		s.Err = problem("plugin-not-locked", run, "strake.lock has the plugin %s, but not for %s", s.Name, trust.Platform())
	case digest != p.Digest:
		s.State = Changed
		s.Err = problem("plugin-changed", run, "the plugin %s is not the one that strake.lock pins", s.Name)
	default:
		s.State = Allowed
		if s.Sandbox, s.Err = env.Store.Check(s.Name, digest, e.Grants, f.Root); s.Err != nil {
			s.State = NotAllowed
		}
		if f.RequireSandbox {
			s.Sandbox = trust.Full
		}
	}
	return s, nil
}

func problem(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// builtin finds a built-in plugin.
func (f *File) builtin(env Env, s *Status) {
	use := s.Entry.Use
	if s.Name == "" {
		s.Name = use
	}
	if open := env.Builtins[use]; open != nil {
		s.plugin = open()
		s.Info, s.State = s.plugin.Info(), Builtin
		return
	}
	var names []string
	for name := range env.Builtins {
		names = append(names, name)
	}
	hint := "`strake plugin docs` names those there are; a program is written with its path, like ./" + use
	if near := diag.Suggest(use, names); near != "" {
		hint = "did you mean `" + near + "`?"
	}
	s.State = Unknown
	s.Err = problem("plugin-unknown", hint, "there is no built-in plugin %s", use)
}

// programPath is where an entry's program is.
func (f *File) programPath(e *Entry) (string, error) {
	path := filepath.FromSlash(e.Use)
	if name, ok := strings.CutPrefix(e.Use, commandPrefix); ok {
		found, err := exec.LookPath(name)
		if err == nil {
			found, err = filepath.Abs(found)
		}
		if err != nil {
			return "", problem("plugin-missing", "install it, or write its path", "the command %s cannot be found in PATH", name)
		}
		return found, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.Dir(), path)
	}
	return path, nil
}

// pin makes the private copy of an entry's program, if keep wants one of its digest.
func (f *File) pin(ctx context.Context, env Env, e *Entry, keep func(digest string) bool) (*trust.Program, error) {
	path, err := f.programPath(e)
	if err != nil {
		return nil, err
	}
	p, err := env.Store.Pin(ctx, trust.Source{Path: path, Args: e.Args, Root: f.Dir(), Files: e.Files, Keep: keep})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem("plugin-missing", "build or install it first", "the plugin %s is not there: %v", e.Key(), err)
	case err != nil && !errors.As(err, new(diag.Diagnostic)):
		return nil, problem("plugin-missing", "", "the plugin %s cannot be read: %v", e.Key(), err)
	}
	return p, err
}

// List tells of each entry what is known without starting it. The error is that of the
// context, or of a strake.lock that cannot be read.
func (f *File) List(ctx context.Context, env Env) ([]Status, error) {
	lock, err := trust.ReadLock(f.LockPath())
	if err != nil {
		return nil, err
	}
	list := make([]Status, len(f.Entries))
	err = f.each(ctx, func(ctx context.Context, i int) (err error) {
		list[i], err = f.status(ctx, env, lock, &f.Entries[i])
		return err
	})
	return list, err
}

// Lock pins each program, and gives the strake.lock of that. It runs none: what a program is
// it has from a file beside it, or from a run that was allowed. Digests for other platforms
// stay while a program says the same.
func (f *File) Lock(ctx context.Context, env Env) (*trust.Lock, diag.List, error) {
	var diags diag.List
	old, err := trust.ReadLock(f.LockPath())
	if err != nil {
		old = &trust.Lock{} // this is how one that is damaged is repaired
	}
	made := make([]trust.Locked, len(f.Entries))
	fails := make([]error, len(f.Entries))
	err = f.each(ctx, func(ctx context.Context, i int) error {
		if e := &f.Entries[i]; e.External() {
			made[i], fails[i] = f.lockOne(ctx, env, e, old.Plugins[e.Key()])
		}
		return context.Cause(ctx)
	})
	lock := &trust.Lock{Plugins: map[string]trust.Locked{}}
	for i := range f.Entries {
		if e := &f.Entries[i]; fails[i] != nil {
			diags.Add(located(fails[i], e))
		} else if e.External() {
			lock.Plugins[e.Key()] = made[i]
		}
	}
	return lock, diags, err
}

func (f *File) lockOne(ctx context.Context, env Env, e *Entry, old trust.Locked) (trust.Locked, error) {
	p, err := f.pin(ctx, env, e, func(string) bool { return false }) // its digest is all that a lock needs
	if err != nil {
		return trust.Locked{}, err
	}
	here := old.Digests[trust.Platform()]
	out := trust.Locked{Use: e.Use, Digests: map[string]string{}, Info: env.Store.Recall(p.Digest)}
	if !trust.Known(out.Info) {
		if path, err := f.programPath(e); err == nil {
			if out.Info, err = trust.SideInfo(path); err != nil {
				return trust.Locked{}, err
			}
		}
	}
	if old.Use == e.Use {
		if !trust.Known(out.Info) && (here == p.Digest || here == "") {
			out.Info = old.Info // of the same program, or of its build for another platform
		}
		if here == p.Digest || trust.Known(out.Info) && trust.SameInfo(old.Info, out.Info) || here == "" && !trust.Known(out.Info) {
			for platform, digest := range old.Digests {
				out.Digests[platform] = digest
			}
		}
	}
	out.Digests[trust.Platform()] = p.Digest
	return out, nil
}

// ask starts a program that is allowed and of which nothing is known yet. It stays, to run.
func (f *File) ask(ctx context.Context, env Env, s *Status) error {
	if s.State != Allowed || trust.Known(s.Info) {
		return nil
	}
	if env.Starter == nil {
		s.Err = errors.New("programs cannot be started here")
		return nil
	}
	started, err := env.Starter.Start(ctx, s.program())
	if ctx.Err() != nil {
		if err == nil {
			err = started.Close()
		}
		return errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		s.Err = err
		return nil
	}
	s.started, s.Info = started, env.Store.Learn(s.Program.Digest, started.Info())
	return nil
}

// Allow allows the programs of these names, or all without names, to run with what
// strake.yaml grants them, in a sandbox that is no less than the given one. They must be
// those that strake.lock pins.
func (f *File) Allow(ctx context.Context, env Env, least trust.Sandbox, names ...string) ([]Status, error) {
	list, err := f.List(ctx, env)
	if err != nil {
		return nil, err
	}
	var out []Status
	left := map[string]bool{}
	for _, name := range names {
		left[name] = true
	}
	for _, s := range list {
		if !s.Entry.External() || len(names) > 0 && !left[s.Entry.Key()] {
			continue
		}
		delete(left, s.Entry.Key())
		if s.State != Allowed && s.State != NotAllowed {
			return out, s.Err
		}
		if err := env.Store.Allow(trust.Allowed{Digest: s.Program.Digest, Name: s.Name, Grants: s.Entry.Grants, Sandbox: least}); err != nil {
			return out, err
		}
		out = append(out, s)
	}
	for _, name := range names {
		if left[name] {
			return out, problem("plugin-unknown", "`strake plugin list` names those there are", "strake.yaml has no program %s", name)
		}
	}
	return out, nil
}
