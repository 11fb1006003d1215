package ir

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-e0495807/strake/lang/lexer"
)

// Format writes a body as an instruction of a file with this escape character:
// one line, and the here documents behind it, without the last line ending.
// ParseBody of the result gives an equal body if any text does; Verify refuses
// bodies that no text stands for. The text of a nil body is "".
func Format(b Body, escape byte) string {
	if isNil(b) {
		return ""
	}
	w := &writer{escape: escape}
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
			w.first(i, d.Key)
			if d.Set {
				w.WriteString("=" + d.Value)
			}
		}
	case *Cmd:
		w.command(b.Command)
	case *Entrypoint:
		w.command(b.Command)
	case *Shell:
		w.json(b.Args)
	case *Workdir:
		w.line(b.Path)
	case *User:
		w.line(b.Name)
	case *Expose:
		w.words(b.Ports)
	case *Volume:
		w.list(b.Paths, false)
	case *StopSignal:
		w.line(b.Signal)
	case *Maintainer:
		w.line(b.Name)
	case *Healthcheck:
		w.healthcheck(b)
	case *Onbuild:
		w.arg(b.Trigger)
		return w.String() // with its here documents
	case *Custom:
		for _, f := range b.Flags {
			w.arg(w.quote(f))
		}
		w.line(b.Args)
		if w.docs = slices.Clone(b.Heredocs); len(w.docs) == 0 {
			return w.end()
		}
		w.claimed = b.Name
	}
	return w.finish()
}

// FormatFrom writes the FROM of a stage, as Format does an op.
func FormatFrom(s *Stage, escape byte) string {
	w := &writer{escape: escape}
	w.WriteString("FROM")
	w.flag("platform", s.Platform)
	w.first(0, s.Base)
	if s.Name != "" {
		w.WriteString(" AS " + s.Name)
	}
	return w.finish()
}

type writer struct {
	strings.Builder
	escape  byte
	docs    []Heredoc // that follow the line
	claimed string    // the keyword of a *Custom that takes them
}

// end ends the line.
func (w *writer) end() string {
	if w.continued(w.String()) {
		w.WriteByte('\v') // a blank that is trimmed, and keeps the line from going on
	}
	return w.String()
}

// finish ends the line and writes the here documents that it announces, in its
// order. Some come from words that only look like one and are empty.
func (w *writer) finish() string {
	line := w.end()
	if !strings.Contains(line, "<<") {
		return line
	}
	for _, name := range w.announced(line) {
		data := ""
		if i := slices.IndexFunc(w.docs, func(d Heredoc) bool { return d.Name == name }); i >= 0 {
			data = w.docs[i].Data
			w.docs = slices.Delete(w.docs, i, i+1)
		}
		w.WriteString("\n" + data + name)
	}
	return w.String()
}

// continued reports whether a line goes on: it ends in a single escape
// character.
func (w *writer) continued(line string) bool {
	escape := string(rune(w.escape))
	end, ok := strings.CutSuffix(strings.TrimRight(line, " \t"), escape)
	return ok && !strings.HasSuffix(end, escape)
}

func (w *writer) arg(s string) { w.WriteString(" " + s) }

// first writes the argument number i; the very first is kept apart from the
// flags when it looks like one, or starts with a byte that is a blank to who
// reads flags.
func (w *writer) first(i int, s string) {
	if i == 0 && s != "" && (strings.HasPrefix(s, "--") || s[0] == 0x85 || s[0] == 0xA0) {
		w.arg("--")
	}
	w.arg(s)
}

func (w *writer) words(list []string) {
	for i, s := range list {
		w.first(i, s)
	}
}

// line writes the rest of the line.
func (w *writer) line(s string) {
	if s != "" {
		w.first(0, s)
	}
}

func (w *writer) flag(name, value string) {
	if value != "" {
		w.value(name, value)
	}
}

// value writes a flag also when it is empty.
func (w *writer) value(name, value string) { w.arg(w.quote("--" + name + "=" + value)) }

// quote undoes what the lexer does to a flag: quotes and escapes resolved, each
// byte outside ASCII taken for a rune of Latin-1. Blanks are quoted rather than
// escaped, since one at the end of the line would not count.
func (w *writer) quote(flag string) string {
	special := func(r rune) bool { return r == '"' || r == '\'' || unicode.IsSpace(r) }
	if !strings.ContainsFunc(flag, func(r rune) bool { return special(r) || r == rune(w.escape) || r >= 0x80 }) {
		return flag
	}
	name, value, found := strings.Cut(flag, "=")
	if !found || strings.ContainsFunc(name, special) {
		name, value = "--", strings.TrimPrefix(flag, "--")
	} else {
		name += "="
	}
	if !strings.ContainsFunc(value, special) {
		return w.bytes(name) + w.bytes(value)
	}
	return w.bytes(name) + `"` + w.bytes(value) + `"`
}

// bytes spells the text of a flag, in double quotes or out of them.
func (w *writer) bytes(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '"' || r == rune(w.escape) {
			b.WriteByte(w.escape)
		}
		if r < 0x100 {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r) // cannot come out of a file
		}
	}
	return b.String()
}

func (w *writer) json(args []string) {
	w.WriteString(" [")
	for i, a := range args {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(quoteJSON(a))
	}
	w.WriteByte(']')
}

func quoteJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// list writes words, as JSON when blanks alone would not keep them apart and
// JSON may be used.
func (w *writer) list(words []string, plain bool) {
	if plain || w.plain(words) {
		w.words(words)
		return
	}
	w.json(words)
}

// plain reports whether words read back as they are with blanks between them.
func (w *writer) plain(words []string) bool {
	for _, s := range words {
		if s == "" || strings.ContainsAny(s, "\t\v\f\r\n ") {
			return false
		}
	}
	line := strings.Join(words, " ")
	return strings.TrimSpace(line) == line && !w.continued(line) && !isArray(line)
}

// isArray reports whether a line is taken for the JSON form.
func isArray(line string) bool {
	var list []any
	return strings.HasPrefix(strings.TrimSpace(line), "[") && json.Unmarshal([]byte(line), &list) == nil
}

func (w *writer) command(c Command) {
	if c.Exec {
		w.json(c.Args)
		return
	}
	w.line(c.Line)
}

func (w *writer) run(r *Run) {
	w.flags(r)
	w.command(r.Command)
	w.docs = slices.Clone(r.Heredocs)
}

// announced gives the names of the here documents that have to follow a line.
func (w *writer) announced(line string) []string {
	lex := lexer.New("# escape="+string(rune(w.escape))+"\n"+line, w.claimed)
	var l lexer.Line
	lex.Line(&l) // the directive
	lex.Line(&l)
	names := make([]string, len(l.Heredocs))
	for i, d := range l.Heredocs {
		names[i] = d.Name
	}
	return names
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
		w.docs = append(w.docs, Heredoc{Name: f.Name, Data: f.Data})
		hasData = hasData || f.Data != ""
	}
	words = append(append(words, sources...), dest)
	w.list(words, hasData)
}

func (w *writer) pairs(list []Pair) {
	for i, p := range list {
		if p.Legacy {
			w.first(i, p.Key+" "+p.Value)
			continue
		}
		w.first(i, p.Key+"="+p.Value)
	}
}

func (w *writer) healthcheck(h *Healthcheck) {
	if h.None {
		w.arg("NONE")
		return
	}
	w.flags(h)
	w.arg("CMD")
	if h.Command.Exec {
		w.json(h.Command.Args)
		return
	}
	w.arg(h.Command.Line)
}
