package effects

import (
	"path"
	"slices"
	"strings"
)

// follow works out what arguments do that are taken apart.
func (k *call) follow(top *program) {
	row := k.row
	if row.Runs != "" {
		k.fail("`" + k.Name + "` " + row.Runs)
	}
	for name := range strings.FieldsSeq(row.Unless) {
		if k.w.isSet(name) {
			is := " is set, which changes"
			if !k.w.setting(name).known {
				is = " may be set, which would change"
			}
			k.fail(name + is + " what `" + k.Name + "` does")
			return
		}
	}
	if !row.Plain && k.loose && row.names {
		k.fail("a word of `" + k.Text + "` may be an option, or several words")
		return
	}
	k.constants(row)
	k.assignRoles(row)
	if row.Then != nil {
		row.Then(k)
	}
	for name := range strings.FieldsSeq(row.Does) {
		k.does(Indeterminate(name))
	}
	k.proxies()
}

// proxies notes those that a program which fetches goes by: see curl(1), wget(1) and git-config(1).
func (k *call) proxies() {
	if len(k.out.Network) == 0 {
		return
	}
	for _, name := range []string{"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		_, own := k.w.vars[name]
		_, set, _ := k.w.state.lookup(name)
		v := k.w.in(k.w.env, name)
		switch {
		case !own && !set || !v.exported:
			continue
		case !v.known:
			k.fetch(field{text: "$" + name})
			continue
		}
		for _, s := range v.list {
			if s != "" {
				k.fetch(field{text: s, known: true})
			}
		}
	}
}

func (k *call) does(why Indeterminate) { k.out.Indeterminate = append(k.out.Indeterminate, why) }

// constants are the paths that a row has whatever the arguments are.
func (k *call) constants(row *program) {
	k.out.Reads.add(k.constant(row.Reads))
	k.out.Writes.add(k.own(row.Writes))
	k.out.Removes.add(k.own(row.Removes))
	for url := range strings.FieldsSeq(row.Fetches) {
		f, _ := fetchOf(url, k.Name)
		if f.By = k.Name; url == "*" {
			f.URL = ""
		}
		k.out.Network = append(k.out.Network, f)
		k.does(Network)
	}
}

// assignRoles gives the operands their roles, and has each do what it is for.
func (k *call) assignRoles(row *program) {
	if row.Plain {
		return
	}
	roles := row.roles
	many := slices.IndexFunc(roles, func(r string) bool { return strings.HasSuffix(r, "...") })
	list := slices.Clone(k.roles)
	add := func(role string, f field) { list = append(list, given{strings.TrimSuffix(role, "..."), f}) }
	uncertain := slices.ContainsFunc(k.operands, func(f field) bool { return f.loose || f.over || len(roles) > 1 && wild(f.text) })
	for i, f := range k.operands {
		left := len(k.operands) - i
		switch {
		case uncertain: // which is which is not known
			for _, r := range roles {
				f.over = true
				add(r, f)
			}
		case many < 0 && i < len(roles):
			add(roles[i], f)
		case many < 0:
			k.fail("`" + k.Name + "` has more operands than the table knows: `" + k.Text + "`")
			return
		case i < many:
			add(roles[i], f)
		case left <= len(roles)-many-1:
			add(roles[len(roles)-left], f)
		default:
			add(roles[many], f)
		}
	}
	for _, g := range list { // before all others: what they are relative to
		if g.role == roleCd {
			k.dirs = g.enter(k.dirs)
		}
	}
	tree := k.has(row.trees...)
	for _, g := range list {
		k.role(g, tree)
	}
}

// enter is where a shell stands after a cd.
func (f field) enter(dirs []string) []string {
	if !f.known || f.over || climbs(f.text) || f.is("") || f.is("-") {
		return nil
	}
	if strings.HasPrefix(f.text, "/") {
		return []string{path.Clean(f.text)}
	}
	var out []string
	for _, d := range dirs {
		out = append(out, path.Clean(d+"/"+f.text))
	}
	return out
}

// role does what a field is for.
func (k *call) role(g given, tree bool) {
	paths := func(t bool) Paths { return g.paths(k.dirs, t) }
	switch g.role {
	case roleRead:
		k.read(g.field, tree)
	case roleReads:
		k.read(g.field, true)
	case roleWrite:
		k.writes(paths(tree))
	case roleWrites:
		k.writes(paths(true))
	case roleEdit:
		k.read(g.field, tree)
		k.writes(paths(tree))
	case roleRemove:
		k.out.Removes.add(paths(tree))
	case roleMake:
		k.writes(paths(false).each(func(p *Path) { p.Made = true }))
	case roleURL:
		if !g.is("") { // no proxy
			k.fetch(g.field)
		}
	case roleSource:
		k.from(g.field)
	case roleRun:
		k.fail("`" + k.Text + "` runs `" + g.show() + "`")
	case roleRoot:
		k.fail("`" + k.Text + "` works below another root")
	case roleMore:
		k.fail("`" + k.Text + "` has options that are not in the Dockerfile")
	case roleSetting:
		if !k.w.rows.find(k.Name).Setting(g.plain()) {
			k.fail("`" + k.Text + "` has a setting that is not followed")
		}
	case rolePackage:
		k.install(g.field)
	case roleUser:
		k.out.Accounts = append(k.out.Accounts, Account{"user", g.show(), "made"})
	}
}

func (k *call) writes(p Paths) { k.out.Writes.add(p) }

// read notes a file that is read, and what depends on the run in it.
func (k *call) read(f field, tree bool) {
	p := f.paths(k.dirs, tree)
	k.out.Reads.add(p)
	k.out.Indeterminate = append(k.out.Indeterminate, kernel(f)...)
}

// kernel tells what of a file that is read no layer holds.
func kernel(f field) (list []Indeterminate) {
	t := f.plain()
	switch {
	case t == "/dev/random" || t == "/dev/urandom":
		list = append(list, Random)
	case strings.HasPrefix(t, "/proc/") || strings.HasPrefix(t, "/sys/"):
		list = append(list, Proc)
	}
	return list
}

// fetch notes a URL.
func (k *call) fetch(f field) {
	got, ok := fetchOf(f.plain(), k.Name)
	if known, is := fetchOf(f.text, k.Name); !ok && f.known && is && !wild(known.Host) { // of a pattern
		got, ok = known, true
	}
	if !ok {
		got = Fetch{URL: f.show(), By: k.Name}
		if t := f.plain(); t != "" && !strings.Contains(t, "://") && !strings.HasPrefix(t, "/") { // curl example.org/x
			got.Host, _, _ = strings.Cut(t, "/")
			got.Host, _, _ = strings.Cut(got.Host, ":")
		}
	}
	k.out.Network = append(k.out.Network, got)
	k.does(Network)
}

// install notes a package.
func (k *call) install(f field) {
	p := Package{Manager: k.row.Manager, Name: f.show(), Known: f.known && !wild(f.text)}
	if p.Manager == "" {
		p.Manager = k.w.rows.find(k.Name).Manager
	}
	separators := map[string]string{"apt": "=", "apk": "=", "pip": "==", "npm": "@", "gem": ":", "go": "@", "conda": "=", "cargo": "@", "brew": "@"}
	if at := separators[p.Manager]; at != "" && p.Known {
		if i := strings.LastIndex(p.Name, at); i > 0 {
			p.Name, p.Version = p.Name[:i], p.Name[i+len(at):]
		}
	}
	k.out.Packages = append(k.out.Packages, p)
	if MakesLocales(p.Name) {
		k.out.Dealings = append(k.out.Dealings, Locales)
	}
	if strings.Contains(f.text, "://") || f.known && (strings.HasPrefix(f.text, "/") || strings.HasPrefix(f.text, "./") || strings.HasPrefix(f.text, "../")) {
		k.from(f)
	}
}

// from notes where packages come from: a URL, also as in "git+https://…" and "name @ https://…",
// or a file or a directory.
func (k *call) from(f field) {
	scheme, _, isURL := strings.Cut(f.text, "://")
	if i := strings.LastIndexAny(scheme, " +"); isURL && i >= 0 {
		f.text, scheme = f.text[i+1:], scheme[i+1:]
	}
	switch {
	case isURL && strings.EqualFold(strings.TrimLeft(scheme, `"'`), "file"):
		k.out.Reads.add(unknownPath(f.show()))
	case isURL:
		k.fetch(f)
	case !f.known:
		k.out.Reads.add(unknownPath(f.show()))
		k.fetch(f)
	default:
		k.read(f, !isFileOfPackage(f.text))
	}
}

// isFileOfPackage tells the name of a file that is a package.
func isFileOfPackage(name string) bool {
	return slices.Contains([]string{".deb", ".apk", ".rpm", ".dsc", ".changes", ".whl", ".tgz", ".gz", ".zip", ".gem", ".bz2"}, path.Ext(name))
}

// all are operands that are known, false when one is not, or is one of several.
func (k *call) all() bool {
	return !slices.ContainsFunc(k.operands, func(f field) bool { return !f.known || f.over || f.loose })
}
