package words_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/words"
)

type vars map[string]string

func (v vars) Get(name string) (string, bool) { s, ok := v[name]; return s, ok }

// TestBounds is about what has no bound in BuildKit. That everything else is as
// there, FuzzExpand of package plan checks.
func TestBounds(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("${x:-", n) + "y" + strings.Repeat("}", n) }
	env := vars{"A": strings.Repeat("a", 1000), "M": strings.Repeat("a", words.MaxSize), "P": strings.Repeat("*a", 10_000) + "b", "Q": strings.Repeat("*a", 500) + "b"}
	for _, c := range []struct {
		name, word string
		want       error
	}{
		{"deep", nested(words.MaxDepth - 1), nil},
		{"too deep", nested(words.MaxDepth), words.ErrTooDeep},
		{"too deep to end", strings.Repeat("${x:-", 1_000_000), words.ErrTooDeep},
		{"large", "$M", nil},
		{"too large", "$M$M", words.ErrTooLong},
		{"too large in quotes", `"$M$M"`, words.ErrTooLong},
		{"too large in a substitution", "${x:-$M$M}", words.ErrTooLong},
		{"too many matches", "${A//a/$M}", words.ErrTooLong},
		{"too costly", "${M#$P}", words.ErrTooCostly},
		{"beyond the budget", strings.Repeat("${A#$Q}", 20), words.ErrBudget},
	} {
		l := words.Lexer{Escape: '\\', Budget: &words.Budget{Left: 16 << 20}}
		if _, err := l.Word(c.word, env); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if _, err := l.Words(c.word, env); c.want != nil && err == nil {
			t.Errorf("%s: no error from Words", c.name)
		}
	}
}

// TestWords shows what a lexer does.
func TestWords(t *testing.T) {
	env := vars{"A": "a b", "F": "x.tar.gz"}
	for word, want := range map[string]string{
		`$A c`:             "a|b|c",
		`"$A" c`:           "a b|c",
		`a\ b`:             "a b",
		`${F%.*} ${F%%.*}`: "x.tar|x",
		`x${U:-$A}`:        "a|b", // the x is lost, as in BuildKit
		`'$A'`:             "$A",
		``:                 "",
	} {
		l := words.Lexer{Escape: '\\'}
		got, err := l.Words(word, env)
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%q gives %q, %v; want %q", word, got, err, want)
		}
	}
}

// TestErrors: an error marks the part of the word that it is about, and has a next step.
func TestErrors(t *testing.T) {
	const shell = "a Dockerfile has ${x:-default}"
	for _, c := range []struct{ word, message, part, help string }{
		{"a${B", "missing '}'", "${B", "close it with }"},
		{"a${B:-", "missing '}'", "${B:-", "close it with }"},
		{"a${B:-${C}", "missing '}'", "${B:-${C}", "close it with }"},
		{"a${", "missing '}'", "${", "close it with }"},
		{`"${B"`, `unsupported modifier (")`, `${B"`, "close the name with }: ${B}"},
		{"x${B.c}y", "unsupported modifier (.)", "${B.", "close the name with }: ${B}"},
		{"x${B^^}y", "unsupported modifier (^)", "${B^", shell},
		{"x${A:1:2}y", "unsupported modifier (:1)", "${A:1:2}", shell},
		{"${A:-${B@Q}}", "unsupported modifier (@)", "${B@", shell}, // A is set, but what stands inside is read
		{"${B:-${A@Q}}", "unsupported modifier (@)", "${A@", shell},
		{"x${:y}", "bad substitution", "${", "the name of a variable"},
		{"x${B/y}", "missing '/'", "${B/y}", "${name/from/to}"},
		{"x${B:?not today}y", "B: not today", "${B:?not today}", "--build-arg B=VALUE"},
		{"x${B?}y", "B: is not allowed to be unset", "${B?}", "--build-arg B=VALUE"},
		{`x"y`, "matching double-quote", `"y`, `close it with "`},
		{`x'y`, "matching single-quote", `'y`, `close it with '`},
	} {
		l := words.Lexer{Escape: '\\'}
		_, err := l.Word(c.word, vars{"A": "a"})
		e, ok := errors.AsType[*words.Error](err)
		if !ok || !strings.Contains(e.Message, c.message) || e.Part != c.part || !strings.Contains(e.Help, c.help) {
			t.Errorf("%s: got %#v, want %q about %q, help %q", c.word, err, c.message, c.part, c.help)
		}
	}
}
