//go:build unix

package script_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

var random = flag.Int("random", 60, "how many scripts TestBehaviour makes")

// TestBehaviour runs scripts as they were and with the fixes that keep the files: shells print the
// same and end with the same status. With the other fixes they parse as before. The scripts are the
// same in each run.
func TestBehaviour(t *testing.T) {
	shells := installed()
	if len(shells) == 0 {
		t.Skip("no shell")
	}
	r := rand.New(rand.NewPCG(4, uint64(*random)))
	dir := t.TempDir()
	fixed := map[string]int{}
	for range *random {
		body := oddScript(r)
		name, args := "sh", shells["dash"]
		if r.IntN(2) == 0 {
			name, args = "bash", shells["bash"]
		} else if r.IntN(2) == 0 {
			name, args = "ash", shells["ash"]
		}
		if args == nil || !parses(t, args, body) {
			continue
		}
		text := fmt.Sprintf("FROM a\nSHELL [\"/bin/%s\", \"-c\"]\nRUN <<END_OF_SCRIPT\n%s\nEND_OF_SCRIPT\n", name, body)
		found, err := lint.Run(script.Rules(), lint.Read(source.NewFile("Dockerfile", text)))
		if err != nil {
			t.Fatal(err)
		}
		var safe, all diag.List
		for _, d := range lint.Diags(found.Findings) {
			if len(d.Fixes) == 0 {
				continue
			}
			all = append(all, d)
			if d.Fixes[0].Keeps == diag.Files {
				safe = append(safe, d)
				fixed[d.Code]++
			}
			if out := scriptOf(t, text, diag.List{d}); !parses(t, args, out) {
				t.Errorf("%s: %s no longer parses with the fix of %s:\n%s\nwas\n%s", name, args[0], d.Code, out, body)
			}
		}
		if len(safe) > 0 {
			out := scriptOf(t, text, safe)
			if was, is := behaviour(t, dir, args, body), behaviour(t, dir, args, out); was != is {
				t.Errorf("%s: another behaviour of\n%s\nthan of\n%s\nwas %s\nis  %s", name, out, body, was, is)
			}
		}
		if len(all) > 0 {
			if out := scriptOf(t, text, all); !parses(t, args, out) {
				t.Errorf("%s: no longer parses with all fixes:\n%s\nwas\n%s", name, out, body)
			}
		}
	}
	t.Log(fixed)
}

// installed are the shells that there are, by the names that scripts have for them.
func installed() map[string][]string {
	list := map[string][]string{"dash": {"dash"}, "bash": {"bash"}, "ash": {"busybox", "ash"}}
	for name, args := range list {
		if path, err := exec.LookPath(args[0]); err != nil {
			delete(list, name)
		} else {
			args[0] = path
		}
	}
	return list
}

func scriptOf(t *testing.T, text string, list diag.List) string {
	t.Helper()
	out, _, err := diag.ApplyFixes(text, list, true)
	if err != nil {
		t.Fatal(err)
	}
	_, out, _ = strings.Cut(out, "RUN <<END_OF_SCRIPT\n")
	return strings.TrimSuffix(out, "\nEND_OF_SCRIPT\n")
}

func parses(t *testing.T, shell []string, body string) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell[0], append(shell[1:len(shell):len(shell)], "-n")...)
	cmd.Stdin = strings.NewReader(body)
	return cmd.Run() == nil
}

// behaviour is what a script prints and makes in an empty directory, with programs that only say
// what they were given.
func behaviour(t *testing.T, dir string, shell []string, body string) string {
	t.Helper()
	work := filepath.Join(dir, "work")
	if err := errors.Join(os.RemoveAll(work), os.MkdirAll(work, 0o755), os.WriteFile(filepath.Join(work, "f 1"), []byte("one\ntwo\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell[0], append(shell[1:len(shell):len(shell)], "-c", body)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = work, []string{"PATH=/usr/bin:/bin", "V=a b", "W=", "S=*"}, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	left, _ := filepath.Glob(filepath.Join(work, "*"))
	return fmt.Sprintf("%q %v %d files", out.String(), err, len(left))
}

// oddScript makes a script of what those fixes look at, in odd places.
func oddScript(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var word, command func(depth int) string
	word = func(depth int) string {
		if depth <= 0 {
			return pick("a", "$V", `"$V"`, "'q r'", "b*", `\$`, `"x y"`, "", "-a", "$#", `"$@"`, "$*", "#", "{a,b}", "~", `\\`, "$?", "=", "]", "!")
		}
		in := func() string { return command(depth - 1) }
		switch r.IntN(14) {
		case 0, 1:
			return "`" + in() + "`"
		case 2:
			return `"` + pick("", "x ", "$", `\`) + "`" + in() + "`" + pick("", "y") + `"`
		case 3:
			return pick("", "$", "a", "$(", "{", "~", `\`, "@", "?(") + "`" + in() + "`" + pick("", "b", ")", "}", "(")
		case 4:
			return "$(" + in() + ")"
		case 5:
			return pick("-j", "a", "x=", "*", "'q'", `"w"`, "") + "$(" + pick("nproc", "uname -m", "id -u", "uname -s", "arch") + ")" + pick("", "/b", "*", "'c'", "$V")
		case 6:
			return "${X:-" + word(depth-1) + "}"
		case 7:
			return `"${X:-` + word(depth-1) + `}"`
		case 8:
			return "$((1+" + pick("`echo 1`", "$(echo 2)", "`nproc`") + "))"
		case 9:
			return word(depth-1) + word(depth-1)
		case 10:
			return "${V" + pick("#", "%", "%%", ":+", ":=", "/a/") + word(depth-1) + "}"
		}
		return pick("a", "$V", "$S", `"$V"`)
	}
	command = func(depth int) string {
		w := func() string { return word(depth - 1) }
		switch r.IntN(18) {
		case 0, 1, 2:
			return "echo " + w() + " " + w()
		case 3:
			return "A=" + w() + "; echo $A"
		case 4:
			return "A=" + w() + " sh -c 'echo $A'"
		case 5:
			return "[ ! " + pick("-z", "-n") + " " + w() + " ] && echo ja || echo no"
		case 6:
			return "[ ! " + pick("-z", "-n") + ` "` + pick("$V", "$W", "$@", "$*", "", "x", "${@:-a}", "$V$@") + `" ] && echo ja || echo no`
		case 7:
			return "if [ ! -z \"$W\" ]; then " + command(depth-1) + "; fi"
		case 8:
			return "printf 'ab\\nc.d\\n' | " + pick("egrep", "fgrep", "egrep -v", "fgrep -e") + " " + pick("a", ".", "'a|c'", "-c .")
		case 9:
			return pick("egrep () { echo mine; }; ", "nproc() { echo 1 2; }; ", "function egrep { echo mine; }; ", "alias egrep='echo al'; ", "unset V; ", "set -- ; ", "set -- x y; ", "IFS=1; ") + command(depth-1)
		case 10:
			return "cat <<E\n" + w() + "\nE\n"
		case 11:
			return "cat <<-'E'\n\t" + w() + "\n\tE\n"
		case 12:
			return "for i in " + w() + "; do echo $i; done"
		case 13:
			return "case " + w() + " in " + pick("a", "*", w()) + ") echo " + w() + ";; esac"
		case 14:
			return "(" + command(depth-1) + ")"
		case 15:
			return pick("[[ ! -z $V ]]", "[[ ! -z $@ ]]", "[[ ! -n $W && a ]]", "[[ ! -z \"$W\" || ! -n $V ]]", "[[ ! -z `echo` ]]") + " && echo t"
		case 16:
			return pick("eval", "sh -c", "export A=", "local A=", "cd", "rm -f", "test ! -z", "exit", "read A <", "echo >", "printf") + " " + w()
		}
		return command(depth-1) + pick("; ", " && ", " || ", "\n", " # c `x`\n", " | ") + command(depth-1)
	}
	return command(4)
}
