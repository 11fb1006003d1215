//go:build linux

package container

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAttackOut has root in a container try what would reach the machine. Each script
// prints OUT if it gets there.
func TestAttackOut(t *testing.T) {
	withRuntimes(t, func(p *place) {
		kept := filepath.Join(p.t.TempDir(), "kept")
		p.check(os.WriteFile(kept, []byte("secret"), 0o600))
		given := p.t.TempDir()
		p.check(os.Symlink(kept, filepath.Join(given, "link")))
		for name, script := range map[string]string{
			"a disk":               "mknod /disk b $(cat /sys/class/block/*/dev | head -n 1 | tr : ' '); dd if=/disk of=/dev/null count=1 && echo OUT",
			"memory":               "mknod /mem c 1 1; dd if=/mem of=/dev/null count=1 && echo OUT",
			"mount":                "mkdir /m; mount -t proc proc /m && echo OUT; mount -t tmpfs tmpfs /m && echo OUT; mount -o remount,rw /sys && echo OUT",
			"a new namespace":      "unshare -m true && echo OUT; unshare -U true && echo OUT",
			"a host namespace":     "nsenter -t 1 -m -n true 2>/dev/null; test $(readlink /proc/1/ns/pid) = " + namespace(p, "pid") + " && echo OUT",
			"sysrq":                "echo h >/proc/sysrq-trigger && echo OUT",
			"kernel settings":      "echo x >/proc/sys/kernel/core_pattern && echo OUT; echo 1 >/proc/sys/kernel/panic && echo OUT",
			"sysfs":                "find /sys -type f -perm -200 2>/dev/null | head -n 50 | while read f; do (: >>$f) 2>/dev/null && echo OUT; done",
			"control groups":       "mkdir /sys/fs/cgroup/memory/x && echo OUT; echo 0 >/sys/fs/cgroup/memory/cgroup.procs && echo OUT",
			"release agent":        "echo /x >/sys/fs/cgroup/memory/release_agent && echo OUT",
			"the kernel's symbols": "test -s /proc/kcore && echo OUT; test -s /proc/keys && echo OUT",
			"processes":            "ps | grep -q '[s]ystemd\\|[i]nit$' && echo OUT; test $(ls -d /proc/[0-9]* | wc -l) -lt 9 || echo OUT",
			"its own program":      "(echo x >/sbin/docker-init) 2>/dev/null && echo OUT; (echo x >/proc/1/exe) 2>/dev/null && echo OUT; mount -o remount,rw /sbin/docker-init && echo OUT",
			"the terminal":         "test -t 0 && echo OUT; test -t 1 && echo OUT; test -t 2 && echo OUT; (: >/dev/tty) 2>/dev/null && echo OUT",
			"a link in a mount":    "cat /given/link && echo OUT; echo x >/given/link; cat /given/../" + kept + " && echo OUT",
			"the parent of root":   "cd /; cd ../../../..; ls " + filepath.Dir(kept) + " && echo OUT",
			"modules":              "modprobe dummy && echo OUT; insmod /x.ko && echo OUT",
			"the clock":            "date -s '2000-01-01 00:00'; test $(date +%Y) = 2000 && echo OUT",
			"the host name":        "hostname owned && echo OUT",
			"open descriptors":     "for f in /proc/self/fd/*; do case $(readlink $f) in /proc/*|pipe:*|/dev/null|'') ;; *) echo OUT $(readlink $f);; esac; done",
			"descriptors of init":  "for f in /proc/1/fd/*; do case $(readlink $f) in /proc/*|pipe:*|/dev/null|anon_inode:*|/sys/fs/cgroup/cpu*|'') ;; *) echo OUT $(readlink $f);; esac; done",
		} {
			p.sub(name, func(p *place) {
				got := p.run(Config{Init: true, Network: None, Mounts: []Mount{{Type: "bind", Source: given, Target: "/given"}}}, script, "")
				if got.err != nil || strings.Contains(got.out, "OUT") || strings.Contains(got.out, "secret") {
					p.t.Errorf("%v\n%s%s", got.err, got.out, got.errs)
				}
			})
		}
		if data, err := os.ReadFile(kept); err != nil || string(data) != "secret" {
			p.t.Errorf("a file of the machine was changed: %q, %v", data, err)
		}
	})
}

func namespace(p *place, kind string) string {
	name, err := os.Readlink("/proc/self/ns/" + kind)
	p.check(err)
	return "'" + name + "'"
}

// TestAttackImage starts containers of which the files lead out, or wait for ever.
func TestAttackImage(t *testing.T) {
	withRuntimes(t, func(p *place) {
		out := p.t.TempDir()
		p.check(os.WriteFile(filepath.Join(out, "passwd"), []byte("outside:x:4242:4242::/:/bin/sh\n"), 0o644))
		back := strings.Repeat("../", 20)
		for name, test := range map[string]struct {
			prepare string // in a container
			cfg     Config
			code    int
		}{
			"users by a link":          {"rm /etc/passwd; ln -s " + back + out + "/passwd /etc/passwd", Config{User: "outside"}, CodeFailed},
			"users by a pipe":          {"rm /etc/passwd; mkfifo /etc/passwd", Config{User: "outside"}, CodeFailed},
			"users by a device":        {"rm /etc/passwd; ln -s /dev/zero /etc/passwd", Config{User: "outside"}, CodeFailed},
			"users by /proc":           {"rm /etc/passwd; ln -s /proc/self/root/" + out + "/passwd /etc/passwd", Config{User: "outside"}, CodeFailed},
			"directory by a link":      {"ln -s " + back + out + " /w", Config{Cwd: "/w/made"}, 0},
			"directory by dots":        {"true", Config{Cwd: "/" + back + out + "/made"}, 0},
			"hosts by a link":          {"rm -f /etc/hostname; ln -s " + back + out + "/made /etc/hostname", Config{}, -1},
			"mount point by a link":    {"ln -s " + back + out + " /m", Config{Mounts: []Mount{{Type: "tmpfs", Target: "/m/made"}}}, -1},
			"program by a link":        {"ln -s " + back + out + "/prog /prog", Config{Args: []string{"/prog"}}, CodeNotFound},
			"mount over /proc by link": {"ln -s /proc /p", Config{Mounts: []Mount{{Type: "tmpfs", Target: "/p"}}}, -1},
		} {
			p.sub(name, func(p *place) {
				p.check(os.WriteFile(filepath.Join(out, "prog"), []byte("#!/bin/sh\ntrue\n"), 0o755))
				first := p.make(Config{}, test.prepare)
				if code, err := p.Run(p.t.Context(), first, Streams{}, nil); err != nil && test.prepare != "true" {
					p.t.Logf("%d, %v", code, err)
				}
				second := p.make(test.cfg, "true")
				for _, dir := range []string{"upper"} { // as an image would have it
					p.check(os.Rename(first.path(dir), second.path(dir)))
				}
				code, err := p.Run(p.t.Context(), second, Streams{}, nil)
				if test.code >= 0 && code != test.code {
					p.t.Errorf("exit code %d, %v; want %d", code, err, test.code)
				}
				if _, err := os.Lstat(filepath.Join(out, "made")); err == nil {
					p.t.Error("something was made outside")
				}
			})
		}
	})
}
