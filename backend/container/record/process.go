package record

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
)

// A process is the one in the foreground of a terminal, as /proc has it.
type process struct {
	pid  int
	args []string
}

func (p process) file(name string) string { return "/proc/" + strconv.Itoa(p.pid) + "/" + name }

// waits tells whether a shell waits for what is typed: it sleeps, and nothing that it has
// started shares its process group, as programs do where job control is off.
func (p process) waits() bool {
	if state, _ := stat(p.pid); state != "S" {
		return false
	}
	children, err := os.ReadFile(p.file("task/" + strconv.Itoa(p.pid) + "/children"))
	if err != nil {
		return false
	}
	for child := range bytes.FieldsSeq(children) {
		pid, _ := strconv.Atoi(string(child))
		if state, group := stat(pid); group == p.pid && state != "Z" {
			return false
		}
	}
	return true
}

// stat gives the state of a process and its group.
func stat(pid int) (state string, group int) {
	data, err := os.ReadFile(process{pid: pid}.file("stat"))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 3 {
		return "", 0
	}
	group, _ = strconv.Atoi(fields[2])
	return fields[0], group
}

// dir is its directory, as it is called beneath its root.
func (p process) dir() string {
	dir, err := os.Readlink(p.file("cwd"))
	if err != nil || !strings.HasPrefix(dir, "/") {
		return ""
	}
	if root, err := os.Readlink(p.file("root")); err == nil && root != "/" {
		below, ok := strings.CutPrefix(dir, root)
		if !ok {
			return ""
		}
		return path.Clean("/" + below)
	}
	return dir
}

// user is whom it runs as, by name where its passwd has one.
func (p process) user() string {
	data, err := os.ReadFile(p.file("status"))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(data), "\nUid:")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return ""
	}
	id := fields[1]
	root, err := os.OpenRoot(p.file("root"))
	if err != nil {
		return id
	}
	defer root.Close()
	passwd, err := root.ReadFile("etc/passwd")
	if err != nil {
		return id
	}
	for line := range strings.Lines(string(passwd)) {
		if f := strings.Split(line, ":"); len(f) > 2 && f[2] == id {
			return f[0]
		}
	}
	return id
}

// holds tells whether there is a file beneath its root.
func (p process) holds(name string) bool {
	root, err := os.OpenRoot(p.file("root"))
	if err != nil {
		return false
	}
	defer root.Close()
	_, err = root.Lstat(strings.TrimPrefix(path.Clean(name), "/"))
	return err == nil
}

// has tells whether a program of that name is on the path that it was started with, or where
// programs of the system are.
func (p process) has(name string) bool {
	dirs := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	environ, _ := os.ReadFile(p.file("environ"))
	for entry := range strings.SplitSeq(string(environ), "\x00") {
		if list, ok := strings.CutPrefix(entry, "PATH="); ok {
			dirs = list + ":" + dirs
		}
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		if strings.HasPrefix(dir, "/") && p.holds(path.Join(dir, name)) {
			return true
		}
	}
	return false
}
