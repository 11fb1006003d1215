package container

import (
	"io"
	"sync"

	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Runner runs containers. The user namespace is to be the one that their files belong to.
type Runner struct {
	Set     *Set
	Layers  string // the directory of unpacked layers
	Runtime string // the program, runc or crun
	// Self is a command line that calls Monitor, with the arguments that are appended, and
	// Init with InitArg. "" in the second place would be the program itself.
	Monitor, Init []string
	Look          func(string) string // finds a program of the machine, "" for none; may be nil
	Note          func(string)        // tells the user of what is not as expected; may be nil
	Caught        func()              // is called when signals are the container's; may be nil
	Owned         bool                // signals are those that an owner passes on, see userns.Owned

	mu     sync.Mutex
	layers *rootfs.Layers
}

// OpenLayers gives the unpacked layers. To find out what the kernel can do with them takes
// time, so that all of a process use the same.
func (r *Runner) OpenLayers() (*rootfs.Layers, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.layers == nil {
		layers, err := rootfs.Open(r.Layers)
		if err != nil {
			return nil, err
		}
		r.layers = layers
	}
	return r.layers, nil
}

// HoldArg is what Monitor gets instead of an id to Hold a terminal.
const HoldArg = "hold"

func (r *Runner) note(text string) {
	if r.Note != nil {
		r.Note(text)
	}
}

// caught tells that signals do not mean this process any more.
func (r *Runner) caught() {
	if r.Caught != nil {
		r.Caught()
	}
}

// Streams are the standard streams of a process in a container. With a terminal, In is that
// of the user; what it is when the process ends is what it was before.
type Streams struct {
	In       io.Reader // nil for nothing to read
	Out, Err io.Writer // nil for nobody who reads
}

// Codes of a container that could not be run, as docker has them.
const (
	CodeFailed      = 125 // here
	CodeNotRunnable = 126
	CodeNotFound    = 127
	codeSignal      = 128 // and the number of the signal that ended it
)

// StartError says why a process did not start, with the exit code that stands for it.
type StartError struct {
	Code int
	diag.Diagnostic
}

func (e *StartError) Unwrap() error { return e.Diagnostic }

// ExecConfig is a further process of a container.
type ExecConfig struct {
	Args      []string
	Env       []string // besides the container's
	User, Cwd string   // "" is the container's
	TTY       bool
	Stdin     bool
	Record    bool // the commands that are typed
}
