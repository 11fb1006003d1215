//go:build unix

package mergerun

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// generator writes shell scripts at random, out of what shells carry over and what
// changes files. Nothing leads above the sandbox: cd goes to places in it, and what is
// removed has a name in it.
type generator struct {
	*rand.Rand
	depth int
	docs  []string
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) script() string {
	g.depth, g.docs = 0, nil
	line := g.list()
	line += g.pick("", "", "", "", "", " ;", " # a comment", "; # && false", " ", "  #")
	if len(g.docs) == 0 && g.IntN(12) == 0 {
		line += g.pick(" & wait", " ; echo x >>out & wait")
	}
	for _, d := range g.docs {
		line += "\n" + d
	}
	return line
}

func (g *generator) list() string {
	parts := []string{g.andOr()}
	for g.IntN(4) == 0 && len(parts) < 4 {
		parts = append(parts, g.andOr())
	}
	text := strings.Join(parts, "; ")
	if g.depth == 0 && g.IntN(6) == 0 {
		return g.pick("set -e; ", "set -eu; ", "set -e && ", "set -u; ", "set +e; ", "set -eu && ", "set -o errexit; ", "set -- a b; ") + text
	}
	return text
}

func (g *generator) andOr() string {
	text := g.pipeline()
	for g.IntN(3) == 0 {
		text += g.pick(" && ", " && ", " && ", " || ") + g.pipeline()
	}
	return text
}

func (g *generator) pipeline() string {
	text := g.command()
	switch g.IntN(14) {
	case 0:
		text = "! " + text
	case 1:
		text += " | cat >>$R/pipe" // which is there: else who comes first would count
	case 2:
		text = "false | " + text
	case 3:
		text += " 2>>" + g.file()
	}
	return text
}

func (g *generator) file() string { return g.pick("out", "out", "a", "b", "d/f", "$R/x", "../y") }

func (g *generator) command() string {
	if g.depth < 3 && g.IntN(6) == 0 {
		g.depth++
		defer func() { g.depth-- }()
		return g.compound()
	}
	if g.IntN(3) == 0 {
		return g.state()
	}
	return g.pick("true", "false", "echo $X >>out", "echo \"$SET$Y\" >>out", "echo $? >>out", "pwd | wc -c >>$R/x", "touch $(echo a)",
		"echo new >"+g.file(), "mkdir -p d", "mkdir d", "umask >>out", "cat out >>b", "rm -f a", "ln -sf a l", "tool", "tool && tool", "[ -f out ]",
		"test -n \"$X\"", "echo ${X:-none} >>$R/x", "echo $# $1 >>out", "printf '%s\\n' \"it's\" >>out", "command -v tool >/dev/null", "echo $0 | wc -c >>out",
		"mv a b", "chmod 600 out", "cat <>/dev/null", "read line || true", "ls >>$R/list", "f", "env | grep -c '^X=' >>out", "echo '#' >>out", "echo \\# x >>out",
		"echo $((1+2)) >>out", "cp out d/", "sh -c 'echo $X >>out'")
}

func (g *generator) state() string {
	if g.IntN(8) == 0 {
		g.docs = append(g.docs, fmt.Sprintf("here $X %d\nEOF", g.IntN(3)))
		return g.pick("cat <<EOF >>out", "cat <<'EOF' >>a", "cat >out <<EOF ")
	}
	return g.pick("cd d", "{ cd d && cd ..; }", "cd ../../r", "cd $R", "cd \"$HOME\"", "cd nowhere", "X=1", "export X=2", "SET=changed", "unset SET", "export SET", "Y=$(echo y)",
		"X=3 sh -c 'echo $X >>out'", "X=4 :", "X=5 export Y=6", "umask 077", "umask 000", "exit 0", "exit 1", "exec true", "exec >>$R/log", "exec echo x",
		"printf '#!/bin/sh\\necho new >>out\\n' >$R/bin/tool && chmod 755 $R/bin/tool", "rm -f $R/bin/tool", "PATH=$R/bin2:$PATH", "hash -r", ": ${X:=default}",
		"f() { echo f >>out; false; echo g >>out; }", "tool() { echo function >>out; }", "set -f", "set -e", "readonly X=9", "rm -rf ${R:?}/w", "rm -rf ${R:?}/w/d", "{ cd $R && rm -rf w; }", "rmdir $R/w",
		"mv $R/w $R/v", "trap 'echo end >>out' EXIT", "eval X=7", "alias ls=false", ". /dev/null", "$X", "shift", "ulimit -n 64", "{ cd d && rm -rf ../d; }",
		"read X </etc/hostname || X=", "X=$((Y=3))", "getopts a X || true", "echo $$ >/dev/null", "{ true & wait $!; }", "local X", "return 0", "break")
}

func (g *generator) compound() string {
	switch g.IntN(9) {
	case 0:
		return "( " + g.list() + " )"
	case 1:
		return "{ " + g.list() + "; }"
	case 2:
		return "if " + g.andOr() + "; then " + g.list() + "; else " + g.list() + "; fi"
	case 3:
		return "for X in 1 2; do " + g.list() + "; done"
	case 4:
		return "case $X in 1) " + g.list() + ";; *) " + g.list() + ";; esac"
	case 5:
		return "(" + g.list() + ") >>out"
	case 6:
		return "while [ ! -e stop ]; do " + g.list() + "; touch stop 2>/dev/null || break; [ -e stop ] || break; done"
	case 7:
		return "echo $(" + g.list() + ") >>out"
	}
	name := fmt.Sprint("g", g.depth) // of its own: it must not call itself
	return name + "() { " + g.list() + "; }; " + name
}

// TestDifferential runs chains of scripts in real shells, apart and merged: they succeed
// or fail alike, and leave the same files.
func TestDifferential(t *testing.T) {
	each := 400
	if os.Getenv("STRAKE_LONG") != "" {
		each = 10000
	} else if testing.Short() {
		each = 50
	}
	list := shells(t)
	boxes := make([]*sandbox, len(list))
	for i := range list {
		boxes[i] = newSandbox(t)
	}
	for i, s := range list {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := boxes[i]
			g := &generator{Rand: rand.New(rand.NewPCG(uint64(i), 4))}
			saved, total, succeeded := 0, 0, 0
			for range each {
				scripts := make([]string, 2+g.IntN(3))
				for i := range scripts {
					scripts[i] = g.script()
				}
				total += len(scripts) - 1
				n, ok := b.compare(t, s, scripts)
				if saved += n; ok {
					succeeded++
				}
			}
			t.Logf("%d chains: %d of %d boundaries merged; of the merged chains %d succeed", each, saved, total, succeeded)
			if saved < each/5 || succeeded < each/20 {
				t.Error("the test shows little")
			}
		})
	}
}
