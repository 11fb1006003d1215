package shell_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

func runOf(t testing.TB, text string) *ir.Run {
	t.Helper()
	b, err := ir.ParseBody("RUN "+text, '\\')
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b.(*ir.Run)
}

func parse(t testing.TB, text string) *shell.Script {
	t.Helper()
	s, err := shell.Parse(runOf(t, text), nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// show writes a command: variables, user, program and arguments, "?" for what is not known.
func show(c *shell.Command) string {
	var b strings.Builder
	for _, v := range c.Env {
		fmt.Fprintf(&b, "%s=%s ", v.Name, v.Value.Lit())
	}
	if c.User != "" {
		b.WriteString(c.User + ":")
	}
	if c.Nested {
		b.WriteString("~")
	}
	if b.WriteString(c.Name); c.Name == "" {
		b.WriteString("?")
	}
	for _, w := range c.Args {
		if w.Known {
			b.WriteString(" " + w.Text)
		} else {
			b.WriteString(" ?")
		}
	}
	return b.String()
}

func TestCommands(t *testing.T) {
	for _, c := range []struct{ run, want string }{
		{"apt-get update && apt-get install -y vim", "apt-get update|apt-get install -y vim"},
		{`A=1 B="x y" make -j4; echo 'a b' "$X"`, "A=1 B=x y make -j4|echo a b ?"},
		{"env -u X A=1 pip install x", "A=1 pip install x"},
		{"sudo -E -u app A=1 npm ci", "A=1 app:npm ci"},
		{"time nice -n 5 /usr/bin/apt-get update", "apt-get update"},
		{"exec git clone x", "git clone x"},
		{"command -v git || exit 1", "command -v git|exit 1"},
		{"cat list | xargs -n 1 apt-get install -y", "cat list|apt-get install -y"},
		{"timeout -k 5 60 go build", "go build"},
		{"gosu app yarn", "app:yarn"},
		{"sudo -Eu app npm ci", "app:npm ci"},
		{"sudo -uapp -- npm ci", "app:npm ci"},
		{"sudo --group adm --preserve-env=A npm ci", "root:npm ci"},
		{"sudo -l npm", "sudo -l npm"}, // it asks
		{"sudo -e /etc/hosts", "sudo -e /etc/hosts"},
		{"sudo --frobnicate app npm ci", "sudo --frobnicate app npm ci"},
		{"doas -nu app yarn", "app:yarn"},
		{"doas apk add git", "root:apk add git"},
		{"doas -C /etc/doas.conf yarn", "doas -C /etc/doas.conf yarn"}, // nothing is run
		{"env - A=1 make", "A=1 make"},
		{"env -S 'make all' x", "env -S make all x"}, // a line of its own
		{"env --chdir /x make", "make"},
		{"stdbuf -o L make", "make"},
		{"stdbuf -oL -e0 make", "make"},
		{"/usr/bin/time -f %e -o log make", "make"},
		{"time -v make", "make"},
		{"chronic -v make", "make"},
		{"exec -l bash", "bash"},
		{"exec -ca x make", "make"},
		{"nice -10 make", "make"},
		{"nice --adjustment 5 make", "make"},
		{"ionice -c3 make", "make"},
		{"ionice -c 2 -n 7 -t make", "make"},
		{"ionice -c 2 -p 1", "ionice -c 2 -p 1"}, // about a process that runs
		{"timeout --signal KILL 5 go build", "go build"},
		{"timeout -v -- 5 go build", "go build"},
		{"timeout -t 5 go build", "timeout -t 5 go build"}, // of old busybox
		{"setsid -fw make", "make"},
		{"nohup -- make", "make"},
		{"ls | xargs -i cp {} x", "ls|cp {} x"},
		{"ls | xargs -0rn1 rm", "ls|rm"},
		{"ls | xargs -I {} -d ';' cp {} x", "ls|cp {} x"},
		{"ls | xargs --max-args 1 --replace=% rm", "ls|rm"},
		{"ls | xargs -J % cp % x", "ls|xargs -J % cp % x"}, // of BSD
		{"command -pv git", "command -pv git"},
		{"command -p git x", "git x"},
		{`bash -lc "cd /x && npm ci"`, "bash -lc cd /x && npm ci|~cd /x|~npm ci"},
		{`su - app -c 'git clone git@h:x'`, "su - app -c git clone git@h:x|app:~git clone git@h:x"},
		{`if [ -f x ]; then yarn; else (npm ci); fi`, "[ -f x ]|yarn|npm ci"},
		{`for i in a b; do echo "$(id -u)" $i; done`, "echo ? ?|id -u"},
		{`$TOOL install`, "? install"},
		{`["apt-get", "install", "a b"]`, "~apt-get install a b"},
		{"<<EOF\napt-get update\n# a comment: rm -rf /\nrm -rf x\nEOF", "apt-get update|rm -rf x"},
		{"<<EOF\n#!/usr/bin/env bash\nx=(1 2)\nls\nEOF", "ls"},
		{"cat >x <<EOF && ls\napt-get update\nEOF", "cat|ls"},
		{`echo a\ b ~/c`, `echo a b ~/c`},
	} {
		var list []string
		for _, cmd := range parse(t, c.run).Commands {
			list = append(list, show(cmd))
		}
		if got := strings.Join(list, "|"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.run, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	_, err := shell.Parse(runOf(t, "dir"), []string{"powershell", "-Command"})
	if unknown := (*shell.UnknownError)(nil); !errors.As(err, &unknown) || unknown.Shell != "powershell" {
		t.Errorf("powershell: %v", err)
	}
	if _, err := shell.Parse(runOf(t, "<<EOF\n#!/usr/bin/python3\nprint(1)\nEOF"), nil); !errors.As(err, new(*shell.UnknownError)) {
		t.Errorf("python: %v", err)
	}
	if _, err := shell.Parse(runOf(t, `echo "a`), nil); err == nil {
		t.Error("an open quote is no error")
	}
}

// TestRemove takes the commands named rm and clean out, and the words named gone.
func TestRemove(t *testing.T) {
	for _, c := range []struct{ run, want string }{
		{"a && rm -rf x", "a"},
		{"rm x && a  &&   b", "a  &&   b"},
		{"a && rm x && b", "a && b"},
		{"a && rm x && clean && b 'c  d'", "a && b 'c  d'"},
		{"rm x && clean && a", "a"},
		{"a; rm x; b", "a; b"},
		{"a; rm x", "a; true"},
		{"set -e; a; rm x", "set -e; a;"},
		{"set -ex && a; rm x; clean", "set -ex && a;"},
		{"a || rm x", "a || true"},
		{"a && rm x || true", "a || true"},
		{"a && (rm x || true) && b", "a && (true) && b"},
		{"a && { rm x || true; } && b", "a && { true; } && b"},
		{"rm x || true; a", "a"},
		{"rm x", "true"},
		{"rm x; clean", "true"},
		{"rm x | cat", "true | cat"},
		{"! rm x && a", "! rm x && a"},
		{"rm x & wait", "rm x & wait"},
		{"if a; then b; rm x; fi", "if a; then b; true; fi"},
		{"a && rm x >/dev/null 2>&1 && b", "a && b"},
		{"f() { rm x; }; a && f", "f() { true; }; a && f"},
		{"bash -c 'rm x' && a", "bash -c 'rm x' && a"},
		{"a gone b gone", "a b"},
		{"a gone && rm gone && b", "a && b"},
		{"<<EOF\na\n# why\nrm x\n\nb\nEOF", "<<EOF\na\n# why\n\nb\nEOF"},
		{"<<EOF\na\nrm x\nEOF", "<<EOF\na\ntrue\nEOF"},
		{"<<EOF\nset -e\na\nrm x\nEOF", "<<EOF\nset -e\na\nEOF"},
		{"<<-EOF\n\ta\n\trm x\n\tb\nEOF", "<<-EOF\na\nb\nEOF"},
		{"cat <<E && rm x\nrm y\nE", "cat <<E\nrm y\nE"},
	} {
		s := parse(t, c.run)
		e := s.Edit()
		for _, cmd := range s.Commands {
			for _, w := range cmd.Args {
				if w.Text == "gone" {
					e.RemoveWord(w)
				}
			}
			if cmd.Name == "rm" || cmd.Name == "clean" {
				e.Remove(cmd)
			}
		}
		run, err := e.Run()
		if err != nil {
			t.Fatal(err)
		}
		if got := ir.Format(run, '\\'); got != "RUN "+c.want {
			t.Errorf("%q\n got %q\nwant %q", c.run, got, "RUN "+c.want)
		}
		if _, err := shell.Parse(run, nil); err != nil {
			t.Errorf("%s: %v", c.run, err)
		}
	}
}

func TestEdits(t *testing.T) {
	s := parse(t, "pip install x && sudo nice pip install --gone y")
	e := s.Edit()
	for _, c := range s.Find("pip") {
		e.Append(c, " -q")
		e.Prefix(c, "A=1 B=2")
	}
	if got, want := e.Text(), "A=1 B=2 pip -q install x && sudo nice env A=1 B=2 pip -q install --gone y"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	e = parse(t, `["pip", "install"]`).Edit()
	e.Prefix(s.Find("pip")[0], "A=1")
	if _, err := e.Run(); !errors.Is(err, shell.ErrExec) {
		t.Errorf("exec form: %v", err)
	}
}

func TestValue(t *testing.T) {
	home := func(name string) (string, bool) { return "/h", name == "HOME" }
	c := parse(t, `rm ~/a "$HOME/b" ${HOME}/c '$HOME' "$X" ${HOME%x} "~/d" ~`).Commands[0]
	want := []string{"/h/a", "/h/b", "/h/c", "$HOME", "?", "?", "/h/d", "/h"}
	for i, w := range c.Args {
		got, ok := w.Value(home)
		if !ok {
			got = "?"
		}
		if got != want[i] {
			t.Errorf("%s: %s, want %s", w.Text, got, want[i])
		}
	}
}
