package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/docker/go-units"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Text prints the report, at most so many entries of a list; 0 is all.
func (r *Report) Text(w io.Writer, limit int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s, %s in files\n", r.Image, r.Platform, plural(len(r.Layers), "layer"), size(r.Bytes))
	fmt.Fprintf(&b, "%s (%s) no container sees, %s (%s) are left behind by package managers\n\n", size(r.Wasted), share(r.Wasted, r.Bytes), size(r.Left), share(r.Left, r.Bytes))
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "LAYER\tSIZE\tFILES\tUNSEEN\tSTEP\n")
	for _, l := range r.Layers {
		fmt.Fprintf(table, "%d\t%s\t%d\t%s\t%s\n", l.Layer, size(l.Bytes), l.Files, size(l.Hidden), step(l.Origin, 72))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.Waste) > 0 {
		b.WriteString("\nWritten, and not seen\n")
	}
	for i, x := range r.Waste {
		if limit > 0 && i == limit {
			fmt.Fprintf(&b, "  and %d more: see --limit\n", len(r.Waste)-limit)
			break
		}
		fmt.Fprintf(&b, "  %s  %s (%s)\n      written by layer %d, %s\n%s      %s by layer %d, %s\n%s", size(x.Bytes), x.Path, plural(x.Files, "file"),
			x.Made.Layer, step(x.Made, 100), there(x.Made, x.Wrote), done(x), x.Hidden.Layer, step(x.Hidden, 100), there(x.Hidden, x.Hid))
		if x.Advice != "" {
			fmt.Fprintf(&b, "      → %s\n", x.Advice)
		}
	}
	if len(r.Leftovers) > 0 {
		b.WriteString("\nLeft behind: the plugin slim removes them in the RUN that makes them, where nothing needs them\n")
	}
	for i, x := range r.Leftovers {
		if limit > 0 && i == limit {
			fmt.Fprintf(&b, "  and %d more: see --limit\n", len(r.Leftovers)-limit)
			break
		}
		fmt.Fprintf(&b, "  %s  %s (%s), %s of `%s` in layer %d\n", size(x.Bytes), x.Pattern, plural(x.Files, "file"), x.Kind, cut(x.Command, 60), x.Made.Layer)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func done(w Waste) string {
	if w.Removed {
		return "removed"
	}
	return "written anew"
}

// there is the line about the commands of a RUN, "" where the RUN is no more than the one.
func there(o validate.Origin, commands []string) string {
	if text := which(o, commands, 80); text != "" {
		return "        there by " + text + "\n"
	}
	return ""
}

// which names the commands of a RUN that have, or may have, done something.
func which(o validate.Origin, commands []string, most int) string {
	if len(commands) == 0 || len(commands) == 1 && strings.HasSuffix(o.Step, " "+commands[0]) && len(commandsOf(o.Step)) == 1 {
		return ""
	}
	quoted := make([]string, len(commands))
	for i, c := range commands {
		quoted[i] = "`" + cut(strings.Join(strings.Fields(c), " "), most) + "`"
	}
	return strings.Join(quoted, " or ")
}

// step is what made a layer, with its place when that is known.
func step(o validate.Origin, most int) string {
	text := cut(o.Step, most)
	if text == "" {
		text = "a step that is not known"
	}
	if o.Line > 0 {
		text += fmt.Sprintf(" (%s:%d)", o.Dockerfile, o.Line)
	}
	if o.By != "" {
		text += ", made by " + o.By
	}
	return text
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func size(n int64) string { return units.HumanSize(float64(n)) }

// share is a part of a whole in percent.
func share(part, whole int64) string {
	if whole == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", 100*part/whole)
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
