package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/late"
)

// program looks at a program, with its name in front of its arguments. Who runs it may
// be the shell or another program.
func (w *walker) program(name string, args []string, words []*syntax.Word) {
	w.ran[path.Base(name)] = true
	w.tuned = w.tuned || w.touched >= setup && !plainProgram(path.Base(name))
	if !w.danger(args, words) {
		return
	}
	if w.elsewhere || strings.Contains(name, "/") && !slices.Contains([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}, path.Dir(name)) {
		w.unknown(name, args, words)
		return
	}
	base := path.Base(name)
	if isShell(base) && base != "busybox" {
		w.shell(name, args, words)
		return
	}
	if rest, ok := wrapped(base, args, words); ok {
		if rest > 0 {
			w.ended(base, args[rest])
			w.nested(base, args[rest:], words[rest:])
		}
		return
	}
	r, known := programOf(base)
	a := arguments(words[1:])
	switch {
	case !known || r.can != nil && !r.can(a):
		w.unknown(name, args, words)
	case r.nodes != nil && r.nodes(a) && w.captured():
		w.refuse(because("links", "`%s` tells how many names files have, or in which order, which depends on the layers below", name))
	case w.met() && !orderless(base):
		w.refuse(becauseOrder(name))
	default:
		w.apply(base, r, a)
		w.moves = w.moves || base == "mv"
		w.attrs = w.attrs || slices.Contains([]string{"setcap", "setfacl", "setfattr", "chattr"}, base)
		if base == "find" {
			w.find(args, words)
		}
	}
}

func arguments(list []*syntax.Word) words {
	out := make(words, len(list))
	for i, word := range list {
		out[i] = fileOf(word)
	}
	return out
}

// apply notes what a known program does.
func (w *walker) apply(base string, r row, a words) {
	e := &w.effects
	var made words
	switch {
	case r.made != nil:
		made = w.touch(r.made(a)...)
	case r.args, r.dest, r.names:
		made = w.touch(operands(a)...)
	}
	e.packages, e.own = e.packages || r.packages, e.own || r.own
	w.purges = w.purges || r.packages && a.any("remove", "purge", "autoremove", "del", "erase", "dist-upgrade", "full-upgrade", "--auto-remove", "--autoremove")
	e.links = e.links || r.links != nil && r.links(a)
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
	if r.dest && len(a) > 0 && !a.short("t") && !a.any("--t*") {
		e.change(a[len(a)-1])
		return
	}
	if r.args || r.dest {
		list := a
		if r.into != nil {
			if some, ok := r.into(a); ok {
				list = some
			}
		}
		for _, p := range list {
			w.paths(p)
		}
	}
	if r.here && !a.any("-C", "--directory*", "-P*", "-d") {
		e.change(file{text: ".", whole: true})
	}
}

// paths notes every path that an argument may have: itself, behind "=", and behind the
// letter of an option.
func (w *walker) paths(p file) {
	if strings.Contains(p.text, "://") || p.whole && (p.text == "" || p.text == "-") {
		return
	}
	if !strings.HasPrefix(p.text, "-") {
		w.effects.change(p)
	} else if len(p.text) > 2 && p.text[1] != '-' && strings.Contains(p.text, "/") {
		w.effects.change(file{text: p.text[2:], whole: p.whole})
		w.effects.change(file{text: p.text[strings.IndexByte(p.text, '/'):], whole: p.whole}) // behind several letters
	} else if !p.whole {
		w.effects.any = true
	}
	if _, value, ok := strings.Cut(p.text, "="); ok && value != "" {
		w.effects.change(file{text: value, whole: p.whole})
	}
}

// unknown is for a program of which nothing is known, unless who wrote the config takes
// the risk.
func (w *walker) unknown(name string, args []string, words []*syntax.Word) {
	if !w.accepts(name) {
		w.refuse(because("unknown", "merge-run does not know `%s`: it may leave a process, or tell the next RUN more than files do", name))
		return
	}
	if kindOf(args[0]) == wrapper {
		w.wraps(args, words)
	}
}

// danger looks for what a program is known to do to the container. It tells whether
// the program may be one that does no more than change files.
func (w *walker) danger(args []string, words []*syntax.Word) bool {
	switch kindOf(args[0]) {
	case daemon:
		if _, known := programOf(path.Base(args[0])); !known || !w.harmlessGPG(args, words) {
			w.refuse(because("background", "`%s` may leave a process running, which ends with its RUN", args[0]))
			return false
		}
	case watcher:
		w.refuse(because("process", "`%s` looks at processes, which are not the same in a merged RUN", args[0]))
		return false
	case identity:
		w.follow(because("user", "`%s` changes users, which says who the next RUN runs as", args[0]))
	case locale:
		w.follow(because("locale", "`%s` changes the languages that the next shell finds", args[0]))
		w.effects.own = true
		return false
	case system:
		w.refuse(because("container", "`%s` changes or shows the container, which each RUN has anew", args[0]))
		return false
	case joiner:
		w.joins(args)
	case remover:
		w.removes = true
	}
	if path.Base(args[0]) == "find" && findsShell(args) {
		w.follow(becauseShell())
	}
	if path.Base(args[0]) == "debconf-set-selections" {
		w.touched, w.tuned = max(w.touched, setup), true // answers for scripts of packages, as of languages
	}
	if path.Base(args[0]) == "git" && gitServer(args[1:]) {
		w.refuse(because("background", "git may go on tidying up in the background"))
		return false
	}
	for _, a := range args[1:] {
		if setsShell(args[0]) && mayBeShell(a) || strings.HasSuffix(a, "-binsh") || a == "--install" && path.Base(args[0]) == "busybox" {
			w.follow(becauseShell())
		}
		if localePackage(a) {
			w.follow(because("locale", "`%s` changes the languages that the next shell finds", a))
		}
	}
	return true
}

// harmlessGPG is about gpg, which starts an agent but for some commands.
func (w *walker) harmlessGPG(args []string, words []*syntax.Word) bool {
	r, ok := programOf(path.Base(args[0]))
	return ok && r.can(arguments(words[1:]))
}

// joins is for programs that make users, or make them members of groups.
func (w *walker) joins(args []string) {
	for _, a := range args[1:] {
		if strings.Contains(a, "root") || zero().MatchString(a) || strings.HasPrefix(a, "-U") || strings.HasPrefix(a, "--u") {
			w.follow(because("user", "`%s` changes the user root, who the next RUN may run as", args[0]))
		}
	}
	if w.rights == nil {
		w.rights = because("user", "`%s` may change who the next RUN runs as", args[0])
	}
}

// zero finds the number of root in an argument of useradd(8) and its like.
var zero = late.Regexp(`(^|[,:=]|^-[a-zA-Z]+)0+($|[,:])`)

// found are words for what find meets: the directories that it is given and what is below
// them, with the end of a name that it asks for.
func found(words []*syntax.Word) (list []*syntax.Word) {
	n := 1
	if len(words) > 1 && slices.Contains([]string{"-L", "-H", "-P", "-D"}, words[1].Lit()) || len(words) > 1 && strings.HasPrefix(words[1].Lit(), "-O") ||
		slices.ContainsFunc(words, func(w *syntax.Word) bool { return w.Lit() == "-follow" }) {
		return []*syntax.Word{{Parts: []syntax.WordPart{&syntax.ParamExp{}}}} // it follows links, or starts anywhere
	}
	for n < len(words) && !strings.ContainsAny(words[n].Lit()[:min(1, len(words[n].Lit()))], `-(!\`) {
		n++
	}
	roots := words[1:n]
	if n == 1 {
		roots = []*syntax.Word{{Parts: []syntax.WordPart{&syntax.Lit{Value: "."}}}}
	}
	end := nameEnd(words[n:])
	for _, r := range roots {
		below := append(slices.Clone(r.Parts), &syntax.Lit{Value: "/"}, &syntax.ParamExp{}, &syntax.Lit{Value: end})
		list = append(list, &syntax.Word{Parts: below})
		if name, whole := static(r); !whole || strings.HasSuffix("/"+path.Base(name), end) {
			list = append(list, r)
		}
	}
	return list
}

// nameEnd is how all names end that an expression of find(1) does something to; "" is not known.
func nameEnd(words []*syntax.Word) (end string) {
	acts := false
	for i, word := range words {
		text, _ := static(word)
		switch {
		case text == "-delete", strings.HasPrefix(text, "-exec"):
			acts = true
		case slices.Contains([]string{"-o", "-or", ",", "!", "-not"}, text):
			return ""
		case text == "-name" && i+1 < len(words) && end == "" && !acts:
			if name, whole := static(words[i+1]); whole {
				end = ("/" + name)[strings.LastIndexAny("/"+name, `*?[]\`)+1:]
			}
		}
	}
	return end
}

// find looks at what find runs.
func (w *walker) find(args []string, words []*syntax.Word) {
	met := found(words)
	if slices.Contains(args, "-delete") {
		w.touch(arguments(met)...)
	}
	for i := 1; i < len(args); i++ {
		if args[i] != "-exec" && args[i] != "-execdir" {
			continue
		}
		end := i + 1
		for end < len(args) && args[end] != ";" && args[end] != "+" {
			end++
		}
		if i+1 < end {
			w.finds++
			w.nested("find", args[i+1:end], slices.Concat(slices.DeleteFunc(slices.Clone(words[i+1:end]), braces), met))
			w.finds--
		}
		i = end
	}
}

// met tells whether a command runs for what find meets, in the order of directories.
func (w *walker) met() bool { return w.finds > 0 || w.outer != nil && w.outer.met() }

// orderless tells programs that do the same to files in any order: none of them writes to a file
// that several others go into.
func orderless(name string) bool {
	if r, _ := programOf(name); !r.args && !r.dest && !r.names && !r.here && !r.packages && !r.own {
		return true
	}
	return slices.Contains([]string{"chmod", "chown", "chgrp", "touch", "gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "setfacl", "setcap"}, name)
}

func becauseOrder(name string) *reason {
	return because("links", "find runs `%s` in the order of directories, which depends on the layers below", name)
}

// ended is about the command of timeout(1), which may leave what it started: that of busybox
// ends one process, and no group of others is ended by any.
func (w *walker) ended(by, name string) {
	_, a := coreutils(path.Base(name))
	_, b := files(path.Base(name))
	if by == "timeout" && !a && !b {
		w.follow(because("background", "`timeout` may end `%s` and leave processes that it started", name))
	}
}

// braces stand for what find meets.
func braces(w *syntax.Word) bool { text, _ := static(w); return text == "{}" }

// nested looks at a command that a program runs. xargs and find give it arguments of
// their own.
func (w *walker) nested(by string, args []string, words []*syntax.Word) {
	if len(args) == 0 {
		return
	}
	if w.inside > depth {
		w.refuse(because("syntax", "its scripts in arguments are too deep"))
		return
	}
	if _, whole := static(words[0]); !whole {
		w.refuse(because("dynamic", "only the shell knows what `%s` runs", print(words[0])))
		return
	}
	if by == "xargs" {
		words = append(slices.Clip(words), &syntax.Word{Parts: []syntax.WordPart{&syntax.ParamExp{}}})
	}
	args = make([]string, len(words))
	for i, word := range words {
		args[i], _ = static(word)
	}
	before := w.effects
	w.inside++
	w.program(args[0], args, words)
	w.inside--
	if by == "xargs" || by == "find" {
		if rest, ok := wrapped(path.Base(args[0]), args, words); ok && rest == 0 {
			w.refuse(because("unknown", "`%s` runs arguments of %s that the tree does not show", args[0], by))
		}
		r, _ := programOf(path.Base(args[0]))
		w.effects.any = w.effects.any || r.args || r.dest || r.here || len(w.effects.changes) > len(before.changes)
		w.effects.links = w.effects.links || r.links != nil
		if r.can != nil || kindOf(args[0]) == joiner {
			w.refuse(because("unknown", "`%s` gets arguments of %s that the tree does not show", args[0], by))
		}
	}
}

// shell looks at a shell: only what is in its arguments is known.
func (w *walker) shell(name string, args []string, words []*syntax.Word) {
	variant := syntax.LangPOSIX
	if path.Base(name) == "bash" {
		variant = syntax.LangBash
	}
	for i := 1; i < len(args); i++ {
		text, whole := static(words[i])
		if i > 1 && whole {
			if _, ok := flags(args[1:i]); ok { // the word behind -c
				w.inner(text, variant)
				return
			}
		}
		if !whole || !strings.HasPrefix(text, "-") && (i < 2 || !strings.HasSuffix(args[i-1], "o")) {
			break
		}
	}
	w.unknown(name, args, words)
}

// inner looks at a script in an argument.
func (w *walker) inner(text string, variant syntax.LangVariant) {
	if w.inside > depth {
		w.refuse(because("syntax", "its scripts in arguments are too deep"))
		return
	}
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(text), "")
	if err != nil {
		w.refuse(because("syntax", "a script in an argument is not understood: %v", err))
		return
	}
	in := &walker{script: w.script, variant: variant, inside: w.inside + 1, outer: w}
	in.walk(file, w.here())
}

// wraps looks for what a wrapper may run, of which who wrote the config takes the risk:
// any argument may be the command, or a script.
func (w *walker) wraps(args []string, words []*syntax.Word) {
	if w.inside > depth {
		w.refuse(because("syntax", "its scripts in arguments are too deep"))
		return
	}
	for i := 1; i < len(args); i++ {
		if !strings.ContainsAny(args[i], " \t\n;&|") {
			if args[i] != "" && kindOf(args[i]) != wrapper { // whose arguments come, too
				w.danger(args[i:], words[i:])
			}
			continue
		}
		file, err := syntax.NewParser(syntax.Variant(w.variant)).Parse(strings.NewReader(args[i]), "")
		if err != nil {
			continue // no script
		}
		in := &walker{script: w.script, variant: w.variant, inside: w.inside + 1, outer: w}
		in.walk(file, w.here())
	}
}
