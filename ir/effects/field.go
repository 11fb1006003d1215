package effects

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// field is a word of a command as the program gets it.
type field struct {
	text  string // a pattern; as written when it is not known
	known bool
	over  bool // it may be another one, or not be there
	tree  bool // it stands for all below it, too
	loose bool // not known, and for all that is known an option, or several words
	one   bool // not known, but one word for sure

	word    *shell.Word // that of the command which it is, nil when it is one of several or none
	written string      // text of that word
}

// is tells whether the field is surely a text.
func (f field) is(s string) bool {
	t, ok := text(f.text)
	return f.known && ok && t == s
}

// absent tells that a field is not known, and may not be there.
func (f field) absent() bool { return !f.known && f.over }

// plain is the text of a field that is one, "" of others.
func (f field) plain() string {
	if t, ok := text(f.text); ok && f.known {
		return t
	}
	return ""
}

// show is how a field is written for people.
func (f field) show() string {
	if t, ok := text(f.text); ok && f.known {
		return t
	}
	return f.text
}

// most is how many values a word may have before it is one that is not known, and longest how long
// one may be, in bytes.
const (
	most    = 16
	longest = 64 << 10
)

// values are what a text may be: patterns, or nothing known.
type values struct {
	list     []string
	known    bool
	word     bool // not known, but one word, of which an option is none
	absent   bool // or none
	exported bool // programs get it
	local    bool // or not, although exported
}

func oneValue(pattern string) values { return values{list: []string{pattern}, known: true} }

// anyWord is the value of what is one word without a slash, like the name of an architecture.
func anyWord() values { return oneValue("*") }

// either is one or the other.
func (v values) either(o values) values {
	out := values{known: v.known && o.known, word: v.word && o.word, absent: v.absent || o.absent, exported: v.exported || o.exported}
	out.local = v.local || o.local || v.exported != o.exported
	if out.known {
		out.list = slices.Compact(slices.Sorted(slices.Values(slices.Concat(v.list, o.list))))
		out.known = len(out.list) <= most
	}
	return out
}

// fields expands a word of a command.
func (w *walker) fields(word shell.Word) []field {
	list := w.fieldsOf(word)
	if len(list) == 1 && list[0].word == nil {
		list[0].word, list[0].written = &word, list[0].text
	}
	return list
}

func (w *walker) fieldsOf(word shell.Word) []field {
	switch node := word.Syntax(); {
	case w.found != nil && strings.Contains(word.Text, "{}"):
		if word.Text == "{}" {
			return slices.Clone(w.found)
		}
		return []field{{text: word.Text, loose: true}}
	case node != nil:
		return w.split(node)
	case word.Known:
		return []field{{text: literal(word.Text), known: true}}
	}
	return []field{{text: word.Text, loose: true}}
}

// split expands a word of the tree.
func (w *walker) split(node *syntax.Word) []field {
	if !braced(node) {
		return w.expand(node)
	}
	copied := *node
	if !syntax.SplitBraces(&copied) {
		return w.expand(node)
	}
	if len(copied.Parts) > 16 {
		w.lists = true
		return []field{{text: w.print(node), loose: true}}
	}
	var list []field
	for b, err := range expand.BracesSeq(&expand.Config{}, &copied) {
		if list = append(list, w.expand(b)...); err != nil || len(list) > 64 {
			w.lists = true
			return []field{{text: w.print(node), loose: true}}
		}
	}
	if w.posix { // a shell that is called sh may be bash
		list = append(list, w.expand(node)...)
		for i := range list {
			list[i].over = true
		}
	}
	return list
}

// braced tells whether bash makes several words of one.
func braced(node *syntax.Word) bool {
	has := func(texts ...string) bool {
		return slices.ContainsFunc(node.Parts, func(p syntax.WordPart) bool {
			lit, ok := p.(*syntax.Lit)
			return ok && slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(lit.Value, t) })
		})
	}
	return has("{") && has(",", "..")
}

// expand does so with the braces done.
func (w *walker) expand(node *syntax.Word) []field {
	if w.bare && isArguments(node) {
		return nil
	}
	a := expansion{w: w, alts: [][]string{nil}}
	if !a.parts(node.Parts, false) {
		w.lists = w.lists || expands(node)
		return []field{{text: w.print(node), loose: true}}
	}
	if a.missing {
		w.lists = w.lists || a.splits
		return []field{{text: w.print(node), over: a.absent, one: !a.splits, loose: a.splits || a.first == 0 || strings.IndexByte("-*?[", a.first) >= 0}}
	}
	quoted := slices.ContainsFunc(node.Parts, func(p syntax.WordPart) bool {
		switch p.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		}
		return false
	})
	var list []field
	for _, alt := range a.alts {
		for _, s := range alt {
			if s == "" && !quoted {
				continue
			}
			list = append(list, field{text: s, known: true, over: len(a.alts) > 1})
		}
	}
	return list
}

// expands tells whether something outside of quotes is put into a word, which may be a wildcard.
func expands(node *syntax.Word) bool {
	return slices.ContainsFunc(node.Parts, func(p syntax.WordPart) bool {
		switch p.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst:
			return true
		}
		return false
	})
}

// isArguments tells "$@", which is as many words as there are arguments.
func isArguments(node *syntax.Word) bool {
	name, _, ok := shell.WordOf(node).Variable()
	return ok && name == "@"
}

// value is what an assignment gives a variable: no words are split, and nothing is matched.
func (w *walker) value(node *syntax.Word) values {
	if node == nil {
		return oneValue("")
	}
	a := expansion{w: w, alts: [][]string{nil}, whole: true}
	if !a.parts(node.Parts, false) {
		return values{}
	}
	if a.missing {
		spoilt := slices.ContainsFunc(slices.Concat(a.alts...), func(s string) bool { return strings.ContainsAny(s, " \t\n*?[\\") })
		return values{absent: a.absent, word: a.words && !spoilt && a.first != 0 && a.first != '-'}
	}
	v := values{known: true}
	for _, alt := range a.alts {
		v.list = append(v.list, strings.Join(alt, ""))
	}
	return v
}

// expansion puts the words together that one becomes.
type expansion struct {
	w       *walker
	alts    [][]string // what it may be: words, of which the last goes on
	whole   bool       // it stays one word
	missing bool       // a part of it is not known
	splits  bool       // that may become several words, or none
	absent  bool       // it may become none
	words   bool       // all that is not known are words
	begun   bool       // something stands in front
	first   byte       // of what stands there; 0 is not known
}

// miss notes a part that is not known.
func (a *expansion) miss(word, quoted bool) {
	a.words = word && (a.words || !a.missing)
	a.splits = a.splits || !word && !quoted
	a.missing = true
	if !a.begun && word {
		a.first = 'w'
	}
	a.begun = true
}

// parts takes parts of a word. It is false when nothing is known of it.
func (a *expansion) parts(parts []syntax.WordPart, quoted bool) bool {
	for i, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			s := p.Value
			if rest, ok := strings.CutPrefix(s, "~"); ok && i == 0 && !quoted && !a.begun {
				user, _, _ := strings.Cut(rest, "/")
				home := a.w.variable("HOME")
				if user != "" || !home.known {
					a.miss(true, true) // a directory
				} else if !a.add(home.list, true) {
					return false
				}
				s = rest[len(user):]
			}
			if !a.add([]string{unescape(s, quoted || a.whole, quoted)}, true) {
				return false
			}
		case *syntax.SglQuoted:
			if p.Dollar && strings.Contains(p.Value, `\`) || !a.add([]string{literal(p.Value)}, true) {
				return false
			}
		case *syntax.DblQuoted:
			if !a.add([]string{""}, true) || !a.parts(p.Parts, true) {
				return false
			}
		default:
			v := a.w.substituted(p)
			if !v.known || !a.add(v.list, quoted || a.whole) {
				a.miss(v.word, quoted)
				a.absent = a.absent || v.absent && !quoted
			}
		}
	}
	return true
}

// add puts one of several values behind each alternative. Outside of quotes it is split into
// words, as long as IFS is what it always is.
func (a *expansion) add(list []string, quoted bool) bool {
	if !a.begun && (len(list) > 1 || list[0] != "") {
		if a.begun = true; len(list) == 1 {
			a.first = list[0][0]
		}
	}
	if len(list)*len(a.alts) > most {
		return false
	}
	var out [][]string
	for _, alt := range a.alts {
		for _, s := range list {
			next := slices.Clone(alt)
			words := []string{s}
			if !quoted {
				if wild(strings.ReplaceAll(s, `\`, "")) != wild(s) || a.w.isSet("IFS") {
					return false // a wildcard in a value counts
				}
				words = split(s)
			}
			for i, word := range words {
				if i == 0 && len(next) > 0 {
					if next[len(next)-1] += word; len(next[len(next)-1]) > longest && len(next[len(next)-1]) > len(word) {
						return false // it would double with each assignment
					}
				} else {
					next = append(next, word)
				}
			}
			out = append(out, next)
		}
	}
	a.alts = out
	return true
}

// split makes words of a value. The first is "" when it starts with a blank, and so is the last
// when it ends with one: what stands beside it is another word. No word is made of nothing.
func split(s string) []string {
	words := strings.Fields(s)
	if s != "" && strings.ContainsRune(" \t\n", rune(s[0])) {
		words = append([]string{""}, words...)
	}
	if len(words) > 0 && strings.ContainsRune(" \t\n", rune(s[len(s)-1])) {
		words = append(words, "")
	}
	return words
}

// unescape makes a pattern of a text of the shell. In quotes nothing is a wildcard, and a
// backslash counts in front of some bytes only.
func unescape(s string, quoted, double bool) string {
	if quoted && !strings.Contains(s, `\`) {
		return literal(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (!double || strings.IndexByte("$`\"\\", s[i+1]) >= 0):
			i++
			b.WriteString(literal(s[i : i+1]))
		case quoted || c == '\\':
			b.WriteString(literal(s[i : i+1]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unknown is the path of which nothing is known but the word, if it is as that has it.
func (f field) unknown(written string) Paths {
	p := unknownPath(written)
	if f.text == f.written {
		p.List[0].Word = f.word
	}
	return p
}

// paths are what a field names for who stands in one of these directories: none when it is no
// file of the image, like "-" and the null device.
func (f field) paths(dirs []string, tree bool) (p Paths) {
	if !f.known {
		return f.unknown(f.text)
	}
	if t, ok := text(f.text); ok && (t == "" || t == "-" || device(t)) {
		return p
	}
	if climbs(f.text) || dirs == nil && !strings.HasPrefix(f.text, "/") {
		return f.unknown(f.show())
	}
	names := []string{f.text}
	if !strings.HasPrefix(f.text, "/") {
		names = nil
		for _, d := range dirs {
			names = append(names, d+"/"+f.text)
		}
	}
	for _, n := range names {
		n = path.Clean(n)
		out := Path{Name: n, Glob: wild(n), Tree: tree || f.tree}
		if out.Glob || f.over || len(names) > 1 || out.Tree {
			out.Grade = Over
		}
		if !out.Glob {
			out.Name, _ = text(n)
		}
		p.List, p.Grade = append(p.List, out), max(p.Grade, out.Grade)
	}
	return p
}

// device tells files that no layer holds: of memory, or of the kernel.
func device(name string) bool {
	name = path.Clean(name)
	for _, d := range []string{"/dev", "/proc", "/sys"} {
		if name == d || strings.HasPrefix(name, d+"/") {
			return true
		}
	}
	return false
}
