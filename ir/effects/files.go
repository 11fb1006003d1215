package effects

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// word is for programs that print one without a slash, with arguments that have them do so.
func word(k *call) values {
	one := false
	switch k.Name {
	case "id":
		one = k.has("--user", "--group") && !k.has("--groups", "-z")
	case "uname":
		one = len(k.given) < 2 && !k.has("--all", "-v", "-o", "-i", "-p")
	case "lsb_release":
		one = k.has("--short") && !k.has("-a", "--description") && len(k.given) == 2
	case "hostname":
		one = !k.has("-i", "-I")
	case "getconf":
		one = len(k.operands) == 1 && (k.operands[0].is("LONG_BIT") || k.operands[0].is("_NPROCESSORS_ONLN"))
	case "dpkg":
		one = k.has("--print-architecture") && len(k.given) == 1
	case "dpkg-architecture":
		one = len(k.operands) == 1 && strings.HasPrefix(k.operands[0].plain(), "-qDEB_")
	case "whoami", "arch", "nproc":
		one = true
	}
	if !one {
		return values{}
	}
	return anyWord()
}

// found is for which(1): a word, or nothing when there is no such program.
func found(k *call) values {
	return values{word: len(k.operands) == 1 && !k.operands[0].loose, absent: true}
}

// here is for programs that read where they stand when they have no operand.
func here(k *call) {
	if len(k.operands) == 0 {
		k.read(field{text: ".", known: true}, true)
	}
	if k.Name == "vdir" || slices.ContainsFunc(slices.Collect(maps.Keys(k.given)), func(o string) bool {
		return strings.HasPrefix(o, "--") && !slices.Contains([]string{"--all", "--directory", "--human-readable", "--recursive"}, o) || strings.Contains("-i-l-g-o-n-s-f-U", o)
	}) {
		k.deals(Order)
	}
}

// stats is stat(1), of which a format may ask for names, modes, owners, sizes and times only.
func stats(k *call) {
	if f, ok := k.opt("--format"); !ok || !fileFormat().MatchString(f.plain()) {
		k.deals(Order)
	}
}

var fileFormat = late.Regexp(`^([^%]|%[aAfFgGnNsuUxXyYzZ%])+$`)

// tellsOrder is for programs that may say in which order they meet files.
func tellsOrder(k *call) {
	if k.has("--verbose", "-v", "--changes") {
		k.deals(Order)
	}
}

// removesDirs is rmdir: with -p directories around are removed, too.
func removesDirs(k *call) {
	for _, f := range k.operands {
		for _, p := range f.paths(k.dirs, false).List {
			if k.has("--parents") && p.Grade != Unknown {
				around := parents(path.Dir(p.Name), p.Glob)
				k.out.Removes.add(around)
			}
		}
	}
	tellsOrder(k)
}

// splits is split(1), whose files are named by a prefix and what it counts.
func splits(k *call) {
	prefix := field{text: "x", known: true}
	if len(k.operands) > 1 {
		prefix = k.operands[1]
	}
	prefix.text += "*"
	k.writes(prefix.paths(k.dirs, false))
}

// checksums is about sums that are checked: the list names files to read.
func checksums(k *call) {
	if k.has("--check") {
		k.out.Reads.add(Anything())
	}
}

// makeDirs is mkdir: with -p directories around are made, too.
func makeDirs(k *call) {
	for _, f := range k.operands {
		if k.has("--parents") {
			k.around(f)
		}
		k.permit(f, "--mode")
	}
}

// around notes that directories around a path may be made.
func (k *call) around(f field) {
	for _, p := range f.paths(k.dirs, false).List {
		if p.Grade != Unknown {
			k.writes(parents(path.Dir(p.Name), p.Glob).each(func(p *Path) { p.Made = true }))
		}
	}
}

// permit notes the mode that an option sets.
func (k *call) permit(f field, option string) {
	if mode, ok := k.opt(option); ok {
		k.out.Permissions = append(k.out.Permissions, Permission{Path: f.show(), Mode: mode.show()})
	}
}

// target is where cp and its like put something: the destination, whether it is surely a
// directory, and what goes there. It is false when there is nothing to put.
func (k *call) target() (dest field, folder bool, sources []field) {
	if d, ok := k.opt("--target-directory"); ok {
		return d, true, k.operands
	}
	n := len(k.operands) - 1
	if n < 1 {
		return field{text: ".", known: true}, true, k.operands
	}
	dest = k.operands[n]
	return dest, strings.HasSuffix(dest.text, "/") || dest.is(".") || dest.is("..") || n > 1, k.operands[:n]
}

// copies is cp, mv and ln.
func copies(k *call) {
	tellsOrder(k)
	if k.deals(Names); k.Name == "ln" && !k.has("--symbolic") || k.Name == "cp" && k.has("--recursive", "--archive", "-d", "--link", "--preserve", "--no-dereference", "-H", "--dereference") {
		k.deals(Links)
	}
	if k.loose || !k.has("--target-directory") && (!k.all() && len(k.operands) > 2 || k.manyLast()) {
		k.puts(k.operands, true)
		return
	}
	dest, folder, sources := k.target()
	tree := k.Name == "mv" || k.has("--recursive", "--archive")
	for _, s := range sources {
		switch {
		case k.Name == "ln" && k.has("--symbolic"):
		case k.Name == "mv":
			k.read(s, true)
			k.role(given{roleRemove, s}, true)
		case k.Name == "ln" || k.has("--link"): // a layer has a file whose count of links is another
			s.over = true
			k.read(s, tree)
			k.writes(s.paths(k.dirs, tree).each(func(p *Path) { p.Link = true }))
		default:
			k.read(s, tree)
		}
		if k.has("--parents") {
			k.writes(dest.paths(k.dirs, true))
			continue
		}
		if s.absent() && !k.has("--target-directory") { // then the destination is the source
			k.put(dest, field{text: ".", known: true}, true, true)
		}
		k.put(s, dest, folder, tree)
	}
}

// manyLast tells that the last operand is a wildcard: it stands for sources, too.
func (k *call) manyLast() bool {
	n := len(k.operands)
	return n > 0 && wild(k.operands[n-1].text)
}

// puts is for operands of which it is not known which is the destination, or whether it is one.
func (k *call) puts(list []field, tree bool) {
	for _, d := range k.given["--target-directory"] {
		k.writes(d.paths(k.dirs, true))
	}
	for _, f := range list {
		if f.over && strings.HasPrefix(f.text, "-") { // it may name the destination
			k.writes(Anything())
		}
		k.read(f, tree)
		k.writes(f.paths(k.dirs, true))
		if k.Name == "mv" {
			k.role(given{roleRemove, f}, true)
		}
	}
}

// put notes what is written when a source goes to a destination, which may be a directory. What
// find found has any name.
func (k *call) put(source, dest field, folder, tree bool) {
	name := path.Base(source.text)
	below := field{text: strings.TrimSuffix(dest.text, "/") + "/" + name, known: dest.known, over: dest.over || source.over || !folder}
	switch {
	case !dest.known, (!source.known || source.tree) && !k.has("--no-target-directory"), name == "." || name == "..", k.dirs == nil && !strings.HasPrefix(dest.text, "/"):
		k.writes(dest.paths(k.dirs, true))
	case k.has("--no-target-directory"):
		k.writes(dest.paths(k.dirs, tree))
	case folder:
		k.writes(below.paths(k.dirs, tree))
	default:
		dest.over = true
		k.writes(dest.paths(k.dirs, tree).each(func(p *Path) { p.Into = true }))
		k.writes(below.paths(k.dirs, tree))
	}
}

// installs is install(1).
func installs(k *call) {
	if k.has("--directory") {
		for _, f := range k.operands {
			k.writes(f.paths(k.dirs, false))
			k.around(f)
			k.permit(f, "--mode")
		}
		return
	}
	if k.loose || !k.has("--target-directory") && (!k.all() || k.manyLast()) {
		k.puts(k.operands, true)
		if k.has("-D") {
			for _, f := range slices.Concat(k.operands, k.given["--target-directory"]) {
				k.around(f)
			}
		}
		return
	}
	dest, folder, sources := k.target()
	for _, s := range sources {
		k.read(s, false)
		k.put(s, dest, folder, false)
		k.permit(dest, "--mode")
	}
	if k.has("-D") {
		k.around(dest)
		if k.has("--target-directory") {
			k.writes(dest.paths(k.dirs, false))
		}
	}
}

// chmods is chmod, chown and chgrp: the mode or owner comes first.
func chmods(k *call) {
	tellsOrder(k)
	list := k.operands
	p := Permission{}
	if !k.has("--reference") && len(list) > 0 {
		if p.Mode = list[0].show(); k.Name != "chmod" {
			p = Permission{Owner: list[0].show()}
		}
		list = list[1:]
	}
	if k.Name == "chmod" && k.loose {
		list = k.operands
	}
	for _, f := range list {
		k.role(given{roleEdit, f}, k.has("--recursive"))
		p.Path = f.show()
		k.out.Permissions = append(k.out.Permissions, p)
	}
}

// tempName is a name that mktemp(1) makes: in TMPDIR, of a template whose X are random.
func tempName(k *call) values {
	base, dirs := "tmp.??????????", []string{"/tmp"}
	if len(k.operands) > 0 {
		t := k.operands[0].plain()
		if t == "" || len(k.operands) > 1 || k.loose {
			return values{}
		}
		base = strings.ReplaceAll(literal(t), "X", "?")
	}
	d, ok := k.opt("--tmpdir")
	if last, short := k.opt("-p"); short {
		d, ok = last, k.given["--tmpdir"] == nil
		if !ok {
			return values{}
		}
	}
	switch {
	case k.has("--suffix"), ok && (!d.known || d.text == ""):
		return values{}
	case ok:
		dirs = []string{d.text}
	case len(k.operands) > 0 && !k.has("--tmpdir", "-t"):
		if strings.HasPrefix(base, "/") {
			return oneValue(base)
		}
		if dirs = k.dirs; len(dirs) == 0 {
			return values{}
		}
	case k.w.isSet("TMPDIR"):
		if dirs = k.w.setting("TMPDIR").list; len(dirs) == 0 {
			return values{}
		}
	}
	out := values{known: true}
	for _, d := range dirs {
		out.list = append(out.list, path.Join(cmp.Or(d, "/tmp"), base))
	}
	return out
}

// makesTemp makes such a file.
func makesTemp(k *call) {
	k.dirs = k.w.dirs
	v := tempName(k)
	if !v.known {
		k.writes(unknownPath(k.Text))
		return
	}
	if !k.has("--dry-run") {
		for _, name := range v.list {
			k.writes(field{text: name, known: true, over: len(v.list) > 1}.paths(k.dirs, false))
		}
	}
}

// ddFiles is dd(1), whose operands are assignments.
func ddFiles(k *call) {
	for _, f := range k.operands {
		name, value, _ := strings.Cut(f.text, "=")
		v := field{text: value, known: f.known, over: f.over}
		switch {
		case !f.known && name != "of" && name != "if" && f.loose:
			k.fail("a word of `" + k.Text + "` is not known")
		case name == "if":
			k.read(v, false)
		case name == "of":
			k.writes(v.paths(k.dirs, false))
		}
	}
}
