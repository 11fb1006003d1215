package lang_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// checkDirectives holds FindDirective against BuildKit.
func checkDirectives(t *testing.T, name, text string) {
	t.Helper()
	for _, directive := range []string{"syntax", "check", "escape"} {
		d, gotOK := lang.FindDirective(source.NewFile(name, text), directive)
		got := d.Value
		if line := text[d.At.Start:d.At.End]; gotOK && (!strings.HasPrefix(line, "#") || !strings.Contains(line, "=") || strings.Contains(line, "\n")) {
			t.Errorf("%s: directive %s is at %q", name, directive, line)
		}
		_, want, _, ok := parser.ParseDirective(directive, []byte(text))
		if got != want || gotOK != ok {
			t.Errorf("%s: directive %s is %q, %v, want %q, %v", name, directive, got, gotOK, want, ok)
		}
	}
}

func TestDirectives(t *testing.T) {
	samples(t, checkDirectives)
	for _, text := range []string{"#!/x\n# check=a", "# syntax=a\n# syntax=b\n# check=c", "# check=a b\r\n", " # check=a", "#!", "# check=a\r\r\n"} {
		checkDirectives(t, text, text)
	}
}

func TestFlags(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\nCOPY --link --parents=False --from= --exclude=a --exclude=b a b\n"))
	h := file.Instructions()[1].Head()
	if v, ok := h.Flag("from"); v != "" || !ok {
		t.Errorf("from is %q, %v", v, ok)
	}
	if _, ok := h.Flag("chown"); ok {
		t.Error("chown is there")
	}
	if got := h.FlagValues("exclude"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("exclude is %q", got)
	}
	if link, parents, no := h.Bool("link"), h.Bool("parents"), h.Bool("nope"); !*link || *parents || no != nil {
		t.Errorf("link is %v, parents %v, nope %v", *link, *parents, no)
	}
}

func TestUnclaimed(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\nclaimed x\nCLAIMD x\nONBUILD CLAIMED x\nONBUILD OTHER x\nONBUILD\n"))
	list := lang.Unclaimed(file, lang.Claim{Keyword: "CLAIMED"})
	if len(list) != 2 || list[0].Hint != "did you mean `CLAIMED`?" || list[1].Severity != diag.Warning {
		t.Errorf("got %v", list)
	}
}

func BenchmarkParse(b *testing.B) {
	benchmark(b, func(src *source.File) { lang.Parse(src) })
}

func benchmark(b *testing.B, parse func(*source.File)) {
	src := source.NewFile("Dockerfile", strings.Repeat(everything[strings.Index(everything, "FROM"):], 20))
	b.ReportAllocs()
	b.SetBytes(int64(len(src.Text)))
	for b.Loop() {
		parse(src)
	}
}
