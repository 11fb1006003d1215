package optimize

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/docker/go-units"

	"github.com/seed-e0495807/strake/backend/validate"
)

// shown is how many differences of each kind the proof shows.
const shown = 10

// Line is one of the table.
type Line struct{ What, Before, After, Change string }

// Table gives what was measured, before and after, and each edit where that is asked for. Without an
// after, that is empty.
func (r *Report) Table(edits bool) []Line {
	a := r.After
	row := func(what string, of func(*Measurement) float64, text func(*Measurement) string) Line {
		l := Line{What: what, Before: text(r.Before)}
		if a != nil {
			if l.After = text(a); l.After != l.Before { // else it is less than is shown
				l.Change = percent(of(r.Before), of(a))
			}
		}
		return l
	}
	seconds := func(what string, of func(*Measurement) time.Duration) Line {
		return row(what, func(m *Measurement) float64 { return of(m).Seconds() }, func(m *Measurement) string { return short(of(m)) })
	}
	all := fmt.Sprintf("all %d edits", len(r.Edits))
	if len(r.Edits) == 1 {
		all = "the edit"
	}
	list := []Line{
		seconds("without a cache", func(m *Measurement) time.Duration { return m.Cold }),
		seconds(all, (*Measurement).Rebuild),
	}
	for i, e := range r.Edits {
		if edits {
			list = append(list, seconds("  "+clip(e, 40), func(m *Measurement) time.Duration { return m.Rebuilds[i] }))
		}
	}
	return append(list,
		row("size, compressed", func(m *Measurement) float64 { return float64(m.Size) }, func(m *Measurement) string { return units.HumanSize(float64(m.Size)) }),
		row("layers", func(m *Measurement) float64 { return float64(m.Layers) }, func(m *Measurement) string { return fmt.Sprint(m.Layers) }))
}

// percent is the change from one value to another.
func percent(before, after float64) string {
	if before == 0 || before == after {
		return ""
	}
	text := fmt.Sprintf("%+.0f %%", 100*(after-before)/before)
	if text[1:] == "0 %" {
		return ""
	}
	return text
}

func short(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// clip cuts a text that is longer than n characters.
func clip(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

// Replayed says what was replayed.
func (r *Report) Replayed() string {
	edits := fmt.Sprintf("%d commits were", len(r.Edits))
	switch n := len(r.Edits); {
	case n == 1 && r.Made:
		edits = "1 made edit was"
	case n == 1:
		edits = "1 commit was"
	case r.Made:
		edits = fmt.Sprintf("%d made edits were", n)
	}
	if r.Made {
		return edits + " replayed, as " + r.Why
	}
	return edits + " replayed"
}

// Summary says what became of a pass, and by how much.
func (o *Outcome) Summary() string {
	text := string(o.Result)
	var gains []string
	if o.After != nil {
		by := o.After.against(o.Before)
		for i, name := range []string{"edits", "size", "without a cache"} {
			if by[i] != 0 || o.Result == Unpaid {
				gains = append(gains, name+" "+[]string{
					short(o.Before.Rebuild()) + " → " + short(o.After.Rebuild()),
					units.HumanSize(float64(o.Before.Size)) + " → " + units.HumanSize(float64(o.After.Size)),
					short(o.Before.Cold) + " → " + short(o.After.Cold),
				}[i])
			}
		}
	}
	if len(gains) > 0 {
		text += ": " + strings.Join(gains, ", ")
		if n := max(o.Before.Times, o.After.Times); n > 1 {
			text += fmt.Sprintf(" (the least of %d measurements)", n)
		}
	}
	if o.Why != "" {
		why, _, _ := strings.Cut(o.Why, "\n")
		text += ": " + why
	}
	return text
}

// Text writes the report for people, up to the diff, which is the caller's.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Name, r.Replayed())
	if len(r.Given) > 0 {
		fmt.Fprintf(&b, "Before and after have the plugins of strake.yaml: %s\n", strings.Join(r.Given, ", "))
	}
	fmt.Fprintln(&b)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if r.After == nil {
		fmt.Fprint(t, "\tbefore\n")
	} else {
		fmt.Fprint(t, "\tbefore\tafter\n")
	}
	for _, l := range r.Table(true) {
		fmt.Fprintln(t, strings.TrimRight(l.What+"\t"+l.Before+"\t"+l.After+"\t"+l.Change, "\t"))
	}
	t.Flush()
	fmt.Fprint(&b, "\nPasses\n")
	for i := range r.Passes {
		fmt.Fprintf(t, "  %s\t%s\n", r.Passes[i].Pass.Name, r.Passes[i].Summary())
	}
	t.Flush()
	if len(r.Refusals) > 0 {
		fmt.Fprint(&b, "\nLeft as it is\n")
		for _, f := range r.Refusals {
			at := ""
			if f.Line > 0 {
				at = fmt.Sprintf("line %d", f.Line)
			}
			fmt.Fprintf(t, "  %s\t%s/%s\t%s\n", at, f.Pass, f.Code, f.Text)
		}
		t.Flush()
	}
	if r.Proof != nil {
		fmt.Fprint(&b, "\nProof\n")
		var proof strings.Builder
		if err := r.Proof.Text(&proof, shown); err != nil {
			return err
		}
		for l := range strings.Lines(proof.String()) {
			b.WriteString(strings.TrimRight("  "+l, " \n") + "\n")
		}
	}
	b.WriteString(advice(r.Packings))
	if r.After == nil {
		fmt.Fprint(&b, "\nNothing is to be done: no pass pays that was shown to build the same image.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes the text of a pull request. It is empty when nothing pays.
func (r *Report) Markdown(w io.Writer, diff string) error {
	if r.After == nil {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: the same image, faster rebuilds\n\n%s, on one engine and from the same base images.\n\n", r.Name, upper(r.Replayed()))
	if len(r.Given) > 0 {
		fmt.Fprintf(&b, "Before and after have the plugins of strake.yaml, `%s`, and the diff is of what they give.\n\n", strings.Join(r.Given, "`, `"))
	}
	fmt.Fprint(&b, "| | before | after | |\n|---|---:|---:|---:|\n")
	for _, l := range r.Table(false) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", l.What, l.Before, l.After, l.Change)
	}
	fmt.Fprint(&b, "\nWhat was done:\n\n")
	for i := range r.Passes {
		if r.Passes[i].Result == Kept {
			fmt.Fprintf(&b, "- `%s` (%s)\n", r.Passes[i].Pass.Name, r.Passes[i].Summary())
		}
	}
	fmt.Fprintf(&b, "\nBoth were built twice and compared by `strake verify`: %s.\n", answer(r.Proof))
	for _, d := range r.Proof.Dropped {
		fmt.Fprintf(&b, "- left out on purpose: `%s`, %d files, %s\n", d.Pattern, d.Files, units.HumanSize(float64(d.Bytes)))
	}
	fmt.Fprintf(&b, "\n```diff\n%s```\n", diff)
	_, err := io.WriteString(w, b.String())
	return err
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// answer says a verdict in one clause.
func answer(v *validate.Verdict) string {
	if v.Answer == validate.Equal {
		return fmt.Sprintf("equal, %d paths and the config", v.Paths)
	}
	return fmt.Sprintf("equal up to what differs by itself or is left out on purpose, %d paths and the config", v.Paths)
}
