package llb_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	driver "github.com/seed-e0495807/strake/backend/compile"
	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/lang/cases"
)

// TestLint compares the build checks with BuildKit's, over the tables and the corpus: the
// same rules with the same words at the same lines.
func TestLint(t *testing.T) {
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
	compared, found := 0, 0
	for _, c := range list {
		theirs, ok := oracleLint(c)
		if !ok {
			continue
		}
		compared++
		ours := lintOf(t, c)
		if found += len(ours); !slices.Equal(theirs, ours) {
			t.Errorf("%s: BuildKit finds\n\t%s\nstrake finds\n\t%s", c.Name, strings.Join(theirs, "\n\t"), strings.Join(ours, "\n\t"))
		}
	}
	t.Logf("%d findings in %d files are the same", found, compared)
	if found < 20 {
		t.Error("hardly anything was compared")
	}
}

// line is a finding as a line of text. Which of several near names is suggested in a FROM
// is chance in BuildKit.
func line(rule, detail string, at int) string {
	if rule == "UndefinedArgInFrom" {
		detail, _, _ = strings.Cut(detail, " (did")
	}
	return fmt.Sprintf("%d %s: %s", at, rule, detail)
}

// oracleLint is what BuildKit finds; ok is false when it stops at an error, or panics.
func oracleLint(c cases.Case) (list []string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	builder, err := parsePlatform("linux/amd64")
	if err != nil || len(c.Contexts) > 0 || c.Platform != "" || c.Builder != "" {
		return nil, false
	}
	context := llb.Scratch()
	sm := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(c.Dockerfile))
	sm.Definition = &llb.Definition{}
	found, err := dockerfile2llb.DockerfileLint(ctx(), []byte(c.Dockerfile), dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{BuildArgs: maps.Clone(c.BuildArgs), BuildPlatforms: []ocispecs.Platform{builder}},
		SourceMap:    sm,
		MetaResolver: oracleResolver{c.Images}, LLBCaps: &oracleCaps, MainContext: &context,
	})
	if err != nil || found.Error != nil {
		return nil, false
	}
	for _, w := range found.Warnings {
		list = append(list, line(w.RuleName, w.Detail, int(w.Location.Ranges[0].Start.Line)))
	}
	slices.Sort(list)
	return list, true
}

func ctx() context.Context { return context.Background() }

func lintOf(t *testing.T, c cases.Case) (list []string) {
	t.Helper()
	builder, err := parsePlatform("linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	o := strake.Options{Resolver: oracleResolver{c.Images}, Caps: &oracleCaps}
	o.BuildArgs, o.BuildPlatforms, o.AllStages = c.BuildArgs, []ocispecs.Platform{builder}, true
	snapshot := driver.New(driver.Config{Name: "Dockerfile", Text: c.Dockerfile, Build: o, Rules: buildkit.Rules()})
	_, _ = snapshot.LLB(t.Context(), driver.Default) // what BuildKit refuses when it marshals the LLB fails here
	found, _ := snapshot.Checks(t.Context(), driver.Default)
	for _, f := range found {
		list = append(list, line(f.Rule, f.Message, snapshot.File().Position(f.Span.Start).Line))
	}
	slices.Sort(list)
	return list
}
