package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/launch"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/source"
	api "github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// plugins are those of a build: of the organisation whose image this is, or else of the
// strake.yaml beside the Dockerfile, which can switch on what is compiled in.
type plugins struct {
	open []*config.Plugins
	temp []string
}

func (p *plugins) close() {
	for _, o := range p.open {
		o.Close()
	}
	for _, dir := range p.temp {
		os.RemoveAll(dir)
	}
}

// read reads the strake.yaml beside the Dockerfile; nil is none, or none that counts.
func (p *plugins) read(ctx context.Context, c client.Client, inputs map[string]bk.State) ([]byte, error) {
	if own, open := p.organisation(); own != "" && !open {
		return nil, nil
	}
	text, err := readBeside(ctx, c, inputs, config.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// organisation is the strake.yaml of the image, "" when it has none. Open says that a
// repository's takes its place.
func (p *plugins) organisation() (name string, open bool) {
	name = filepath.Join(gateway.ConfigDir, config.FileName)
	if _, err := os.Stat(name); err != nil {
		return "", false
	}
	_, err := os.Stat(filepath.Join(gateway.ConfigDir, gateway.Overridable))
	return name, err == nil
}

// watched is config, with the work of the compile in the log of the daemon if the image has
// STRAKE_DEBUG among its variables.
func (p *plugins) watched(ctx context.Context, c client.Client, src *input.Source, text []byte) (compile.Config, error) {
	config, err := p.config(ctx, c, src, text)
	if v := os.Getenv("STRAKE_DEBUG"); v != "" && v != "0" {
		config.Watch = func(w compile.Work) { fmt.Fprintf(os.Stderr, "strake-frontend: compile: %s\n", w) }
	}
	return config, err
}

// config gives the plugins of a Dockerfile that was found.
func (p *plugins) config(ctx context.Context, c client.Client, src *input.Source, text []byte) (compile.Config, error) {
	none := compile.Config{}
	name, _ := p.organisation()
	own := text == nil
	if !own {
		dir, err := p.directory()
		if err != nil {
			return none, err
		}
		name = filepath.Join(dir, config.FileName)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return none, err
		}
	}
	if name == "" {
		return compile.Config{Without: "no strake.yaml was found beside the Dockerfile"}, nil
	}
	found, file, err := p.load(ctx, name, own)
	if err != nil {
		return none, err
	}
	p.open = append(p.open, found)
	return compile.Config{
		Plugins: found,
		Lint:    compile.LintOf(file, rules.All(), path.Base(src.Filename), file.Dir()).InBuild(),
		Files:   files{c, src},
		Log:     func(text string) { fmt.Fprintln(os.Stderr, text) },
	}, nil
}

// directory makes a directory that goes with the process.
func (p *plugins) directory() (string, error) {
	dir, err := os.MkdirTemp("", "strake")
	if err == nil {
		p.temp = append(p.temp, dir)
	}
	return dir, err
}

// load makes the pipeline of a strake.yaml. Programs are those of the organisation only: its
// image is what pins them. The container that this runs in is a sandbox already, in which a
// daemon seldom lets anybody make another one.
func (p *plugins) load(ctx context.Context, name string, own bool) (*config.Plugins, *config.File, error) {
	set := &source.Set{}
	file, diags := config.Load(ctx, name, set)
	for i := range diags {
		diags[i].Message = strings.ReplaceAll(diags[i].Message, name, config.FileName)
	}
	if file != nil && !own {
		for _, e := range file.Entries {
			if e.External() {
				diags.Errorf(e.Span, "plugin-program", "the program %s is not in this frontend's image", e.Use).
					Hint = "make an image that has it, with `strake frontend image --config strake.yaml`"
			}
		}
	}
	if file != nil {
		diags = append(diags, file.CheckRules(rules.All())...)
	}
	if diags.HasErrors() || file == nil {
		return nil, nil, gateway.InFiles(diags, named(set))
	}
	temp, err := p.directory()
	if err != nil {
		return nil, nil, err
	}
	found, diags, err := file.Pipeline(ctx, config.Env{
		Builtins: builtin.All(), Starter: launch.Starter{}, WorkDir: file.Dir(),
		Store: &trust.Store{Config: filepath.Join(temp, "config"), Cache: filepath.Join(temp, "cache"), Given: trust.Given{Locked: true, Sandbox: trust.None}},
	})
	if err != nil {
		return nil, nil, err
	}
	if diags.HasErrors() {
		found.Close()
		return nil, nil, gateway.InFiles(diags, named(set))
	}
	return found, file, nil
}

// named gives the files of a set the names that their authors know.
func named(set *source.Set) *source.Set {
	out := &source.Set{}
	for id := source.FileID(0); set.File(id) != nil; id++ {
		out.Add(path.Base(filepath.ToSlash(set.File(id).Name)), set.File(id).Text)
	}
	return out
}

// readBeside reads a file of the directory that the Dockerfile is in.
func readBeside(ctx context.Context, c client.Client, inputs map[string]bk.State, name string) ([]byte, error) {
	opts := c.BuildOpts().Opts
	local := opts["dockerfilekey"]
	remote := input.IsRemote(opts["context"]) && local == ""
	if local == "" {
		local = dockerui.DefaultLocalNameDockerfile
	}
	name = path.Join(path.Dir(opts["filename"]), name)
	if input, given := inputs[local]; given {
		return readFile(ctx, c, input, name)
	}
	if remote {
		found, err := dockerui.NewClient(c)
		if err != nil {
			return nil, err
		}
		state, err := found.MainContext(ctx, bk.FollowPaths([]string{name}))
		if err != nil {
			return nil, err
		}
		return readFile(ctx, c, *state, path.Join(opts["contextsubdir"], name))
	}
	session := c.BuildOpts().SessionID
	if id, ok := opts["local-sessionid:"+local]; ok {
		session = id
	}
	return readFile(ctx, c, bk.Local(local, bk.FollowPaths([]string{name}), bk.SessionID(session),
		bk.SharedKeyHint(local+"-"+config.FileName), dockerui.WithInternalName("load "+config.FileName), bk.Differ(bk.DiffNone, false)), name)
}

// files are those of the build context.
type files struct {
	client client.Client
	src    *input.Source
}

// ReadFile implements compile.Files.
func (f files) ReadFile(ctx context.Context, name string) ([]byte, error) {
	state, err := f.src.Client.MainContext(ctx, bk.FollowPaths([]string{name}))
	if err != nil {
		return nil, err
	}
	return readFile(ctx, f.client, *state, name)
}

// ListFiles implements compile.Files. The daemon gets what matches, with all that is below it.
func (f files) ListFiles(ctx context.Context, patterns []string) ([]api.File, error) {
	state, err := f.src.Client.MainContext(ctx, bk.IncludePatterns(patterns))
	if err != nil {
		return nil, err
	}
	ref, err := solve(ctx, f.client, *state)
	if err != nil || ref == nil {
		return nil, err
	}
	return api.Match(patterns, func(dir string) ([]fs.FileInfo, error) {
		stats, err := ref.ReadDir(ctx, client.ReadDirRequest{Path: dir})
		list := make([]fs.FileInfo, len(stats))
		for i, s := range stats {
			list[i] = &fsutil.StatInfo{Stat: s}
		}
		return list, err
	})
}

// solve gives what a state makes, nil when that is nothing.
func solve(ctx context.Context, c client.Client, state bk.State) (client.Reference, error) {
	def, err := state.Marshal(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.Solve(ctx, client.SolveRequest{Definition: def.ToPB()})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

func readFile(ctx context.Context, c client.Client, state bk.State, name string) ([]byte, error) {
	ref, err := solve(ctx, c, state)
	if err != nil {
		return nil, err
	}
	if ref == nil {
		return nil, fs.ErrNotExist
	}
	data, err := ref.ReadFile(ctx, client.ReadRequest{Filename: name})
	if err != nil && strings.Contains(err.Error(), "no such file or directory") { // the daemon's text is all there is
		err = fs.ErrNotExist
	}
	return data, err
}
