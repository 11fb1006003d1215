package spec

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference page")

// TestTable checks what the readers of the table rely on.
func TestTable(t *testing.T) {
	names := Keywords()
	if !slices.IsSorted(names) {
		t.Error("the rows are not sorted: tokens of keywords are numbered in that order")
	}
	for i, in := range table {
		k := Keyword(i)
		if k == Unknown {
			continue
		}
		if in.Keyword != k || Lookup(in.Name) != k || Lookup(strings.ToLower(in.Name)) != k {
			t.Errorf("row %d is that of %v", i, in.Keyword)
		}
		if !strings.HasPrefix(in.Usage, in.Name+" ") || !sentence(in.Doc) {
			t.Errorf("%s: usage %q, doc %q", in.Name, in.Usage, in.Doc)
		}
		for _, f := range in.Flags {
			if !sentence(f.Doc) || (f.Type == Choice) != (f.Values != nil) || (f.Type == Record) != (f.Options != nil) {
				t.Errorf("%s --%s does not agree with its type", in.Name, f.Name)
			}
			for _, o := range f.Options {
				if !sentence(o.Doc) || (o.Type == Choice) != (o.Values != nil) || o.Type == Record {
					t.Errorf("%s --%s %s does not agree with its type", in.Name, f.Name, o.Name)
				}
			}
			if all := f.OptionNames(); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
				t.Errorf("%s --%s has an option twice", in.Name, f.Name)
			}
		}
		if all := in.FlagNames(); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			t.Errorf("%s has a flag twice", in.Name)
		}
	}
	if Lookup("ſhell") != Unknown || Lookup("wor\u212Adir") != Workdir {
		t.Error("keywords are not lowered as BuildKit lowers them")
	}
}

func sentence(text string) bool {
	return strings.HasSuffix(text, ".") && text[0] >= 'A' && text[0] <= 'Z' && !strings.Contains(text, "\n")
}

// TestPage checks that the reference page is that of the table; -update writes it.
func TestPage(t *testing.T) {
	const name = "../../docs/reference/instructions.md"
	want := page()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s is not that of the table (%v): go generate ./lang/spec", name, err)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`# Instructions

<!-- Generated from the table of package lang/spec by "go generate ./lang/spec"; do not edit. -->

What strake reads. The form of a line is in [grammar.ebnf](../../grammar.ebnf); what an
instruction does, at length, is in
[Docker's reference](https://docs.docker.com/reference/dockerfile/).

| instruction | JSON form | here documents | before FROM | behind ONBUILD |
|---|---|---|---|---|
`)
	yes := func(ok bool) string { return map[bool]string{true: "yes", false: ""}[ok] }
	for _, in := range Instructions() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", in.Name, strings.ToLower(in.Name),
			yes(in.Form.JSON()), yes(in.Heredocs), yes(in.Global), yes(in.Trigger))
	}
	for _, in := range Instructions() {
		fmt.Fprintf(&b, "\n## %s\n\n    %s\n\n%s\n", in.Name, strings.ReplaceAll(in.Usage, ", or ", "\n    "), in.Doc)
		if in.Ignores {
			b.WriteString("\nFlags are ignored, with a warning.\n")
		}
		if len(in.Flags) > 0 {
			b.WriteString("\n| flag | value | |\n|---|---|---|\n")
		}
		for _, f := range in.Flags {
			many := ""
			if f.Many {
				many = ", any number of times"
			}
			fmt.Fprintf(&b, "| `--%s` | %s%s | %s |\n", f.Name, value(f.Type, f.Values), many, cell(f.Doc))
		}
		for _, f := range in.Flags {
			options(&b, f)
		}
	}
	return b.String()
}

func options(b *strings.Builder, f Flag) {
	if f.Type != Record {
		return
	}
	fmt.Fprintf(b, "\nOptions of `--%s`:\n\n| option | value | with type | |\n|---|---|---|---|\n", f.Name)
	for _, o := range f.Options {
		names := append([]string{o.Name}, o.Aliases...)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", strings.Join(names, "`, `"), value(o.Type, o.Values), strings.Join(o.Only, ", "), cell(o.Doc))
	}
}

func value(t Type, values []string) string {
	if t == Choice {
		return "`" + strings.Join(values, "`, `") + "`"
	}
	return t.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
