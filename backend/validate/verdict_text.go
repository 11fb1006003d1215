package validate

import (
	"fmt"
	"io"
	"strings"

	"github.com/docker/go-units"
)

// Text shows a verdict to people, as that of a report does.
func (v *Verdict) Text(w io.Writer, limit int) error {
	p := &printer{limit: limit}
	p.side("A", v.A)
	p.side("B", v.B)
	p.line("\n%s\n", v.headline())
	p.config(v.Config)
	p.packages(v.Packages)
	p.files(v.Files)
	p.guilty(v.Guilty)
	var lines []string
	for _, one := range v.ByItself {
		lines = append(lines, shown(one.Path)+": "+strings.Join(one.What, ", "))
	}
	p.list("Differs by itself between two builds of A, and was compared in all but that", lines)
	p.list("The same but for", p.forms(v.Forms, v.Config))
	if len(v.Times) > 0 {
		p.list("Set to another time of modification", []string{p.some(v.Times)})
	}
	lines = nil
	for _, d := range v.Dropped {
		lines = append(lines, d.Pattern+": "+plural(d.Files, "file")+", "+units.HumanSize(float64(d.Bytes)))
	}
	p.list("Missing in B, as was meant", lines)
	if len(v.Others) > 0 {
		var names []string
		for _, d := range v.Others {
			names = append(names, d.Path)
		}
		p.list("Another in B, as follows from that", []string{p.some(names)})
	}
	lines = nil
	for _, s := range v.Runs {
		lines = append(lines, s.String())
	}
	p.list("Commands", lines)
	if v.Moving > 0 {
		p.line("\nTimes of modification differ by themselves for %s, and are not compared.\n", plural(v.Moving, "path"))
	}
	return p.end(w, v.Notes)
}

// headline is the answer in a sentence.
func (v *Verdict) headline() string {
	paths := plural(v.Paths, "path")
	switch v.Answer {
	case Equal:
		return "equal: " + paths + " and the config are the same"
	case EqualUpTo:
		return "equal up to what is listed below: " + paths + " and the config were compared"
	}
	parts := []string{}
	if text := counted(v.Files, v.Packages, v.Config); text != "" {
		parts = append(parts, text+" of "+paths)
	}
	failed := 0
	for _, s := range v.Runs {
		if s.Difference != "" {
			failed++
		}
	}
	if failed > 0 {
		parts = append(parts, plural(failed, "command"))
	}
	return "different: " + strings.Join(parts, ", and ")
}

// String is a line about a command.
func (s Smoke) String() string {
	switch {
	case s.Difference != "":
		return plain(s.Command) + ": " + s.Difference
	case s.ByItself:
		return fmt.Sprintf("%s: exit code %d; an output that differs by itself was not compared", plain(s.Command), s.Status)
	}
	return fmt.Sprintf("%s: exit code %d and the same output", plain(s.Command), s.Status)
}

func (p *printer) guilty(g *Guilty) {
	if g == nil {
		return
	}
	lines := []string{shown(g.Plugin) + ": without it there is no difference, with it there is"}
	for _, op := range g.Ops {
		lines = append(lines, plural(op.Paths, "path")+" by "+op.String())
	}
	p.list("Made by the plugin", lines)
}
