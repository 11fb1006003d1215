package lang_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// checkTree holds a tree against its laws: it prints as its source, spans lie inside those of their
// parents, siblings are in order and do not overlap, items tile the file with
// nothing but blanks between them, and a word is what stands in the source
// where nothing was decoded or taken out of it.
func checkTree(t *testing.T, name, text string) {
	t.Helper()
	src := source.NewFile("Dockerfile", text)
	file, _ := lang.Parse(src)
	if got := lang.Print(file); got != text {
		t.Errorf("%s: the reprint differs: %q", name, got)
	}
	pos := uint32(0)
	for _, item := range file.Items {
		if between := text[pos:item.Span().Start]; strings.TrimSpace(strings.TrimPrefix(between, "\ufeff")) != "" {
			t.Errorf("%s: no item covers %q", name, between)
		}
		pos = item.Span().End
	}
	if strings.TrimSpace(strings.TrimPrefix(text[pos:], "\ufeff")) != "" {
		t.Errorf("%s: no item covers %q", name, text[pos:])
	}
	checkNode(t, name, file, file)
}

func checkNode(t *testing.T, name string, file *lang.File, n lang.Node) {
	t.Helper()
	whole, last := n.Span(), source.Span{}
	for _, child := range directChildren(n) {
		at := child.Span()
		if at.Start > at.End || at.Start < whole.Start || at.End > whole.End {
			t.Errorf("%s: the span %v of %T leaves that of its parent %T, %v", name, at, child, n, whole)
			continue
		}
		if at.Start < last.End && at != last { // the parts of a pair may share a place
			t.Errorf("%s: %T at %v begins before the end of its sibling, %v", name, child, at, last)
		}
		if w, ok := child.(lang.Word); ok && at != last {
			checkWord(t, name, file, n, w)
		}
		last = at
		checkNode(t, name, file, child)
	}
}

// checkWord compares a word with the source. Words that were joined or decoded
// are different; so is one that ends in an escape character.
func checkWord(t *testing.T, name string, file *lang.File, parent lang.Node, w lang.Word) {
	t.Helper()
	got := file.Source.Slice(w.At)
	_, body := parent.(lang.Heredoc)
	p, shared := parent.(lang.Pair)
	shared = shared && p.HasValue && p.Key.At == p.Value.At
	if shared || !body && strings.Contains(got, "\n") || !utf8.ValidString(got) || strings.HasPrefix(got, `"`) {
		return
	}
	if got != w.Text && got != w.Text+string(file.Escape) {
		t.Errorf("%s: word %q of %T stands where %q is", name, w.Text, parent, got)
	}
}

// directChildren gives the nodes that Walk visits right below a node.
func directChildren(n lang.Node) (out []lang.Node) {
	top := true
	lang.Walk(n, func(child lang.Node) bool {
		if top {
			top = false
			return true
		}
		out = append(out, child)
		return false
	})
	return out
}

func TestTree(t *testing.T) { samples(t, checkTree) }
