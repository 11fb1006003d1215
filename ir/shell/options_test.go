package shell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/shell"
)

// TestOptions reads arguments with and without options behind operands; "no" is what is not known.
func TestOptions(t *testing.T) {
	o := shell.Options{Flags: "xv", Values: "f", Attached: "i", Long: []string{"file=", "quiet"}}
	for _, c := range []struct{ args, mixed, first string }{
		{"-xv a", "x v | a", "x v | a"}, {"a -x", "x | a", "| a -x"}, {"-xf y a", "x f=y | a", "x f=y | a"}, {"-xfy a", "x f=y | a", "x f=y | a"}, {"-i.bak -i a", "i=.bak i | a", "i=.bak i | a"},
		{"--file=y --file z --quiet a", "file=y file=z quiet | a", "file=y file=z quiet | a"}, {"-- -z", "| -z", "| -z"}, {"- a", "| - a", "| - a"}, {"", "|", "|"},
		{"-z", "no", "no"}, {"--fil=y", "no", "no"}, {"--fil y", "no", "no"}, {"--quiets", "no", "no"}, {"$X", "no", "no"}, {`"$X"`, "no", "no"}, {"$(y)", "no", "no"}, {"`y`", "no", "no"}, {"-x$Y", "no", "no"},
		{"{-x,a}", "no", "no"}, {"'{-x,a}'", "| {-x,a}", "| {-x,a}"}, {"{}", "| {}", "| {}"}, {"a $X", "no", "| a ?"}, {"a$X", "| ?", "| ?"}, {"-f $X a", "f=? | a", "f=? | a"}, {`-f"$X" a`, "f=? | a", "f=? | a"}, {"-f", "no", "no"},
	} {
		args := parse(t, "p "+c.args).Commands[0].Args
		for mixed, want := range map[bool]string{true: c.mixed, false: c.first} {
			got := "no"
			if given, operands, ok := o.Parse(args, mixed); ok {
				var words []string
				for _, g := range given {
					switch {
					case g.Value.Known && g.Value.Text != "":
						words = append(words, g.Name+"="+g.Value.Text)
					case g.Value.Text != "":
						words = append(words, g.Name+"=?")
					default:
						words = append(words, g.Name)
					}
				}
				words = append(words, "|")
				for _, w := range operands {
					if w.Known {
						words = append(words, w.Text)
					} else {
						words = append(words, "?")
					}
				}
				got = strings.Join(words, " ")
			}
			if got != want {
				t.Errorf("%s, mixed %v: %q, not %q", c.args, mixed, got, want)
			}
		}
	}
}

// TestSets: all that gives a variable another value, "?" where that is not known, and "any"
// where the name is not.
func TestSets(t *testing.T) {
	for text, want := range map[string]string{
		"X=a; X=b c": "X=a", "export X=a Y=$Z": "X=a Y=?", "declare X=a": "X=a", "for X in a $B; do :; done": "X=a X=?", "for X; do :; done": "X=?", "read -r X Y": "X=? Y=?", "printf -v X %s y": "X=?", "printf X": "",
		"unset X": "X=?", "mapfile -t X": "X=?", "getopts ab X": "ab=? X=?", ": ${X:=a} ${Y=b} ${Z:-c}": "X=? Y=?", "export X": "", "readonly X=1": "X=1", "sh -c 'X=a'": "X=a",
		"export $X": "any", "export $X=1": "any", "export $(cat x)": "any", "declare $X=1": "any", "read $X": "any", "printf -v $X y": "any", "unset $X": "any", "printf $X": "",
		"declare -n r=X": "r=X any", "local -rn r=X": "r=X any", "declare -n r=X; a=(b)": "r=X any",
	} {
		s := parse(t, text)
		var words []string
		for _, v := range s.Sets {
			if value := v.Value.Lit(); v.Value.Known {
				words = append(words, v.Name+"="+value)
			} else if strings.IndexByte(v.Name, '$') < 0 {
				words = append(words, v.Name+"=?")
			}
		}
		if s.AnySet {
			words = append(words, "any")
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}

// TestVariables: what is in a word.
func TestVariables(t *testing.T) {
	for text, want := range map[string]string{`$X`: "X false true [X]", `"$X"`: "X true true [X]", `"${X}"`: "X true true [X]", `a$X$Y`: " false false [X Y]", `${X:-$Y}`: " false false [X Y]", "a": " false false []", `"$X "`: " false false [X]"} {
		w := parse(t, "p "+text).Commands[0].Args[0]
		name, quoted, ok := w.Variable()
		if got := fmt.Sprint(name, " ", quoted, " ", ok, " ", w.Variables()); got != want {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}

// TestMayBeOption: what a word may be depends on its first byte.
func TestMayBeOption(t *testing.T) {
	for text, want := range map[string]bool{"-x": true, "a": false, "$X": true, `"$X"`: true, "a$X": false, `"a$X"`: false, "-$X": true, "{-x,a}": true, "''": false, "'-x'": true, "`a`": true, "'$X'": false} {
		if got := parse(t, "p "+text).Commands[0].Args[0].MayBeOption(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
