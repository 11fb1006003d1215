package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/launch"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// PluginFlags say which plugins run. The zero value, once declared, is for one command.
type PluginFlags struct {
	Config, allow string
	off, debug    bool

	mu     sync.Mutex
	loaded map[string]*pipeline // by the path of strake.yaml
	files  map[string]*ConfigFile
	warned map[string]bool // of files of hadolint's, that their warnings were shown
}

// ConfigFile is a strake.yaml, read once however many Dockerfiles it is for.
type ConfigFile struct {
	Set  *source.Set
	File *config.File // nil with an error

	once sync.Once
	err  error
}

// Declare declares the flags.
func (f *PluginFlags) Declare(fs *pflag.FlagSet) {
	fs.StringVar(&f.Config, "config", "", "`FILE` Take the plugins from FILE (default: strake.yaml beside the Dockerfile or above)")
	fs.BoolVar(&f.off, "no-plugins", false, "Run no plugins")
	fs.BoolVar(&f.debug, "debug-plugins", false, "Show what plugins log")
	fs.StringVar(&f.allow, "allow-plugins", "", "`LIST` Allow these digests, or locked: all that strake.lock pins (default $STRAKE_ALLOW_PLUGINS)")
}

// pipeline is the plugins of a strake.yaml, made once however many Dockerfiles it is for.
type pipeline struct {
	once    sync.Once
	plugins *config.Plugins // nil with an error
	err     error
}

// Plugins finds the plugins of a Dockerfile, and what they may ask for.
func (f *PluginFlags) Plugins(ctx context.Context, p *cli.Process, in *input.Input, c *compile.Config) error {
	if f.off {
		c.Without = "--no-plugins leaves it out"
		return nil
	}
	name, err := f.Find(ctx, p, in)
	if err != nil {
		return err
	}
	if name == "" {
		c.Without = notFound(in)
		return nil
	}
	c.Files = in
	c.Log = f.logger(p)
	c.Plugins, err = f.load(ctx, p, name)
	return err
}

// logger writes what plugins log; nil does not.
func (f *PluginFlags) logger(p *cli.Process) func(string) {
	if !f.debug {
		return nil
	}
	return func(text string) {
		f.mu.Lock() // a write for each line, also of files compiled at once
		defer f.mu.Unlock()
		cli.Printf(p.Stderr, "%s\n", diag.Printable(text))
	}
}

// notFound says where no strake.yaml was found.
func notFound(in *input.Input) string {
	file := in.Dockerfile()
	if file == "" {
		return "there is no strake.yaml: name one with --config"
	}
	if dir, err := os.Getwd(); err == nil { // as the user would write it
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	why := "no strake.yaml was found beside " + file
	for _, dir := range []string{".", in.Locals[dockerui.DefaultLocalNameContext]} {
		name := filepath.Join(dir, config.FileName)
		if _, err := os.Stat(name); dir != "" && err == nil {
			return why + " (" + name + " is not looked at without a repository: use --config " + name + ")"
		}
	}
	return why
}

// Off tells whether no plugins are to run.
func (f *PluginFlags) Off() bool { return f.off }

// Find finds the strake.yaml of a Dockerfile: "" when there is none.
func (f *PluginFlags) Find(ctx context.Context, p *cli.Process, in *input.Input) (string, error) {
	if f.Config != "" {
		return filepath.Abs(f.Config)
	}
	dir := in.Locals[dockerui.DefaultLocalNameContext]
	if file := in.Known(); file != "" {
		dir = directoryOf(file)
	}
	if dir == "" {
		return "", nil
	}
	home, _ := p.Env("HOME")
	return config.Find(ctx, dir, home)
}

// directoryOf is the directory of a file, or the first above that is there: an editor may have a file
// of one that is not made yet.
func directoryOf(name string) string {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return filepath.Dir(name)
	}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return dir
}

// load makes the pipeline of a strake.yaml.
func (f *PluginFlags) load(ctx context.Context, p *cli.Process, name string) (*config.Plugins, error) {
	f.mu.Lock()
	if f.loaded == nil {
		f.loaded = map[string]*pipeline{}
	}
	l := f.loaded[name]
	if l == nil {
		l = &pipeline{}
		f.loaded[name] = l
	}
	f.mu.Unlock()
	l.once.Do(func() { l.plugins, l.err = f.open(ctx, p, name) })
	return l.plugins, l.err
}

// File is the strake.yaml of a Dockerfile, whether its plugins run or not; nil is none.
func (f *PluginFlags) File(ctx context.Context, p *cli.Process, in *input.Input) (*ConfigFile, error) {
	name, err := f.Find(ctx, p, in)
	if err != nil || name == "" {
		return nil, err
	}
	return f.read(ctx, name)
}

func (f *PluginFlags) read(ctx context.Context, name string) (*ConfigFile, error) {
	f.mu.Lock()
	if f.files == nil {
		f.files = map[string]*ConfigFile{}
	}
	c := f.files[name]
	if c == nil {
		c = &ConfigFile{}
		f.files[name] = c
	}
	f.mu.Unlock()
	c.once.Do(func() { c.Set, c.File, c.err = LoadConfig(ctx, name) })
	return c, c.err
}

func (f *PluginFlags) open(ctx context.Context, p *cli.Process, name string) (*config.Plugins, error) {
	read, err := f.read(ctx, name)
	if err != nil {
		return nil, err
	}
	set, file := read.Set, read.File
	env, err := f.Environment(p, file)
	if err != nil {
		return nil, err
	}
	found, diags, err := file.Pipeline(ctx, env)
	switch {
	case err != nil:
		return nil, err
	case diags.HasErrors():
		return nil, &cli.Findings{Set: set, List: diags}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p.Report(set, diags)
	p.AtExit(func() { found.Close() })
	return found, nil
}

// Here reads the strake.yaml of the working directory.
func (f *PluginFlags) Here(ctx context.Context, p *cli.Process) (*config.File, error) {
	name := f.Config
	if name == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		home, _ := p.Env("HOME")
		if name, err = config.Find(ctx, dir, home); err != nil {
			return nil, err
		}
	}
	if name == "" {
		return nil, cli.Misuse("there is no strake.yaml here, or above in the repository: name one by --config")
	}
	_, file, err := LoadConfig(ctx, name)
	return file, err
}

// LoadConfig reads a strake.yaml, whose mistakes are a *findings.
func LoadConfig(ctx context.Context, name string) (*source.Set, *config.File, error) {
	if dir, err := os.Getwd(); err == nil { // as the user would write it
		if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
			name = rel
		}
	}
	set := &source.Set{}
	file, diags := config.Load(ctx, name, set)
	if diags.HasErrors() || file == nil {
		return nil, nil, &cli.Findings{Set: set, List: diags}
	}
	return set, file, nil
}

// Environment is what pipelines are made with. Without programs there is nothing to
// trust, and no need for a home.
func (f *PluginFlags) Environment(p *cli.Process, file *config.File) (config.Env, error) {
	store, err := Trusted(p, f.allow)
	if err != nil && slices.ContainsFunc(file.Entries, func(e config.Entry) bool { return e.External() }) {
		return config.Env{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return config.Env{}, err
	}
	return config.Env{Builtins: builtin.All(), Starter: launch.Starter{Warn: func(text string) { warnPlugin(p, text) }}, Store: store, WorkDir: dir}, nil
}

// warnPlugin tells of a plugin that runs with less than the whole sandbox, at each run.
func warnPlugin(p *cli.Process, text string) {
	cli.Printf(p.Stderr, "warning: %s\n", diag.Printable(text))
}

// Trusted is what the user allows to run.
func Trusted(p *cli.Process, allow string) (*trust.Store, error) {
	name := "--allow-plugins"
	if allow == "" {
		name = "STRAKE_ALLOW_PLUGINS"
		allow, _ = p.Env(name)
	}
	given, err := trust.ParseGiven(allow)
	if err != nil {
		return nil, cli.Misuse("invalid %s: %v", name, err)
	}
	conf, err := directory(p, "XDG_CONFIG_HOME", ".config")
	if err != nil {
		return nil, err
	}
	cache, err := directory(p, "XDG_CACHE_HOME", ".cache")
	if err != nil {
		return nil, err
	}
	return &trust.Store{Config: conf, Cache: filepath.Join(cache, "plugins"), Given: given}, nil
}

// directory is one of the user's own directories for strake.
func directory(p *cli.Process, variable, usual string) (string, error) {
	if dir, _ := p.Env(variable); dir != "" {
		return filepath.Abs(filepath.Join(dir, "strake"))
	}
	if home, _ := p.Env("HOME"); home != "" {
		return filepath.Abs(filepath.Join(home, usual, "strake"))
	}
	return "", diag.Diagnostic{Code: "no-home", Message: fmt.Sprintf("neither %s nor HOME is set", variable), Hint: "set one of them to a directory"}
}
