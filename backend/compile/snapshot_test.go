package compile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/containerd/platforms"
	bk "github.com/moby/buildkit/client/llb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config"
)

// labeller is a plugin that warns of each stage and adds a file and a label. What it calls
// first is the test's.
type labeller struct{ before func(context.Context) error }

func (labeller) Info() plugins.Info {
	return plugins.Info{Name: "labeller", Version: "1.0.0", Phases: []plugins.Phase{plugins.Rewrite}}
}

func (l labeller) Run(ctx context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	if l.before != nil {
		if err := l.before(ctx); err != nil {
			return nil, err
		}
	}
	m := c.Module.Copy()
	s := m.Stages[len(m.Stages)-1]
	s.Ops = append(s.Ops, &ir.Op{Body: &ir.Label{Pairs: []ir.Pair{{Key: "by", Value: "labeller"}}},
		Origin: &ir.Origin{By: "labeller", Why: "a test", From: []*ir.Origin{s.Origin}}})
	return &plugins.Result{Module: m}, nil
}

// counter counts work.
type counter struct {
	mu   sync.Mutex
	done map[compile.Work]int
}

func (c *counter) watch(w compile.Work) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = map[compile.Work]int{}
	}
	c.done[w]++
}

func pipeline(list ...plugins.Plugin) *config.Plugins {
	p := &config.Plugins{}
	for _, one := range list {
		p.Steps = append(p.Steps, plugins.Step{Plugin: one})
	}
	return p
}

const text = "FROM scratch\nCOPY hello /\nENTRYPOINT [\"/hello\"]\n"

// However many goroutines ask for all there is, the text is parsed once, plugins run once, and
// each platform is planned and lowered once.
func TestWorkIsDoneOnce(t *testing.T) {
	for _, names := range [][]string{nil, {"linux/amd64"}, {"linux/amd64", "linux/arm64"}} {
		var list []ocispecs.Platform
		for _, name := range names {
			list = append(list, platforms.MustParse(name))
		}
		var c counter
		s := compile.New(compile.Config{Name: "Dockerfile", Text: text, Platforms: list, Plugins: pipeline(labeller{}), Rules: buildkit.Rules(), Watch: c.watch})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for _, p := range s.Platforms() {
					r, err := s.LLB(t.Context(), p)
					if err != nil || r.Image.Config.Labels["by"] != "labeller" {
						t.Errorf("the plugin's label is missing: %v", err)
					}
					if _, err := s.Plan(t.Context(), p); err != nil {
						t.Error(err)
					}
					if _, err := s.Checks(t.Context(), p); err != nil {
						t.Error(err)
					}
				}
				s.AST()
				_, _, _ = s.Module()
				_, _, _ = s.Expanded(t.Context())
			})
		}
		wg.Wait()
		n := max(1, len(list))
		want := map[compile.Work]int{compile.Parse: 1, compile.Expand: 1, compile.Plan: n, compile.Lower: n}
		if !maps.Equal(c.done, want) {
			t.Errorf("%v: %v; want %v", names, c.done, want)
		}
	}
}

// What a cancelled context ended is done again.
func TestCancelled(t *testing.T) {
	first := true
	s := compile.New(compile.Config{Name: "Dockerfile", Text: text, Plugins: pipeline(labeller{func(ctx context.Context) error {
		if first {
			first = false
			return ctx.Err()
		}
		return nil
	}})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.LLB(ctx, compile.Default); err == nil {
		t.Fatal("a cancelled compile has a result")
	}
	if _, err := s.LLB(t.Context(), compile.Default); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// hasty is a plugin that says who owns the image, or nobody where it is not given the file.
type hasty struct{}

func (hasty) Info() plugins.Info {
	return plugins.Info{Name: "hasty", Version: "1.0.0", Phases: []plugins.Phase{plugins.Rewrite}}
}

func (hasty) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	who, err := h.ReadFile(ctx, "OWNER")
	if err != nil {
		who = []byte("nobody")
	}
	label := c.Op(&ir.Label{Pairs: []ir.Pair{{Key: "owner", Value: string(who)}}}, "a test", c.Module.Stages[0].Origin)
	return &plugins.Result{Edits: []plugins.Edit{{Insert: []*ir.Op{label}}}}, nil
}

// ownedBy is a config with a plugin that reads a file, and what the image says in the end.
func ownedBy(files compile.Files) compile.Config {
	p := pipeline(hasty{})
	p.Steps[0].Grants = []plugins.Grant{plugins.GrantContext}
	return compile.Config{Name: "Dockerfile", Text: text, Plugins: p, Files: files}
}

// calls are files that a function reads, which cannot be compared, and constant ones that can.
type (
	calls    func(context.Context, string) ([]byte, error)
	constant string
)

func (f calls) ReadFile(ctx context.Context, path string) ([]byte, error) { return f(ctx, path) }

func (calls) ListFiles(context.Context, []string) ([]plugins.File, error) { return nil, nil }

func (constant) ListFiles(context.Context, []string) ([]plugins.File, error) { return nil, nil }

func (c constant) ReadFile(context.Context, string) ([]byte, error) { return []byte(c), nil }

func owner(ctx context.Context, s *compile.Snapshot) (string, error) {
	r, err := s.LLB(ctx, compile.Default)
	if err != nil {
		return "", err
	}
	return r.Image.Config.Labels["owner"], nil
}

// A plugin that makes do with less when it is not given a file in time does not decide what
// the next one gets.
func TestCancelledPluginWithoutError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := compile.New(ownedBy(calls(func(ctx context.Context, _ string) ([]byte, error) {
		cancel()
		return []byte("me"), ctx.Err()
	})))
	if got, err := owner(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("the one who cancelled got %q, %v", got, err)
	}
	if got, err := owner(t.Context(), s); got != "me" || err != nil {
		t.Errorf("the next one got %q, %v", got, err)
	}
}

// image is every image, with a config.
type image string

func (i image) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	return plan.ImageInfo{Ref: r.Ref, Config: []byte(i)}, nil
}

// Plugins run again for a config in which what they may ask for is different, and only then.
func TestWith(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*compile.Config)
		shared bool
	}{
		{"nothing", func(*compile.Config) {}, true},
		{"rules", func(c *compile.Config) { c.Rules = buildkit.Rules() }, true},
		{"labels", func(c *compile.Config) { c.Build.Labels = map[string]string{"a": "b"} }, true},
		{"equal files", func(c *compile.Config) { c.Files = constant("me") }, true},
		{"other files", func(c *compile.Config) { c.Files = constant("you") }, false},
		{"no files", func(c *compile.Config) { c.Files = nil }, false},
		{"files that cannot be compared", func(c *compile.Config) { c.Files = calls(constant("me").ReadFile) }, false},
		{"arguments", func(c *compile.Config) { c.Build.BuildArgs = map[string]string{"a": "b"} }, false},
		{"images", func(c *compile.Config) { c.Build.Images = image("{}") }, false},
		{"images at hand", func(c *compile.Config) { c.AtHand = image("{}") }, false},
	} {
		var done counter
		config := ownedBy(constant("me"))
		config.Watch = done.watch
		s := compile.New(config)
		c.change(&config)
		for _, s := range []*compile.Snapshot{s, s.With(config)} {
			if _, _, err := s.Expanded(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if shared := done.done[compile.Expand] == 1; shared != c.shared || done.done[compile.Parse] != 1 {
			t.Errorf("%s: %v", c.name, done.done)
		}
	}
	config := ownedBy(constant("me"))
	config.Plugins.Steps[0].Grants = nil
	var done counter
	config.Watch = done.watch
	s := compile.New(config)
	config.Files = constant("you")
	for _, s := range []*compile.Snapshot{s, s.With(config)} {
		if got, err := owner(t.Context(), s); got != "nobody" || err != nil {
			t.Errorf("without the grant it got %q, %v", got, err)
		}
	}
	if done.done[compile.Expand] != 1 {
		t.Errorf("files that nobody may read make a difference: %v", done.done)
	}
}

// Errors are remembered as results are.
func TestErrorsAreRemembered(t *testing.T) {
	runs := 0
	s := compile.New(compile.Config{Name: "Dockerfile", Text: text, Plugins: pipeline(labeller{func(context.Context) error {
		runs++
		return errors.New("no")
	}})})
	for range 2 {
		_, err := s.LLB(t.Context(), compile.Default)
		if err == nil || !strings.Contains(err.Error(), "plugin labeller: rewrite: no") {
			t.Errorf("the error is %v", err)
		}
	}
	if runs != 1 {
		t.Errorf("the plugin ran %d times", runs)
	}
}

func TestEdited(t *testing.T) {
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM scratch\nCOPPY a /\n"})
	if _, _, err := s.Module(); err == nil {
		t.Error("an unknown instruction is no error")
	}
	edited := s.Edited(text)
	if _, _, err := edited.Module(); err != nil {
		t.Errorf("the edited text has %v", err)
	}
	if s.File().Text == text || edited.File().Text != text {
		t.Error("a snapshot has changed")
	}
	if s.Edited(s.File().Text) != s {
		t.Error("the same text makes another snapshot")
	}
	old := bk.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte("old"))
	r, err := compile.New(compile.Config{Text: "old", Build: llb.Options{SourceMap: old}}).Edited(text).LLB(t.Context(), compile.Default)
	if err != nil {
		t.Fatal(err)
	}
	def, err := r.State.Marshal(t.Context())
	if err != nil || len(def.Source.Infos) != 1 || string(def.Source.Infos[0].Data) != text {
		t.Errorf("the source map is not of the edited text: %v, %v", def.Source, err)
	}
}

// A finding of the text, of a build check and of a plan are in one list.
func TestFindings(t *testing.T) {
	s := compile.New(compile.Config{Name: "Dockerfile",
		Text: "from scratch\nMAINTAINER me\nRUN --mount=type=secret,id=key,required x\n"})
	found, err := s.Findings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, d := range found {
		codes = append(codes, fmt.Sprint(d.Severity, " ", d.Code))
	}
	if got := strings.Join(codes, ", "); !strings.Contains(got, "MaintainerDeprecated") || !strings.Contains(got, "info no-secret") {
		t.Errorf("found %s", got)
	}
}

// What a syntax error is stays one, whoever asks.
func TestSyntaxError(t *testing.T) {
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "# check=bad\nFROM scratch\nCOPPY a /\n"})
	_, err := s.LLB(t.Context(), compile.Default)
	var syntax ir.SyntaxError
	if !errors.As(err, &syntax) || len(syntax.List) != 2 {
		t.Errorf("the error is %v", err)
	}
	var list diag.List
	if !errors.As(err, &list) {
		t.Error("it is no list of diagnostics")
	}
}

// A platform that nobody asked for is an error.
func TestNoPlatform(t *testing.T) {
	one := []ocispecs.Platform{platforms.MustParse("linux/amd64")}
	for _, c := range []struct {
		asked    []ocispecs.Platform
		platform int
		ok       bool
	}{
		{nil, compile.Default, true}, {nil, 0, false}, {nil, -2, false}, {nil, 3, false},
		{one, compile.Default, true}, {one, 0, true}, {one, 1, false},
	} {
		s := compile.New(compile.Config{Name: "Dockerfile", Text: text, Platforms: c.asked})
		_, llb := s.LLB(t.Context(), c.platform)
		_, plan := s.Plan(t.Context(), c.platform)
		_, checks := s.Checks(t.Context(), c.platform)
		_, looks := s.Inspect(t.Context(), c.platform)
		for _, err := range []error{llb, plan, checks, looks} {
			if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), fmt.Sprintf("no platform %d", c.platform)) {
				t.Errorf("%v, platform %d: %v", c.asked, c.platform, err)
			}
		}
	}
}

// A program that set no resolver reads what to set.
func TestNoResolver(t *testing.T) {
	_, err := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM debian\n"}).LLB(t.Context(), compile.Default)
	if err == nil || !strings.Contains(err.Error(), "Build.Resolver") {
		t.Errorf("the error is %v", err)
	}
}
