package plan_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/platforms"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

var update = flag.Bool("update", false, "write the plans")

// TestGolden plans the cases of testdata. An archive has for each case NAME the files
//
//	NAME/Dockerfile
//	NAME/options      a line each, see option; may be missing
//	NAME/plan         the plan and its facts as Print has them, or the errors and the facts
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
		topic := strings.TrimSuffix(filepath.Base(file), ".txtar")
		out := &txtar.Archive{Comment: archive.Comment}
		for _, f := range archive.Files {
			name, ok := strings.CutSuffix(f.Name, "/Dockerfile")
			if !ok {
				continue
			}
			out.Files = append(out.Files, f)
			var o plan.Options
			if text := member(archive, name+"/options"); text != "" {
				out.Files = append(out.Files, txtar.File{Name: name + "/options", Data: []byte(text)})
				o = options(t, text)
			} else {
				o = options(t, "")
			}
			t.Run(topic+"/"+name, func(t *testing.T) {
				got := planned(t, string(f.Data), o)
				if again := planned(t, string(f.Data), o); again != got {
					t.Errorf("another time it is\n%s\nnot\n%s", again, got)
				}
				if want := member(archive, name+"/plan"); got != want && !*update {
					t.Errorf("got\n%s\nwant\n%s\nrun with -update to write that", got, want)
				}
				out.Files = append(out.Files, txtar.File{Name: name + "/plan", Data: []byte(got)})
			})
		}
		if *update && !t.Failed() {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func member(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func planned(t *testing.T, text string, o plan.Options) string {
	t.Helper()
	file, diags := lang.Parse(source.NewFile("Dockerfile", text))
	m, more := ir.Build(file)
	if err := append(diags, more...).Err(); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(t.Context(), m, o)
	out := ""
	var list diag.List
	if err != nil && !errors.As(err, &list) {
		t.Fatal(err)
	}
	for _, d := range list {
		out += fmt.Sprintf("%s %s %s: %s\n", d.Severity, place(file.Source, d.Span), d.Code, d.Message)
		if d.Expected != "" {
			out += "\texpected " + d.Expected + "\n"
		}
		if d.Hint != "" {
			out += "\thint " + d.Hint + "\n"
		}
	}
	out += plan.Print(p)
	if outline := p.Outline; outline != nil {
		for _, a := range outline.Args {
			out += fmt.Sprintf("outline arg %s %q %s\n", a.Name, a.Value, place(file.Source, a.Origin.Spans()[0]))
		}
		for i, mounts := range [][]plan.OutlineMount{outline.Secrets, outline.SSH, outline.Entitlements} {
			for _, m := range mounts {
				out += fmt.Sprintf("outline %s %q required %v %s\n", []string{"secret", "ssh", "allow"}[i], m.ID, m.Required, place(file.Source, m.Origin.Spans()[0]))
			}
		}
	}
	return out
}

func place(f *source.File, s source.Span) string {
	if s.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%s %q", f.Position(s.Start), f.Text[s.Start:s.End])
}

// options reads those of a case. Images that have no config of their own are for
// linux/amd64 and have one layer.
func options(t *testing.T, text string) plan.Options {
	t.Helper()
	images, contexts, absent := images{}, contexts{}, map[string]bool{}
	o := plan.Options{BuildArgs: map[string]string{}, Labels: map[string]string{}, Images: images, Contexts: contexts,
		BuildPlatforms: []ocispecs.Platform{platforms.MustParse("linux/amd64")}}
	var ignore, noCache []string
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, value, _ := strings.Cut(rest, "=")
		switch word {
		case "arg":
			o.BuildArgs[key] = value
		case "label":
			o.Labels[key] = value
		case "target":
			o.Target = rest
		case "platform":
			p := platforms.MustParse(rest)
			o.Platform = &p
		case "builder":
			o.BuildPlatforms = nil
			for name := range strings.FieldsSeq(rest) {
				o.BuildPlatforms = append(o.BuildPlatforms, platforms.MustParse(name))
			}
		case "builder-unknown":
			o.BuildPlatforms = nil
		case "multi-platform":
			o.MultiPlatform = true
		case "all-stages":
			o.AllStages = true
		case "outline":
			o.Outline = true
		case "partial":
			o.Partial = true
		case "ignore":
			ignore = append(ignore, rest)
		case "absent":
			absent[rest] = true
		case "no-cache":
			noCache = append(noCache, rest)
		case "image": // REF=CONFIG, or REF=error TEXT
			images[key] = value
		case "no-images":
			o.Images = nil
		case "context": // NAME=CONFIG, "" for files, or error TEXT
			contexts[key] = value
		case "epoch": // of every source; "none" when it is not known
			o.Epoch = func(_ context.Context, s plan.EpochSource) (*time.Time, error) {
				if rest == "none" {
					return nil, nil
				}
				at := time.Unix(int64(len(s.Name)), 0)
				return &at, nil
			}
		default:
			t.Fatalf("no option %q", line)
		}
	}
	o.NoCache = func(stage string) bool { return slices.Contains(noCache, stage) }
	o.Ignore = func(context.Context) ([]string, error) {
		if slices.Contains(ignore, "error") {
			return nil, errors.New("cannot read it")
		}
		return ignore, nil
	}
	o.Absent = func(path, verb, hint string) error {
		if !absent[path] {
			return nil
		}
		return diag.List{{Code: "absent", Message: fmt.Sprintf("%s is not there to %s", path, verb), Hint: hint}}
	}
	return o
}

type images map[string]string

const layered = `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]},"history":[{"created_by":"base"}]}`

func (list images) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	config, ok := list[r.Ref]
	if !ok {
		config = layered
	}
	if text, bad := strings.CutPrefix(config, "error "); bad {
		return plan.ImageInfo{}, fmt.Errorf("%s: %w", r.Ref, hinted{text})
	}
	info := plan.ImageInfo{Config: []byte(config)}
	switch {
	case strings.Contains(r.Ref, "/mirrored"):
		info.Ref = strings.Replace(r.Ref, "/mirrored", "/mirror", 1)
	case strings.Contains(r.Ref, "/unreadable"):
		info.Ref = "A"
	case strings.Contains(r.Ref, "/local"):
		info.Store, info.Note = "store", "is the one here"
	case strings.Contains(r.Ref, "/pinned"):
		info.Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	}
	return info, nil
}

// hinted is an error that knows what to do.
type hinted struct{ text string }

func (h hinted) Error() string { return h.text }
func (h hinted) Hint() string  { return "ask another registry" }

type contexts map[string]string

func (list contexts) Lookup(r plan.ContextRequest) (func(context.Context) (plan.NamedContext, error), error) {
	config, ok := list[r.Name]
	if config == "unknown kind" {
		return nil, errors.New(config)
	}
	if !ok {
		return nil, nil
	}
	return func(context.Context) (plan.NamedContext, error) {
		if text, bad := strings.CutPrefix(config, "error "); bad {
			return plan.NamedContext{}, errors.New(text)
		}
		c := plan.NamedContext{Source: r.Name}
		if config != "" {
			c.Image = &dockerspec.DockerOCIImage{}
			c.Image.OS, c.Image.Architecture, _ = strings.Cut(config, "/")
		}
		return c, nil
	}, nil
}
