// Package plugintest tests plugins by annotated Dockerfiles.
//
// A case is a txtar archive: a file Dockerfile, and what is expected of it.
//
//	-- config.json --      the plugin's config (optional)
//	-- Dockerfile --
//	FROM debian
//	RUN apt-get update
//	# want "no package is installed"
//	-- expanded --         the module afterwards; missing means that nothing changes
//	FROM debian
//	-- fixed --            the Dockerfile with its safe fixes (optional)
//	-- context/NAME --     a file of the build context (optional)
//
// A comment "# want" below an instruction has, for each diagnostic of that
// instruction, a regular expression as a Go string; it is matched against
// "severity: code: message". Every diagnostic needs one, and every one a
// diagnostic. Files of the context can have such comments, too.
package plugintest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// update writes what a plugin does into the cases.
var update = flag.Bool("update", false, "write golden files")

// Dir runs the cases *.txtar of a directory: in-process, and over the wire.
func Dir(t *testing.T, p plugins.Plugin, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s (%v)", dir, err)
	}
	wire := Wire(t, p)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) { runCase(t, p, file) })
		if !*update {
			t.Run(name+"/wire", func(t *testing.T) { runCase(t, wire, file) })
		}
	}
}

func runCase(t *testing.T, p plugins.Plugin, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]string{}
	for _, f := range archive.Files {
		c[f.Name] = string(f.Data)
	}
	text, ok := c["Dockerfile"]
	if !ok {
		t.Fatal("no Dockerfile")
	}
	files := map[string]string{}
	for name, data := range c {
		if name, ok := strings.CutPrefix(name, "context/"); ok {
			files[name] = data
		}
	}
	var host plugins.Host = Host{Base: c["os-release"], Files: files}
	step := plugins.Step{Plugin: p, Config: json.RawMessage(c["config.json"]), Grants: p.Info().Needs}
	out := Run(t, step, text, host)
	wants(t, text, of(out, "Dockerfile"))
	for name, text := range files {
		wants(t, text, of(out, name))
	}
	again := plugins.Input{Module: out.Module, Host: func(*ir.Module) plugins.Host { return host }}
	if second, err := (&plugins.Pipeline{Steps: []plugins.Step{step}}).Run(t.Context(), again); err != nil {
		t.Errorf("a second run: %v", err)
	} else if Print(second.Module) != Print(out.Module) {
		t.Errorf("a second run changes it to:\n%s", Print(second.Module))
	}
	got := map[string]string{}
	if printed := Print(out.Module); printed != Print(module(t, text, &plugins.Pipeline{Steps: []plugins.Step{step}})) {
		got["expanded"] = printed
	}
	if _, ok := c["fixed"]; ok || *update && hasSafeFix(out.Diags) {
		got["fixed"] = fixed(t, text, out.Diags)
	}
	for _, name := range []string{"expanded", "fixed"} {
		if !*update && got[name] != c[name] {
			t.Errorf("%s:\n%s\nexpected:\n%s", name, got[name], c[name])
		}
	}
	if *update {
		rewrite(t, file, archive, got)
	}
}

// rewrite puts what was got into a case.
func rewrite(t *testing.T, file string, a *txtar.Archive, got map[string]string) {
	var files []txtar.File
	for _, f := range a.Files {
		if f.Name != "expanded" && f.Name != "fixed" {
			files = append(files, f)
		}
	}
	for _, name := range []string{"expanded", "fixed"} {
		if got[name] != "" {
			files = append(files, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	a.Files = files
	if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Run takes the text of a Dockerfile through one plugin. The module must be valid before
// and after.
func Run(t testing.TB, s plugins.Step, text string, host plugins.Host) *plugins.Output {
	t.Helper()
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{s}}
	in := plugins.Input{Module: module(t, text, pipeline)}
	if host != nil {
		in.Host = func(*ir.Module) plugins.Host { return host }
	}
	out, err := pipeline.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// module compiles a Dockerfile that may have instructions of a pipeline.
func module(t testing.TB, text string, p *plugins.Pipeline) *ir.Module {
	t.Helper()
	var set source.Set
	file, diags := lang.Parse(set.Add("Dockerfile", text), p.Claims()...)
	diags = append(diags, lang.Unclaimed(file, p.Claims()...)...)
	m, more := ir.Build(file)
	if diags = append(diags, more...); diags.HasErrors() {
		t.Fatalf("the Dockerfile: %v", diags)
	}
	return m
}

// Print writes a module as instructions, each on a line of its own, without comments.
func Print(m *ir.Module) string {
	var b strings.Builder
	line := func(text string) {
		b.WriteString(strings.TrimSuffix(text, "\n"))
		b.WriteByte('\n')
	}
	for _, op := range m.Args {
		line(ir.Format(op.Body, m.Escape))
	}
	for _, s := range m.Stages {
		line(ir.FormatFrom(s, m.Escape))
		for _, op := range s.Ops {
			line(ir.Format(op.Body, m.Escape))
		}
	}
	return b.String()
}

var (
	wantLine = regexp.MustCompile(`(?m)^# want (.*)$`)
	quoted   = regexp.MustCompile("`[^`]*`" + `|"(?:[^"\\]|\\.)*"`)
)

// of gives the diagnostics of a file. Those of a file that is not there are the
// Dockerfile's.
func of(out *plugins.Output, name string) (list diag.List) {
	for _, d := range out.Diags {
		in := "Dockerfile"
		if id := int(d.Span.File); id < len(out.Module.Files) {
			in = out.Module.Files[id].Name
		}
		if in == name {
			list = append(list, d)
		}
	}
	return list
}

// wants holds diagnostics against the comments of a Dockerfile.
func wants(t *testing.T, text string, list diag.List) {
	t.Helper()
	f := source.NewFile("Dockerfile", text)
	type want struct {
		re   *regexp.Regexp
		line int
		met  bool
	}
	var open []*want
	for _, m := range wantLine.FindAllStringSubmatchIndex(text, -1) {
		for _, q := range quoted.FindAllString(text[m[2]:m[3]], -1) {
			pattern, err := strconv.Unquote(q)
			if err != nil {
				t.Fatalf("line %d: %s: %v", f.Line(uint32(m[0])), q, err)
			}
			open = append(open, &want{re: regexp.MustCompile(pattern), line: f.Line(uint32(m[0]))})
		}
	}
next:
	for _, d := range list {
		line := f.Line(d.Span.Start)
		below := nextWant(text, f, d.Span)
		got := fmt.Sprintf("%s: %s: %s", d.Severity, d.Code, d.Message)
		for _, w := range open {
			if !w.met && w.line == below && w.re.MatchString(got) {
				w.met = true
				continue next
			}
		}
		t.Errorf("line %d: unexpected %s", line, got)
	}
	for _, w := range open {
		if !w.met {
			t.Errorf("line %d: nothing matches %q", w.line, w.re)
		}
	}
}

// nextWant is the line of the first comment "# want" behind a place.
func nextWant(text string, f *source.File, at source.Span) int {
	m := wantLine.FindStringIndex(text[min(int(at.Start), len(text)):])
	if m == nil {
		return 0
	}
	return f.Line(at.Start + uint32(m[0]))
}

func hasSafeFix(list diag.List) bool {
	for _, d := range list {
		for _, fix := range d.Fixes {
			if fix.Safe {
				return true
			}
		}
	}
	return false
}

// fixed applies the first safe fix of each diagnostic.
func fixed(t *testing.T, text string, list diag.List) string {
	var edits []diag.Edit
	for _, d := range list {
		for _, fix := range d.Fixes {
			if fix.Safe {
				edits = append(edits, fix.Edits...)
				break
			}
		}
	}
	out, err := diag.Apply(text, edits)
	if err != nil {
		t.Fatalf("the fixes: %v", err)
	}
	return out
}

// Host is a host that has what a test gives it.
type Host struct {
	plugins.NoHost
	Base   string            // /etc/os-release of every base image; "" is none
	Config string            // the config of every base image, JSON
	Files  map[string]string // of the build context
}

// Expand gives words without variables back, and knows of nothing else.
func (h Host) Expand(_ context.Context, _ plugins.Place, word string) (string, error) {
	if strings.ContainsAny(word, `$\"'`) {
		return "", plugins.ErrUnavailable
	}
	return word, nil
}

// ReadFile reads one of Files.
func (h Host) ReadFile(_ context.Context, path string) ([]byte, error) {
	text, ok := h.Files[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	return []byte(text), nil
}

// BaseConfig gives Config.
func (h Host) BaseConfig(context.Context, int) (json.RawMessage, error) {
	if h.Config == "" {
		return nil, plugins.ErrUnavailable
	}
	return json.RawMessage(h.Config), nil
}

// BaseFile knows os-release.
func (h Host) BaseFile(_ context.Context, _ int, path string) ([]byte, error) {
	switch {
	case h.Base == "":
		return nil, plugins.ErrUnavailable
	case path == "/etc/os-release" || path == "/usr/lib/os-release":
		return []byte(h.Base), nil
	}
	return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
}
