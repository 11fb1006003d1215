package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// waste puts hidden files together that the same commands of the same two layers wrote and hide.
func (r *Report) waste(hidden []validate.Hidden) {
	type key struct {
		made, by   int
		removed    bool
		wrote, hid string
	}
	const between = "\x00"
	commands := make([][]effects.Command, len(r.Layers))
	for i, l := range r.Layers {
		commands[i] = commandsOf(l.Step)
	}
	groups := map[key][]validate.Hidden{}
	for _, h := range hidden {
		k := key{made: h.Layer, by: h.By, removed: h.Removed}
		k.wrote = strings.Join(by(commands[h.Layer], h.Path, writes), between)
		if k.hid = strings.Join(by(commands[h.By], h.Path, writes), between); h.Removed {
			k.hid = strings.Join(by(commands[h.By], h.Path, removes), between)
		}
		groups[k] = append(groups[k], h)
	}
	known := slices.ContainsFunc(r.Layers, func(l Layer) bool { return l.Line > 0 })
	files := map[*Waste][]validate.Hidden{}
	var list []*Waste
	for k, group := range groups {
		w := &Waste{Path: group[0].Path, Files: len(group), Made: r.Layers[k.made].Origin, Hidden: r.Layers[k.by].Origin, Removed: k.removed}
		for _, h := range group {
			w.Bytes += h.Size
			for !strings.HasPrefix(h.Path+"/", strings.TrimSuffix(w.Path, "/")+"/") {
				w.Path = path.Dir(w.Path)
			}
		}
		if k.wrote != "" {
			w.Wrote = strings.Split(k.wrote, between)
		}
		if k.hid != "" {
			w.Hid = strings.Split(k.hid, between)
		}
		w.Pass, w.Advice = advice(w, known, r.Layers[k.made:k.by+1])
		list, files[w] = append(list, w), group
	}
	slices.SortFunc(list, func(a, b *Waste) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Made.Layer, b.Made.Layer), cmp.Compare(a.Hidden.Layer, b.Hidden.Layer),
			strings.Compare(a.Path, b.Path), slices.Compare(a.Wrote, b.Wrote), slices.Compare(a.Hid, b.Hid))
	})
	for i, w := range list {
		r.Waste = append(r.Waste, *w)
		for _, h := range files[w] { // by their paths, as of validate.Tree.Hidden
			r.Hidden = append(r.Hidden, HiddenFile{File{h.Path, h.Size}, i})
		}
	}
}

// advice is what would keep files out of a layer, and the plugin that does it, "" where none does; both
// are "" where nobody here wrote that. The layers are those from the one that has the files to the one
// that hides them.
func advice(w *Waste, known bool, layers []Layer) (pass, text string) {
	made, hidden := runs(w.Made.Step) != "", runs(w.Hidden.Step) != ""
	switch {
	case known && w.Made.Line == 0, !made && !copies(w.Made.Step):
		return "", "" // of the base image
	case !slices.ContainsFunc(layers, func(l Layer) bool { return runs(l.Step) == "" }):
		return "merge-run", fmt.Sprintf("in one RUN they are in no layer: the plugin merge-run joins the %s where that is proven", numeral(len(layers)))
	case made && w.Removed:
		return "", "remove them in the RUN that makes them: a later one only hides them"
	case made && hidden:
		return "", "what a later RUN changes, a mode or an owner too, is in the image twice: change it in the RUN that makes it"
	case hidden && !w.Removed:
		return "", "what a RUN changes of a COPY, a mode or an owner too, is in the image twice: COPY has --chown and --chmod"
	case hidden:
		return "", "do not copy what is removed again: name it in .dockerignore, or have the RUN that needs it mount it (--mount=type=bind)"
	}
	return "", "what comes last has the last word: leave out the first"
}

func numeral(n int) string {
	if n == 2 {
		return "two"
	}
	return strconv.Itoa(n)
}

func copies(step string) bool {
	return strings.HasPrefix(step, "COPY ") || strings.HasPrefix(step, "ADD ")
}

// runs is the script of a RUN, with its flags, and "" of other steps.
func runs(step string) string {
	const shell = "/bin/sh -c "
	for _, prefix := range []string{"RUN ", shell} {
		rest, ok := strings.CutPrefix(step, prefix)
		if !ok {
			continue
		}
		if strings.HasPrefix(rest, "|") { // build arguments, as engines write them
			_, rest, _ = strings.Cut(rest, shell)
		}
		return strings.TrimPrefix(rest, shell)
	}
	return ""
}

// runOf is the RUN that a step is, nil when it is none.
func runOf(step string) *ir.Run {
	text := runs(step)
	if text == "" {
		return nil
	}
	body, err := ir.ParseBody("RUN "+text, '\\')
	run, ok := body.(*ir.Run)
	if err != nil || !ok {
		return nil
	}
	return run
}

// commandsOf are the commands of a RUN with what they do. Of its stage no more is known than that
// RUNs run as root, where nothing else is said.
func commandsOf(step string) []effects.Command {
	run := runOf(step)
	if run == nil {
		return nil
	}
	return effects.Of(run, effects.State{Shell: shell.Default(), Home: "/root", Open: true}).Commands
}

// mostCommands is how many commands are named that may have done something.
const mostCommands = 3

func writes(e effects.Effects) effects.Paths  { return e.Writes }
func removes(e effects.Effects) effects.Paths { return e.Removes }

// by are the commands that use a path in a way, or where none does so for sure, those that may. There
// are none where they are more than mostCommands.
func by(list []effects.Command, name string, use func(effects.Effects) effects.Paths) []string {
	var does, may []string
	for _, c := range list {
		paths := use(c.Effects)
		sure := slices.ContainsFunc(paths.List, func(p effects.Path) bool { return p.Grade == effects.Precise && p.Covers(name) })
		switch {
		case sure && !slices.Contains(does, c.Text):
			does = append(does, c.Text)
		case (len(list) == 1 || paths.Covers(name)) && !slices.Contains(may, c.Text):
			may = append(may, c.Text)
		}
	}
	if len(does) > 0 {
		may = does
	}
	if len(may) > mostCommands {
		return nil
	}
	return may
}
