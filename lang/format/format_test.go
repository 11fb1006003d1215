package format_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// formatted lays a text out, which must have no errors.
func formatted(t *testing.T, text string, o format.Options, claims ...lang.Claim) string {
	t.Helper()
	out, diags := format.Source(source.NewFile("Dockerfile", text), o, claims...)
	if diags.HasErrors() {
		t.Fatalf("%q: %v", text, diags)
	}
	return out
}

func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.Dockerfile")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := formatted(t, string(text), format.Options{})
		golden := strings.TrimSuffix(name, "Dockerfile") + "golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestCorners(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"most are lower", "from a as b\nrun x\nCOPY a b\n", "from a as b\nrun x\ncopy a b\n"},
		{"what is above the first FROM does not count", "arg a\narg b\nFROM a\n", "ARG a\nARG b\n\nFROM a\n"},
		{"CRLF", "FROM a  \r\n\r\n\r\nRUN x \\ \r\n  y\r\nFROM b", "FROM a\r\n\r\nRUN x \\\r\n  y\r\n\r\nFROM b\r\n"},
		{"a byte order mark", "\ufeff\n\nFROM a", "\ufeffFROM a\n"},
		{"the other escape character", "# escape=`\nFROM a\nRUN x `  \n  y\nENV a=b `\nc=d\n", "# escape=`\n\nFROM a\nRUN x `\n  y\nENV a=b `\n    c=d\n"},
		{"a comment that is no directive", "\n\n# escape=`\nFROM a\n", "\n# escape=`\nFROM a\n"},
		{"a directive that half of BuildKit sees", "  # syntax=x\nFROM a\n", "  # syntax=x\n\nFROM a\n"},
		{"comments of a stage", "FROM a\n# b\n\n# c\n# d\nFROM e\n", "FROM a\n# b\n\n# c\n# d\nFROM e\n"},
		{"an escape character that would go on", "FROM a\nRUN x\\\v\nRUN y\n", "FROM a\nRUN x\\\v\nRUN y\n"},
		{"a line that goes on at the end of the file", "FROM a\nRUN x \\\n\n\n", "FROM a\nRUN x\n"},
		{"with a comment", "FROM a\nRUN x \\\n # c \n\n", "FROM a\nRUN x \\\n# c\n"},
		{"the end of flags", "FROM a\nRUN --  x\n", "FROM a\nRUN --  x\n"},
		{"the old ENV", "FROM a\nENV  a   b  c  \n", "FROM a\nENV a b  c\n"},
		{"no array", "FROM a\nCMD  [ a,  b ]\nCOPY  [a   b  ]\n", "FROM a\nCMD [ a,  b ]\nCOPY [a b ]\n"},
		{"a blank that is no blank", "FROM a\nENV a=b\u00a0 c=d\n", "FROM a\nENV a=b\u00a0 c=d\n"},
		{"empty lines inside", "FROM a\nRUN x && \\\n\n\n  y\n", "FROM a\nRUN x && \\\n  y\n"},
		{"a script below its flags", "FROM a\nRUN  --network=none \\\n  x \\\n  && y\nRUN \\\n x\n", "FROM a\nRUN --network=none \\\n  x \\\n  && y\nRUN \\\n    x\n"},
	} {
		if got := formatted(t, c.text, format.Options{}); got != c.want {
			t.Errorf("%s: %q\ngot  %q\nwant %q", c.name, c.text, got, c.want)
		}
	}
	if got, want := formatted(t, "FROM a\nENV a=b \\\n c=d\n", format.Options{Indent: "\t"}), "FROM a\nENV a=b \\\n\tc=d\n"; got != want {
		t.Errorf("with tabs: %q", got)
	}
	claim := lang.Claim{Keyword: "USE", Heredocs: true}
	if got, want := formatted(t, "FROM a\nuse  <<E  x\n  FROM\nE\nRUN  y\n", format.Options{}, claim), "FROM a\nUSE <<E  x\n  FROM\nE\nRUN y\n"; got != want {
		t.Errorf("an instruction of a plugin: %q", got)
	}
}

// TestErrors holds that a file with errors stays as it is.
func TestErrors(t *testing.T) {
	for _, text := range []string{"", "from", "FROM  a\nNOPE  x\n", "FROM  a\nCOPY  b\n", "RUN  x\n", "FROM  a\nRUN <<E\n"} {
		if got, diags := format.Source(source.NewFile("Dockerfile", text), format.Options{}); got != text || !diags.HasErrors() {
			t.Errorf("%q became %q: %v", text, got, diags)
		}
	}
}

// TestPage holds that docs/fmt.md shows what comes out.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/fmt.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(page), "```")
	shown := func(i int) string { return strings.TrimPrefix(parts[i], "dockerfile\n") }
	if diff := cmp.Diff(shown(3), formatted(t, shown(1), format.Options{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(shown(7), formatted(t, shown(5), format.Options{Scripts: &script.Style{}})); diff != "" {
		t.Error(diff)
	}
}

func TestScripts(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		style            script.Style
	}{
		{name: "a list", text: "RUN set -e;a;b", want: "RUN set -e; \\\n    a; \\\n    b"},
		{name: "a loop", text: "RUN for i in 1 2; do \\\n a $i;\\\n # c\n done && \\\n x", want: "RUN for i in 1 2; do \\\n        a $i; \\\n    # c\n    done && \\\n        x"},
		{name: "a case", text: "RUN case x in a) \\\n b;; *) c; esac", want: "RUN case x in a) \\\n        b \\\n        ;; \\\n    *) c ;; esac"},
		{name: "quotes", text: "RUN echo 'a \\\n   b'   c", want: "RUN echo 'a    b' c"},
		{name: "operators in front", text: "RUN a && b", want: "RUN a \\\n    && b", style: script.Style{BinaryNextLine: true}},
		{name: "redirects", text: "RUN a >b", want: "RUN a > b", style: script.Style{SpaceRedirects: true}},
		{name: "tabs", text: "RUN a && b", want: "RUN a && \\\n\tb", style: script.Style{Indent: "\t"}},
		{name: "bash", text: "RUN [[ a ]]&&b", want: "RUN [[ a ]] && \\\n    b"},
		{name: "a document", text: "RUN <<-EOF\n\ta;b\n\tEOF", want: "RUN <<-EOF\n\ta\n\tb\n\tEOF"},
		{name: "a document of bash", text: "RUN <<EOF\n#!/usr/bin/env bash\na;b # c\nEOF", want: "RUN <<EOF\n#!/usr/bin/env bash\na\nb # c\nEOF"},
		{name: "one of python", text: "RUN <<EOF\n#!/usr/bin/python3\na;b\nEOF", want: "RUN <<EOF\n#!/usr/bin/python3\na;b\nEOF"},
		{name: "one that a command reads", text: "RUN cat  <<EOF\na;b\nEOF", want: "RUN cat  <<EOF\na;b\nEOF"},
		{name: "another shell", text: "SHELL [\"pwsh\"]\nRUN a;b", want: "SHELL [\"pwsh\"]\nRUN a;b"},
		{name: "no script", text: "RUN if a;then", want: "RUN if a;then"},
		{name: "a comment to the end", text: "RUN a;b # c; \\\n d", want: "RUN a;b # c; \\\n d"},
		{name: "an array", text: "RUN [\"a;b\"]", want: "RUN [\"a;b\"]"},
	} {
		got := formatted(t, "FROM a\n"+c.text+"\n", format.Options{Scripts: &c.style, Indent: c.style.Indent})
		if got != "FROM a\n"+c.want+"\n" {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	for _, text := range []string{"# escape=`\n\nFROM a\nRUN a;b\n", "FROM mcr.microsoft.com/windows/nanoserver\nRUN a;b\n", "FROM --platform=windows/amd64 a AS b\n\nFROM b\nRUN a;b\n"} {
		if got := formatted(t, text, format.Options{Scripts: &script.Style{}}); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
