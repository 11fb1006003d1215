package build

import (
	"context"
	"debug/elf"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/system"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/store/tarball"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Keeper keeps what is changed in the shell of a step.
type Keeper struct {
	Program string   // path of a program that runs on Linux, on this kind of processor
	Hold    []string // arguments that make it call debug.Hold
	Enter   []string // and debug.Enter
	Keep    func(context.Context, *store.Store, *Changed) error
	Failed  func(error) // is told why nothing is kept; the build goes on
}

// Changed is what was changed in the shell of a step. Its image and its layer are in the store,
// and as long as nothing refers to them the store is held.
type Changed struct {
	Image ocispecs.Descriptor // the state in front of the step; has no name
	Layer ocispecs.Descriptor // of what was changed
	// DiffID is that of the layer; it may have files that are as they were.
	DiffID  digest.Digest
	Command []string // the shell
	Exit    int      // its code
	About   string   // which step it was, a sentence
	Omitted []string // paths of files that no layer can have
}

// helperName is what the session calls the directory of the Keeper's program.
const helperName = "strake-helper"

// lendHelper adds the directory of the program to those that the engine may ask for.
func (j *job) lendHelper(mounts map[string]fsutil.FS) error {
	if j.Debug == nil || j.Debug.Keeper == nil {
		return nil
	}
	dir, name := filepath.Split(j.Debug.Keeper.Program)
	files, err := fsutil.NewFS(dir)
	if err == nil {
		files, err = fsutil.NewFilterFS(files, &fsutil.FilterOpt{IncludePatterns: []string{name}})
	}
	if err == nil {
		mounts[helperName] = files
	}
	return err
}

// helper is what makes it possible to keep what the shell changes; nil when nobody asks for
// that, and when the engine cannot do it.
func (j *job) helper(c gwclient.Client) *debug.Helper {
	k := j.Debug.Keeper
	if k == nil {
		return nil
	}
	workers := c.BuildOpts().Workers
	here := platforms.DefaultSpec()
	loader, err := loaderOf(k.Program)
	runs := func(p ocispecs.Platform) bool { return p.OS == "linux" && p.Architecture == here.Architecture }
	switch {
	case j.classic():
		k.Failed(errUnkept("this engine gives no state of a build away", "`strake build --addr auto` has an engine that does"))
	case err != nil:
		k.Failed(errUnkept(fmt.Sprintf("%s cannot be read: %v", k.Program, err), ""))
	case loader:
		k.Failed(errUnkept("this strake needs a loader, which containers may not have", "build it as a static program, with CGO_ENABLED=0"))
	case len(workers) == 0 || len(workers[0].Platforms) == 0 || !runs(workers[0].Platforms[0]):
		k.Failed(errUnkept("the engine does not run on the kind of machine that this one is", ""))
	default:
		return &debug.Helper{Local: helperName, File: filepath.Base(k.Program), Hold: k.Hold, Enter: k.Enter}
	}
	return nil
}

// loaderOf tells whether a program needs another one to be loaded.
func loaderOf(program string) (bool, error) {
	f, err := elf.Open(program)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }), nil
}

// NotKept is the code of diagnostics that say that nothing is kept, and why.
const NotKept = "not-kept"

func errUnkept(why, hint string) error {
	return diag.Diagnostic{Code: NotKept, Message: "what you change in the shell is not kept: " + why, Hint: hint}
}

// keepChanges keeps what was changed in the shell of a step.
func (j *job) keepChanges(ctx context.Context, f *front, c *debug.Container) error {
	j.Images.Litter() // what nothing refers to in the end, also if that is a kill
	changed := &Changed{Command: c.Command(), About: j.about(f.vertex)}
	var err error
	changed.Layer, changed.DiffID, err = tarball.WriteLayer(ctx, j.Images, func(w io.Writer) (err error) {
		changed.Exit, changed.Omitted, err = c.Changes(ctx, w)
		return err
	})
	if err != nil || changed.DiffID == rootfs.NoChange {
		return j.Images.Explain(err)
	}
	if changed.Image, err = j.state(ctx, f); err == nil {
		err = j.Debug.Keeper.Keep(ctx, j.Images, changed)
	}
	return j.Images.Explain(err)
}

// about says which step it is.
func (j *job) about(v *vertex) string {
	if len(v.spans) == 0 {
		return "These lines are for the step " + v.name
	}
	f := j.set.File(v.spans[0].File)
	line, _ := f.LineRange(v.spans[0])
	return fmt.Sprintf("These lines go in front of line %d of %s", line, f.Name)
}

// state makes an image of the root file system that a step starts from, in the store. The engine
// has it: the build is open.
func (j *job) state(ctx context.Context, f *front) (ocispecs.Descriptor, error) {
	var desc ocispecs.Descriptor
	img, now := f.config(), time.Now()
	img.Created = &now // not when its base was
	config, err := json.Marshal(img)
	if err != nil {
		return desc, err
	}
	if f.root == nil {
		return desc, errors.New("the step starts from nothing")
	}
	def, err := f.upTo(f.root)
	if err != nil {
		return desc, err
	}
	opt := client.SolveOpt{
		Session: j.attachables, Internal: true,
		Exports: []client.ExportEntry{{Type: client.ExporterOCI, Attrs: map[string]string{"tar": "false"}, OutputStore: j.Images.Content()}},
	}
	resp, err := j.Engine.Client.Build(ctx, opt, product, func(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
		res, err := c.Solve(ctx, gwclient.SolveRequest{Definition: def})
		if err == nil {
			res.AddMeta(exptypes.ExporterImageConfigKey, config)
		}
		return res, err
	}, nil)
	if err != nil {
		return desc, err
	}
	data, err := base64.StdEncoding.DecodeString(resp.ExporterResponse["containerimage.descriptor"])
	if err == nil {
		err = json.Unmarshal(data, &desc)
	}
	desc.Annotations = map[string]string{store.AnnotationSource: store.SourceBuild}
	return desc, err
}

// config is that of an image with the state in front of a step: variables of ARG are not in it.
func (f *front) config() *dockerspec.DockerOCIImage {
	img := &dockerspec.DockerOCIImage{}
	if f.stage != nil && f.stage.BaseInfo != nil {
		*img = *f.stage.BaseInfo
	}
	meta := f.step.Exec.Meta
	switch {
	case f.op.Platform != nil:
		img.OS, img.Architecture, img.Variant = f.op.Platform.OS, f.op.Platform.Architecture, f.op.Platform.Variant
	case img.OS == "":
		img.Platform = platforms.DefaultSpec()
	}
	img.RootFS, img.History, img.Config.OnBuild = ocispecs.RootFS{Type: "layers"}, nil, nil
	img.Config.User, img.Config.WorkingDir, img.Config.Env = meta.User, meta.Cwd, nil
	if s := f.state(); s != nil {
		kept := s.Env()
		for _, e := range meta.Env {
			name, _, _ := strings.Cut(e, "=")
			if _, ok := kept[name]; ok {
				img.Config.Env = append(img.Config.Env, e)
			}
		}
		if img.Config.Shell != nil || !slices.Equal(s.Shell, shell.Default()) {
			img.Config.Shell = slices.Clone(s.Shell)
		}
	}
	if !slices.ContainsFunc(img.Config.Env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }) {
		img.Config.Env = append(img.Config.Env, "PATH="+system.DefaultPathEnv(img.OS)) // as that of a stage from scratch
	}
	img.Config.Labels = maps.Clone(img.Config.Labels)
	return img
}
