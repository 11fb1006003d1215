package recipe

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// maxEdits is how many lines a small edit changes.
const maxEdits = 3

// edited makes small edits of texts that were changed a little: so the rest of a file stays what
// its package makes it.
func (r *reading) edited() {
	for _, name := range r.paths((*change).content) {
		c := r.changes[name]
		if c.before == nil || c.before.Kind != validate.Regular || len(c.after.Xattrs)+len(c.before.Xattrs) > 0 || r.first[name] != "" || !printable(name) {
			continue
		}
		old, ok := r.text(c.before)
		now, also := r.text(c.after)
		if !ok || !also {
			continue
		}
		run, ok := r.edit(name, old, now)
		if !ok {
			continue
		}
		s := Step{Kind: kindOf(name), Group: name, Comment: r.about("edited", name), Instruction: run}
		if c.before.Mode == c.after.Mode && c.before.UID == c.after.UID && c.before.GID == c.after.GID {
			s.Explains = []string{name}
		} else { // attributes has the rest to do
			same := *c.after.File
			same.Mode, same.UID, same.GID = c.before.Mode, c.before.UID, c.before.GID
			edited := *c.after
			edited.File = &same
			c.before = &edited
		}
		r.step(s)
	}
}

// edit is a RUN that makes one text of another: lines at the end, a few that are replaced or
// deleted, or what was typed for sed. It is false when that takes more.
func (r *reading) edit(name, old, now string) (string, bool) {
	if old != "" && !strings.HasSuffix(old, "\n") || !strings.HasSuffix(now, "\n") || !plainText(now) || !r.program("sh") {
		return "", false
	}
	if more, ok := strings.CutPrefix(now, old); ok && old != "" && r.program("cat") {
		return appended(name, more)
	}
	if !r.program("sed") {
		return "", false
	}
	commands, ok := replaced(lines(old), lines(now))
	if !ok {
		commands, ok = r.substituted(name, lines(old), lines(now))
	}
	if !ok || strings.Contains(strings.Join(commands, ""), "<<") { // which begins a heredoc
		return "", false
	}
	script := "RUN sed -i"
	if len(commands) == 1 {
		return script + " " + quote(commands[0]) + " " + quote(name), true
	}
	for _, c := range commands {
		script += " \\\n      -e " + quote(c)
	}
	return script + " \\\n      " + quote(name), true
}

// plainText tells whether a text can be in a command.
func plainText(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == '\ufeff' })
}

// lines splits a text whose last line has an end.
func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// appended adds lines to a file.
func appended(name, more string) (string, bool) {
	line := strings.TrimSuffix(more, "\n")
	if !strings.Contains(line, "\n") && len(line) < maxLine && !strings.Contains(line, `\`) && !strings.Contains(line, "<<") && !strings.HasPrefix(line, "-") {
		return "RUN echo " + quote(line) + " >>" + quote(name), true
	}
	return heredoc("RUN cat >>"+strings.ReplaceAll(quote(name), "%", "%%")+" %s", more)
}

// lineEdit replaces the one line that is as old says, or deletes it. One that is indented by tabs, which
// nobody sees in a command, is known by what is behind them.
type lineEdit struct {
	old, now string
	deletes  bool
	indented bool
}

// indent leaves tabs in front of a line out, where the new one has the same.
func (e lineEdit) indent() lineEdit {
	rest := strings.TrimLeft(e.old, "\t ")
	tabs := e.old[:len(e.old)-len(rest)]
	if !strings.Contains(tabs, "\t") || rest == "" || !e.deletes && !strings.HasPrefix(e.now, tabs) {
		return e
	}
	return lineEdit{old: rest, now: strings.TrimPrefix(e.now, tabs), deletes: e.deletes, indented: true}
}

// fits tells whether it is of a line.
func (e lineEdit) fits(line string) bool {
	return line == e.old || e.indented && strings.HasSuffix(line, e.old)
}

// replaced are the commands of sed that make one list of lines of another. Each names a line by
// the whole of it, which is there once: so it does just that, or nothing.
func replaced(old, now []string) (commands []string, ok bool) {
	count := map[string]int{}
	for _, line := range old {
		count[line]++
	}
	var edits []lineEdit
	for i, j := 0, 0; i < len(old) || j < len(now); {
		if i < len(old) && j < len(now) && old[i] == now[j] {
			i, j = i+1, j+1
			continue
		}
		if i == len(old) || len(edits) == maxEdits || count[old[i]] != 1 || old[i] == "" {
			return nil, false
		}
		e := lineEdit{old: old[i], deletes: true}
		if j < len(now) && !alike(old[i+1:], now[j:]) {
			e = lineEdit{old: old[i], now: now[j]}
			j++
		}
		i++
		if e = e.indent(); strings.Contains(e.old+e.now, "\t") {
			return nil, false
		}
		edits = append(edits, e)
	}
	if !slices.Equal(apply(edits, old), now) {
		return nil, false
	}
	for _, e := range edits {
		commands = append(commands, e.command())
	}
	return commands, len(commands) > 0
}

// alike tells whether two lists begin with the same line, or both end.
func alike(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return a[0] == b[0]
}

// apply does what sed will: each command in turn, for each line.
func apply(edits []lineEdit, text []string) (out []string) {
next:
	for _, line := range text {
		for _, e := range edits {
			switch {
			case !e.fits(line):
			case e.deletes:
				continue next
			default:
				line = strings.TrimSuffix(line, e.old) + e.now
			}
		}
		out = append(out, line)
	}
	return out
}

// command is for sed, in the basic regular expressions that all of them have.
func (e lineEdit) command() string {
	start := "^"
	if e.indented {
		start = ""
	}
	if e.deletes {
		return "/" + start + escape(e.old, `\.*[]^$/`) + "$/d"
	}
	by := "/"
	for _, other := range []string{"/", "#", ",", "@", "%"} {
		if !strings.Contains(e.old+e.now, other) {
			by = other
			break
		}
	}
	return "s" + by + start + escape(e.old, `\.*[]^$`+by) + "$" + by + escape(e.now, `\&`+by) + by
}

// escape puts a backslash in front of what is special.
func escape(text, special string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(special, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
