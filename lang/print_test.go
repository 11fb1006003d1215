package lang_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// user is a made instruction.
func user(name string) lang.Item { return &lang.User{Name: lang.Word{Text: name}} }

// TestPrintBehindOpen puts an instruction behind one that ends with the file only, and that
// one in front of another: both stay what they are.
func TestPrintBehindOpen(t *testing.T) {
	for _, c := range []struct{ last, want string }{
		{"RUN echo hi \\", "RUN echo hi"},
		{"RUN echo hi \\\n", "RUN echo hi"},
		{"RUN echo \\\n  hi \\\n# c\n", "RUN echo   hi"},
		{"RUN echo hi \\\n\n \n", "RUN echo hi"},
		{"ONBUILD  RUN hi \\\n", "ONBUILD RUN hi"},
		{"RUN cat <<E\nx\n", "RUN cat <<E\nx\nE"},
		{"ONBUILD RUN cat <<E \\\n", "ONBUILD RUN cat <<E\nE"},
		{"RUN  echo \\\\", "RUN  echo \\\\"},
		{"RUN  echo \\\n  hi", "RUN  echo \\\n  hi"},
		{"RUN  cat <<E\nx\nE", "RUN  cat <<E\nx\nE"},
		{"# c \\", "# c \\"},
	} {
		parse := func() *lang.File {
			file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\nUSER b\n"+c.last))
			return file
		}
		file := parse()
		file.Items = append(file.Items, user("c"))
		if got, want := strings.TrimRight(lang.Print(file), "\n"), "FROM a\nUSER b\n"+c.want+"\nUSER c"; got != want {
			t.Errorf("%q, appended to: %q; want %q", c.last, got, want)
		}
		file = parse()
		file.Items[1], file.Items[2] = file.Items[2], file.Items[1]
		if got, want := strings.TrimRight(lang.Print(file), "\n"), "FROM a\n"+c.want+"\nUSER b"; got != want {
			t.Errorf("%q, swapped: %q; want %q", c.last, got, want)
		}
		file = parse()
		file.Items = file.Items[:3:3]
		if got := lang.Print(file); got != file.Source.Text {
			t.Errorf("%q, in its place: %q", c.last, got)
		}
	}
}

// TestPrintNoDirective takes away or adds what is at the top: no comment becomes a directive.
func TestPrintNoDirective(t *testing.T) {
	const comment = "# escape=`"
	drop := func(l []lang.Item) []lang.Item { return l[1:] }
	for _, c := range []struct {
		text string
		edit func([]lang.Item) []lang.Item
		want string
	}{
		{"# about\n" + comment + "\nFROM a\n", drop, "\n" + comment + "\nFROM a\n"},
		{"\ufeff# about\n  " + comment + "\nFROM a\n", drop, "\ufeff  \n" + comment + "\nFROM a\n"},
		{"ARG a\n# syntax=b\n# check=c\nFROM a\n", drop, "\n# syntax=b\n# check=c\nFROM a\n"},
		{"# check=c\nARG a\n# syntax=b\nFROM a\n", func(l []lang.Item) []lang.Item { return append(l[:1:1], l[2:]...) }, "# check=c\n\n# syntax=b\nFROM a\n"},
		{"FROM a\n", func(l []lang.Item) []lang.Item { return append([]lang.Item{&lang.Comment{Text: " syntax=b"}}, l...) }, "\n# syntax=b\nFROM a\n"},
		{"# about\nFROM a\n", func(l []lang.Item) []lang.Item { l[0].(*lang.Comment).Text = " syntax=b"; return l }, "\n# syntax=b\nFROM a\n"},
		{"#!x\nARG a\n# syntax=b\nFROM a\n", func(l []lang.Item) []lang.Item { return append(l[:1:1], l[2:]...) }, "#!x\n\n# syntax=b\nFROM a\n"},
		{"#!x\n# syntax=b\nARG a\nFROM a\n", func(l []lang.Item) []lang.Item { return append(l[:2:2], l[3:]...) }, "#!x\n# syntax=b\nFROM a\n"}, // as it was
		{"# about\n# notes=b\nFROM a\n", drop, "# notes=b\nFROM a\n"},
		{"# about\n\n" + comment + "\nFROM a\n", drop, "\n" + comment + "\nFROM a\n"},
		{"# about\nFROM a\n" + comment + "\nUSER b\n", drop, "FROM a\n" + comment + "\nUSER b\n"},
	} {
		file, _ := lang.Parse(source.NewFile("Dockerfile", c.text))
		file.Items = c.edit(file.Items)
		got := lang.Print(file)
		if got != c.want {
			t.Errorf("%q prints as %q, not %q", c.text, got, c.want)
		}
		if back, _ := lang.Parse(source.NewFile("Dockerfile", got)); !reflect.DeepEqual(bare(back.Items), bare(file.Items)) {
			t.Errorf("%q reads back as something else", got)
		}
	}
}

// TestFormatShort prints triggers that fall short of their rule, which are no errors: what
// they have stays.
func TestFormatShort(t *testing.T) {
	for _, line := range []string{
		"ONBUILD COPY a", "ONBUILD ADD --link a", "ONBUILD COPY", "ONBUILD COPY <<E\nx\nE", "ONBUILD COPY [\"a b\"]", "ONBUILD ADD <<E\nx\nE",
		"ONBUILD HEALTHCHECK FOO x", "ONBUILD HEALTHCHECK NONE x", "ONBUILD HEALTHCHECK", "ONBUILD SHELL x y", "ONBUILD SHELL", "ONBUILD RUN",
		"ONBUILD CMD", "ONBUILD ENV", "ONBUILD LABEL", "ONBUILD ARG", "ONBUILD EXPOSE", "ONBUILD VOLUME", "ONBUILD WORKDIR", "ONBUILD USER",
		"ONBUILD STOPSIGNAL", "ONBUILD NOPE a b",
	} {
		file, diags := lang.Parse(source.NewFile("Dockerfile", "FROM a\n"+line+"\n"))
		if diags.HasErrors() {
			t.Errorf("%q is wrong: %v", line, diags)
		}
		if got := lang.PrintItem(file.Items[1], file.Escape); got != line {
			t.Errorf("%q prints as %q", line, got)
		}
	}
}

// TestFormatTriggerDocuments gives a trigger here documents by hand.
func TestFormatTriggerDocuments(t *testing.T) {
	docs := []lang.Heredoc{{Name: "E", Body: lang.Word{Text: "new\n"}}}
	run := &lang.Run{Header: lang.Header{Heredocs: docs}, Command: lang.Command{Line: lang.Word{Text: "cat <<E"}}}
	const want = "ONBUILD RUN cat <<E\nnew\nE"
	if got := lang.PrintItem(&lang.Onbuild{Trigger: run}, '\\'); got != want {
		t.Errorf("a made one is %q", got)
	}
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\nonbuild RUN cat <<E\nold\nE\n"))
	file.Items[1].(*lang.Onbuild).Trigger.Head().Heredocs = docs
	if got := lang.Print(file); got != "FROM a\nonbuild RUN cat <<E\nnew\nE\n" {
		t.Errorf("a changed one is %q", got)
	}
}
