package lang_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// everything has every kind of node.
const everything = `# syntax=docker/dockerfile:1
# a comment
ARG A=1 B
FROM --platform=linux/amd64 alpine AS base
RUN <<EOF
x
EOF
CMD ["a", "b"]
ENTRYPOINT a b
SHELL ["/bin/sh", "-c"]
COPY a b /
ADD ["a b", "/"]
ENV A=1 B=2
LABEL a b c
EXPOSE 80 81
VOLUME /a /b
WORKDIR /w
USER u
STOPSIGNAL 9
MAINTAINER me
HEALTHCHECK --interval=1s CMD x
HEALTHCHECK NONE
ONBUILD COPY <<A /
a
A
CUSTOM x y
`

func TestWalk(t *testing.T) {
	src := source.NewFile("Dockerfile", everything)
	file, diags := lang.Parse(src)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	seen := map[string]int{}
	words := map[string]bool{}
	last := uint32(0)
	lang.Walk(file, func(n lang.Node) bool {
		seen[fmt.Sprintf("%T", n)]++
		if w, ok := n.(lang.Word); ok {
			words[w.Text] = true
		}
		if n.Span().Start < last {
			t.Errorf("%T at %v is visited after what begins at %d", n, n.Span(), last)
		}
		last = n.Span().Start
		return true
	})
	want := map[string]int{
		"*lang.File": 1, "*lang.Directive": 1, "*lang.Comment": 1, "*lang.From": 1, "*lang.Run": 1, "*lang.Cmd": 1,
		"*lang.Entrypoint": 1, "*lang.Shell": 1, "*lang.Copy": 2, "*lang.Add": 1, "*lang.Env": 1, "*lang.Label": 1,
		"*lang.Arg": 1, "*lang.Expose": 1, "*lang.Volume": 1, "*lang.Workdir": 1, "*lang.User": 1, "*lang.StopSignal": 1,
		"*lang.Maintainer": 1, "*lang.Healthcheck": 2, "*lang.Onbuild": 1, "*lang.Custom": 1,
		"lang.Flag": 2, "lang.Pair": 5, "lang.Heredoc": 2, "lang.Word": 61,
	}
	if !maps.Equal(seen, want) {
		t.Errorf("visited %v, want %v", seen, want)
	}
	for _, text := range []string{"FROM", "alpine", "base", "x\n", "EOF", "a b", "/bin/sh", "80", "/w", "9", "me", "CMD", "NONE",
		"x y", "A", "1", "b c"} {
		if !words[text] {
			t.Logf("%q", slices.Sorted(maps.Keys(words)))
			t.Fatalf("the word %q is not visited", text)
		}
	}
}

func TestWalkStops(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", everything))
	visits := 0
	lang.Walk(file, func(n lang.Node) bool {
		visits++
		_, isFile := n.(*lang.File)
		return isFile
	})
	if want := 1 + len(file.Items); visits != want {
		t.Errorf("%d visits, want %d", visits, want)
	}
}

func TestPrintMade(t *testing.T) {
	file, _ := lang.Parse(source.NewFile("Dockerfile", "FROM a\n\nRUN x\n"))
	added := &lang.Run{Header: lang.Header{Heredocs: []lang.Heredoc{{Name: "E", Body: lang.Word{Text: "z\n"}}}},
		Command: lang.Command{Line: lang.Word{Text: "y <<E"}}}
	file.Items = slices.Insert(file.Items, 1, lang.Item(added), lang.Item(&lang.Comment{Text: " made"}))
	want := "FROM a\nRUN y <<E\nz\nE\n# made\n\nRUN x\n"
	if got := lang.Print(file); got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	file, _ = lang.Parse(source.NewFile("Dockerfile", "\ufeffFROM a"))
	file.Items = []lang.Item{&lang.Directive{Name: "escape", Value: "`"}, file.Items[0], added}
	want = "\ufeff# escape=`\nFROM a\nRUN y <<E\nz\nE\n"
	if got := lang.Print(file); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseTrigger(t *testing.T) {
	list, diags := lang.ParseTrigger(source.NewFile("trigger", "COPY <<E /\nx\nE"))
	if diags.HasErrors() || len(list) != 1 || list[0].Head().Heredocs[0].Body.Text != "x\n" {
		t.Errorf("%v %v", list, diags)
	}
	if _, diags = lang.ParseTrigger(source.NewFile("trigger", "NOPE x")); !diags.HasErrors() {
		t.Error("an unknown instruction passes")
	}
}
