package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutNamespaces runs a command where the kernel gives no user namespaces: in one whose
// own limit of them is 0. Here may be there.
func withoutNamespaces(cmd *exec.Cmd) {
	if limit, err := os.ReadFile("/proc/sys/user/max_user_namespaces"); err == nil && strings.TrimSpace(string(limit)) == "0" {
		return
	}
	cmd.Args = append([]string{"sh", "-c", `echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	uid, gid := os.Getuid(), os.Getgid()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_RESOURCE},
	}
}

// TestAttackPluginUnasked holds that no command runs a repository's program that the user
// has not allowed, nor one that is allowed with less than the whole sandbox where the user
// has not said so; and that what a repository has to say about it counts for nothing. The
// program would leave a mark where nothing confines it, and an error of its start elsewhere.
func TestAttackPluginUnasked(t *testing.T) {
	const yaml = "version: 1\nplugins:\n  - use: ./evil\n"
	const notRequired = "require-sandbox: false\n" + yaml
	lock := [][]string{{"plugin", "lock"}}
	commands := [][]string{
		{"plugin", "list"}, {"plugin", "doctor"}, {"plugin", "docs"}, {"plugin", "test"}, {"plugin", "lock"},
		{"check", "."}, {"fix", "."}, {"compile", "."}, {"plan", "."}, {"build", "."}, {"context", "."},
	}
	for name, in := range map[string]func(*exec.Cmd){"here": func(*exec.Cmd) {}, "without namespaces": withoutNamespaces} {
		t.Run(name, func(t *testing.T) {
			for asked, test := range map[string]struct {
				yaml   string
				before [][]string
				given  string // STRAKE_ALLOW_PLUGINS
				may    bool   // run, in the whole sandbox
			}{
				"not locked":               {yaml, nil, "", false},
				"the sandbox not required": {notRequired, nil, "", false},
				"locked":                   {yaml, lock, "", false},
				"another one is allowed":   {yaml, lock, "sha256:" + strings.Repeat("0", 64) + ",no-sandbox", false},
				"allowed":                  {yaml, append(lock[:1:1], []string{"plugin", "allow"}), "", true},
				"allowed as locked":        {yaml, lock, "locked", true},
				"allowed, not required":    {notRequired, append(lock[:1:1], []string{"plugin", "allow"}), "", true},
				"allowed less, required":   {"require-sandbox: true\n" + yaml, append(lock[:1:1], []string{"plugin", "allow", "--no-sandbox"}), "", true},
			} {
				t.Run(asked, func(t *testing.T) {
					dir, mark := t.TempDir(), filepath.Join(t.TempDir(), "mark")
					place(t, dir, map[string]string{"strake.yaml": test.yaml, "Dockerfile": "FROM scratch\nCOPY . /\n", ".git/HEAD": "",
						"evil": "#!/bin/sh\necho evil-was-here >&2\ntouch " + mark + "\n"})
					if err := os.Chmod(filepath.Join(dir, "evil"), 0o755); err != nil {
						t.Fatal(err)
					}
					env := append(attackEnv(t), "STRAKE_ALLOW_PLUGINS="+test.given)
					run := func(args []string) string {
						cmd := exec.CommandContext(t.Context(), "strake", args...)
						in(cmd)
						cmd.Dir, cmd.Env = dir, env
						out, err := cmd.CombinedOutput()
						if err != nil && cmd.ProcessState == nil {
							t.Fatal(err)
						}
						if _, err := os.Lstat(mark); err == nil {
							t.Fatalf("strake %s has run the program unconfined\n%s", strings.Join(args, " "), out)
						}
						return string(out)
					}
					for _, args := range append(test.before, commands...) {
						out := run(args)
						if strings.Contains(out, "evil-was-here") && (!test.may || name != "here") {
							t.Errorf("strake %s has run the program\n%s", strings.Join(args, " "), out)
						}
					}
				})
			}
		})
	}
}

// TestAttackPluginWeak holds what a user's own word for less of a sandbox is: it is said at
// each run, and a strake.yaml that requires the whole one counts more.
func TestAttackPluginWeak(t *testing.T) {
	dir, program := t.TempDir(), programPlugin(t)
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	const yaml = "version: 1\nplugins:\n  - use: ./program\n"
	place(t, dir, map[string]string{"strake.yaml": yaml, "Dockerfile": "FROM debian\nRUN sudo make\n", ".git/HEAD": "", "program": string(data)})
	if err := os.Chmod(filepath.Join(dir, "program"), 0o755); err != nil {
		t.Fatal(err)
	}
	env := attackEnv(t)
	run := func(extra string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "strake", args...)
		withoutNamespaces(cmd)
		cmd.Dir, cmd.Env = dir, append(env, extra)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, step := range []struct {
		env  string
		args []string
		want string
	}{
		{"", []string{"plugin", "lock"}, "strake.lock: 1 program"},
		{"", []string{"plugin", "allow"}, "allowed program"},
		{"", []string{"check", "."}, "strake plugin allow --weak-sandbox program"},
		{"STRAKE_ALLOW_PLUGINS=locked", []string{"check", "."}, "it may not run with less than its sandbox"},
		{"STRAKE_ALLOW_PLUGINS=locked,weak-sandbox", []string{"check", "."}, "the plugin program runs with a weak sandbox, as you have allowed"},
		{"", []string{"plugin", "allow", "--weak-sandbox"}, "allowed program"},
		{"", []string{"check", "."}, "the plugin program runs with a weak sandbox, as you have allowed"},
		{"", []string{"check", "."}, "no-sudo/sudo"},
		{"", []string{"compile", "."}, "the plugin program runs with a weak sandbox, as you have allowed"},
	} {
		if out, err := run(step.env, step.args...); !strings.Contains(out, step.want) {
			t.Errorf("%s strake %s: %v, no %q in\n%s", step.env, strings.Join(step.args, " "), err, step.want, out)
		}
	}
	place(t, dir, map[string]string{"strake.yaml": "require-sandbox: true\n" + yaml})
	if out, err := run("", "check", "."); err == nil || !strings.Contains(out, "it may not run with less than its sandbox") {
		t.Errorf("required: %v\n%s", err, out)
	}
}
