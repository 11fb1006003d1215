package build

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	gwclient "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Line is a line of the Dockerfile, or of a file that it includes.
type Line struct {
	File   string // "" is the Dockerfile
	Number int    // from 1
}

// ParseLine reads LINE or FILE:LINE.
func ParseLine(text string) (Line, error) {
	l := Line{}
	number := text
	if at := strings.LastIndexByte(text, ':'); at >= 0 {
		l.File, number = text[:at], text[at+1:]
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return l, fmt.Errorf("expected error, LINE or FILE:LINE")
	}
	l.Number = n
	return l, nil
}

// shellAtLine opens a shell in front of the step at a line, and returns when that is over.
func (j *job) shellAtLine(ctx context.Context, c gwclient.Client) error {
	if j.Debug == nil || j.Debug.At == nil {
		return nil
	}
	j.debugger.mu.Lock()
	defer j.debugger.mu.Unlock()
	if j.debugger.opened {
		return nil
	}
	j.mu.Lock()
	vs := j.vertices(ctx)
	v, err := j.at(vs, *j.Debug.At)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	j.debugger.opened = true
	s := &scene{c, vs}
	f, err := s.front(ctx, v)
	if err != nil {
		return err
	}
	for _, ref := range f.step.Mounts { // is built first, and shown
		if ref == nil {
			continue
		}
		if err := ref.Evaluate(ctx); err != nil {
			return err
		}
	}
	resume := j.Progress.pause(ctx)
	defer resume()
	return j.openShell(ctx, c, f, "`exit` ends it, and the build goes on.")
}

// at finds the vertex of the step at a line.
func (j *job) at(vs *vertices, l Line) (*vertex, error) {
	f, err := j.fileOf(l)
	if err != nil {
		return nil, err
	}
	var lines []int // of other steps
	for _, v := range vs.list {
		if v.op.GetExec() == nil {
			continue
		}
		for _, s := range v.spans {
			if s.File != f.ID {
				continue
			}
			first, last := f.LineRange(s)
			if first <= l.Number && l.Number <= last {
				return v, nil
			}
			lines = append(lines, first)
		}
	}
	d := diag.Diagnostic{Code: "no-step", Span: lineOf(f, l.Number), Message: fmt.Sprintf("no step that starts a program is at line %d, so that there is no shell in front of it", l.Number),
		Hint: "this build starts none: --debug is for those with a RUN"}
	if stage, ok := j.unneeded(f, l.Number); ok {
		d.Message, d.Hint = fmt.Sprintf("the build does not come to line %d: its target does not need the stage", l.Number), "build that stage: --target "+stage
		return nil, d
	}
	if near := nearest(lines, l.Number); near > 0 {
		d.Hint = fmt.Sprintf("the nearest one is at line %d: --on %d", near, near)
		if l.File != "" {
			d.Hint = fmt.Sprintf("the nearest one is at line %d: --on %s:%d", near, l.File, near)
		}
	}
	return nil, d
}

// nearest is the first of some lines behind one, or else the last before it; 0 is none.
func nearest(lines []int, n int) (found int) {
	slices.Sort(lines)
	for _, line := range lines {
		if found = line; line > n {
			break
		}
	}
	return found
}

// fileOf is the file that a line is of.
func (j *job) fileOf(l Line) (*source.File, error) {
	f := j.set.File(0)
	var names []string
	for id := source.FileID(0); l.File != "" && j.set.File(id) != nil; id++ {
		one := j.set.File(id)
		if one.Name == l.File || filepath.Base(one.Name) == l.File {
			f, names = one, nil
			break
		}
		f, names = nil, append(names, one.Name)
	}
	switch {
	case f == nil:
		return nil, diag.Diagnostic{Code: "no-such-line", Message: fmt.Sprintf("--on: the build reads no Dockerfile %s", l.File), Hint: "it reads " + strings.Join(names, ", ")}
	case l.Number > f.Lines():
		return nil, diag.Diagnostic{Code: "no-such-line", Message: fmt.Sprintf("--on: %s has %d lines", f.Name, f.Lines()), Hint: "name one of them"}
	}
	return f, nil
}

// lineOf is the span of a line.
func lineOf(f *source.File, n int) source.Span {
	start := f.LineStart(n)
	return source.Span{File: f.ID, Start: start, End: start + uint32(len(f.LineText(n)))}
}

// unneeded gives the stage of a RUN that is there, and that no vertex is of.
func (j *job) unneeded(f *source.File, n int) (stage string, ok bool) {
	for _, r := range j.compiled {
		for i, s := range r.Plan.Module.Stages {
			for _, op := range s.Ops {
				if _, run := op.Body.(*ir.Run); !run {
					continue
				}
				for _, span := range op.Origin.Spans() {
					if first, last := f.LineRange(span); span.File == f.ID && first <= n && n <= last {
						if s.Name == "" {
							return strconv.Itoa(i), true
						}
						return s.Name, true
					}
				}
			}
		}
	}
	return "", false
}
