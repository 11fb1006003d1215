package build

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/console"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"

	"github.com/seed-e0495807/strake/backend/debug"
)

// Progress is how a build is shown.
type Progress struct {
	whole bool // it shows all that steps write
	raw   bool // it is for programs

	display func() (progressui.Display, error)
	pauses  chan pause
}

// pause is a time in which nothing is shown.
type pause struct{ begun, over chan struct{} }

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
	}
	p := &Progress{whole: whole, raw: mode == string(progressui.RawJSONMode), pauses: make(chan pause)}
	p.display = func() (progressui.Display, error) {
		return progressui.NewDisplay(withoutErrors(w), progressui.DisplayMode(mode))
	}
	_, err := p.display()
	return p, err
}

// withoutErrors is a stream for one display.
func withoutErrors(w io.Writer) io.Writer {
	if f, ok := w.(console.File); ok {
		return &terminal{File: f}
	}
	return &untilErrors{w: w}
}

// show shows statuses until there are no more. It goes on when the build is
// canceled: the last ones tell what became of the steps.
func (p *Progress) show(statuses chan *client.SolveStatus) (warnings []client.VertexWarning, failed error) {
	if !p.raw {
		statuses = new(screen).tee(statuses)
	}
	var held []*client.SolveStatus
	for begun := true; ; begun = false { // behind a pause there may be no more to show
		now, found, err := p.part(held, statuses, begun)
		warnings, failed = append(warnings, found...), errors.Join(failed, err)
		if now == nil {
			return warnings, failed
		}
		close(now.begun)
		held = hold(statuses, now.over)
	}
}

// part shows statuses with one display, until a pause or until there are no more. If that is not begun yet,
// it is with the first vertex.
func (p *Progress) part(held []*client.SolveStatus, statuses <-chan *client.SolveStatus, begun bool) (now *pause, warnings []client.VertexWarning, err error) {
	shown, over := make(chan *client.SolveStatus), make(chan struct{})
	begin := sync.OnceFunc(func() {
		go func() {
			defer close(over)
			var d progressui.Display
			if d, err = p.display(); err == nil {
				warnings, err = d.UpdateFrom(context.Background(), shown)
			}
			for range shown {
			}
		}()
	})
	show := func(s *client.SolveStatus) {
		if begun = begun || slices.ContainsFunc(s.Vertexes, ofBuild); begun {
			begin()
			shown <- s
		}
	}
	if begun {
		begin()
	}
	for _, s := range held {
		show(s)
	}
	for now == nil {
		select {
		case s, more := <-statuses:
			if more {
				show(s)
				continue
			}
		case one := <-p.pauses:
			now = &one
		}
		break
	}
	if begun {
		close(shown)
		<-over
	}
	return now, warnings, err
}

// ofBuild tells whether a vertex is not there for a shell only.
func ofBuild(v *client.Vertex) bool { return !strings.HasPrefix(v.Name, debug.Mark) }

// hold keeps what comes in a pause, but for what is done for a shell.
func hold(statuses <-chan *client.SolveStatus, over <-chan struct{}) (held []*client.SolveStatus) {
	for {
		select {
		case s, more := <-statuses:
			if !more {
				return held
			}
			s.Vertexes = slices.DeleteFunc(s.Vertexes, func(v *client.Vertex) bool { return !ofBuild(v) })
			held = append(held, s)
		case <-over:
			return held
		}
	}
}

// pause waits until all that has come is shown. Then nothing is, until resume is called.
func (p *Progress) pause(ctx context.Context) (resume func()) {
	now := pause{make(chan struct{}), make(chan struct{})}
	select {
	case p.pauses <- now:
		<-now.begun
	case <-ctx.Done(): // there may be no more to show
	}
	return func() { close(now.over) }
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
