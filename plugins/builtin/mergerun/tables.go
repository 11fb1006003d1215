package mergerun

import (
	"path"
	"slices"
	"strings"
)

// kind is what a command is known to do, by its name. A name without an entry is a
// program, of which only the files count that it leaves.
type kind uint8

const (
	program  kind = iota
	plain         // a builtin of every shell that changes nothing in it
	stateful      // a builtin that changes the shell; a subshell keeps that in
	special       // stateful, and assignments in front of it stay (POSIX 2.14)
	opaque        // it runs commands that the tree does not show
	catcher       // it changes how the shell ends or answers signals
	alias         // it changes how the rest is parsed
	wrapper       // it runs a command given as arguments
	runner        // wrapper, of a command that the shell itself looks up
	remover       // it can remove the working directory
)

// kindOf knows the names: builtins by POSIX.1-2017 (2.14), bash(1) 5.2 and dash(1) 0.5.12. What
// programs have to do with besides files is said by package effects.
func kindOf(name string) kind {
	switch path.Base(name) {
	case "echo", "printf", "test", "[", "true", "false", "pwd", "type", "wait":
		return plain
	case "cd", "chdir", "pushd", "popd", "dirs", "umask", "ulimit", "local", "declare", "typeset", "read",
		"mapfile", "readarray", "getopts", "hash", "let", "shopt", "enable", "bind", "complete", "compopt", "history", "fc", "logout", "suspend", "setvar", "caller", "times":
		return stateful
	case "export", "readonly", "unset", "set", "shift", "exit", ":", "break", "continue", "return":
		return special
	case "eval", ".", "source", "coproc", "fg", "bg", "jobs", "disown", "kill":
		return opaque
	case "trap":
		return catcher
	case "alias", "unalias":
		return alias
	case "command", "builtin", "exec", "time":
		return runner
	case "sudo", "doas", "env", "nice", "ionice", "timeout", "xargs", "su", "gosu", "su-exec", "runuser", "busybox", "stdbuf", "fakeroot",
		"eatmydata", "strace", "sh", "bash", "dash", "ash", "zsh", "ksh", "tini", "dumb-init", "xvfb-run", "dbus-run-session", "parallel", "script":
		return wrapper
	case "rm", "rmdir", "unlink", "mv", "find":
		return remover
	}
	return program
}

// volatile are variables whose value says where a shell stands rather than what it was
// told.
func volatile(name string) bool {
	switch name {
	case "$", "!", "_", "-", "PPID", "SECONDS", "LINENO", "SHLVL", "OPTIND", "OPTARG", "PIPESTATUS", "FUNCNAME", "DIRSTACK", "REPLY", "HISTCMD", "RANDOM", "SRANDOM":
		return true
	}
	return strings.HasPrefix(name, "BASH") && name != "BASH_VERSION"
}

// shells are the names of programs that a shell may start from.
func isShell(file string) bool {
	switch path.Base(file) {
	case "sh", "bash", "dash", "ash", "busybox":
		return true
	}
	return strings.HasSuffix(file, "-binsh") // packages of Alpine
}

// mayBeShell tells whether a word may name the file of a shell, or of all in its directory.
func mayBeShell(text string) bool {
	if isShell(text) {
		return true
	}
	dir, name := path.Split(path.Clean(text))
	if slices.Contains([]string{"/usr", "/usr/bin", "/bin"}, path.Clean(text)) {
		return true
	}
	if !slices.Contains([]string{"/bin/", "/usr/bin/"}, dir) && !strings.ContainsAny(dir, "*?[{") {
		return false
	}
	return strings.ContainsAny(name, "[{") || slices.ContainsFunc([]string{"sh", "bash", "dash", "ash", "busybox"}, func(s string) bool {
		ok, err := path.Match(name, s)
		return ok || err != nil
	})
}

// findsShell tells whether find(1) may meet the file of a shell and change it: below a
// directory that has it, unless all patterns of names say no.
func findsShell(args words) bool {
	acts, below, named, shell := false, false, false, false
	for i, a := range args {
		acts = acts || a.text == "-delete" || strings.HasPrefix(a.text, "-exec")
		below = below || path.IsAbs(a.text) && (under("/usr/bin", path.Clean(a.text)) || under(path.Clean(a.text), "/usr/bin") || under(path.Clean(a.text), "/bin"))
		if (a.text == "-name" || a.text == "-iname") && i+1 < len(args) {
			named = true
			shell = shell || args[i+1].text == "" || mayBeShell("/bin/"+strings.ToLower(args[i+1].text))
		}
	}
	return acts && below && (shell || !named)
}

// setsShell tells whether a command can put another shell in the place of one.
func setsShell(name string) bool {
	switch path.Base(name) {
	case "chmod", "chown", "chgrp", "truncate", "shred", "touch", "sed", "setfacl", "setcap", "setfattr", "chattr", "gzip", "bzip2", "xz", "zstd",
		"ln", "mv", "cp", "rm", "unlink", "install", "tee", "dd", "update-alternatives", "alternatives", "dpkg-divert", "dpkg-reconfigure":
		return true
	}
	return false
}

// scanned are paths whose text alone says that something of a container counts: a file
// system of memory or the kernel, files that the engine mounts, and who users are.
var scanned = []told{
	{"/dev", ofContainer}, {"/etc/group", ofUsers}, {"/etc/hostname", ofContainer}, {"/etc/hosts", ofContainer}, {"/etc/mtab", ofContainer}, {"/etc/nsswitch.conf", ofUsers},
	{"/etc/passwd", ofUsers}, {"/etc/resolv.conf", ofContainer}, {"/proc", ofContainer}, {"/sys", ofContainer},
}

// told is a path, and why it counts that a text speaks of it.
type told struct {
	path string
	why  *reason
}

var (
	ofContainer = because("container", "it uses files of the container that each RUN has anew")
	ofUsers     = because("user", "it reads or changes the list of users, which says who the next RUN runs as")
)

// harmless are paths below those that only tell about the machine, or hold nothing.
func harmless(rest string) bool {
	for _, p := range []string{"/cpuinfo", "/meminfo", "/version", "/null", "/zero", "/full", "/random", "/urandom", "/tty", "/stdin", "/stdout", "/stderr", "/fd"} {
		if after, ok := strings.CutPrefix(rest, p); ok && (after == "" || !inPath(after[0]) || after[0] == '/') {
			return true
		}
	}
	return false
}

// shared is why a path that a word may stand for is one of those: from the root, from a
// directory that may be it, or as a pattern.
func shared(text string) *reason {
	if !strings.Contains(text, "/") {
		return nil
	}
	full := path.Clean("/" + text)
	if !strings.ContainsAny(full, `*?[\`) { // most have no pattern
		for _, p := range scanned {
			if under(full, p.path) && (strings.HasPrefix(text, "/") || strings.LastIndexByte(full, '/') > 0) && !harmless(full[len(p.path):]) {
				return p.why
			}
		}
		return nil
	}
	parts := strings.Split(full[1:], "/")
	for _, p := range scanned {
		want := strings.Split(p.path[1:], "/")
		if len(parts) < len(want) || len(parts) == 1 && parts[0] == want[0] && !strings.HasPrefix(text, "/") {
			continue
		}
		match := true
		for i := range want {
			ok, err := path.Match(parts[i], want[i])
			match = match && (ok || err != nil) && !(parts[i] == "*" && i == 0 && len(parts) == 1)
		}
		if match && !harmless("/"+strings.Join(parts[len(want):], "/")) {
			return p.why
		}
	}
	return nil
}
