package builtin_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	driver "github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// textHost has every file of the context, and all are texts.
type textHost struct{ plugintest.Host }

func (textHost) ReadFile(context.Context, string) ([]byte, error) { return []byte("text\n"), nil }

// fixers are the pipelines whose safe fixes are tried: each built-in plugin alone, with all
// its rules, once with a context that can be read and once without.
func fixers() map[string]*plugins.Pipeline {
	list := map[string]*plugins.Pipeline{}
	for _, name := range order() {
		s := step(name, builtin.All()[name]())
		if name == "policy" {
			s.Config = []byte(`{"use": ["recommended", "one-cmd", "copy-not-add", "forbidden-instructions"]}`)
		}
		list[name] = &plugins.Pipeline{Steps: []plugins.Step{s}}
		s.Grants = nil
		list[name+" without grants"] = &plugins.Pipeline{Steps: []plugins.Step{s}}
	}
	return list
}

// safeFixes are those of the compiler and of a pipeline, by what they are called.
func safeFixes(ctx context.Context, text string, p *plugins.Pipeline) ([]diag.Fix, error) {
	found, err := driver.New(driver.Config{Name: "Dockerfile", Text: text, Build: llb.Options{Options: plan.Options{Images: anyImage{}}}}).Findings(ctx)
	if err != nil {
		return nil, err
	}
	if m := parse("Dockerfile", text); m != nil {
		out, err := p.Run(ctx, plugins.Input{Module: m, Host: func(*ir.Module) plugins.Host { return textHost{} }})
		if err != nil {
			return nil, err
		}
		found = append(found, out.Diags...)
	}
	var list []diag.Fix
	for _, d := range found {
		for _, f := range d.Fixes {
			if f.Safe {
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// image is what a build gives: the vertices and the config. A fix may leave out of it what
// its message says is not kept.
func image(ctx context.Context, text string, fix diag.Fix) (string, error) {
	m := parse("Dockerfile", text)
	if m == nil {
		return "", fmt.Errorf("it is no Dockerfile")
	}
	r, err := llb.CompileModule(ctx, m, llb.Options{Options: plan.Options{Images: anyImage{}}})
	if err != nil {
		return "", err
	}
	def, err := r.State.Marshal(ctx, bk.LocalUniqueID("x"))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	inputs := map[string]int{} // a vertex by its place, as its digest counts what may differ
	for i, dt := range def.Def {
		var op pb.Op
		if err := op.Unmarshal(dt); err != nil {
			return "", err
		}
		inputs[digest.FromBytes(dt).String()] = i
		for _, in := range op.Inputs {
			in.Digest = fmt.Sprint(inputs[in.Digest])
		}
		for _, a := range op.GetFile().GetActions() {
			if c := a.GetCopy(); c != nil && strings.Contains(fix.Message, "none is an archive") {
				c.AttemptUnpackDockerCompatibility = false
			}
		}
		fmt.Fprintln(&out, op.String())
	}
	if fix.Keeps == diag.Graph || strings.Contains(fix.Message, "but for the history") {
		r.Image.History = slices.DeleteFunc(r.Image.History, func(h ocispecs.History) bool { return h.EmptyLayer })
		for i := range r.Image.History {
			_, r.Image.History[i].CreatedBy, _ = strings.Cut(r.Image.History[i].CreatedBy, " ")
		}
	}
	config, err := r.Config()
	return out.String() + string(config), err
}

// keeps holds a fix, applied alone, to leaving a Dockerfile that is the same image.
func keeps(ctx context.Context, text string, fix diag.Fix) error {
	before, failed := image(ctx, text, fix)
	fixed, err := diag.Apply(text, fix.Edits)
	if err != nil {
		return err
	}
	if parse("Dockerfile", text) != nil && parse("Dockerfile", fixed) == nil {
		return fmt.Errorf("it leaves what does not parse:\n%s", fixed)
	}
	if failed != nil {
		return nil
	}
	switch after, err := image(ctx, fixed, fix); {
	case err != nil:
		return fmt.Errorf("it leaves what does not compile: %w\n%s", err, fixed)
	case before != after:
		return fmt.Errorf("it makes another image:\n%s\nwas\n%s", after, before)
	}
	return nil
}

// TestSafeFixesKeepTheImage applies each fix that is called safe, alone, to real files, one of
// eight or with STRAKE_LONG=1 all of them, and to some that are hard.
func TestSafeFixesKeepTheImage(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles thousands of files")
	}
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	files = sample(files)
	for i, text := range []string{
		"FROM debian:13\nCMD a\nENTRYPOINT x\nCMD b\nENTRYPOINT y\n",
		"FROM debian:13\nENTRYPOINT x\nCMD a\nENTRYPOINT y",
		"FROM debian:13\nHEALTHCHECK NONE\nHEALTHCHECK CMD a\nHEALTHCHECK NONE\n",
		"FROM debian:13\nCMD a \\\n  # of it\n  b\nCMD c # no comment\n",
		"# escape=`\nFROM debian:13\nCMD a `\n  b\nCMD c\n",
		"FROM debian:13\r\nCMD a\r\nCMD b\r\n",
		"FROM debian:13 AS a\nCMD a\nCMD b\nFROM a\nENTRYPOINT x\n",
		"FROM debian:13\nSHELL [\"/bin/bash\", \"-c\"]\nCMD a\nSHELL [\"/bin/sh\", \"-c\"]\nCMD b\n",
		"FROM debian:13\nADD --chown=1:1 --chmod=600 --link a.txt b/ /c/\n",
		"FROM debian:13\nADD --exclude=*.md src/ /c/\n",
		"FROM debian:13\nADD <<EOF a.txt /c/\nx\nEOF\n",
		"FROM debian:13\nADD [\"a b.txt\", \"/c/\"]\n",
		"FROM debian:13\nADD user@example.com:x.conf /c/\n",
		"FROM debian:13\nADD ssh://git@example.com/x.conf /c/\n",
		"FROM debian:13\nADD git@example.com:x.conf /c/\n",
		"FROM debian:13\nADD github.com/a/x.conf /c/\n",
		"FROM debian:13\nONBUILD ADD a.txt /c/\nONBUILD CMD a\nONBUILD CMD b\n",
	} {
		files = append(files, cases.File{Name: fmt.Sprintf("hard %d", i), Data: []byte(text)})
	}
	seen := map[string]int{}
	for name, p := range fixers() {
		for _, f := range files {
			text := string(f.Data)
			list, err := safeFixes(t.Context(), text, p)
			if err != nil {
				t.Fatalf("%s: %s: %v", f.Name, name, err)
			}
			for _, fix := range list {
				seen[fix.Message]++
				if err := keeps(t.Context(), text, fix); err != nil {
					t.Errorf("%s: %s: %q: %v", f.Name, name, fix.Message, err)
				}
			}
		}
	}
	for _, message := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%6d × %s", seen[message], message)
	}
	if len(seen) < 2 {
		t.Error("there are next to no safe fixes")
	}
}
