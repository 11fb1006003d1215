package shell_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/shell"
)

// TestEnds holds what is known of a word: up to the first variable or substitution, and from the
// last on.
func TestEnds(t *testing.T) {
	for _, c := range []struct{ word, head, tail string }{
		{`a/b`, "a/b", ""}, {`"a b"'c'\d`, "a bcd", ""}, {`/x/$Y/z`, "/x/", "/z"}, {`"$X/a b"`, "", "/a b"},
		{`/a"b$X-$Y/c"d`, "/ab", "/cd"}, {"$(x)", "", ""}, {`$'x'y`, "", "y"}, {`"a\d$X\$"`, `a\d`, "$"},
	} {
		s, err := shell.Parse(runOf(t, "echo "+c.word), []string{"bash"})
		if err != nil {
			t.Fatal(err)
		}
		if head, tail := s.Commands[0].Args[0].Ends(); head != c.head || tail != c.tail {
			t.Errorf("%s: %q %q", c.word, head, tail)
		}
	}
	home := func(name string) (string, bool) { return "~", name == "HOME" }
	for word, want := range map[string]string{`$HOME/a`: "~/a", `"$HOME/$X/y"`: "~/", `a$X`: "a"} {
		if got, _ := parse(t, "echo "+word).Commands[0].Args[0].Head(home); got != want {
			t.Errorf("%s: %q", word, got)
		}
	}
}

// TestWrapping holds what is said of the programs in front of a command.
func TestWrapping(t *testing.T) {
	for run, want := range map[string]string{
		"sudo -E x": "", "sudo -b x": "loose", "sudo -u $U x": "loose", `sudo -u "$U" x`: "", `gosu "$@" x`: "loose",
		"timeout $T x": "loose", "timeout --foreground 1 x": "loose", "xargs -P4 x": "loose", "xargs -n 1 x": "",
		"xargs -I{} x {}": "puts", "xargs -i x {}": "puts", "env -i x": "apart", "exec -a y x": "apart", "sudo -i x": "apart",
	} {
		var is []string
		for name, set := range map[string]bool{"loose": parse(t, run).Commands[0].Loose, "puts": parse(t, run).Commands[0].Puts, "apart": parse(t, run).Commands[0].Apart} {
			if set {
				is = append(is, name)
			}
		}
		if got := strings.Join(is, " "); got != want {
			t.Errorf("%s: %q, want %q", run, got, want)
		}
	}
}

// TestInner reads scripts in words on their own, also of a command that another runs.
func TestInner(t *testing.T) {
	for _, c := range []struct {
		run  string
		want string
		bash bool
	}{
		{"sh -c 'a; b'", "a|b", false}, {"bash -ce 'a && b' -c d", "a|b", true}, {"sudo sh -xec a", "a", false},
		{"sh -c 'cat <(a)'", "cat|a", true}, {"sh x", "", false}, {`sh -c "$X"`, "", false},
	} {
		for _, of := range []*shell.Command{parse(t, c.run).Commands[0], parse(t, "find . -exec "+c.run).Commands[0]} {
			if of.Name == "find" {
				of = of.Runs(of.Args[2:])
			}
			in, err := of.Inner()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			if in != nil {
				for _, c := range in.Commands {
					names = append(names, c.Name)
				}
			}
			if got := strings.Join(names, "|"); got != c.want || in != nil && in.Bash != c.bash {
				t.Errorf("%s: %q", c.run, got)
			}
		}
	}
}
