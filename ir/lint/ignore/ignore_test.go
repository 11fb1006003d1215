package ignore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/ignore"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestRead holds which lines each comment is about.
func TestRead(t *testing.T) {
	for _, c := range []struct{ name, text, want, bad string }{
		{"above", "FROM a\n# strake: ignore=A,b/c why\nRUN x \\\n y\nRUN z\n", "A 3-4, b/c 3-4", ""},
		{"blank lines between", "FROM a\n# strake: ignore=A why\n\n# more\nRUN x\n", "A 5-5", ""},
		{"inside", "FROM a\nRUN x \\\n# strake: ignore=A why\n# and this\n y \\\n z\n", "A 5-5", ""},
		{"in a here document", "FROM a\nRUN <<E\nx\n  # strake: ignore=A why\ny\nz\nE\n", "A 5-5", ""},
		{"in what ONBUILD runs", "FROM a\nONBUILD RUN --network=none <<E\n# strake: ignore=A why\ny\nE\n", "A 4-4", ""},
		{"in a here document of a script", "FROM a\nRUN <<E\ncat >x <<X\n# strake: ignore=A why\n# strake: ignroe=A why\nX\n# strake: ignore=B why\ny\necho '\n# hadolint ignore=C\n'\nE\n", "B 8-8", ""},
		{"in one with tabs", "FROM a\nRUN <<-E\n\tcat >x <<X\n\t# strake: ignore=A why\n\tX\n\t# strake: ignore=B why\n\ty\n\tE\n", "B 7-7", ""},
		{"where no shell reads", "FROM a\nRUN <<E\n#!/bin/python\nif (\n# strake: ignore=A why\ny): z\nE\n", "A 6-6", ""},
		{"in a file", "FROM a\nCOPY <<E /f\n# shellcheck disable=SC1\n# strake: ignore-file=A why\n# strake: ignroe=A why\nx\nE\n", "", ""},
		{"in what a command reads", "FROM a\nRUN cat <<E >/f\n# shellcheck disable=SC1\n# strake: ignore-file=A why\nx\nE\n", "", ""},
		{"no comment", "FROM a\nRUN x '\\\n# strake: ignore=A why' \\\n y\nRUN echo '# strake: ignore=A why'\n", "A 4-4", ""}, // the line is one, for BuildKit
		{"the file", "FROM a\n# strake: ignore-file=A why\nRUN x\n", "A 1-3", ""},
		{"a block", "FROM a\n# strake: ignore-start=A why\nRUN x\nRUN y\n# strake: ignore-end\nRUN z\n", "A 2-4", ""},
		{"a block without end", "FROM a\n# strake: ignore-start=A,B why\nRUN x\n", "A 2-3, B 2-3", "2 ignore-without-end"},
		{"an end alone", "FROM a\n# strake: ignore-end\nRUN x\n", "", "2 ignore-without-end"},
		{"misspelt", "FROM a\n# strake: ingore=A why\n#strake:ignore_file=A why\n# strake: ignroe-start A\n# Strake: disable=A why\nRUN x \\\n# strake: igone=A why\n y\n", "", "2 bad-ignore, 3 bad-ignore, 4 bad-ignore, 5 bad-ignore, 7 bad-ignore"},
		{"other signs", "FROM a\n# strake-ignore DL3008\n# strake-ingore=A why\n# strake:ignore =A why\n# STRAKE: IGNORE=A why\nRUN x\n", "", "2 bad-ignore, 3 bad-ignore, 4 bad-ignore, 5 bad-ignore"},
		{"prose", "FROM a\n# strake builds this\n# strake: see the docs\n# strake is=nice\n# strake-frontend reads it: well\nRUN x\n", "", ""},
		{"hadolint", "# hadolint global ignore=DL1\nFROM a\n# hadolint ignore=DL2, SC3\nRUN x\n", "DL1 1-4, DL2 4-4, SC3 4-4", ""},
		{"shellcheck", "FROM a\nRUN x \\\n # shellcheck disable=SC1,SC2\n y\n", "SC1 4-4, SC2 4-4", ""},
		{"nothing below", "FROM a\n# strake: ignore=A why\n", "A -", ""},
		{"no reason", "FROM a\n# strake: ignore=A\nRUN x\n", "", "2 ignore-without-reason"},
		{"not understood", "FROM a\n# strake ignore A\nRUN x\n# strake: ignore-block=A why\nRUN y\n", "", "2 bad-ignore, 4 bad-ignore"},
		{"another comment", "FROM a\n# hadolint is ignored\n# we disable=this\nRUN x\n", "", ""},
	} {
		src := source.NewFile("Dockerfile", c.text)
		file, _ := lang.Parse(src)
		found, bad := ignore.Read(file)
		var got, wrong []string
		for _, f := range found {
			lines := "-"
			if !f.Over.IsZero() {
				first, last := src.Line(f.Over.Start), src.Line(f.Over.End-1)
				lines = fmt.Sprintf("%d-%d", first, last)
			}
			got = append(got, f.Code+" "+lines)
		}
		for _, d := range bad {
			wrong = append(wrong, fmt.Sprintf("%d %s", src.Line(d.Span.Start), d.Code))
		}
		if strings.Join(got, ", ") != c.want || strings.Join(wrong, ", ") != c.bad {
			t.Errorf("%s: %q and %q", c.name, got, wrong)
		}
	}
}

// TestMisspelt holds what is suggested in place of a word.
func TestMisspelt(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\n# strake: ignroe-file=A why\nRUN x\n"))
	_, bad := ignore.Read(file)
	if len(bad) != 1 || !strings.HasPrefix(bad[0].Hint, "did you mean `ignore-file`?") {
		t.Errorf("%v", bad)
	}
}

// TestMany holds what patterns and "all" stand for.
func TestMany(t *testing.T) {
	for _, c := range []struct {
		code, of string
		want     bool
	}{{"DL30*", "DL3008", true}, {"DL30*", "DL4000", false}, {"all", "x/y", true}, {"all", "all", true}, {"merge-run/*", "merge-run/a", true}, {"[", "[", false}} {
		if got := (&ignore.Comment{Code: c.code}).Names(c.of); got != c.want {
			t.Errorf("%s of %s: %v", c.code, c.of, got)
		}
	}
}

// TestCovers holds what a code stands for.
func TestCovers(t *testing.T) {
	c := ignore.Comment{Code: "a", Over: source.Span{Start: 5, End: 9}}
	for _, x := range []struct {
		code  string
		start uint32
		want  bool
	}{{"a", 5, true}, {"a/b", 8, true}, {"ab", 5, false}, {"a", 9, false}, {"a", 4, false}} {
		if got := c.Covers(x.code, source.Span{Start: x.start, End: 20}); got != x.want {
			t.Errorf("%s at %d: %v", x.code, x.start, got)
		}
	}
}
