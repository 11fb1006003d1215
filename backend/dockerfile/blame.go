package dockerfile

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Blame prints a module as Print does, in columns: in front of each line stand the
// lines of the set's files that it comes from, the plugin that made it, and why.
func Blame(m *ir.Module, set *source.Set) (string, error) {
	pieces, err := Pieces(m)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 1, ' ', 0)
	last := ""
	for _, p := range pieces {
		from := blame(set, p.Origin)
		for i, line := range strings.Split(p.Text, "\n") {
			if i > 0 || from == last {
				from = "\t\t"
			}
			fmt.Fprintf(w, "%s\t| %s\n", from, strings.ReplaceAll(line, "\t", "    "))
		}
		if p.Origin != nil {
			last = blame(set, p.Origin)
		}
	}
	w.Flush()
	return b.String(), nil
}

// blame tells of an origin: lines, the plugin, and its reason.
func blame(set *source.Set, o *ir.Origin) string {
	if o == nil {
		return "\t\t"
	}
	return places(set, o) + "\t" + o.By + "\t" + diag.Printable(o.Why)
}

// lines are lines of a file.
type lines struct {
	file        *source.File
	first, last int
}

// String gives "3-5", or "include.df:2" in another file than the Dockerfile.
func (l lines) String() string {
	text := fmt.Sprint(l.first)
	if l.last > l.first {
		text = fmt.Sprintf("%d-%d", l.first, l.last)
	}
	if l.file.ID != 0 {
		text = diag.Printable(l.file.Name) + ":" + text
	}
	return text
}

// places are the lines that an origin goes back to. Neighbours are put together.
func places(set *source.Set, o *ir.Origin) string {
	var all []lines
	for _, s := range o.Spans() {
		f := set.File(s.File)
		if f == nil {
			continue
		}
		l := lines{file: f}
		l.first, l.last = f.LineRange(s)
		if n := len(all); n > 0 && all[n-1].file == f && l.first == all[n-1].last+1 {
			all[n-1].last = l.last
			continue
		}
		all = append(all, l)
	}
	var list []string
	for _, l := range all {
		list = append(list, l.String())
	}
	if len(list) > 3 {
		list = append(list[:2], "…", list[len(list)-1])
	}
	return strings.Join(list, ",")
}
