package build

import (
	"bytes"
	"context"
	"io"

	"github.com/containerd/console"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
)

// Progress is how a build is shown.
type Progress struct {
	display progressui.Display
	whole   bool // it shows all that steps write
	raw     bool // it is for programs
}

// NewProgress shows progress on a stream in one of BuildKit's modes: auto, plain,
// tty, rawjson, quiet. An error says what is wrong with the mode.
func NewProgress(w io.Writer, mode string) (*Progress, error) {
	if mode == "none" { // as buildx calls it, too
		mode = string(progressui.QuietMode)
	}
	whole := mode != string(progressui.QuietMode) && mode != string(progressui.TtyMode)
	if f, ok := w.(console.File); ok {
		_, err := console.ConsoleFromFile(f)
		whole = whole && (err != nil || mode == string(progressui.PlainMode) || mode == string(progressui.RawJSONMode))
		w = &terminal{File: f}
	} else {
		w = &untilErrors{w: w}
	}
	d, err := progressui.NewDisplay(w, progressui.DisplayMode(mode))
	return &Progress{d, whole, mode == string(progressui.RawJSONMode)}, err
}

// show shows statuses until there are no more. It goes on when the build is
// canceled: the last ones tell what became of the steps.
func (p *Progress) show(statuses chan *client.SolveStatus) ([]client.VertexWarning, error) {
	if !p.raw {
		statuses = new(screen).tee(statuses)
	}
	return p.display.UpdateFrom(context.Background(), statuses)
}

// The display ends with the whole output of the steps that failed, between these
// lines. A Failure shows the end of it, with the line of the Dockerfile.
var errorsStart = []byte("------\n")

// untilErrors is a stream that ends where the display starts on the errors.
type untilErrors struct {
	w    io.Writer
	done bool
}

func (u *untilErrors) Write(b []byte) (int, error) {
	if u.done = u.done || bytes.Equal(b, errorsStart); u.done {
		return len(b), nil
	}
	return u.w.Write(b)
}

// terminal does the same for a terminal.
type terminal struct {
	console.File
	end untilErrors
}

func (t *terminal) Write(b []byte) (int, error) {
	t.end.w = t.File
	return t.end.Write(b)
}

// more says where the rest of a step's output is, when neither the error nor the
// progress has shown it.
func (p *Progress) more(s *stepTail) string {
	if p.whole || !s.cut && len(s.lines) <= tailLines {
		return ""
	}
	return "the whole output is shown with --progress=plain"
}
