package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/eval"
)

// prefixes are where a manager of packages of a language installs, besides the directories of
// the system: around each directory of PATH, and around the one that it is called from.
func (k *call) prefixes() Paths {
	list := k.w.setting("PATH")
	if _, changed := k.w.vars["PATH"]; !list.known && !changed && !k.w.blind && k.w.state.Form != nil {
		if form := k.w.state.Form("PATH"); form != "" && !strings.ContainsRune(form, eval.AnyWord) {
			list = oneValue(pattern(form))
		}
	}
	if !list.known {
		return unknownPath("$PATH")
	}
	dirs := []string{literal(path.Dir(k.Prog.Text))} // "." is none
	for _, text := range list.list {
		dirs = append(dirs, strings.Split(text, ":")...)
	}
	var all []Paths
	for _, d := range dirs {
		switch {
		case d == "", d == ".", d == "/bin", d == "/sbin", strings.ContainsRune(d, eval.AnyBase):
		case !strings.HasPrefix(d, "/"):
			return unknownPath("$PATH")
		default:
			if d = path.Clean(d); slices.Contains([]string{"bin", "sbin", ".bin", "condabin"}, path.Base(d)) {
				d = path.Dir(d)
			}
			all = append(all, field{text: d, known: true}.paths(nil, true))
		}
	}
	return joinPaths(all...)
}

// installsIn notes that a manager reads, writes and removes where it installs, and that it makes
// the directories around all that it writes.
func (k *call) installsIn(p Paths) {
	k.out.Reads.add(p)
	k.writes(p)
	for _, q := range k.out.Writes.List {
		if q.Grade == Unknown {
			continue
		}
		for _, around := range parents(path.Dir(q.Name), q.Glob).List {
			if !k.out.Writes.Covers(around.Name) {
				k.writes(Paths{Grade: Over, List: []Path{around}})
			}
		}
	}
	k.out.Removes.add(p)
}

// topmost is the tree of the topmost directory around each where the command may stand: programs
// that look for a file upwards find it in there, as the root directory is taken to have none.
func (k *call) topmost() Paths {
	var all []Paths
	for _, d := range k.dirs {
		top, _, _ := strings.Cut(strings.TrimPrefix(d, "/"), "/")
		all = append(all, field{text: "/" + top, known: true}.paths(nil, true))
	}
	if len(all) == 0 {
		return unknownPath(".")
	}
	return joinPaths(all...)
}

// ofRegistry tells whether an operand surely names a package of the registry, and is no
// directory, file or repository, the build of which is not of a registry.
func ofRegistry(f field, scope bool) bool {
	t := f.text
	if scope && strings.HasPrefix(t, "@") {
		t = strings.Replace(t, "/", "", 1)
	}
	return f.known && t != "" && !strings.ContainsAny(t, "/:") && t[0] != '.' && t[0] != '~' && t[0] != '*'
}

// pips is pip: what it gets from the registry may be built, by a script of the package.
func pips(k *call) {
	k.installsIn(k.prefixes())
	wheel := func(f field) bool { return f.known && strings.HasSuffix(f.text, ".whl") }
	for _, f := range k.operands {
		if !ofRegistry(f, false) && !wheel(f) {
			k.fail("`" + k.Name + "` runs the build of `" + f.show() + "`")
			return
		}
	}
	if k.has("--editable", "--requirement", "--constraint", "--global-option", "--install-option", "--config-settings", "--no-clean") {
		k.fail("`" + k.Text + "` may build what is of no registry")
		return
	}
	if len(k.Args) > 0 && k.Has("wheel", "download") {
		belowHereOnly(k)
	}
}

// npms is `npm install`: without -g the scripts of the package that it stands in run, and those
// of what that names.
func npms(k *call) {
	global, scripts := k.has("--global"), !k.has("--ignore-scripts")
	if where, ok := k.opt("--location"); ok {
		global = where.is("global")
	}
	if slices.ContainsFunc(k.operands, func(f field) bool { return !ofRegistry(f, true) }) || global && len(k.operands) == 0 || !global && scripts {
		k.fail("`" + k.Text + "` runs scripts of what is of no registry")
		return
	}
	k.installsIn(k.prefixes())
	if !global {
		k.installsIn(k.topmost())
	}
}

// gems is gem: extensions of packages of the registry are built.
func gems(k *call) {
	for _, f := range k.operands {
		if strings.Contains(f.text, "://") { // of `gem sources -a`
			k.fetch(f)
		}
		if !ofRegistry(field{text: strings.Replace(f.text, ":", "", 1), known: f.known}, false) || strings.HasSuffix(f.text, ".gem") {
			k.fail("`" + k.Name + "` runs the build of `" + f.show() + "`")
			return
		}
	}
	k.installsIn(k.prefixes())
}

// condas is conda: what it installs is below the prefix that it is in, or in one of the user's.
func condas(k *call) {
	for _, f := range k.given["--channel"] {
		if strings.Contains(f.text, "://") {
			k.from(f)
		}
	}
	if k.has("--file") || k.Has("env", "run", "build", "develop", "shell") && !k.Has("list") {
		k.fail("`" + k.Text + "` does what a file of the author's says")
		return
	}
	k.installsIn(k.prefixes())
}

// pythons is python: of its modules pip and venv are followed.
func pythons(k *call) {
	args := k.operands
	for len(args) > 0 && (args[0].is("-u") || args[0].is("-B")) {
		args = args[1:]
	}
	switch {
	case len(args) == 1 && (args[0].is("-V") || args[0].is("--version")):
	case len(args) > 2 && args[0].is("-m") && args[1].is("pip"):
		k.as("pip", args[2:])
	case len(args) > 2 && args[0].is("-m") && args[1].is("venv"):
		k.as("pyvenv", args[2:])
	default:
		k.fail("`" + k.Name + "` runs a script that the table does not read")
	}
}

// as goes on as another program of the table.
func (k *call) as(name string, args []field) {
	row := k.w.rows.find(name)
	if !k.take(row, args) {
		k.fail("`" + k.Name + "` has an option or a command that the table does not know: `" + k.Text + "`")
		return
	}
	k.follow(row)
}

// uvs is uv, of which `uv pip` is followed.
func uvs(k *call) {
	switch args := k.operands; {
	case len(args) == 1 && (args[0].is("-V") || args[0].is("--version")):
	case len(args) > 2 && args[0].is("pip") && args[1].is("install"):
		k.as("pip", args[1:])
		k.installsIn(k.topmost()) // an environment in .venv
		k.installsIn(k.constant("${VIRTUAL_ENV:-/usr}/ ${UV_CACHE_DIR:-~/.cache/uv}/"))
	case len(args) == 2 && args[0].is("cache") && args[1].is("clean"):
		k.installsIn(k.constant("${UV_CACHE_DIR:-~/.cache/uv}/"))
	default:
		k.fail("`" + k.Name + "` runs the build of a project")
	}
}

// venvs makes an environment.
func venvs(k *call) {
	for _, f := range k.operands {
		k.installsIn(f.paths(k.dirs, true))
		k.around(f)
	}
}
