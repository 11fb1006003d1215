package prove

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestUnavailable holds which packages a failed build is said to lack.
func TestUnavailable(t *testing.T) {
	for output, want := range map[string][]string{
		"E: Unable to locate package own\nE: Unable to locate package libown2.0+dev\nE: Couldn't find any package by glob 'libown2.0+dev'\n": {"own", "libown2.0+dev"},
		"Package own is not available, but is referred to by another package.\nE: Package 'own' has no installation candidate\n":             {"own"},
		"E: Version '1:2.3~rc1' for 'vim-tiny' was not found\n":                                                                              {"vim-tiny"},
		"E: Could not get lock /var/lib/dpkg/lock-frontend\n":                                                                                nil,
		"": nil,
	} {
		err := &build.Failure{Diags: diag.List{{Code: "run-failed", Notes: []diag.Note{{Label: "output", Text: output}}}}}
		if got := unavailable(err); !slices.Equal(got, want) {
			t.Errorf("%q: %q", output, got)
		}
	}
	if got := unavailable(errors.New("E: Unable to locate package own")); got != nil {
		t.Error(got)
	}
}

// TestFailed holds that what the steps of package managers alone fail in is found in the whole
// Dockerfile, under its own name.
func TestFailed(t *testing.T) {
	apt, pip := "RUN apt-get install -y vim", "RUN pip install x"
	whole := &recipe.Recipe{Base: "base", Steps: []recipe.Step{{Group: "apt", Instruction: apt, Installs: true}, {Group: "/a", Instruction: "COPY files/a /a"}, {Group: "pip", Instruction: pip, Installs: true}}}
	part := whole.Installs().Dockerfile()
	for name, c := range map[string]struct{ text, at, want string }{
		"a step of the part":   {part, pip, "site/Dockerfile:7:1"},
		"a step of the whole":  {whole.Dockerfile(), pip, "site/Dockerfile:7:1"},
		"the first step":       {part, apt, "site/Dockerfile:3:1"},
		"what is in the step":  {part, "install x", "site/Dockerfile:7:9"},
		"what is in no step":   {"FROM base\n\nRUN other\n", "RUN other", ""},
		"the base of the part": {part, "base", "site/Dockerfile:1:6"},
	} {
		set := &source.Set{}
		set.Add("/tmp/strake-recipe-1/1/context/Dockerfile", c.text)
		start := strings.Index(c.text, c.at)
		span := source.Span{Start: uint32(start), End: uint32(start + len(c.at))}
		failed := &Failed{whole, fmt.Errorf("build: %w", &build.Failure{Set: set, Diags: diag.List{{Message: "it does not build", Span: span}, {Message: "elsewhere", Span: source.Span{File: 1, Start: 2, End: 3}}}})}
		got := failed.In("site/Dockerfile")
		if c.want == "" {
			if !got.Diags[0].Span.IsZero() {
				t.Errorf("%s: it is at %v", name, got.Diags[0].Span)
			}
			continue
		}
		file := got.Set.File(0)
		if at := file.Position(got.Diags[0].Span.Start).String(); at != c.want || file.Slice(got.Diags[0].Span) != c.at {
			t.Errorf("%s: it is at %s, not %s", name, at, c.want)
		}
		if !got.Diags[1].Span.IsZero() || set.File(0).Slice(span) != c.at {
			t.Errorf("%s: %+v", name, got.Diags)
		}
	}
	if got := (&Failed{whole, errors.New("x")}).In("Dockerfile"); got != nil {
		t.Error(got)
	}
}

// TestFailedLibrary holds that the step that fails is found, whatever else is said of the build.
func TestFailedLibrary(t *testing.T) {
	part := &recipe.Recipe{Base: "base", Steps: []recipe.Step{{Kind: recipe.Packages, Group: "packages", Instruction: "RUN apt-get install ruby"}, {Kind: recipe.Libraries, Group: "gem", Instruction: "RUN gem install wave"}}}
	text := part.Dockerfile()
	set := &source.Set{}
	set.Add("Dockerfile", text)
	at := func(s diag.Severity, what string) diag.Diagnostic {
		start := strings.Index(text, what)
		return diag.Diagnostic{Severity: s, Span: source.Span{Start: uint32(start), End: uint32(start + len(what))}}
	}
	for want, list := range map[string]diag.List{
		"gem": {at(diag.Info, "FROM base"), at(diag.Error, "RUN gem install wave")},
		"":    {at(diag.Error, "RUN apt-get install ruby"), at(diag.Info, "RUN gem install wave")},
	} {
		if got := failedLibrary(part, &build.Failure{Set: set, Diags: list}); got != want {
			t.Errorf("it failed in %q, not %q", got, want)
		}
	}
}
