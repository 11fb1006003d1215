//go:build linux

package mergerun

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// generator writes shell scripts at random, out of what shells carry over and what
// changes files. Nothing leads above the sandbox: cd goes to places in it, and what is
// removed has a name in it.
type generator struct {
	*rand.Rand
	risky bool // it makes names of files, and runs programs that nobody knows
	depth int
	docs  []string
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) script() string {
	g.depth, g.docs = 0, nil
	line := g.list()
	if g.risky && g.IntN(4) == 0 {
		line = g.pick("echo 1 >out && ln -f out b; ", "tar -xf ../links.tar; ", "cp -al $R/a e; cp -al $R/a/* .; ") + line
	}
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
	switch {
	case g.risky && g.IntN(2) == 0:
		return g.links()
	case g.risky && g.IntN(10) == 0:
		return g.unknown()
	case g.risky && g.IntN(12) == 0:
		return g.programs()
	case g.IntN(3) == 0:
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
		"read X </etc/hostname || X=", "X=$((Y=3))", "getopts a X || true", "echo $$ >/dev/null", "{ true & wait $!; }", "local X", "return 0", "break",
		"X+=z", "X+=z true", "PATH+=:$R/bin", "X[1]=2", "echo $X ${fd:-none} >>out", "exec {fd}>>log", "hash -d tool", "hash -p /bin/false true", "readarray X <out", "function ff { X=ff; }; ff",
		"[[ xay =~ a ]]", "echo ${BASH_REMATCH:-none} >>out", "[[ X=4 -eq 4 ]]", "let X=5", "declare -x X=8", "typeset X=8", "cat <(echo p) >>out", "shopt -s nullglob; echo nomatch* >>out", "set -k", "set -C",
		"set -o pipefail; false | true", "coproc true", "case x in x) false ;& y) true;; esac", "case x in x) false ;;& *) true;; esac", "case x in x) false;; esac", "select X in a; do break; done </dev/null",
		"printf -v X %s v", "echo x &>>log", "echo $'a' >>out", "echo ${X@Q} >>out", "echo ${!X} >>out", "eval 'X=9'", "enable -n echo", "set -n", "IFS=o", "((X=6))", "echo $((X+=1)) >>out",
		"echo ${X:?} >>out", "test -n \"$X\" && false", "exec 5>>log", "echo five >&5", "set -e; false; true", "if false; then true; fi", "mapfile -t X <out", "wait", "type tool >/dev/null", "kill -0 $$", "pushd d", "builtin cd d",
		"command cd d", "command exit 3", "exec -a x true", "unset -f tool", "export -n SET", "readonly SET", "cd d && X=1 && false", "true && { false; true; }", "set -- x; shift; shift")
}

// links are commands that give files names, and that change them in place or not.
func (g *generator) links() string {
	return g.pick("ln out b", "ln a b", "ln -f out $R/x", "ln -f b a", "ln -sf out b", "cp -al $R/a e", "cp -a $R/a e", "cp -r e e2", "cp --link out c", "tar -xf ../links.tar",
		"mkdir -p d && tar -xf ../links.tar -C d", "ln one three", "echo more >>b", "echo more >>one", "echo less >two", "chmod 600 one", "chmod 640 b", "chmod -R g-r .", "touch b",
		"truncate -s 1 b", "tee -a b <out >/dev/null", "tee one </dev/null", "dd if=out of=b conv=notrunc status=none", "sed -i s/o/O/ b", "sed -i -e s/1/2/ one", "mv b c", "mv one four", "mv e e3",
		"cp out b", "cp out one", "rm -f one", "rm -rf e", "install -m 600 out b", "stat -c %a one >>out", "find . -type f -exec chmod 600 {} +",
		"echo one | xargs touch", "gzip -f two || true", "env chmod 700 out", "sh -c 'echo sh >>one'", "cat one two >>out", "[ out -ef b ] && echo same >>out", "mkdir -p e/d")
}

// unknown is what no tree shows: programs of nobody knows whom, and scripts on standard
// input.
func (g *generator) unknown() string {
	if g.IntN(4) == 0 {
		g.docs = append(g.docs, g.pick("rm -rf $R/w", "ln out b", "echo x >>out", "(sleep 0.02; echo late >>$R/state) &")+"\nEOF")
		return g.pick("sh <<'EOF' ", "cat <<'EOF' | sh", "env sh <<'EOF' ", "sh -s <<'EOF' ", "cat <<EOF | xargs -I{} sh -c '{}'")
	}
	return g.pick("starter", "linker", "writer", "renamer", "$R/bin2/starter", "./tool", "echo 'rm -rf '$R/w | sh", "echo 'rm -rf '$R/w | sh -s", "echo linker | sh", "sh $R/bin2/starter",
		"echo starter | xargs sh -c", "find . -maxdepth 0 -exec starter {} +", "env starter", "sleep 0.04", "sleep 0.04", "nohup sleep 0.03 >/dev/null 2>&1 &", "awk 'BEGIN { system(\"starter\") }'",
		"sed -n '1e starter' out", "echo | tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec=starter $R/bin2", "sort -o out out", "cat $R/state >>out", "ls $R/state >>out")
}

// programs are commands that put one program in the place of another, by names of all kinds.
func (g *generator) programs() string {
	return g.pick("cp $R/bin2/starter $R/bin/cat", "cd $R/bin && cp ../bin2/starter touch", "ln -sf $R/bin2/starter $R/bin/chmod", "{ cd ../bin && ln -f ../bin2/linker touch; }",
		"mv $R/bin2/writer $R/bin/mkdir", "X=touch; cp $R/bin2/starter $R/bin/$X", "for X in touch cat; do cp $R/bin2/starter $R/bin/$X; done", "cp -l $R/bin2/linker $R/bin/mv",
		"find $R/bin2 -name 'start*' -exec cp {} $R/bin/touch \\;", "echo $R/bin2/starter | xargs -I{} cp {} $R/bin/rm", "cat $R/bin2/starter >$R/bin/ls; chmod 755 $R/bin/ls",
		"install -m 755 $R/bin2/starter $R/bin/cp", "(cd $R/bin2; cp starter ../bin/truncate)", "ln -s $R/bin l2; cp $R/bin2/starter l2/touch", "cp -r $R/bin2/. $R/bin", "cd $R/bin2 && mv starter umask && cp umask touch && mv touch ../bin",
		"tar -xf ../links.tar -C $R/bin", "sh -c 'cd $R/bin; cp ../bin2/starter tee'", "dd if=$R/bin2/starter of=$R/bin/touch status=none && chmod 755 $R/bin/touch", "cp $R/bin2/starter w1; mv w1 $R/bin/ln")
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

// seed is another one with STRAKE_SEED.
func seed() uint64 {
	n, err := strconv.ParseUint(os.Getenv("STRAKE_SEED"), 10, 64)
	if err != nil {
		return 4
	}
	return n
}

// TestDifferential runs chains of scripts in real shells, apart and merged: they succeed
// or fail alike, leave the same files, of which the same names are those of one, and the
// same processes. A chain that is merged takes a tenth of a second, so that it is 200 of them in
// each shell, or 10,000 with STRAKE_LONG=1.
func TestDifferential(t *testing.T) {
	each := 200
	if os.Getenv("STRAKE_LONG") != "" {
		each = 10000
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
			g := &generator{Rand: rand.New(rand.NewPCG(uint64(i), seed()))}
			saved, total, succeeded, chains := 0, 0, 0, 0
			for n := range each {
				unknown := `["tool"]`
				if g.risky = n%2 == 0; g.risky {
					unknown = `"apart"`
				}
				scripts := make([]string, 2+g.IntN(3))
				for i := range scripts {
					scripts[i] = g.script()
				}
				if compile(b.dockerfile(s, scripts)) == nil {
					continue // a here document behind what its line cannot have
				}
				total += len(scripts) - 1
				n, ok := b.compare(t, s, scripts, unknown)
				if n > 0 {
					chains++
				}
				if saved += n; ok {
					succeeded++
				}
			}
			t.Logf("%d chains: %d of %d boundaries merged, in %d chains that were run, of which %d succeed", each, saved, total, chains, succeeded)
			if saved < each/8 || succeeded < each/50 {
				t.Error("the test shows little")
			}
		})
	}
}
