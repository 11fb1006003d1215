package build

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/console"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	digest "github.com/opencontainers/go-digest"
)

// Progress is how a build is shown.
type Progress struct {
	display progressui.Display
	whole   bool // it shows all that steps write
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
	return &Progress{d, whole}, err
}

// show shows statuses until there are no more. It goes on when the build is
// canceled: the last ones tell what became of the steps.
func (p *Progress) show(statuses chan *client.SolveStatus) ([]client.VertexWarning, error) {
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

// tailLines is how much of a failed step's output an error shows.
const tailLines = 20

// maxLine bounds a line of it, in bytes.
const maxLine = 4096

// stepLog keeps the last lines that each step wrote.
type stepLog struct {
	steps map[digest.Digest]*stepTail
	order []*stepTail
}

type stepTail struct {
	id      digest.Digest // of the vertex
	name    string
	err     string
	lines   []string
	cut     bool           // there were more of them
	partial map[int][]byte // the line that each stream has begun
}

func newStepLog() *stepLog { return &stepLog{steps: map[digest.Digest]*stepTail{}} }

// tee notes what passes.
func (l *stepLog) tee(in <-chan *client.SolveStatus) chan *client.SolveStatus {
	out := make(chan *client.SolveStatus)
	go func() {
		defer close(out)
		for status := range in {
			l.note(status)
			out <- status
		}
	}()
	return out
}

func (l *stepLog) note(status *client.SolveStatus) {
	for _, v := range status.Vertexes {
		s := l.step(v.Digest)
		s.name, s.err = v.Name, v.Error
	}
	for _, log := range status.Logs {
		l.step(log.Vertex).write(log.Stream, log.Data)
	}
}

func (l *stepLog) step(id digest.Digest) *stepTail {
	s := l.steps[id]
	if s == nil {
		s = &stepTail{id: id, partial: map[int][]byte{}}
		l.steps[id] = s
		l.order = append(l.order, s)
	}
	return s
}

func (s *stepTail) write(stream int, data []byte) {
	partial := append(s.partial[stream], data...)
	for {
		line, rest, ok := bytes.Cut(partial, []byte("\n"))
		if !ok {
			break
		}
		s.add(line)
		partial = rest
	}
	if len(partial) > maxLine {
		s.add(partial)
		partial = nil
	}
	s.partial[stream] = partial
}

func (s *stepTail) add(line []byte) {
	// A carriage return starts the line anew, as progress bars do.
	line = bytes.TrimRight(line, "\r")
	line = line[bytes.LastIndexByte(line, '\r')+1:]
	s.lines = append(s.lines, string(line[:min(len(line), maxLine)]))
	if n := len(s.lines); n > 2*tailLines {
		s.lines, s.cut = append(s.lines[:0], s.lines[n-tailLines:]...), true
	}
}

// more says where the rest of a step's output is, when neither the error nor the
// progress has shown it.
func (p *Progress) more(s *stepTail) string {
	if p.whole || !s.cut && len(s.lines) <= tailLines {
		return ""
	}
	return "the whole output is shown with --progress=plain"
}

// tail gives the last lines, without empty ones at the end.
func (s *stepTail) tail() []string {
	lines := slices.Clip(s.lines)
	for _, stream := range slices.Sorted(maps.Keys(s.partial)) {
		if partial := s.partial[stream]; len(partial) > 0 {
			lines = append(lines, string(partial))
		}
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines[max(0, len(lines)-tailLines):]
}

// failed is the step that failed first; nil when none did.
func (l *stepLog) failed() *stepTail {
	for _, s := range l.order {
		if s.err != "" && !strings.HasSuffix(s.err, context.Canceled.Error()) {
			return s
		}
	}
	return nil
}
