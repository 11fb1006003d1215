// Package sandbox starts a program with no more of the machine than it needs. On Linux
// it runs in user, mount, process, network and IPC namespaces of its own, sees no
// files but itself, the libraries and what the Spec names, and a filter of system calls keeps
// it from the rest of the kernel. It imports no other package of this module.
//
// Namespaces are entered from inside, so a helper stands between: the program of the host
// run again, which calls Enter.
package sandbox

// Spec says what to run, and what it may use. It is JSON on its way to the helper.
type Spec struct {
	Program string   // absolute path
	Args    []string // without the name
	Root    string   // an empty directory, to become "/"
	Shared  string   // a directory that the host sees, too; the only one of it to write to
	Reads   []string // files and directories to read besides
	Network bool     // keep that of the host
	Memory  int64    // bytes of data, 0 for any number
	Files   int64    // bytes of a file that it writes, 0 for any number
	Level   Level
}

// Level is how much of the sandbox there is.
type Level uint8

// The levels, the strongest first.
const (
	Full      Level = iota
	NoSpaces        // the kernel gives no namespaces: limits and the filter only
	NoSandbox       // not even those
)

// String says what is missing.
func (l Level) String() string {
	switch l {
	case Full:
		return "nothing"
	case NoSpaces:
		return "namespaces, so that it sees the files and processes of the user"
	}
	return "the whole sandbox"
}

// Failure is why a helper did not get as far as running the program.
type Failure struct {
	Program bool // it is the program that cannot run; else the sandbox
	Text    string
}

// Error gives the text.
func (f *Failure) Error() string { return f.Text }
