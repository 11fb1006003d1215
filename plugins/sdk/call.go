package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// Call is what a plugin is asked to do, with what it may ask for, and what becomes of
// it: diagnostics, changes, and reports. It is for one goroutine, but for the
// questions to the host.
type Call struct {
	*plugins.Call
	Context context.Context

	host    plugins.Host
	found   []*Finding
	edits   []plugins.Edit
	module  *ir.Module
	reports []plugins.Report
}

func (c *Call) result() *plugins.Result {
	r := &plugins.Result{Module: c.module, Edits: c.edits, Reports: c.reports}
	for _, f := range c.found {
		r.Diags = append(r.Diags, f.Diagnostic)
	}
	return r
}

// Op is an op and its place in the module.
type Op struct {
	*ir.Op
	plugins.Place
}

// Ops are the ops of the stages that the plugin is for, in order.
func (c *Call) Ops() iter.Seq[Op] {
	return func(yield func(Op) bool) {
		for i, s := range c.Module.Stages {
			if i < len(c.Stages) && !c.Stages[i] {
				continue
			}
			for j, op := range s.Ops {
				if !yield(Op{op, plugins.Place{Stage: i, Op: j}}) {
					return
				}
			}
		}
	}
}

// From is the place of a stage's FROM.
func From(stage int) plugins.Place { return plugins.Place{Stage: stage, Op: -1} }

// origin is that of a place, nil when it is not there.
func (c *Call) origin(at plugins.Place) *ir.Origin {
	if at.Stage < 0 || at.Stage >= len(c.Module.Stages) {
		return nil
	}
	s := c.Module.Stages[at.Stage]
	if at.Op >= 0 && at.Op < len(s.Ops) {
		return s.Ops[at.Op].Origin
	}
	return s.Origin
}

// Span is where a place stands in the source, zero for what plugins have made out of
// nothing.
func (c *Call) Span(at plugins.Place) source.Span {
	if spans := c.origin(at).Spans(); len(spans) > 0 {
		return spans[0]
	}
	return source.Span{}
}

// Find is where a text stands first in the source of a place. It reports false when it
// is not there, as in an op that a plugin has changed.
func (c *Call) Find(at plugins.Place, text string) (source.Span, bool) {
	s := c.Span(at)
	if int(s.File) >= len(c.Module.Files) || int(s.End) > len(c.Module.Files[s.File].Text) || s.Start > s.End {
		return source.Span{}, false
	}
	i := strings.Index(c.Module.Files[s.File].Text[s.Start:s.End], text)
	if i < 0 {
		return source.Span{}, false
	}
	start := s.Start + uint32(i)
	return source.Span{File: s.File, Start: start, End: start + uint32(len(text))}, true
}

// Error reports what is wrong at a place. The code is in kebab-case, without the name of
// the plugin; the message is one sentence without a full stop. Warn, Note and Suggest do
// the same with less weight.
func (c *Call) Error(at plugins.Place, code, format string, args ...any) *Finding {
	return c.find(diag.Error, at, code, fmt.Sprintf(format, args...))
}

// Warn is Error for a warning.
func (c *Call) Warn(at plugins.Place, code, format string, args ...any) *Finding {
	return c.find(diag.Warning, at, code, fmt.Sprintf(format, args...))
}

// Note is Error for an information.
func (c *Call) Note(at plugins.Place, code, format string, args ...any) *Finding {
	return c.find(diag.Info, at, code, fmt.Sprintf(format, args...))
}

// Suggest is Error for a hint.
func (c *Call) Suggest(at plugins.Place, code, format string, args ...any) *Finding {
	return c.find(diag.Hint, at, code, fmt.Sprintf(format, args...))
}

func (c *Call) find(s diag.Severity, at plugins.Place, code, text string) *Finding {
	f := &Finding{call: c, at: at, Diagnostic: diag.Diagnostic{Severity: s, Code: code, Span: c.Span(at), Message: text}}
	c.found = append(c.found, f)
	return f
}

// Finding is a diagnostic that was reported. Its fields may still be set.
type Finding struct {
	diag.Diagnostic
	call *Call
	at   plugins.Place
}

// Help says what to do about it.
func (f *Finding) Help(text string) *Finding {
	f.Hint = text
	return f
}

// See says where to read more.
func (f *Finding) See(url string) *Finding {
	f.URL = url
	return f
}

// Replace is a fix that keeps the meaning which the author wanted: it replaces the first
// old in the source of the place by new. It does nothing when that is not there. It knows
// text and no words: what old is has to be sure, as a keyword and what follows it is. For
// the commands of a RUN, see package shell, and Become.
func (f *Finding) Replace(message, old, new string) *Finding {
	if span, ok := f.call.Find(f.at, old); ok {
		f.Fix(diag.Fix{Message: message, Safe: true, Edits: []diag.Edit{{Span: span, New: new}}})
	}
	return f
}

// Become is Replace for the whole instruction, which is written anew as the body has it. It
// does nothing unless the instruction stands in the source as the module has it, on one
// line: what is between several, like comments, would be lost.
func (f *Finding) Become(message string, body ir.Body) *Finding {
	c := f.call
	span := c.Span(f.at)
	if f.at.Op < 0 || int(span.File) >= len(c.Module.Files) || int(span.End) > len(c.Module.Files[span.File].Text) || span.Start >= span.End {
		return f
	}
	text := c.Module.Files[span.File].Text[span.Start:span.End]
	written, err := ir.ParseBody(text, c.Module.Escape)
	if err != nil || strings.ContainsAny(text, "\r\n") || !ir.Equal(written, c.Module.Stages[f.at.Stage].Ops[f.at.Op].Body) {
		return f
	}
	return f.Fix(diag.Fix{Message: message, Safe: true, Edits: []diag.Edit{{Span: span, New: ir.Format(body, c.Module.Escape)}}})
}

// Fix adds a fix, one of several ways to go on.
func (f *Finding) Fix(fix diag.Fix) *Finding {
	f.Fixes = append(f.Fixes, fix)
	return f
}

// Replace puts ops in the place of one, which they are made out of; without bodies the
// op goes. Why is a short reason, which users read.
func (c *Call) Replace(at plugins.Place, why string, bodies ...ir.Body) {
	c.edit(at, at.Op, 1, why, bodies)
}

// Before puts ops before one. At the place of a FROM they become the first of the stage.
func (c *Call) Before(at plugins.Place, why string, bodies ...ir.Body) {
	c.edit(at, max(at.Op, 0), 0, why, bodies)
}

// After puts ops behind one.
func (c *Call) After(at plugins.Place, why string, bodies ...ir.Body) {
	c.edit(at, at.Op+1, 0, why, bodies)
}

func (c *Call) edit(at plugins.Place, op, remove int, why string, bodies []ir.Body) {
	e := plugins.Edit{Stage: at.Stage, Op: op, Delete: remove}
	for _, b := range bodies {
		e.Insert = append(e.Insert, c.Op(b, why, c.origin(at)))
	}
	c.edits = append(c.edits, e)
}

// Become answers with a module in place of edits: one made by Module.Copy, and changed
// in more than its ops.
func (c *Call) Become(m *ir.Module) { c.module = m }

// Report adds a file to what the build gives. It is for Finish.
func (c *Call) Report(name string, data []byte) {
	c.reports = append(c.reports, plugins.Report{Name: name, Data: data})
}

// The questions to the host: package plugins says what they give.

// Log writes a line for people who look for what a plugin does.
func (c *Call) Log(format string, args ...any) {
	c.host.Log(c.Context, fmt.Sprintf(format, args...))
}

// Expand expands the variables of a word as they stand in front of an op.
func (c *Call) Expand(at plugins.Place, word string) (string, error) {
	return c.host.Expand(c.Context, at, word)
}

// ReadFile reads a file of the build context.
func (c *Call) ReadFile(path string) ([]byte, error) { return c.host.ReadFile(c.Context, path) }

// ListFiles lists the paths of the build context that match one of some patterns.
func (c *Call) ListFiles(patterns ...string) ([]plugins.File, error) {
	return c.host.ListFiles(c.Context, patterns)
}

// BaseConfig gives the image config of a stage's base, as JSON.
func (c *Call) BaseConfig(stage int) (json.RawMessage, error) {
	return c.host.BaseConfig(c.Context, stage)
}

// Facts tells what is known of a stage's base without looking into it.
func (c *Call) Facts(stage int) (plugins.Facts, error) { return c.host.Facts(c.Context, stage) }

// Effects tells for each op of a stage what is in force in front of it, and what it does, as far
// as that is known without building.
func (c *Call) Effects(stage int) ([]plugins.OpEffects, error) {
	return c.host.Effects(c.Context, stage)
}

// BaseFile reads a file of the image that a stage goes back to.
func (c *Call) BaseFile(stage int, path string) ([]byte, error) {
	return c.host.BaseFile(c.Context, stage, path)
}

// ParseShell gives the syntax tree of a script as JSON.
func (c *Call) ParseShell(dialect, script string) (json.RawMessage, error) {
	return c.host.ParseShell(c.Context, dialect, script)
}
