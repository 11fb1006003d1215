// Package sandbox starts a program with no more of the machine than it needs. On Linux
// it runs in user, mount, process, network and IPC namespaces of its own, sees no
// files but itself, the libraries and what the Spec names, and a filter of system calls keeps
// it from the rest of the kernel. Where there are no namespaces, Landlock takes the place of
// the mounts. It imports no other package of this module.
//
// Namespaces are entered from inside, so a helper stands between: the program of the host
// run again, which calls Enter. The helper stays: it is process 1 of the namespace, and ends
// with the host, by a signal and by a pipe that the program never had. All of the
// program's processes end with it.
package sandbox

import "time"

// Spec says what to run, and what it may use. It is JSON on its way to the helper.
type Spec struct {
	Program string   // absolute path
	Args    []string // without the name
	Root    string   // an empty directory, to become "/"
	Shared  string   // where it makes its socket: of the host below Full, and then all that it may write to
	Reads   []string // files and directories to read besides
	Network bool     // keep that of the host
	Limits  Limits
	Level   Level
	Inner   bool // of the second helper, where the first has no namespace to be process 1 of
}

// Limits are what a program may take. Zero is any number.
type Limits struct {
	Memory  int64         // bytes of data, of shared memory and of page tables
	Files   int64         // bytes of a file that it writes
	Threads int           // at one time
	CPU     time.Duration // of the processor in its life; whole seconds
}

// Level is how much of the sandbox there is.
type Level uint8

// The levels, the strongest first.
const (
	Full Level = iota
	Weak       // the kernel gives no namespaces: Landlock, the filter and limits
	None       // not even those
)

// Temp is the directory that a program may write to in the full sandbox. Its socket is there,
// too: memory of a bounded size, and nothing of the host's disk.
const Temp = "/tmp"

// String says what is missing.
func (l Level) String() string {
	switch l {
	case Full:
		return "nothing"
	case Weak:
		return "namespaces, so that it shares the processes of the machine and sees names of files"
	}
	return "the whole sandbox, so that it can do what you can"
}

// Failure is why a helper did not get as far as running the program.
type Failure struct {
	Program bool // it is the program that cannot run; else the sandbox
	Text    string
}

// Error gives the text.
func (f *Failure) Error() string { return f.Text }
