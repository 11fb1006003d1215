package record

import (
	"path"
	"slices"
	"strings"
)

// shells are the programs whose lines are commands, with whether they edit them themselves: those
// have the terminal give each key at once, without echo, while they wait for a command.
var shells = map[string]bool{
	"bash": true, "zsh": true, "fish": true, "mksh": true, "ksh": true, "ksh93": true, "yash": true,
	"sh": false, "dash": false, "ash": false, "busybox": false,
}

// program is the name that a program was called by.
func program(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return strings.TrimPrefix(path.Base(args[0]), "-")
}

func isShell(name string) bool {
	_, ok := shells[path.Base(name)]
	return ok
}

// ReadsCommands tells whether arguments are of a shell that is given neither a script nor a
// command, so that it reads commands from its standard input.
func ReadsCommands(args []string) bool {
	name := program(args)
	if !isShell(name) {
		return false
	}
	args = args[1:]
	if name == "busybox" {
		if len(args) == 0 || args[0] != "sh" && args[0] != "ash" {
			return false
		}
		args = args[1:]
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "-" || arg == "--":
			return len(args) == 0
		case slices.Contains([]string{"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}, arg):
			args = args[min(1, len(args)):]
		case strings.HasPrefix(arg, "--"):
		case strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "+"):
			if strings.Contains(arg, "c") {
				return false
			}
		default:
			return false // a script
		}
	}
	return true
}

// edits tells whether a shell edits its lines itself, as far as its name and its flags say.
func edits(args []string) bool {
	return shells[program(args)] && !slices.Contains(args, "--noediting")
}
