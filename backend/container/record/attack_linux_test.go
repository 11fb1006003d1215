package record

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	bash = []string{"bash", "--norc"}
	dash = []string{"dash"}
	ash  = []string{"busybox", "sh"}
	zsh  = []string{"zsh", "-f"}
)

// an attack is what a user does, and what comes then: keys and a pattern in turns, behind a prompt.
type attack struct {
	name  string
	shell []string
	does  []string
	want  []string // beside exit
}

// TestAttackTyped has ways by which a secret is typed. None is in the record; what is
// around it is.
func TestAttackTyped(t *testing.T) {
	const s = secret
	prompt := `box# (?:\x1b\[6n)?$`
	for _, a := range []attack{
		{"read without echo", bash, []string{"read -s X\r", `X\r\n.*\r`, s + "\r", prompt}, []string{"read -s X"}},
		{"read without echo, then a line", bash, []string{"read -s X\r", `X\r\n`, s + "\rtrue\r", prompt}, []string{"read -s X", "true"}},
		{"read with a prompt, without echo", bash, []string{"read -s -p 'Password: ' X; echo thanks\r", `[\n\rhJt]Password: `, s + "\r", prompt}, []string{"read -s -p 'Password: ' X; echo thanks"}},
		{"read of a number of keys, without echo", bash, []string{"read -s -n 13 X; echo thanks\r", `\n`, s, prompt}, []string{"read -s -n 13 X; echo thanks"}},
		{"read of a number of keys and the end", bash, []string{"read -s -n 40 X; echo thanks\r", `\n`, s + "\r", prompt}, []string{"read -s -n 40 X; echo thanks"}},
		{"read with a prompt and echo", bash, []string{"read -p 'Token: ' X\r", `[\n\rhJt]Token: `, s + "\r", prompt}, []string{"read -p 'Token: ' X"}},
		{"read with a prompt like the shell's", bash, []string{"read -p 'box# ' X\r", `[\n\rhJt]box# `, s + "\r", prompt}, []string{"read -p 'box# ' X"}},
		{"read that edits, with echo", bash, []string{"read -e -p 'Passphrase: ' X\r", `[\n\rhJt]Passphrase: `, s + "\r", prompt}, []string{"read -e -p 'Passphrase: ' X"}},
		{"read that edits, with the shell's prompt", bash, []string{"read -e -p 'box# ' X\r", `[\n\rhJt]box# `, s + "\r", prompt}, []string{"read -e -p 'box# ' X"}},
		{"read that edits, without echo", bash, []string{"read -e -s -p 'Word: ' X\r", `[\n\rhJt]Word: `, s + "\r", prompt}, []string{"read -e -s -p 'Word: ' X"}},
		{"read of dash", dash, []string{"printf 'Key: '; read X\r", `[\n\rhJt]Key: `, s + "\r", prompt}, []string{"printf 'Key: '; read X"}},
		{"read of dash, of which nothing tells", dash, []string{"read X\r", `\n`, s + "\r", prompt}, []string{"read X"}},
		{"stty of dash", dash, []string{"stty -echo; read X; stty echo\r", `\n`, s + "\r", prompt}, []string{"stty -echo; read X; stty echo"}},
		{"stty in a line of its own", dash, []string{"stty -echo\r", prompt, s + "\r", `not found[^#]*` + prompt, "stty echo\r", prompt}, []string{"stty -echo"}},
		{"read of busybox", ash, []string{"read -s -p 'Password: ' X\r", `[\n\rhJt]Password: `, s + "\r", prompt}, []string{"read -s -p 'Password: ' X"}},
		{"read of busybox, with echo", ash, []string{"read -p 'Secret: ' X\r", `[\n\rhJt]Secret: `, s + "\r", prompt}, []string{"read -p 'Secret: ' X"}},
		{"read of zsh", zsh, []string{"read -s 'X?Password: '\r", `[\n\rhJt]Password: `, s + "\r", `box# `}, []string{"read -s 'X?Password: '"}},
		{"vared of zsh", zsh, []string{"vared -c -p 'Password: ' X\r", `[\n\rhJt]Password: `, s + "\r", `box# `}, []string{"vared -c -p 'Password: ' X"}},
		{"getpass", bash, []string{"python3 -c 'import getpass; getpass.getpass()'\r", `[\n\rhJt]Password: `, s + "\r", prompt}, []string{"python3 -c 'import getpass; getpass.getpass()'"}},
		{"ssh-keygen", dash, []string{"ssh-keygen -q -f k\r", `Enter passphrase.*: `, s + "\r", `again: `, s + "\r", prompt}, []string{"ssh-keygen -q -f k"}},
		{"openssl", ash, []string{"openssl passwd -6\r", `Password: `, s + "\r", `g - Password: `, s + "\r", prompt}, []string{"openssl passwd -6"}},
		{"a prompt of Python", bash, []string{"python3 -q\r", `>>> `, "x = '" + s + "'\r", `>>> `, "exit()\r", prompt}, []string{"python3 -q"}},
		{"an editor", bash, []string{"vim -u NONE f\r", `"f"`, "i" + s + "\r" + s + "\x1b", `.`, ":wq\r", prompt}, []string{"vim -u NONE f"}},
		{"a pager", bash, []string{"less /etc/passwd\r", `root`, "/" + s + "\r", `not found`, "\rq", prompt}, []string{"less /etc/passwd"}},
		{"what cat reads", dash, []string{"cat > f\r", `\n`, s + "\r\x04", prompt}, []string{"cat > f"}},
		{"a program with the shell's prompt", dash, []string{"printf 'box# '; head -n 1 > f\r", `[\n\rhJt]box# `, s + "\r", prompt}, []string{"printf 'box# '; head -n 1 > f"}},
		{"a script that asks", dash, []string{"sh ask.sh\r", `[\n\rhJt]box# `, s + "\r", prompt}, []string{"sh ask.sh"}},
		{"a script that is read", bash, []string{". ./ask.sh\r", `[\n\rhJt]box# `, s + "\r", prompt}, []string{". ./ask.sh"}},
		{"no job control", bash, []string{"set +m\r", prompt, "python3 -q\r", `>>> `, "x = '" + s + "'\r", `>>> `, "exit()\r", prompt}, []string{"set +m", "python3 -q"}},
		{"no job control, without echo", dash, []string{"set +m\r", prompt, "openssl passwd -6\r", `Password: `, s + "\r", `g - Password: `, s + "\r", prompt}, []string{"set +m", "openssl passwd -6"}},
		{"in the wrong place", bash, []string{s + "\r", prompt}, nil},
		{"in the wrong place, with signs", dash, []string{s + "&x|cat;:\r", prompt}, nil},
		{"in the wrong place, as a path", dash, []string{s + "/x\r", prompt}, nil},
		{"ahead of a program that asks", bash, []string{"sleep 0.3; python3 -c 'import getpass; getpass.getpass()'\r" + s, `[\n\rhJt]Password: `, s + "\r", prompt}, []string{"sleep 0.3; python3 -c 'import getpass; getpass.getpass()'"}},
		{"ahead of a prompt", bash, []string{"sleep 0.3\r", `\n`, s + "\r", `not found[^#]*` + prompt}, []string{"sleep 0.3"}},
		{"with a blank before it", bash, []string{" echo " + s + "\r", prompt}, nil},
		{"given up", bash, []string{"echo " + s, s + "$", "\x03", prompt}, nil},
		{"given up in dash", dash, []string{"echo " + s, s + "$", "\x03", prompt}, nil},
		{"taken back", bash, []string{"echo " + s + "\x15true\r", prompt}, []string{"true"}},
		{"taken back in busybox", ash, []string{"echo " + s + "\x15true\r", prompt}, []string{"true"}},
		{"pasted and taken back", bash, []string{"\x1b[200~echo\n" + s + "\n\x1b[201~\x15", `\[K`, "true\r", prompt}, []string{"true"}},
		{"a heredoc", bash, []string{"cat > f <<EOF\r", `> `, "password " + s + "\r", `> `, "EOF\r", prompt, "true\r", prompt}, []string{"cat > f <<EOF", "true"}},
		{"a quoted heredoc", bash, []string{"cat > f <<'EOF'\r", `> `, "echo " + s + "\r", `> `, "EOF\r", prompt, "true\r", prompt}, []string{"cat > f <<'EOF'", "true"}},
		{"a command that is masked", bash, []string{"export TOKEN=" + s + "\r", prompt}, []string{"export TOKEN=xxxxx"}},
		{"one of several lines", bash, []string{"PASSWORD='a\r", `> `, s + "'\r", prompt}, []string{"PASSWORD=xxxxx"}},
		{"a shell in a shell", dash, []string{"bash --norc\r", prompt, "read -s X\r", `\n`, s + "\r", prompt, "exit\r", prompt}, []string{"bash --norc", "read -s X", "exit"}},
		{"select", bash, []string{"select x in a b; do break; done\r", `\n.*\? `, s + "\r", prompt}, []string{"select x in a b; do break; done"}},
		{"mapfile", bash, []string{"mapfile -t x\r", `\n`, s + "\r\x04", prompt}, []string{"mapfile -t x"}},
		{"a search in the history", bash, []string{"true " + s[:3] + "\r", prompt, "\x12tru", `tru`, "\r", prompt}, []string{"true " + s[:3], "true " + s[:3]}},
	} {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			needs(t, a.does)
			x := start(t, nil, a.shell...)
			os.WriteFile(filepath.Join(x.cmd.Dir, "ask.sh"), []byte("printf 'box# '; read x"), 0o600)
			x.expect(`box# `)
			for i := 0; i < len(a.does); i += 2 {
				x.send(a.does[i])
				x.expect(a.does[i+1])
			}
			x.send("exit\r")
			got := x.end()
			if data, _ := os.ReadFile(x.path); strings.Contains(string(data), secret) {
				t.Errorf("the secret is in the record: %s", data)
			}
			if want := append(slices.Clone(a.want), "exit"); !slices.Equal(got, want) {
				t.Errorf("recorded %q, want %q; the terminal had %q", got, want, x.out.String())
			}
		})
	}
}

// TestAttackHooks holds that a shell that is recorded is as one that is not: it has no variable, no
// file and no program more.
func TestAttackHooks(t *testing.T) {
	for _, shell := range [][]string{bash, dash, ash, zsh} {
		x := start(t, nil, shell...)
		x.expect(`box# `)
		x.send("set > set; env > env; ls -la ~ > ls; (exit 7)\r")
		x.expect(`box# `)
		x.send("echo [$?]\r")
		x.expect(`\[7\]`)
		x.send("exit\r")
		x.end()
		for _, file := range []string{"set", "env", "ls"} {
			data, err := os.ReadFile(filepath.Join(x.cmd.Dir, file))
			if err != nil || strings.Contains(strings.ToLower(strings.ReplaceAll(string(data), "TestAttackHooks", "")), "record") || strings.Contains(string(data), "PROMPT_COMMAND") {
				t.Errorf("%v: %s: %v\n%s", shell, file, err, data)
			}
		}
	}
}

// TestLatency holds that keys pass at once where no shell waits.
func TestLatency(t *testing.T) {
	if _, err := exec.LookPath("cat"); err != nil {
		t.Skip(err)
	}
	x := start(t, nil, "cat")
	begin := time.Now()
	for range 200 {
		x.typed("key\r")
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("800 keys took %v", took)
	}
	x.send("\x04")
	x.check()
}
