package recipe

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/control"
	"github.com/seed-e0495807/strake/lang/redact"
)

// dist is a distribution that pip has installed: PEP 376, PEP 627, PEP 610.
type dist struct {
	name, version string
	dir           string // site-packages, or dist-packages
	url           string // "" is an index
	local         bool   // it came out of a directory
}

// pips makes the steps of pip: one for the system, one for each virtual environment.
func pips(ctx context.Context, r *reading) error {
	asked := map[string][]dist{} // by environment, "" is the system
	all := map[string]string{}   // directories with something new in them, and their environments
	for _, info := range r.paths(func(c *change) bool {
		return c.before == nil && c.after != nil && c.after.Kind == validate.Directory && path.Ext(c.path) == ".dist-info"
	}) {
		installer, err := r.file(ctx, r.after, path.Join(info, "INSTALLER"))
		if err != nil {
			return err
		}
		if strings.TrimSpace(installer) != "pip" {
			continue
		}
		dir := path.Dir(info)
		all[dir] = r.environment(dir)
		if r.after.At(path.Join(info, "REQUESTED")) == nil {
			continue
		}
		d, err := r.dist(ctx, info)
		if err != nil {
			return err
		}
		env := r.environment(dir)
		asked[env] = append(asked[env], d)
	}
	envs := r.environments()
	for env := range asked {
		if env != "" && !slices.Contains(envs, env) {
			envs = append(envs, env)
		}
	}
	if len(asked[""]) > 0 {
		envs = append([]string{""}, envs...)
	}
	var made []string // environments that a step makes
	for _, env := range envs {
		ok, err := r.pip(ctx, env, asked[env])
		if err != nil {
			return err
		}
		if ok {
			made = append(made, env)
		}
	}
	r.claim(func(c *change) bool {
		for dir, env := range all {
			if under(c.path, dir) && c.path != dir && slices.Contains(made, env) {
				return true
			}
		}
		return slices.ContainsFunc(made, func(env string) bool { return env != "" && under(c.path, env) })
	})
	return nil
}

func (r *reading) dist(ctx context.Context, info string) (d dist, err error) {
	name, version, _ := strings.Cut(strings.TrimSuffix(path.Base(info), ".dist-info"), "-")
	d = dist{name: name, version: version, dir: path.Dir(info)}
	text, err := r.file(ctx, r.after, path.Join(info, "METADATA"))
	if err != nil {
		return d, err
	}
	if f := control.Fields(strings.SplitN(text, "\n\n", 2)[0]); f["Name"] != "" {
		d.name, d.version = f["Name"], f["Version"]
	}
	direct, err := r.file(ctx, r.after, path.Join(info, "direct_url.json"))
	if err != nil || direct == "" {
		return d, err
	}
	var from struct {
		URL string `json:"url"`
		VCS struct {
			VCS    string `json:"vcs"`
			Commit string `json:"commit_id"`
		} `json:"vcs_info"`
	}
	if json.Unmarshal([]byte(direct), &from) == nil {
		switch d.url = from.URL; {
		case strings.HasPrefix(from.URL, "file:"):
			d.local = true
		case from.VCS.VCS != "":
			d.url = from.VCS.VCS + "+" + from.URL + "@" + from.VCS.Commit
		}
	}
	return d, nil
}

// environment is the virtual environment that a directory of packages is in, "" for none.
func (r *reading) environment(dir string) string {
	for at := dir; at != "/"; at = path.Dir(at) {
		if r.after.At(path.Join(at, "pyvenv.cfg")) != nil {
			return at
		}
	}
	return ""
}

// environments are those that are new.
func (r *reading) environments() (list []string) {
	for _, cfg := range r.paths(func(c *change) bool { return c.before == nil && c.after != nil && path.Base(c.path) == "pyvenv.cfg" }) {
		list = append(list, path.Dir(cfg))
	}
	return list
}

// pip makes the step of one environment; false when there is none to make.
func (r *reading) pip(ctx context.Context, env string, dists []dist) (bool, error) {
	var commands []string
	program, flags := "", ""
	switch {
	case env != "":
		program = quote(path.Join(env, "bin/pip"))
		if r.changes[path.Join(env, "pyvenv.cfg")] != nil {
			if !r.has("python3") {
				return false, nil
			}
			cfg, err := r.file(ctx, r.after, path.Join(env, "pyvenv.cfg"))
			if err != nil {
				return false, err
			}
			command := "python3 -m venv "
			if strings.Contains(cfg, "include-system-site-packages = true") {
				command += "--system-site-packages "
			}
			commands = append(commands, command+quote(env))
		}
	case r.has("pip3"):
		program = "pip3"
	case r.has("pip"):
		program = "pip"
	case r.has("python3"):
		program = "python3 -m pip"
	default:
		return false, nil
	}
	if env == "" {
		if r.managed() {
			flags = " --break-system-packages"
		}
		dists = slices.DeleteFunc(dists, func(d dist) bool { return strings.Contains(d.dir, "/.local/") })
	} else if len(commands) > 0 { // venv brings these
		dists = slices.DeleteFunc(dists, func(d dist) bool { return (d.name == "pip" || d.name == "setuptools") && r.requirement(d) == d.name })
	}
	group := "pip"
	if env != "" {
		group += ": " + env
	}
	words, files := r.pipWords(dists)
	if len(words) > 0 {
		commands = append(commands, program+" install --no-cache-dir"+flags+r.pipFlags(dists)+list(words))
	}
	if len(commands) == 0 {
		return false, nil
	}
	names := make([]string, len(dists))
	for i, d := range dists {
		names[i] = strings.ToLower(d.name)
	}
	comment := r.from("installed by pip", func(t typed) bool {
		if !strings.HasPrefix(t.name(), "pip") && !strings.HasPrefix(t.name(), "python") || !slices.Contains(t.words, "install") && !slices.Contains(t.words, "venv") {
			return false
		}
		return slices.ContainsFunc(t.words, func(w string) bool {
			return slices.Contains(names, strings.ToLower(unversioned(pipName(w), "=="))) || env != "" && w != "" && under(t.path(w), env) || w == "-r"
		})
	})
	instruction := "RUN " + chain(commands)
	var explains []string
	for i := range files {
		instruction = "COPY " + paths(files[i].Name, files[i].Node.Path()) + "\n" + instruction
		explains = append(explains, files[i].Node.Path())
	}
	r.step(Step{Kind: Libraries, Group: group, Comment: comment, Instruction: instruction, Files: files, Explains: explains, Installs: true})
	return true, nil
}

// pipName is the name in a requirement like name[extra]>=1.
func pipName(word string) string {
	if i := strings.IndexAny(word, "[<>=!~;"); i > 0 {
		return word[:i]
	}
	return word
}

// pipWords are the requirements: those of a file, if that was typed and is still there.
func (r *reading) pipWords(dists []dist) (words []string, files []File) {
	for _, t := range r.typed {
		if i := slices.Index(t.words, "-r"); i > 0 && i+1 < len(t.words) && slices.Contains(t.words, "install") && strings.Contains(strings.Join(t.words, " "), "pip") {
			name := t.words[i+1]
			if c := r.changes[t.path(name)]; c != nil && c.after != nil && c.after.Kind == validate.Regular && len(dists) > 0 {
				return []string{"-r", c.path}, []File{{Name: inContext(c.path), Node: c.after}}
			}
		}
	}
	for _, d := range dists {
		switch {
		case d.local:
			// its files are copied
		case d.url != "":
			words = append(words, d.url)
		case r.in.Pin:
			words = append(words, d.name+"=="+d.version)
		default:
			words = append(words, r.requirement(d))
		}
	}
	return words, files
}

// pipFlags are the options that were typed with one of the distributions, and say where pip finds what it
// installs. An address with a password is none.
func (r *reading) pipFlags(dists []dist) (text string) {
	plain, valued := []string{"--no-index", "--pre", "--no-deps"}, []string{"-f", "--find-links", "-i", "--index-url", "--extra-index-url", "--trusted-host"}
	for _, t := range r.typed {
		if !slices.Contains(t.words, "install") || !slices.ContainsFunc(dists, func(d dist) bool { return slices.Contains(t.words, r.requirement(d)) }) {
			continue
		}
		for i, w := range t.words {
			name, value, _ := strings.Cut(w, "=")
			switch {
			case slices.Contains(plain, w):
			case slices.Contains(valued, w) && i+1 < len(t.words):
				value = t.words[i+1]
				w += " " + quote(value)
			case !slices.Contains(valued, name) || value == "":
				continue
			}
			if !strings.Contains(text+" ", " "+w+" ") && redact.URLs(value) == value {
				text += " " + w
			}
		}
	}
	return text
}

// requirement is a distribution as it was typed.
func (r *reading) requirement(d dist) string {
	for _, t := range r.typed {
		for _, w := range t.words {
			if w != d.name && strings.EqualFold(strings.ReplaceAll(pipName(w), "_", "-"), strings.ReplaceAll(d.name, "_", "-")) {
				return w
			}
		}
	}
	return d.name
}

// managed tells whether the distribution keeps pip from its directories: PEP 668.
func (r *reading) managed() (is bool) {
	for _, dir := range []string{"/usr/lib", "/usr/local/lib"} {
		n := r.after.At(dir)
		if n == nil {
			continue
		}
		r.after.Walk(func(n *validate.Node) {
			name := n.Path()
			is = is || path.Base(name) == "EXTERNALLY-MANAGED" && strings.HasPrefix(name, dir+"/python3")
		})
	}
	return is
}
