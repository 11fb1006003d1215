package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/words"
)

// environment makes variables of "A=1\nB=2"; a line without "=" deletes.
func environment(text string) (*Env, *llb.EnvList) {
	ours, theirs := &Env{}, &llb.EnvList{}
	for line := range strings.SplitSeq(text, "\n") {
		if k, v, ok := strings.Cut(line, "="); ok {
			ours.Set(k, v)
			theirs = theirs.AddOrReplace(k, v)
		} else {
			ours.Delete(line)
			next := theirs.Delete(line)
			theirs = &next
		}
	}
	return ours, theirs
}

// FuzzEnv holds the environment against BuildKit's: values, order and copies.
func FuzzEnv(f *testing.F) {
	f.Add("A=1\nB=2\nA=3\nC\nB\nB=4")
	f.Add(strings.Repeat("A=1\nB=2\n", 40) + "A")
	many := ""
	for i := range 60 {
		many += string(rune('A'+i)) + "=1\n"
	}
	f.Add(many + "B\nA=2\nC=\n=x\n")
	f.Fuzz(func(t *testing.T, text string) {
		ours, theirs := environment(text)
		for _, e := range []*Env{ours, ours.Clone()} {
			if want := theirs.ToArray(); !slices.Equal(e.Strings(), want) {
				t.Errorf("%q\nwant %q\ngot  %q", text, want, e.Strings())
			}
			if !slices.Equal(e.Keys(), theirs.Keys()) {
				t.Errorf("%q: keys\nwant %q\ngot  %q", text, theirs.Keys(), e.Keys())
			}
			size := 0
			for _, v := range e.Vars() {
				size += len(v.Key) + len(v.Value)
				if want, ok := theirs.Get(v.Key); !ok || v.Value != want {
					t.Errorf("%q: %s is %q, want %q", text, v.Key, v.Value, want)
				}
			}
			if e.size != size {
				t.Errorf("%q: size %d, want %d", text, e.size, size)
			}
		}
	})
}

// bounded tells the errors that only we give.
func bounded(err error) bool {
	return errors.Is(err, words.ErrTooLong) || errors.Is(err, words.ErrTooDeep) || errors.Is(err, words.ErrTooCostly) || errors.Is(err, words.ErrBudget)
}

// FuzzExpand holds every way of expanding words against BuildKit's.
func FuzzExpand(f *testing.F) {
	add := func(word string) {
		f.Add(word, "A=a b\nB=\nP=*.c\nN=x\\*y", false)
		f.Add(word, "A=${B}\nB=$A'\"\\", true)
	}
	for _, c := range cases.All() {
		for line := range strings.SplitSeq(c.Dockerfile, "\n") {
			if strings.ContainsAny(line, "$'\"\\`") && len(line) < 1000 {
				add(line)
			}
		}
	}
	for _, word := range expansions {
		add(word)
	}
	f.Fuzz(func(t *testing.T, word, vars string, backtick bool) {
		if len(word)+len(vars) > 1<<12 || strings.Count(word, "${") > words.MaxDepth/2 {
			return // there are tests for those, and BuildKit has no bound
		}
		escape := byte('\\')
		if backtick {
			escape = '`'
		}
		ours, theirs := environment(vars)
		x := newExpander(escape, &words.Budget{Left: MaxCost})
		lex := func(how shell.Lex) *shell.Lex {
			l := shell.NewLex(rune(escape))
			l.RawQuotes, l.RawEscapes, l.SkipUnsetEnv = how.RawQuotes, how.RawEscapes, how.SkipUnsetEnv
			return l
		}
		check := func(what, got string, err error, want string, wantErr error) {
			t.Helper()
			if bounded(err) {
				return
			}
			if (err != nil) != (wantErr != nil) || err == nil && got != want {
				t.Errorf("%s of %q with %q, backtick %v\nwant %q %v\ngot  %q %v", what, word, vars, backtick, want, wantErr, got, err)
			}
		}
		got, err := x.word(word, ours)
		want, _, wantErr := lex(shell.Lex{}).ProcessWord(word, theirs)
		check("word", got, err, want, wantErr)

		if bounded(err) {
			return
		}
		if wantErr != nil {
			want = word
		}
		check("title", x.title(word, ours), nil, want, nil)

		got, err = x.document(word, ours)
		document := shell.NewLex('\\')
		document.SkipProcessQuotes = true
		want, _, wantErr = document.ProcessWord(word, theirs)
		check("document", got, err, want, wantErr)

		raw := shell.Lex{RawQuotes: true, RawEscapes: true, SkipUnsetEnv: true}
		want, _, wantErr = lex(raw).ProcessWord(word, theirs)
		if wantErr != nil {
			want = word
		}
		check("command", x.command(word, ours), nil, want, nil)

		// Every combination, also those that only the lexer of lines needs.
		for how := range 8 {
			o := shell.Lex{RawQuotes: how&1 != 0, RawEscapes: how&2 != 0, SkipUnsetEnv: how&4 != 0}
			l := words.Lexer{Escape: rune(escape), RawQuotes: o.RawQuotes, RawEscapes: o.RawEscapes, SkipUnset: o.SkipUnsetEnv}
			list, err := l.Words(word, ours)
			wantList, wantErr := lex(o).ProcessWords(word, theirs)
			check("words", strings.Join(list, "\x01"), err, strings.Join(wantList, "\x01"), wantErr)
			got, err = l.Word(word, ours)
			want, _, wantErr = lex(o).ProcessWord(word, theirs)
			check("raw word", got, err, want, wantErr)
		}
	})
}

// expansions are words that come close to the corners.
var expansions = []string{
	"", "$", "$A", "${A}", "${A", "${", "${}", "${:x}", "${{A}", "$$", "$0", "$12a", "$@x", "${@}", "${0:-x}", "$é", "${é}", "$\xff",
	"${A:-x}", "${A-x}", "${U:-x}", "${U:-${U:-${A}}}", "${U:+x}", "${A:+x}", "${B:+x}", "${B+x}", "${A:?no}", "${U?}", "${B:?}", "${U:x}", "${A:x}",
	"${A#a}", "${A##*}", "${A%b}", "${A%%*}", "${A#?}", "${A:#a}", "${A/a/b}", "${A//a/b}", "${A//*/$A}", "${A/ /\\/}", "${A/\\//x}", "${A/a", "${A/a/b",
	"${N#x\\*}", "${N%\\*y}", "${N%\\y}", "${N//\\*/$0}", "${A//a/$$0}", "${A//?/'$'0}", "${A//a/\\$0}", "${N/\\\\/x}", "${P#*.}", "${P%.c}", "${A#[a}",
	"'a$A'", "\"a$A\"", "\"a", "'a", "a\\", "a\\$A", "\"\\$A\\\\\\\"\\x\"", "\"\\", "`$A", "\"`$A`\"", "a b  c", " a ", "ab${U:-c d}e f", "a\"b c\"d", "\"\" a", "${A} ${B} x",
	"<<E", "<< E", "<<<E", "<<-'E'", "< <", "x<<$A", "a\x00b", "\ufeff$A", "a\ufeff", "${A#\ufeffa}", "\u00a0a\u2003b", "${A:-'}'}", "${A:-\"}\"}", "${U:-'$A'}", "${U#'\\*'}", "${A//a/}", "${A///x}",
}
