package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// urlName is the last part of a URL, as a pattern; "" is not known, or it has none. With a query it is
// that of wget(1), which writes slashes in there in another way.
func urlName(f field, query bool) string {
	t := f.text
	if !f.known {
		return ""
	}
	_, rest, ok := strings.Cut(t, "://")
	if !ok {
		rest = t
	}
	rest, _, _ = strings.Cut(rest, "#")
	if i := strings.IndexByte(rest, '?'); i >= 0 && !query {
		rest = strings.TrimSuffix(rest[:i], `\`)
	} else if i >= 0 {
		rest = rest[:i] + strings.ReplaceAll(rest[i:], "/", "%2F")
	}
	_, rest, ok = strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	return rest[strings.LastIndexByte(rest, '/')+1:]
}

// curls is curl(1): what it gets is printed, or goes to files.
func curls(k *call) {
	for _, f := range slices.Concat(k.operands, k.given["--url"]) {
		scheme, _, whole := strings.Cut(f.text, ":")
		if strings.EqualFold(scheme, "file") || whole && strings.ContainsAny(scheme, "{[") || !f.known && k.has("--upload-file") {
			k.fail("`" + k.Text + "` may read or write a file that a URL names")
			return
		}
	}
	if k.has("--netrc") {
		k.out.Reads.add(k.constant("~/.netrc"))
	}
	dirs := k.dirs
	if d, ok := k.opt("--output-dir"); ok {
		dirs = d.enter(dirs)
	}
	for _, o := range k.given["--output"] {
		if o.known && strings.Contains(o.text, "#") { // a part of the URL
			o.known, o.word = false, nil
		}
		p := o.paths(dirs, false)
		k.writes(p)
		if len(k.given["--output"]) == 1 && !k.has("--output-dir", "--remote-name", "--continue-at", "--append") {
			k.downloads(o, dirs)
		}
		if k.has("--create-dirs") {
			before := k.dirs
			k.dirs = dirs
			k.around(o)
			k.dirs = before
		}
	}
	for _, f := range k.operands {
		if !k.has("--remote-name", "--remote-name-all") {
			break
		}
		name := urlName(f, false)
		if name == "" || k.has("--remote-header-name") || strings.ContainsAny(name, "{}") || strings.Contains(name, `\[`) {
			k.writes(field{text: ".", known: true}.paths(dirs, true))
		} else {
			k.writes(field{text: name, known: true, over: len(k.operands) > 1}.paths(dirs, false))
			if !k.has("--output", "--output-dir", "--continue-at") {
				k.downloads(field{text: name, known: true}, dirs)
			}
		}
	}
	for _, d := range slices.Concat(k.given["--data"], k.given["--data-binary"], k.given["--data-urlencode"], k.given["--form"], k.given["--header"], k.given["--write-out"], k.given["--json"]) {
		switch _, name, ok := strings.Cut(d.text, "@"); {
		case !d.known:
			k.out.Reads.add(Anything())
		case ok:
			k.read(field{text: name, known: true}, false)
		}
		if d.known && strings.Contains(d.text, "output{") { // --write-out
			k.writes(Anything())
		}
	}
	if len(k.operands) == 0 && !k.has("--url") {
		k.out.Network = append(k.out.Network, Fetch{By: k.Name})
	}
}

// wgets is wget(1): a file for each URL, named as that, or with a number behind when there is one.
func wgets(k *call) {
	for _, f := range k.given["--execute"] {
		if name, url, ok := strings.Cut(f.text, "="); ok && strings.HasSuffix(strings.TrimSpace(name), "_proxy") && strings.Contains(url, ".") {
			k.fetch(field{text: strings.TrimSpace(url), known: f.known})
		}
	}
	if file, ok := k.opt("--output-document"); ok && !k.has("--recursive", "--mirror", "--page-requisites") {
		k.downloads(file, k.dirs)
		return
	}
	dirs := k.dirs
	dir, prefix := k.opt("--directory-prefix")
	if prefix {
		dirs = dir.enter(dirs)
		k.around(field{text: strings.TrimSuffix(dir.text, "/") + "/x", known: dir.known})
	}
	here := field{text: ".", known: true}
	if k.has("--recursive", "--mirror", "--page-requisites", "--content-disposition", "--trust-server-names", "--input-file") {
		k.writes(here.paths(dirs, true))
		return
	}
	for _, f := range k.operands {
		name := urlName(f, true)
		if !f.known || strings.Contains(name, "%") { // which stands for other letters
			k.writes(here.paths(dirs, true))
			continue
		}
		if name == "" {
			name = "index.html"
		}
		k.writes(field{text: name, known: true, over: true}.paths(dirs, false))
		if !k.has("--continue", "--timestamping", "--no-clobber") {
			if f := (field{text: name, known: true}); !k.w.touched(f.paths(dirs, false)) {
				k.downloads(f, dirs) // taken to find no file of that name, which it leaves alone
			}
			k.writes(field{text: name + ".[1-9]*", known: true}.paths(dirs, false))
		}
	}
}

// keygens is ssh-keygen(1).
func keygens(k *call) {
	file, ok := k.opt("-f")
	switch {
	case k.has("-A"):
		k.writes(k.own("/etc/ssh/"))
	case k.has("-F", "-l", "-y"):
		k.read(file, false)
	case k.has("-R", "-H"):
		if !ok {
			k.writes(k.constant("~/.ssh/known_hosts ~/.ssh/known_hosts.old"))
			return
		}
		k.writes(file.paths(k.dirs, false))
		file.text += ".old"
		k.writes(file.paths(k.dirs, false))
	case ok:
		k.writes(file.paths(k.dirs, false))
		file.text += ".pub"
		k.writes(file.paths(k.dirs, false))
		k.around(file)
	default:
		k.writes(k.constant("~/.ssh/"))
	}
}

// gpgs is gpg(1): keys are in its home.
func gpgs(k *call) {
	if !k.has(strings.Fields(gpgQuiet)...) {
		if !k.has("--homedir") {
			k.writes(k.constant("${GNUPGHOME:-~/.gnupg}/"))
		}
		k.writes(k.constant("/run/user/"))
	}
	if len(k.operands) > 0 && !k.has(strings.Fields(gpgCommands)...) && k.Name != "gpgv" {
		k.fail("`" + k.Text + "` has no command: what it writes is for what is in the file to say")
	}
	for _, f := range slices.Concat(k.given["--keyring"], k.given["--primary-keyring"]) {
		k.keyring(f)
	}
	if k.has("--recv-keys", "--receive-keys", "--recv-key", "--recv", "--refresh-keys", "--search-keys", "--fetch-keys", "--keyserver") {
		f := Fetch{By: k.Name}
		if s, ok := k.opt("--keyserver"); ok {
			f.URL = s.show()
			_, host, found := strings.Cut(s.plain(), "://")
			if !found {
				host = s.plain()
			}
			f.Host, _, _ = strings.Cut(path.Base(host), ":")
		}
		k.out.Network = append(k.out.Network, f)
		k.does(Network)
	}
	for _, v := range k.operands { // what is decrypted or dearmoured without -o goes beside it
		if k.has("--dearmor", "--enarmor", "--decrypt") && !k.has("--output") && len(k.operands) > 0 {
			dir := field{text: path.Dir(v.text), known: v.known}
			k.writes(dir.paths(k.dirs, true))
		}
	}
}

// keyring is a file of keys, which gpg(1) may change, and keep as it was beside it. One without a slash is
// in its home.
func (k *call) keyring(f field) {
	for _, kind := range []string{"gnupg-ring:", "gnupg-kbx:"} {
		f.text = strings.TrimPrefix(f.text, kind)
	}
	if f.known && !strings.Contains(f.text, "/") {
		return
	}
	k.read(f, false)
	if k.Name == "gpgv" {
		return
	}
	k.writes(f.paths(k.dirs, false))
	f.text, f.over, f.word = f.text+"~", true, nil
	k.writes(f.paths(k.dirs, false))
}

// Downloads are the files in which a command puts what it fetches, as they are written; "-" is standard
// output. It is false of a program that is not there to fetch what URLs name, as curl and wget are.
func Downloads(c *shell.Command) (files []string, ok bool) {
	row := rows().find(c.Name)
	if row == nil || row.Saves == "" {
		return nil, false
	}
	given, operands := loosely(row.words(), c.Args)
	saves := strings.Fields(row.Saves)
	named := !slices.Contains(saves, "*")
	for _, o := range given {
		switch name := row.option(o).name; {
		case name == saves[0]:
			files = append(files, o.Value.Text)
		case slices.Contains(saves[1:], name):
			named = false
		}
	}
	if named || len(files) > 0 {
		return files, true
	}
	for _, w := range operands {
		if url, _, _ := strings.Cut(w.Text, "?"); strings.Contains(url, "/") {
			files = append(files, strings.Trim(path.Base(url), `"'`))
		}
	}
	return files, true
}
