package validate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/docker/go-units"
)

// maxShown is how many characters of a value are shown.
const maxShown = 160

// Text shows a report to people. Of each list it shows as many lines as the limit says, and
// how many more there are; 0 is all.
func (r *Report) Text(w io.Writer, limit int) error {
	p := &printer{limit: limit}
	p.side("A", r.A)
	p.side("B", r.B)
	p.line("\n%s\n", r.headline())
	p.config(r.Config)
	p.layers(r)
	p.packages(r.Packages)
	p.files(r.Files)
	p.but(r)
	return p.end(w, r.Notes)
}

// end writes what was printed.
func (p *printer) end(w io.Writer, notes []string) error {
	for _, note := range notes {
		p.line("\n%s\n", note)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// headline is the answer in a sentence.
func (r *Report) headline() string {
	paths := plural(r.Paths, "path")
	switch r.Answer {
	case Identical:
		return "identical: " + paths + " and the config are the same"
	case Same:
		return "the same, but for what is listed below: " + paths + " and the config were compared"
	}
	return "different: " + counted(r.Files, r.Packages, r.Config) + " of " + paths
}

// counted says how many of what differ.
func counted(files []Difference, packages []Package, config []Setting) string {
	var parts []string
	paths, settings := 0, 0
	for i := range files {
		if files[i].Counts() {
			paths++
		}
	}
	for _, s := range config {
		if s.Form == "" {
			settings++
		}
	}
	for _, part := range []struct {
		n    int
		what string
	}{{paths, "path"}, {len(packages), "package"}, {settings, "setting"}} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

// printer writes the parts of a report.
type printer struct {
	out   strings.Builder
	limit int
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

// list writes lines under a title, as many as may be.
func (p *printer) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("\n%s\n", title)
	for i, line := range lines {
		if p.limit > 0 && i == p.limit {
			p.line("  … and %d more: --limit 0 shows all\n", len(lines)-i)
			return
		}
		p.line("  %s\n", line)
	}
}

func (p *printer) side(letter string, s Side) {
	id := s.ID.Encoded()
	p.line("%s  %s  %s  %s  %s\n", letter, shown(s.Name), id[:min(12, len(id))], s.Platform, plural(len(s.Layers), "layer"))
}

func (p *printer) config(list []Setting) {
	var lines []string
	for _, s := range list {
		if s.Form == "" {
			lines = append(lines, mark(s.Change)+" "+shown(s.Name)+": "+became(s.Change, s.A, s.B))
		}
	}
	p.list("Config", lines)
}

// became shows what a thing was and has become.
func became(c Change, a, b string) string {
	switch c {
	case Removed:
		return plain(a)
	case Added:
		return plain(b)
	}
	return plain(a) + " → " + plain(b)
}

func (p *printer) layers(r *Report) {
	var lines []string
	both := 0
	for side, s := range []Side{r.A, r.B} {
		for _, l := range s.Layers {
			if l.Shared && side == 0 {
				both++
			}
			if l.Files > 0 {
				lines = append(lines, fmt.Sprintf("%c %s: %s", "AB"[side], l.Origin, plural(l.Files, "path")))
			}
		}
	}
	p.list(fmt.Sprintf("Layers that wrote what differs (%d are in both)", both), lines)
}

// String is like: layer 2, RUN make (Dockerfile:3).
func (o Origin) String() string {
	text := "layer " + strconv.Itoa(o.Layer)
	if o.Step != "" {
		text += ", " + cut(o.Step, maxShown/2)
	}
	if o.Line > 0 {
		text += fmt.Sprintf(" (%s:%d)", o.Dockerfile, o.Line)
	}
	if o.By != "" {
		text += ", made by " + o.By
	}
	return text
}

func (p *printer) packages(list []Package) {
	var lines []string
	for _, k := range list {
		lines = append(lines, fmt.Sprintf("%s %s (%s): %s", mark(k.Change), shown(k.Name), k.Manager, became(k.Change, k.A, k.B)))
	}
	p.list("Packages", lines)
}

func (p *printer) files(list []Difference) {
	var lines []string
	top := "\x00" // of what is told with its directory
	for i := range list {
		d := &list[i]
		if !d.Counts() || d.below && strings.HasPrefix(d.Path, top) {
			continue
		}
		top = strings.TrimSuffix(d.Path, "/") + "/"
		lines = append(lines, mark(d.Change)+" "+shown(d.Path)+d.describe(list[i+1:])+d.origins())
	}
	p.list("Files", lines)
}

// describe says what became of a path. Those behind it are below it, if they are.
func (d *Difference) describe(behind []Difference) string {
	var parts []string
	for _, a := range d.Aspects {
		if a.Form != "" {
			continue
		}
		part := a.What + " " + cmp.Or(value(a.A), "none") + " → " + cmp.Or(value(a.B), "none")
		if a.Detail != "" {
			part += " (" + a.Detail + ")"
		}
		parts = append(parts, part)
	}
	if d.Change != Changed {
		what := string(d.Kind)
		if d.Kind == Regular {
			what += ", " + units.HumanSize(float64(d.Size))
		}
		if d.Twin != "" {
			what += ", the content of " + shown(d.Twin)
		}
		parts = append(parts, what)
	}
	if d.Note != "" {
		parts = append(parts, d.Note)
	}
	if n, size := under(d.Path, behind); n > 0 {
		parts = append(parts, "and "+plural(n, "path")+" below it, "+units.HumanSize(float64(size)))
	}
	return ": " + strings.Join(parts, "; ")
}

// under counts the differences below a path.
func under(name string, list []Difference) (n int, size int64) {
	for _, d := range list {
		if !d.below || !strings.HasPrefix(d.Path, strings.TrimSuffix(name, "/")+"/") {
			break
		}
		n++
		size += d.Size
	}
	return n, size
}

// origins says who wrote a path, on a line for each side when there are two.
func (d *Difference) origins() string {
	var lines []string
	for side, o := range []*Origin{d.A, d.B} {
		switch {
		case o == nil:
		case o.Removed:
			lines = append(lines, fmt.Sprintf("%c: removed by %s", "AB"[side], *o))
		default:
			lines = append(lines, fmt.Sprintf("%c: %s", "AB"[side], *o))
		}
	}
	if len(lines) == 1 {
		return " [" + lines[0] + "]"
	}
	return strings.Join(append([]string{""}, lines...), "\n      ")
}

// but lists what differs and does not count.
func (p *printer) but(r *Report) {
	lines := p.forms(r.Files, r.Config)
	if len(r.Times) > 0 {
		lines = append(lines, "times of modification: "+p.some(r.Times))
	}
	for _, h := range r.History {
		text := h.A
		if h.A != h.B {
			text += " → " + h.B
		}
		lines = append(lines, h.What+": "+text)
	}
	title := "The same but for"
	if r.Answer == Different {
		title = "Besides, what does not count"
	}
	p.list(title, lines)
}

// forms lists what is the same in another form, by what that leaves out.
func (p *printer) forms(files []Difference, config []Setting) (lines []string) {
	forms := map[string][]string{}
	for _, d := range files {
		for _, a := range d.Aspects {
			if a.Form != "" {
				forms[a.Form] = append(forms[a.Form], d.Path)
			}
		}
	}
	for _, s := range config {
		if s.Form != "" {
			forms[s.Form] = append(forms[s.Form], "config "+s.Name)
		}
	}
	for form, paths := range forms {
		lines = append(lines, form+": "+p.some(paths))
	}
	slices.Sort(lines)
	return lines
}

// some shows a few of many paths.
func (p *printer) some(paths []string) string {
	few := 3
	if p.limit == 0 {
		few = len(paths)
	}
	var names []string
	for _, name := range paths[:min(few, len(paths))] {
		names = append(names, shown(name))
	}
	text := strings.Join(names, ", ")
	if n := len(paths) - len(names); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func mark(c Change) string {
	switch c {
	case Removed:
		return "-"
	case Added:
		return "+"
	}
	return "~"
}

// shown is a name, in quotes where it has what does not print, blanks or quotes.
func shown(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` || strings.TrimSpace(name) != name || name == "" {
		return quoted
	}
	return name
}

// value is a value as one line.
func value(text string) string {
	if text == "" {
		return ""
	}
	return shown(cut(text, maxShown))
}

// plain is a value as one line, with quotes around it only where it would not be seen.
func plain(text string) string {
	text = cut(text, maxShown)
	hidden := func(r rune) bool { return !strconv.IsPrint(r) }
	if text == "" || strings.TrimSpace(text) != text || strings.ContainsFunc(text, hidden) || !utf8.ValidString(text) {
		return strconv.Quote(text)
	}
	return text
}

// cut shortens a text.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func plural(n int, one string, many ...string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + append(many, one+"s")[0]
}
