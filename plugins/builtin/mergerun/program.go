package mergerun

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// program looks at a program, by the name that it is looked up by: that of the first in front of
// a command, each of which runs the next, or its own. Who runs it may be the shell or another
// program, which may add to its arguments.
func (w *walker) program(name string, via []string, c *shell.Command, args words) {
	for i, by := range via {
		w.starts(by)
		next := append(slices.Clone(via[i+1:]), c.Name)[0]
		ended := effects.ProgramOf(next)
		switch {
		case deals(by, effects.Daemon):
			w.refuse(because("background", "`%s` may leave a process running, which ends with its RUN", by))
			return
		case w.elsewhere || c.Apart || c.Loose || !understood(by) || slices.ContainsFunc(c.Env, func(v shell.Var) bool { return changesPrograms(v.Name) }):
			w.unknown(by, append(words{fileOf(c.Prog)}, args...))
			return
		case by == "timeout" && (!ended.Alone || ended.Settings):
			w.follow(because("background", "`timeout` may end `%s` and leave processes that it started", next))
		}
	}
	if len(via) > 0 {
		name = c.Prog.Text
		w.inside++
		defer func() { w.inside-- }()
	}
	switch {
	case !c.Prog.Known:
		w.dynamic(c, args)
	case slices.Contains(via, "xargs"):
		w.given("xargs", name, c, append(args, unnamed))
	case w.finds > 0:
		w.given("find", name, c, args)
	default:
		w.runsProgram(name, c, args)
	}
}

// understood tells programs that do nothing but run another. They were held against the manuals
// that package shell has their options of.
func understood(wrapper string) bool {
	return slices.Contains([]string{"sudo", "env", "nice", "ionice", "timeout", "xargs", "gosu", "su-exec"}, wrapper)
}

// starts notes that a program is run.
func (w *walker) starts(name string) {
	w.ran[path.Base(name)] = true
	w.tuned = w.tuned || w.touched >= setup && !plainProgram(path.Base(name))
}

// runsProgram looks at a program that nothing stands in front of.
func (w *walker) runsProgram(name string, c *shell.Command, args words) {
	w.starts(name)
	if !w.danger(name, args) {
		return
	}
	if w.elsewhere || strings.Contains(name, "/") && !slices.Contains([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}, path.Dir(name)) {
		w.unknown(name, args)
		return
	}
	base := path.Base(name)
	given := args[min(len(args), len(plainArgs(c))):]
	r, known := rowOf(c, given)
	switch {
	case isShell(base) && base != "busybox":
		w.shellOf(name, c, args)
	case !known || r.can != nil && !r.can(args):
		w.unknown(name, args)
	case r.nodes != nil && r.nodes(args) && w.captured():
		w.refuse(because("links", "`%s` tells how many names files have, or in which order, which depends on the layers below", name))
	case w.met() && !orderless(base, r):
		w.refuse(becauseOrder(name))
	default:
		w.apply(base, r, args)
		w.moves = w.moves || base == "mv"
		w.attrs = w.attrs || slices.Contains([]string{"setcap", "setfacl", "setfattr", "chattr"}, base)
		if base == "find" {
			w.find(c, args)
		}
	}
}

// given looks at a command that xargs or find give arguments of their own.
func (w *walker) given(by, name string, c *shell.Command, args words) {
	before := len(w.effects.changes)
	w.runsProgram(name, c, args)
	r, _ := rowOf(c, nil)
	w.effects.any = w.effects.any || len(w.effects.changes) > before
	w.effects.links = w.effects.links || r.links
	if r.can != nil && !r.fixed || deals(c.Name, effects.Membership) {
		w.refuse(because("unknown", "`%s` gets arguments of %s that the tree does not show", c.Name, by))
	}
}

// apply notes what a known program does.
func (w *walker) apply(base string, r row, a words) {
	e := &w.effects
	made := w.touch(r.made...)
	e.packages, e.own, e.links = e.packages || r.packages, e.own || r.own, e.links || r.links
	w.purges = w.purges || r.purges
	if r.names {
		e.aliases = append(e.aliases, aliases(made)...)
		led := false
		for _, p := range operands(a) {
			led = w.led(p) || led
		}
		if base == "ln" || led {
			w.symbolic = append(w.symbolic, aliases(made)...)
		}
	}
	for _, p := range r.changes {
		e.change(p)
	}
}

// unknown is for a program of which nothing is known, unless who wrote the config takes
// the risk.
func (w *walker) unknown(name string, args words) {
	if !w.accepts(name) {
		w.refuse(because("unknown", "merge-run does not know `%s`: it may leave a process, or tell the next RUN more than files do", name))
		return
	}
	if kindOf(name) == wrapper {
		w.wraps(args)
	}
}

// danger looks for what a program is known to do to the container. It tells whether
// the program may be one that does no more than change files.
func (w *walker) danger(name string, args words) bool {
	base := path.Base(name)
	if effects.Serves(name) && effects.Serves(name, args.texts()...) {
		w.refuse(because("background", "`%s` may leave a process running, which ends with its RUN", name))
		return false
	}
	for _, with := range effects.Deals(name) {
		switch with {
		case effects.Processes:
			w.refuse(because("process", "`%s` looks at processes, which are not the same in a merged RUN", name))
			return false
		case effects.Identity:
			w.follow(because("user", "`%s` changes users, which says who the next RUN runs as", name))
		case effects.Membership:
			w.joins(name, args)
		case effects.Locales:
			w.follow(because("locale", "`%s` changes the languages that the next shell finds", name))
			w.effects.own = true
			return false
		case effects.Container:
			w.refuse(because("container", "`%s` changes or shows the container, which each RUN has anew", name))
			return false
		}
	}
	w.removes = w.removes || kindOf(name) == remover
	if base == "find" && findsShell(args) {
		w.follow(becauseShell())
	}
	if base == "debconf-set-selections" {
		w.touched, w.tuned = max(w.touched, setup), true // answers for scripts of packages, as of languages
	}
	if effects.Serves(name, args.texts()...) {
		w.refuse(because("background", "%s may go on tidying up in the background", name))
		return false
	}
	for _, a := range args {
		if setsShell(name) && mayBeShell(a.text) || strings.HasSuffix(a.text, "-binsh") || a.text == "--install" && base == "busybox" {
			w.follow(becauseShell())
		}
		if effects.MakesLocales(a.text) {
			w.follow(because("locale", "`%s` changes the languages that the next shell finds", a.text))
		}
	}
	return true
}

// deals tells whether a program has to do with something besides files.
func deals(name string, with effects.Dealing) bool {
	return slices.Contains(effects.Deals(name), with)
}

// joins is for programs that make users, or make them members of groups.
func (w *walker) joins(name string, args words) {
	for _, a := range args {
		if strings.Contains(a.text, "root") || zero().MatchString(a.text) || strings.HasPrefix(a.text, "-U") || strings.HasPrefix(a.text, "--u") {
			w.follow(because("user", "`%s` changes the user root, who the next RUN may run as", name))
		}
	}
	if w.rights == nil {
		w.rights = because("user", "`%s` may change who the next RUN runs as", name)
	}
}

// zero finds the number of root in an argument of useradd(8) and its like.
var zero = late.Regexp(`(^|[,:=]|^-[a-zA-Z]+)0+($|[,:])`)

// found are names for what find meets: the directories that it is given and what is below
// them, with the end of a name that it asks for.
func found(args words) (list words) {
	follows := slices.ContainsFunc(args, func(a file) bool { return a.text == "-follow" })
	if len(args) > 0 && (slices.Contains([]string{"-L", "-H", "-P", "-D"}, args[0].text) || strings.HasPrefix(args[0].text, "-O")) || follows {
		return words{unnamed} // it follows links, or starts anywhere
	}
	n := slices.IndexFunc(args, func(a file) bool { return a.text != "" && strings.ContainsAny(a.text[:1], "-(!") })
	if n < 0 {
		n = len(args)
	}
	roots := args[:n]
	if n == 0 {
		roots = words{{text: ".", whole: true}}
	}
	end := nameEnd(args[n:])
	for _, r := range roots {
		below := file{text: r.text, tail: end}
		if r.whole {
			below.text += "/"
		}
		list = append(list, below)
		if !r.whole || strings.HasSuffix("/"+path.Base(r.text), end) {
			list = append(list, r)
		}
	}
	return list
}

// nameEnd is how all names end that an expression of find(1) does something to; "" is not known.
func nameEnd(args words) (end string) {
	acts := false
	for i, a := range args {
		switch {
		case a.text == "-delete", strings.HasPrefix(a.text, "-exec"):
			acts = true
		case slices.Contains([]string{"-o", "-or", ",", "!", "-not"}, a.text):
			return ""
		case a.text == "-name" && i+1 < len(args) && end == "" && !acts && args[i+1].whole:
			name := "/" + args[i+1].text
			end = name[strings.LastIndexAny(name, `*?[]\`)+1:]
		}
	}
	return end
}

// find looks at what find runs.
func (w *walker) find(c *shell.Command, args words) {
	met := found(args)
	if args.any("-delete") {
		w.touch(met...)
	}
	runs, _ := c.Finds()
	for _, words := range runs {
		if len(words) > 0 {
			w.meets(c.Runs(words), len(c.Via)+1, met)
		}
	}
}

// plainArgs are the names among the arguments of a command, without what find puts in.
func plainArgs(c *shell.Command) words {
	return slices.DeleteFunc(filesOf(c.Args), func(a file) bool { return a.text == "{}" })
}

// meets looks at a command of find, with what it meets for arguments.
func (w *walker) meets(c *shell.Command, via int, met words) {
	if c.Prog.Text == "{}" || w.inside > depth {
		w.refuse(because("dynamic", "only find knows what `%s` runs", c.Text))
		return
	}
	args := plainArgs(c)
	w.finds, w.inside = w.finds+1, w.inside+1
	w.program(c.Prog.Text, c.Via[via:], c, append(args, met...))
	w.finds, w.inside = w.finds-1, w.inside-1
}

// met tells whether a command runs for what find meets, in the order of directories.
func (w *walker) met() bool { return w.finds > 0 || w.outer != nil && w.outer.met() }

// orderless tells programs that do the same to files in any order: none of them writes to a file
// that several others go into.
func orderless(name string, r row) bool {
	if !r.names && len(r.changes) == 0 && !r.packages && !r.own {
		return true
	}
	return slices.Contains([]string{"chmod", "chown", "chgrp", "touch", "gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "setfacl", "setcap"}, name)
}

func becauseOrder(name string) *reason {
	return because("links", "find runs `%s` in the order of directories, which depends on the layers below", name)
}

// shellOf looks at a shell: only what is in its arguments is known, and what find and xargs
// put there is not.
func (w *walker) shellOf(name string, c *shell.Command, args words) {
	var before []string
	for _, a := range c.Args {
		if _, ok := flags(before); ok && a.Known && !c.Puts && (w.finds == 0 || !strings.Contains(a.Text, "{}")) {
			w.inner(c) // the word behind -c
			return
		}
		before = append(before, a.Lit())
	}
	w.unknown(name, args)
}

// inner looks at a script in an argument.
func (w *walker) inner(c *shell.Command) {
	in, err := c.Inner()
	switch {
	case w.inside > depth:
		w.refuse(because("syntax", "its scripts in arguments are too deep"))
	case err != nil:
		w.refuse(because("syntax", "a script in an argument is not understood: %v", err))
	case in == nil, in.Bash && c.Name != "bash":
		w.refuse(because("syntax", "only bash understands a script in an argument"))
	default:
		w.script.follows(in, w)
	}
}

// wraps looks for what a wrapper may run, of which who wrote the config takes the risk:
// any argument may be the command, or a script.
func (w *walker) wraps(args words) {
	if w.inside > depth {
		w.refuse(because("syntax", "its scripts in arguments are too deep"))
		return
	}
	language := []string{"sh"}
	if w.in.Bash {
		language = []string{"bash"}
	}
	for i, a := range args {
		if !strings.ContainsAny(a.text, " \t\n;&|") {
			if a.text != "" && kindOf(a.text) != wrapper { // whose arguments come, too
				w.danger(a.text, args[i+1:])
			}
			continue
		}
		in, err := shell.Parse(&ir.Run{Command: ir.Command{Line: a.text}}, language)
		if err == nil && (w.in.Bash || !in.Bash) {
			w.script.follows(in, w)
		}
	}
}

// follows looks at a script in an argument of another.
func (s *script) follows(in *shell.Script, outer *walker) {
	w := &walker{script: s, in: in, calls: in.Calls(), inside: outer.inside + 1, outer: outer}
	w.walk(outer.here())
}
