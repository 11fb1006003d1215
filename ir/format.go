package ir

import (
	"strings"
	"unicode"

	"github.com/seed-e0495807/strake/lang/spell"
)

// Format writes a body as an instruction of a file with this escape character:
// one line, and the here documents behind it, without the last line ending.
// ParseBody of the result gives an equal body if any text does; Verify refuses
// bodies that no text stands for. The text of a nil body is "".
func Format(b Body, escape byte) string {
	if isNil(b) {
		return ""
	}
	w := newWriter(escape)
	w.WriteString(b.Keyword())
	switch b := b.(type) {
	case *Run:
		w.run(b)
	case *Copy:
		w.flags(b)
		w.transfer(b.Sources, b.Inline, b.Dest)
	case *Add:
		w.flags(b)
		w.transfer(b.Sources, b.Inline, b.Dest)
	case *Env:
		w.pairs(b.Pairs)
	case *Label:
		w.pairs(b.Pairs)
	case *Arg:
		for i, d := range b.Defaults {
			w.First(i, d.Key)
			if d.Set {
				w.WriteString("=" + d.Value)
			}
		}
	case *Cmd:
		w.command(b.Command)
	case *Entrypoint:
		w.command(b.Command)
	case *Shell:
		w.JSON(b.Args)
	case *Workdir:
		w.Line(b.Path)
	case *User:
		w.Line(b.Name)
	case *Expose:
		w.Words(b.Ports)
	case *Volume:
		w.List(b.Paths, false)
	case *StopSignal:
		w.Line(b.Signal)
	case *Maintainer:
		w.Line(b.Name)
	case *Healthcheck:
		w.healthcheck(b)
	case *Onbuild:
		w.Arg(b.Trigger)
		return w.String() // with its here documents
	case *Custom:
		for _, f := range b.Flags {
			w.Arg(w.Quote(f))
		}
		w.Line(b.Args)
		if w.Docs = documentsOf(b.Heredocs); len(w.Docs) == 0 {
			return w.End()
		}
		w.Claimed = b.Name
	}
	return w.Finish()
}

// FormatFrom writes the FROM of a stage, as Format does an op.
func FormatFrom(s *Stage, escape byte) string {
	w := newWriter(escape)
	w.WriteString("FROM")
	w.flag("platform", s.Platform)
	w.First(0, s.Base)
	if s.Name != "" {
		w.WriteString(" AS " + s.Name)
	}
	return w.Finish()
}

type writer struct{ spell.Writer }

func newWriter(escape byte) *writer { return &writer{spell.Writer{Escape: escape}} }

func (w *writer) flag(name, value string) {
	if value != "" {
		w.Flag(name, value)
	}
}

func (w *writer) command(c Command) {
	if c.Exec {
		w.JSON(c.Args)
		return
	}
	w.Line(c.Line)
}

func (w *writer) run(r *Run) {
	w.flags(r)
	w.command(r.Command)
	w.Docs = documentsOf(r.Heredocs)
}

func documentsOf(list []Heredoc) []spell.Document {
	out := make([]spell.Document, len(list))
	for i, d := range list {
		out[i] = spell.Document{Name: d.Name, Data: d.Data}
	}
	return out
}

func formatMount(m Mount) string {
	fields := make([]string, len(m))
	for i, o := range m {
		fields[i] = o.Key
		if o.HasValue {
			fields[i] += "=" + o.Value
		}
	}
	return formatCSV(fields)
}

func formatDevice(d Device) string {
	fields := []string{"name=" + d.Name}
	if d.Required {
		fields = append(fields, "required")
	}
	return formatCSV(fields)
}

// formatCSV joins fields, and quotes those that would fall apart.
func formatCSV(fields []string) string {
	for i, f := range fields {
		alone := f == "" && len(fields) == 1 // no field at all, were it not quoted
		if alone || strings.ContainsAny(f, ",\"\r\n") || strings.TrimLeftFunc(f, unicode.IsSpace) != f {
			fields[i] = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, ",")
}

// transfer puts the here documents first: behind a source that holds a quote or
// ends in an escape character they would not be seen.
func (w *writer) transfer(sources []string, files []Inline, dest string) {
	words := make([]string, 0, len(sources)+len(files)+1)
	hasData := false // which JSON cannot have
	for _, f := range files {
		words = append(words, f.Word)
		w.Docs = append(w.Docs, spell.Document{Name: f.Name, Data: f.Data})
		hasData = hasData || f.Data != ""
	}
	words = append(append(words, sources...), dest)
	w.List(words, hasData)
}

func (w *writer) pairs(list []Pair) {
	for i, p := range list {
		if p.Legacy {
			w.First(i, p.Key+" "+p.Value)
			continue
		}
		w.First(i, p.Key+"="+p.Value)
	}
}

func (w *writer) healthcheck(h *Healthcheck) {
	if h.None {
		w.Arg("NONE")
		return
	}
	w.flags(h)
	w.Arg("CMD")
	if h.Command.Exec {
		w.JSON(h.Command.Args)
		return
	}
	w.Arg(h.Command.Line)
}
