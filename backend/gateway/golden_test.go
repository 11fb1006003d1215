package gateway

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	fsutil "github.com/tonistiigi/fsutil/types"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the answers")

// TestGolden has a Server answer the requests of testdata, of a daemon that only notes what
// it is asked. An archive has for each case NAME the files
//
//	NAME/options    name=value, as a client gives them, a line each; may be missing
//	NAME/PATH       a file of the build context
//	NAME/answer     what the daemon was asked, and the answer
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := &txtar.Archive{Comment: archive.Comment}
		for i, f := range archive.Files {
			name, path, _ := strings.Cut(f.Name, "/")
			if path != "answer" {
				out.Files = append(out.Files, f)
			}
			if i+1 < len(archive.Files) && strings.HasPrefix(archive.Files[i+1].Name, name+"/") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				d, want := newDaemon(archive, name)
				got := d.answer(t.Context())
				if got != want && !*update {
					t.Errorf("got\n%s\nwant\n%s\nrun with -update to write that", got, want)
				}
				out.Files = append(out.Files, txtar.File{Name: name + "/answer", Data: []byte(got)})
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// daemon is a gateway that has the files of a context and solves nothing.
type daemon struct {
	client.Client
	files, options map[string]string

	mu    sync.Mutex
	asked []string
}

func newDaemon(a *txtar.Archive, name string) (d *daemon, want string) {
	d = &daemon{files: map[string]string{}, options: map[string]string{}}
	for _, f := range a.Files {
		switch path, ok := strings.CutPrefix(f.Name, name+"/"); {
		case !ok:
		case path == "answer":
			want = string(f.Data)
		case path == "options":
			for line := range strings.Lines(string(f.Data)) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				d.options[key] = value
			}
		default:
			d.files[path] = string(f.Data)
		}
	}
	return d, want
}

// answer is what was asked of the daemon, in no order, and what came of it.
func (d *daemon) answer(ctx context.Context) string {
	res, err := Server{}.Build(ctx, d)
	slices.Sort(d.asked)
	out := strings.Join(d.asked, "")
	if err != nil {
		for _, s := range errdefs.Sources(err) {
			for _, r := range s.Ranges {
				out += fmt.Sprintf("at %s:%d\n", s.Info.Filename, r.Start.Line)
			}
		}
		return out + "error " + err.Error() + "\n"
	}
	for _, key := range slices.Sorted(maps.Keys(res.Metadata)) {
		if key == "result.json" && res.Metadata["result.txt"] != nil {
			continue // the text says the same
		}
		out += fmt.Sprintf("%s\n\t%s\n", key, strings.ReplaceAll(strings.TrimSpace(string(res.Metadata[key])), "\n", "\n\t"))
	}
	return out
}

func (d *daemon) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, fmt.Sprintf(format+"\n", args...))
}

func (d *daemon) BuildOpts() client.BuildOpts {
	return client.BuildOpts{Opts: d.options, SessionID: "session", LLBCaps: pb.Caps.CapSet(pb.Caps.All()), Caps: gwpb.Caps.CapSet(gwpb.Caps.All()),
		Workers: []client.WorkerInfo{{Platforms: []ocispecs.Platform{{OS: "linux", Architecture: "amd64"}}}}}
}

func (d *daemon) Inputs(context.Context) (map[string]bk.State, error) { return nil, nil }

func (d *daemon) Warn(_ context.Context, _ digest.Digest, text string, o client.WarnOpts) error {
	d.note("warning %s\n\t%s", text, o.URL)
	return nil
}

// ResolveImageConfig knows images of every name but missing.
func (d *daemon) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	if strings.Contains(ref, "missing") {
		return "", "", nil, fmt.Errorf("%s: not found", ref)
	}
	return ref, "", []byte(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]},"history":[{"created_by":"base"}]}`), nil
}

// ResolveSourceMetadata is asked for the image of an SBOM's scanner only.
func (d *daemon) ResolveSourceMetadata(_ context.Context, op *pb.SourceOp, _ sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	config := []byte(`{"config":{"Cmd":["scan"]}}`)
	return &sourceresolver.MetaResponse{Op: op, Image: &sourceresolver.ResolveImageResponse{Digest: digest.FromString("x"), Config: config}}, nil
}

// Solve notes the vertices that are more than a source.
func (d *daemon) Solve(_ context.Context, r client.SolveRequest) (*client.Result, error) {
	res := client.NewResult()
	res.SetRef(contents{d.files})
	if r.Frontend != "" {
		d.note("frontend %s %v", r.Frontend, r.FrontendOpt)
		return res, nil
	}
	var text strings.Builder
	for _, dt := range r.Definition.GetDef() {
		var op pb.Op
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, err
		}
		if source := op.GetSource(); source != nil {
			fmt.Fprintf(&text, "\n\tsource %s", source.Identifier)
		} else if op.Op != nil {
			name := r.Definition.Metadata[digest.FromBytes(dt).String()].GetDescription()["llb.customname"]
			fmt.Fprintf(&text, "\n\t%s", cmp.Or(name, fmt.Sprintf("%T", op.Op)))
		}
	}
	if text.Len() == 0 {
		text.WriteString(" nothing")
	}
	d.note("solve%s", text.String())
	return res, nil
}

// contents are the files that every reference has.
type contents struct{ files map[string]string }

func (c contents) ToState() (bk.State, error)     { return bk.Scratch(), nil }
func (c contents) Evaluate(context.Context) error { return nil }
func (c contents) ReadFile(_ context.Context, r client.ReadRequest) ([]byte, error) {
	if text, ok := c.files[strings.TrimPrefix(r.Filename, "/")]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: r.Filename, Err: fs.ErrNotExist}
}
func (c contents) StatFile(_ context.Context, r client.StatRequest) (*fsutil.Stat, error) {
	if text, ok := c.files[strings.TrimPrefix(r.Path, "/")]; ok {
		return &fsutil.Stat{Path: r.Path, Mode: 0o644, Size: int64(len(text))}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: r.Path, Err: fs.ErrNotExist}
}
func (c contents) ReadDir(context.Context, client.ReadDirRequest) ([]*fsutil.Stat, error) {
	return nil, errors.ErrUnsupported
}
