package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// fake is a plugin that tells of each call.
type fake struct {
	info   plugins.Info
	closed atomic.Bool
}

func (f *fake) Info() plugins.Info { return f.info }

func (f *fake) Run(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	if f.closed.Load() {
		return nil, errors.New("closed")
	}
	var res plugins.Result
	res.Diags.Warnf(source.Span{}, f.info.Name+"/ran", "by %s with %s", c.By, c.Config)
	return &res, nil
}

func (f *fake) Close() error { f.closed.Store(true); return nil }

// starter starts "programs" whose file is the JSON of their Info.
type starter struct {
	mu      sync.Mutex
	started []Program
	plugins []*fake
	err     error
}

func (s *starter) Start(ctx context.Context, p Program) (Started, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = append(s.started, p)
	if s.err != nil {
		return nil, s.err
	}
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return nil, err
	}
	f := &fake{}
	if err := json.Unmarshal(data, &f.info); err != nil {
		return nil, err
	}
	s.plugins = append(s.plugins, f)
	return f, ctx.Err()
}

// world is a repository and a user.
type world struct {
	testing.TB
	dir     string
	env     Env
	starter *starter
	set     source.Set
}

func newWorld(t testing.TB) *world {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, dir: filepath.Join(dir, "repo"), starter: &starter{}}
	w.set.Add("Dockerfile", "FROM scratch\n")
	w.env = Env{
		Builtins: map[string]func() plugins.Plugin{}, Starter: w.starter, WorkDir: w.dir,
		Store: &trust.Store{Config: filepath.Join(dir, "config"), Cache: filepath.Join(dir, "cache")},
	}
	w.builtin(plugins.Info{Name: "one"})
	w.builtin(plugins.Info{Name: "images", Needs: []plugins.Grant{plugins.GrantImages}})
	w.builtin(plugins.Info{Name: "second", After: []string{"one"}})
	w.builtin(plugins.Info{Name: "packages", Instructions: []plugins.Instruction{{Keyword: "PACKAGES"}}})
	w.builtin(plugins.Info{Name: "more-packages", Instructions: []plugins.Instruction{{Keyword: "PACKAGES"}}})
	w.builtin(plugins.Info{Name: "bad-claims", Instructions: []plugins.Instruction{{Keyword: "RUN"}, {Keyword: "run"}}})
	w.builtin(plugins.Info{Name: "sized", Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["size"],"properties":{
		"size":{"type":"integer","minimum":1,"description":"How large."},"names":{"type":"array","items":{"type":"string","pattern":"^[a-z]+$"}},
		"form":{"anyOf":[{"type":"string"},{"type":"object","required":["x"]}]}}}`)})
	w.builtin(plugins.Info{Name: "bad-schema", Schema: json.RawMessage(`{"type":"objekt"}`)})
	w.builtin(plugins.Info{Name: "spy", Schema: json.RawMessage(`{"$ref":"file:///etc/passwd"}`)})
	return w
}

func (w *world) builtin(info plugins.Info) {
	info.Phases = []plugins.Phase{plugins.Check}
	w.env.Builtins[info.Name] = func() plugins.Plugin { return &fake{info: info} }
}

// program writes a program.
func (w *world) program(name string, info plugins.Info) {
	w.Helper()
	data, err := json.Marshal(info)
	if err != nil {
		w.Fatal(err)
	}
	write(w, string(data), w.dir, name)
}

// file writes and loads a strake.yaml; the text is that of its list.
func (w *world) file(list string) *File {
	w.Helper()
	f, diags := Load(context.Background(), write(w, "version: 1\nplugins:\n"+list, w.dir, FileName), &w.set)
	if len(diags) > 0 {
		w.Fatal(lines(&w.set, diags))
	}
	return f
}

// lock writes the strake.lock of a machine where the programs have run, as old ones all are.
func (w *world) lock(f *File) {
	w.Helper()
	lock, diags, err := f.Lock(context.Background(), w.env)
	if err != nil || len(diags) > 0 {
		w.Fatal(lines(&w.set, diags), err)
	}
	for name, l := range lock.Plugins {
		data, err := os.ReadFile(filepath.Join(w.dir, l.Use))
		if trust.Known(l.Info) || err != nil {
			continue
		}
		if err := json.Unmarshal(data, &l.Info); err != nil {
			w.Fatal(err)
		}
		if string(l.Info.Schema) == "null" {
			l.Info.Schema = nil
		}
		lock.Plugins[name] = l
	}
	if err := lock.Write(f.LockPath()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) allow(f *File, names ...string) {
	w.Helper()
	if _, err := f.Allow(context.Background(), w.env, trust.Full, names...); err != nil {
		w.Fatal(err)
	}
}

// pipeline gives what is told of a file, or the names of its plugins.
func (w *world) pipeline(f *File) string {
	w.Helper()
	p, diags, err := f.Pipeline(context.Background(), w.env)
	if err != nil {
		w.Fatal(err)
	}
	if p == nil {
		return lines(&w.set, diags)
	}
	defer p.Close()
	return p.String()
}

func (w *world) want(f *File, want string) {
	w.Helper()
	if diff := cmp.Diff(want, w.pipeline(f)); diff != "" {
		w.Error(diff)
	}
}

func TestPipeline(t *testing.T) {
	for _, c := range []struct{ name, list, want string }{
		{"none", "  []\n", "[]"},
		{"order", "  - use: one\n  - use: second\n", "[one second]"},
		{"a wrong order", "  - use: second\n  - use: one\n", "3:10 the plugin second must stand behind one; move the entry of one in front of it"},
		{"a wrong order of another name", "  - use: second\n  - use: one\n    name: uno\n", "3:10 the plugin second must stand behind uno; move the entry of uno in front of it"},
		{"another name", "  - use: one\n  - use: one\n    name: uno\n", "[one uno]"},
		{"unknown", "  - use: secnd\n  - use: something-else\n",
			"3:10 there is no built-in plugin secnd; did you mean `second`?\n4:10 there is no built-in plugin something-else; `strake plugin docs` names those there are; a program is written with its path, like ./something-else"},
		{"a built-in plugin has what it needs", "  - use: images\n", "[images]"},
		{"two claims", "  - use: packages\n  - use: more-packages\n", "4:10 the plugins packages and more-packages both claim the instruction PACKAGES; use one of them"},
		{"bad claims", "  - use: bad-claims\n", "3:10 the plugin bad-claims claims the instruction RUN, which is Docker's own\n3:10 the plugin bad-claims claims the instruction \"run\", which is not upper case letters"},
		{"config", "  - use: sized\n    config: {size: 3, names: [a], form: {x: 1}}\n", "[sized]"},
		{"no config", "  - use: sized\n", "3:10 the config lacks `size`"},
		{"config of none", "  - use: one\n    config: {}\n", "4:5 the plugin one has no config; remove it"},
		{"a bad config", "  - use: sized\n    config:\n      size: 0\n      nams: []\n      names: [a, B]\n      form: [1]\n",
			"5:13 `size` must be at least 1; it is: How large\n6:7 unknown key `nams`; did you mean `names`?\n" +
				"7:18 `names` item 2 is \"B\", which does not have the right form\n8:13 `form` fits none of the forms that it can have; must be a text, and is a list, or must be a mapping, and is a list"},
		{"a bad schema", "  - use: bad-schema\n", "3:10 the plugin bad-schema has a wrong schema for its config"},
		{"a schema that reads files", "  - use: spy\n", "3:10 the plugin spy has a wrong schema for its config"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			got := w.pipeline(w.file(c.list))
			if strings.HasSuffix(c.want, "schema for its config") {
				got, _, _ = strings.Cut(got, ": ")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSchemaReads holds that a schema which names a file does not have it read.
func TestSchemaReads(t *testing.T) {
	name := write(t, `{"type":"string"}`, t.TempDir(), "schema.json")
	for _, ref := range []string{"file://" + name, "http://localhost/x"} {
		if _, err := compileSchema([]byte(`{"$ref":"` + ref + `"}`)); err == nil || !strings.Contains(err.Error(), "cannot refer to") {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

const acme = "  - use: ./acme\n"

// TestTrust goes the way from a program that nobody knows to one that runs, and back.
func TestTrust(t *testing.T) {
	w := newWorld(t)
	f := w.file(acme)
	w.want(f, "3:10 the plugin acme is not there: open "+w.dir+"/acme: no such file or directory; build or install it first")
	w.program("acme", plugins.Info{Name: "acme", Version: "1.0.0"})
	notLocked := "3:10 strake.lock does not have the plugin acme; if that is right, run `strake plugin lock` and commit strake.lock"
	notAllowed := "3:10 you have not allowed the plugin acme to run; if you trust it, run `strake plugin allow acme`; in CI, set STRAKE_ALLOW_PLUGINS"
	changed := "3:10 the plugin acme is not the one that strake.lock pins; if that is right, run `strake plugin lock` and commit strake.lock"
	w.want(f, notLocked)
	w.lock(f)
	w.want(f, notAllowed)
	w.allow(f)
	w.want(f, "[acme]")

	w.program("acme", plugins.Info{Name: "acme", Version: "1.0.1"})
	w.want(f, changed)
	if _, err := f.Allow(context.Background(), w.env, trust.Full); err == nil {
		t.Error("what strake.lock does not pin is allowed")
	}
	w.env.Store.Given.Locked = true
	w.want(f, changed)
	w.lock(f)
	w.want(f, "[acme]")
	w.env.Store.Given = trust.Given{}
	w.want(f, notAllowed)
	w.allow(f, "acme")
	w.want(f, "[acme]")

	f = w.file(acme + "    grants: [network]\n")
	w.want(f, "3:10 you have allowed the plugin acme, but without the grant network; if you trust it, run `strake plugin allow acme`; in CI, set STRAKE_ALLOW_PLUGINS")
	w.want(w.file(acme+"    args: [-x]\n"), changed)
	if err := os.Rename(filepath.Join(w.dir, "acme"), filepath.Join(w.dir, "home")); err != nil {
		t.Fatal(err)
	}
	w.want(w.file("  - use: ./home\n    name: acme\n"), notLocked)

	for _, p := range w.starter.started {
		if p.Grants != nil || !strings.HasPrefix(p.Path, w.env.Store.Cache) {
			t.Errorf("started with %+v", p)
		}
	}
	if len(w.starter.started) != 0 {
		t.Errorf("it was started %d times, to be locked and allowed", len(w.starter.started))
	}
}

// TestAttackLock holds that locking and listing run nothing, and that what a program is comes
// from its first run that is allowed, which later ones need not repeat.
func TestAttackLock(t *testing.T) {
	w := newWorld(t)
	w.program("acme", plugins.Info{Name: "acme", Version: "1.0.0", Phases: []plugins.Phase{plugins.Check}})
	f := w.file(acme)
	lock := func() *trust.Lock {
		l, diags, err := f.Lock(context.Background(), w.env)
		if err != nil || len(diags) > 0 {
			t.Fatal(lines(&w.set, diags), err)
		}
		if err := l.Write(f.LockPath()); err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := lock(); trust.Known(l.Plugins["acme"].Info) {
		t.Errorf("it is known: %+v", l)
	}
	if data, _ := os.ReadFile(f.LockPath()); !strings.Contains(string(data), `"version": 2`) {
		t.Errorf("older versions of strake take it: %s", data)
	}
	w.want(f, "3:10 you have not allowed the plugin acme to run; if you trust it, run `strake plugin allow acme`; in CI, set STRAKE_ALLOW_PLUGINS")
	if _, err := f.List(context.Background(), w.env); err != nil || len(w.starter.started) > 0 {
		t.Errorf("started %v, %v", w.starter.started, err)
	}
	if _, err := f.Allow(context.Background(), w.env, trust.Weak); err != nil || len(w.starter.started) > 0 {
		t.Errorf("started %v, %v", w.starter.started, err)
	}
	for range 2 {
		w.want(f, "[acme]")
	}
	if s := w.starter.started; len(s) != 1 || s[0].Sandbox != trust.Weak {
		t.Errorf("started %+v", s)
	}
	if l := lock(); l.Plugins["acme"].Info.Version != "1.0.0" || len(w.starter.started) != 1 {
		t.Errorf("afterwards: %+v", l)
	}
	if data, _ := os.ReadFile(f.LockPath()); !strings.Contains(string(data), `"version": 1`) {
		t.Errorf("older versions of strake do not take it: %s", data)
	}
	f.RequireSandbox = true
	list, err := f.List(context.Background(), w.env)
	if err != nil || list[0].Sandbox != trust.Full {
		t.Errorf("with require-sandbox: %+v, %v", list, err)
	}
}

// TestAttackCopies holds that what may not run leaves no copy, however often it is looked at,
// and that one which cannot be a plugin is not read.
func TestAttackCopies(t *testing.T) {
	w := newWorld(t)
	copies := func() (list []string) {
		err := filepath.WalkDir(w.env.Store.Cache, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(name) != ".json" {
				list = append(list, name)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return list
	}
	w.program("acme", plugins.Info{Name: "acme"})
	f := w.file(acme)
	const notLocked, notAllowed = "3:10 strake.lock does not have the plugin acme", "3:10 you have not allowed the plugin acme to run"
	look := func(want string) {
		t.Helper()
		list, err := f.List(context.Background(), w.env)
		if err != nil || list[0].Err == nil || !strings.Contains("3:10 "+list[0].Err.Error(), want[5:]) {
			t.Errorf("%+v, %v; want %s", list, err, want)
		}
		if left := copies(); len(left) > 0 {
			t.Errorf("%s, and left are %q", want, left)
		}
	}
	look(notLocked)
	w.lock(f)
	look(notAllowed)
	w.program("acme", plugins.Info{Name: "acme", Version: "2"})
	look("3:10 the plugin acme is not the one that strake.lock pins")
	w.lock(f)
	w.allow(f)
	w.want(f, "[acme]")
	if left := copies(); len(left) != 1 {
		t.Errorf("it runs from %q", left)
	}
	f = w.file("  - use: ./huge\n")
	huge, err := os.Create(filepath.Join(w.dir, "huge"))
	if err == nil {
		err = errors.Join(huge.Truncate(trust.MaxBytes+1), huge.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	w.want(f, "3:10 the plugin huge cannot be read: the plugin is larger than 1024 MiB")
	if left := copies(); len(left) != 1 {
		t.Errorf("left are %q", left)
	}
}

// TestAllowInRepository holds that a repository cannot bring an allow list.
func TestAllowInRepository(t *testing.T) {
	w := newWorld(t)
	w.program("acme", plugins.Info{Name: "acme"})
	f := w.file(acme)
	w.lock(f)
	w.env.Store.Config = filepath.Join(w.dir, ".config", "strake")
	w.allow(f)
	got := w.pipeline(f)
	if !strings.Contains(got, "is inside of the repository") {
		t.Error(got)
	}
}

func TestNeeds(t *testing.T) {
	w := newWorld(t)
	w.program("acme", plugins.Info{Name: "acme", Needs: []plugins.Grant{plugins.GrantImages}})
	f := w.file(acme + "    grants: [context]\n")
	w.lock(f)
	w.allow(f)
	w.want(f, "3:10 the plugin acme needs the grant images; to give it, write `grants: [context, images]` below")
}

// TestLockFile holds what is kept of an old lock.
func TestLockFile(t *testing.T) {
	w := newWorld(t)
	w.program("acme", plugins.Info{Name: "acme", Version: "1.0.0"})
	side := func(version string) {
		write(t, `{"name": "acme", "version": "`+version+`"}`, w.dir, "acme.info.json")
	}
	side("1.0.0")
	f := w.file(acme + "  - use: one\n")
	w.lock(f)
	lock, err := trust.ReadLock(f.LockPath())
	if err != nil || len(lock.Plugins) != 1 {
		t.Fatal(lock, err)
	}
	other := "sha256:" + strings.Repeat("a", 64)
	lock.Plugins["acme"].Digests["other/arch"] = other
	lock.Plugins["gone"] = trust.Locked{Use: "./gone"}
	if err := lock.Write(f.LockPath()); err != nil {
		t.Fatal(err)
	}
	kept := func() (string, int) {
		w.lock(f)
		lock, err := trust.ReadLock(f.LockPath())
		if err != nil {
			t.Fatal(err)
		}
		return lock.Plugins["acme"].Digests["other/arch"], len(lock.Plugins)
	}
	if digest, n := kept(); digest != other || n != 1 {
		t.Errorf("the same plugin: %q, %d", digest, n)
	}
	w.program("acme", plugins.Info{Name: "acme", Version: "2.0.0"})
	side("2.0.0")
	if digest, _ := kept(); digest != "" {
		t.Errorf("another version: %q", digest)
	}
	write(t, "<<<<<<<\n", f.LockPath())
	if got := w.pipeline(f); !strings.Contains(got, "3:10 "+f.LockPath()+" is damaged") {
		t.Error(got)
	}
	w.lock(f)
	if n := len(w.starter.started); n > 0 {
		t.Errorf("locking ran %d programs", n)
	}
}

func TestList(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"locked", "allowed", "changed", "fresh"} {
		w.program(name, plugins.Info{Name: name, Version: "1.2.3"})
	}
	f := w.file("  - use: ./locked\n  - use: ./allowed\n  - use: ./changed\n")
	w.lock(f)
	w.allow(f, "allowed")
	w.program("changed", plugins.Info{Name: "changed", Version: "9.9.9"})
	f = w.file("  - use: one\n  - use: nothing\n  - use: ./locked\n  - use: ./allowed\n  - use: ./changed\n  - use: ./fresh\n  - use: ./missing\n  - use: command:strake-no-such-command\n")
	list, err := f.List(context.Background(), w.env)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprintf("%s %q: %s, error %v", s.Name, s.Info.Version, s.State, s.Err != nil))
	}
	want := []string{
		`one "": built-in, error false`, `nothing "": unknown, error true`,
		`locked "1.2.3": not allowed, error true`, `allowed "1.2.3": allowed, error false`,
		`changed "1.2.3": changed, error true`, `fresh "": not locked, error true`,
		`missing "": missing, error true`, `strake-no-such-command "": missing, error true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := f.Allow(context.Background(), w.env, trust.Full, "none"); err == nil || !strings.Contains(err.Error(), "has no program none") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.List(ctx, w.env); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// module is a Dockerfile as a module.
func module(t *testing.T, text string) *ir.Module {
	t.Helper()
	m, diags, err := ir.Read(source.NewFile("Dockerfile", text))
	if err != nil || diags.HasErrors() {
		t.Fatal(diags, err)
	}
	return m
}

// TestLazy holds that programs start when they are needed, once, and are closed.
func TestLazy(t *testing.T) {
	w := newWorld(t)
	w.program("runs", plugins.Info{Name: "runs", Phases: []plugins.Phase{plugins.Check}, Filter: plugins.Filter{Keywords: []string{"RUN"}}})
	w.program("adds", plugins.Info{Name: "adds", Phases: []plugins.Phase{plugins.Check}, Filter: plugins.Filter{Keywords: []string{"ADD"}}})
	f := w.file("  - use: ./runs\n    name: acme\n    grants: [context]\n    severity: {ran: error}\n  - use: ./adds\n")
	w.lock(f)
	w.allow(f)
	w.starter.started, w.starter.plugins = nil, nil
	p, diags, err := f.Pipeline(context.Background(), w.env)
	if p == nil {
		t.Fatal(lines(&w.set, diags), err)
	}
	if len(w.starter.started) != 0 {
		t.Error("a program started before it was needed")
	}
	m := module(t, "FROM scratch\nRUN x\n")
	p.Start(context.Background(), m)
	out, err := p.Run(context.Background(), plugins.Input{Module: m})
	if err != nil {
		t.Fatal(err)
	}
	if d := out.Diags; len(d) != 1 || d[0].Code != "acme/ran" || d[0].Severity != diag.Error || d[0].Message != "by acme with " {
		t.Errorf("told %+v", d)
	}
	if s := w.starter.started; len(s) != 1 || s[0].Name != "acme" || len(s[0].Grants) != 1 {
		t.Errorf("started %+v", s)
	}
	if err := p.Close(); err != nil || !w.starter.plugins[0].closed.Load() {
		t.Error("it is not closed", err)
	}
	if _, err := p.Run(context.Background(), plugins.Input{Module: m}); err == nil {
		t.Error("it runs after it was closed")
	}
}

// TestLazyFaults holds what becomes of a start that fails.
func TestLazyFaults(t *testing.T) {
	w := newWorld(t)
	info := plugins.Info{Name: "acme", Phases: []plugins.Phase{plugins.Check}}
	w.program("acme", info)
	f := w.file(acme)
	w.lock(f)
	w.allow(f)
	open := func() *Plugins {
		p, diags, err := f.Pipeline(context.Background(), w.env)
		if p == nil {
			t.Fatal(lines(&w.set, diags), err)
		}
		w.starter.started, w.starter.plugins = nil, nil
		return p
	}
	run := func(ctx context.Context, p *Plugins) error {
		_, err := p.Run(ctx, plugins.Input{Module: module(t, "FROM scratch\n")})
		return err
	}
	p := open()
	w.starter.err = errors.New("it crashed")
	for range 2 {
		if err := run(context.Background(), p); err == nil || !strings.Contains(err.Error(), "plugin acme: check: it crashed") {
			t.Error(err)
		}
	}
	if len(w.starter.started) != 1 {
		t.Errorf("it was tried %d times", len(w.starter.started))
	}
	w.starter.err = nil

	p = open()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := run(ctx, p); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := run(context.Background(), p); err != nil {
		t.Errorf("after a cancelled start: %v", err)
	}

	lock, err := trust.ReadLock(f.LockPath())
	if err != nil {
		t.Fatal(err)
	}
	stale := lock.Plugins["acme"]
	stale.Info.Filter = plugins.Filter{Keywords: []string{"FROM"}}
	lock.Plugins["acme"] = stale
	if err := lock.Write(f.LockPath()); err != nil {
		t.Fatal(err)
	}
	p = open()
	if err := run(context.Background(), p); err == nil || !strings.Contains(err.Error(), "strake plugin lock") || !w.starter.plugins[0].closed.Load() {
		t.Errorf("a stale lock: %v", err)
	}
}

// TestTogether holds that many calls at one time start a program once.
func TestTogether(t *testing.T) {
	w := newWorld(t)
	w.program("acme", plugins.Info{Name: "acme", Phases: []plugins.Phase{plugins.Check}})
	f := w.file(acme)
	w.lock(f)
	w.allow(f)
	p, _, err := f.Pipeline(context.Background(), w.env)
	if p == nil {
		t.Fatal(err)
	}
	w.starter.started = nil
	m := module(t, "FROM scratch\n")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := p.Run(context.Background(), plugins.Input{Module: m}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := p.Close(); err != nil || len(w.starter.started) != 1 {
		t.Error(len(w.starter.started), err)
	}
}

func BenchmarkPipeline(b *testing.B) {
	w := newWorld(b)
	f := w.file("  - use: sized\n    config: {size: 3}\n  - use: one\n")
	for b.Loop() {
		if _, _, err := f.Pipeline(context.Background(), w.env); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNoFile has a program that does not look at what Load found get an error.
func TestNoFile(t *testing.T) {
	f, found := Load(t.Context(), filepath.Join(t.TempDir(), "strake.yaml"), &source.Set{})
	if p, _, err := f.Pipeline(t.Context(), Env{}); !found.HasErrors() || p != nil || !errors.Is(err, ErrNoFile) {
		t.Errorf("%v, %v, %v", found, p, err)
	}
}
