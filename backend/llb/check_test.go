package llb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	driver "github.com/seed-e0495807/strake/backend/compile"
	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestCheck holds Check against Compile, over the tables and the corpus, and over all of
// them with a mistake at the end of each: every error that ends a build is there, with its
// code and its place, and of what compiles nothing is called an error.
func TestCheck(t *testing.T) {
	list := cases.All()
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Log("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	for _, f := range files {
		list = append(list, cases.Case{Name: f.Name, Dockerfile: string(f.Data)})
	}
	builder, err := parsePlatform("linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	failed, passed := 0, 0
	for _, c := range list {
		if len(c.Contexts) > 0 || c.Platform != "" || c.Builder != "" {
			continue
		}
		for _, end := range []string{"", "\nEXPOSE abc\n", "\nSTOPSIGNAL FOO\nCOPY --from=99 /a /b\n", "\nFROM x AS y\nWORKDIR ${\n"} {
			file := source.NewFile("Dockerfile", c.Dockerfile+end)
			o := strake.Options{Resolver: oracleResolver{c.Images}, Caps: &oracleCaps}
			o.BuildArgs, o.BuildPlatforms, o.Target = c.BuildArgs, []ocispecs.Platform{builder}, c.Target
			_, err := strake.Compile(t.Context(), file, o)
			var want diag.List
			if err != nil && !errors.As(err, &want) {
				continue // what BuildKit's library refuses
			}
			inspected, err := driver.New(driver.Config{Name: "Dockerfile", Text: file.Text, Build: o}).Inspect(t.Context(), driver.Default)
			got := inspected.Found
			if err != nil {
				t.Errorf("%s%q: %v", c.Name, end, err)
				continue
			}
			if len(want.Errors()) == 0 {
				if passed++; slices.ContainsFunc(got.Errors(), func(d diag.Diagnostic) bool { return d.Code != "lint" }) { // rules do not look there
					t.Errorf("%s%q compiles, and yet: %v", c.Name, end, got.Errors())
				}
				continue
			}
			failed++
			have := places(file, got.Errors())
			for _, e := range places(file, want.Errors()) {
				if !slices.Contains(have, e) {
					t.Errorf("%s%q: a build ends with %s, which check does not report: %s", c.Name, end, e, strings.Join(have, ", "))
				}
			}
		}
	}
	t.Logf("%d files that do not compile, %d that do", failed, passed)
	if failed < 300 || passed < 300 {
		t.Error("hardly anything was compared")
	}
}

func places(f *source.File, list diag.List) (out []string) {
	for _, d := range list {
		out = append(out, fmt.Sprintf("%d:%s", f.Position(d.Span.Start).Line, d.Code))
	}
	return out
}

// TestPartial: where a base image is unknown, no more is reported than what is wrong
// whatever it is, and that is.
func TestPartial(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // lines and codes
	}{
		{"FROM nowhere.invalid/x\nEXPOSE abc\n", []string{"1:base-image", "2:bad-port"}},
		{"FROM nowhere.invalid/x\nEXPOSE $P\nWORKDIR ${W:?none}\nCOPY $X /y\nUSER ${U}\n", []string{"1:base-image"}},
		{"FROM nowhere.invalid/x AS a\nFROM a\nEXPOSE $P\nSTOPSIGNAL FOO\n", []string{"1:base-image", "4:bad-signal"}},
		{"FROM scratch AS a\nFROM nowhere.invalid/x\nCOPY --from=a $X /y\nFROM scratch\nEXPOSE abc\n", []string{"2:base-image", "5:bad-port"}},
		{"FROM nowhere.invalid/x\nCOPY --from=nowhere.invalid/y /a /b\nRUN --mount=type=nope true\n", []string{"1:base-image", "2:base-image", "3:bad-mount"}},
		{"FROM nowhere.invalid/x AS b\nFROM nowhere.invalid/x\nCOPY --from=b /a /b\nEXPOSE 70000\n", []string{"1:base-image", "2:base-image", "4:bad-port"}},
	} {
		file := source.NewFile("Dockerfile", c.text)
		o := strake.Options{Resolver: oracleResolver{map[string]string{}}}
		o.Images, o.AllStages = nowhere{}, true
		inspected, err := driver.New(driver.Config{Name: "Dockerfile", Text: c.text, Build: o}).Inspect(t.Context(), driver.Default)
		got := inspected.Found
		if have := places(file, got.Errors()); err != nil || !slices.Equal(have, c.want) {
			t.Errorf("%q: got %v %v, want %v", c.text, have, err, c.want)
		}
		for _, f := range inspected.Checks {
			if f.Rule == "UndefinedVar" || f.Rule == "InvalidBaseImagePlatform" {
				t.Errorf("%q: %s is not known of an unknown base image", c.text, f.Rule)
			}
		}
	}
}

// nowhere has no images.
type nowhere struct{}

func (nowhere) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{}, fmt.Errorf("%s: there is no such image", r.Ref)
}
