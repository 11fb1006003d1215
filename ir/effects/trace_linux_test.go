package effects_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// traces is where strace writes in a layer: a file a process.
const traces = "/.traces"

// tracer makes a layer over a base that has strace(1), "" where there is none to be had.
func tracer(t *testing.T, base *testbed.Container) string {
	t.Helper()
	l := newLayer(t, base.Rootfs)
	defer l.close(t)
	c := *base
	c.Rootfs = l.merged
	c.Env = []string{"DEBIAN_FRONTEND=noninteractive"}
	c.Args = []string{"/bin/sh", "-c", "apt-get update && apt-get install -y --no-install-recommends strace && apt-get clean && rm -rf /var/lib/apt/lists/*"}
	if r := c.Run(t); r.Code != 0 {
		t.Logf("what is read and connected to is not compared: there is no strace: %s", lastLine(r.Stderr))
		return ""
	}
	return l.upper
}

// traced gives the arguments of a program whose calls strace writes down.
func traced(args ...string) []string {
	return append([]string{"strace", "-f", "--seccomp-bpf", "-ff", "-qq", "-y", "-e", "signal=none", "-e", "trace=open,openat,openat2,execve,connect", "-o", traces + "/p"}, args...)
}

// happened is what strace saw: files that a process opened to read them, besides those that it had
// opened to write them, programs that ran, and whether another machine was asked.
type happened struct {
	reads    map[string]bool
	connects string
}

var (
	opened    = regexp.MustCompile(`^open(?:at|at2)?\(.*\b(O_RDONLY|O_WRONLY|O_RDWR)\b.*\) = \d+<(/.*)>$`)
	executed  = regexp.MustCompile(`^execve\("(/[^"]*)".*\) = 0$`)
	connected = regexp.MustCompile(`^connect\(.*sa_family=AF_INET6?, sin6?_port=htons\([1-9].*`)
)

// saw reads what strace has left in a layer.
func saw(t *testing.T, upper string) happened {
	t.Helper()
	h := happened{reads: map[string]bool{}}
	files, err := filepath.Glob(upper + traces + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		wrote := map[string]bool{}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			if m := opened.FindStringSubmatch(line); m != nil && !strings.Contains(line, "O_DIRECTORY") && !strings.Contains(line, "O_PATH") {
				name := strings.TrimSuffix(m[2], " (deleted)")
				wrote[name] = wrote[name] || m[1] == "O_WRONLY" || strings.Contains(line, "O_CREAT") || strings.Contains(line, "O_TRUNC")
				h.reads[name] = h.reads[name] || !wrote[name]
			} else if m := executed.FindStringSubmatch(line); m != nil {
				h.reads[filepath.Clean(m[1])] = true
			} else if connected.MatchString(line) {
				h.connects = line
			}
		}
	}
	return h
}

// counts tells whether a read is one that effects are about: of a file that is none of a program's
// own, like libraries, settings of the C library and what it asks for the names of users and hosts.
func counts(merged, name string) bool {
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/dev", "/proc", "/sys", traces,
		"/etc/ssl", "/etc/terminfo", "/etc/perl", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/locale.alias", "/etc/localtime", "/etc/inputrc",
		"/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols"} {
		if name == dir || strings.HasPrefix(name, dir+"/") {
			return false
		}
	}
	info, err := os.Lstat(merged + name)
	return err != nil || info.Mode().IsRegular()
}
