package recipe

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// npms makes the steps of npm: what is installed for all, and the libraries of projects.
func npms(ctx context.Context, r *reading) error {
	for _, dir := range []string{"/usr/local/lib/node_modules", "/usr/lib/node_modules"} {
		if err := r.npmGlobal(ctx, dir); err != nil {
			return err
		}
	}
	return r.npmProjects(ctx)
}

// manifest is what is read of a package.json.
type manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (r *reading) manifest(ctx context.Context, dir string) (m manifest, err error) {
	text, err := r.file(ctx, r.after, path.Join(dir, "package.json"))
	if err == nil && json.Unmarshal([]byte(text), &m) != nil {
		m = manifest{}
	}
	return m, err
}

// npmGlobal finds packages whose directory is new.
func (r *reading) npmGlobal(ctx context.Context, dir string) error {
	isNew := r.paths(func(c *change) bool {
		if c.before != nil || c.after == nil || c.after.Kind != validate.Directory || !under(c.path, dir) {
			return false
		}
		name := strings.TrimPrefix(c.path, dir+"/")
		return c.path != dir && (!strings.Contains(name, "/") && name[0] != '@' && name[0] != '.' || strings.Count(name, "/") == 1 && name[0] == '@')
	})
	var words []string
	var names []string
	for _, name := range isNew {
		m, err := r.manifest(ctx, name)
		if err != nil {
			return err
		}
		if m.Name != strings.TrimPrefix(name, dir+"/") || m.Name == "npm" || m.Name == "corepack" {
			continue
		}
		words, names = append(words, r.wanted(m.Name, m.Version, "@", npmPrograms())), append(names, m.Name)
	}
	if len(words) == 0 || !r.has("npm") {
		return nil
	}
	comment := r.from("installed by npm for all", func(t typed) bool {
		return t.is(npmPrograms(), "-g", "--global", "global") && slices.ContainsFunc(t.words, func(w string) bool { return slices.Contains(names, unversioned(w, "@")) })
	})
	r.step(Step{Kind: Libraries, Group: "npm", Comment: comment, Installs: true,
		Instruction: "RUN npm install --global" + list(words) + " \\\n && npm cache clean --force"})
	r.claim(func(c *change) bool {
		return slices.ContainsFunc(names, func(n string) bool { return under(c.path, path.Join(dir, n)) }) ||
			c.after != nil && c.after.Kind == validate.Symlink && under(absolute(c.path, c.after.Target), dir)
	})
	return nil
}

func npmPrograms() []string { return []string{"npm", "yarn", "pnpm"} }

// wanted is a package as it was asked for: with its version if that was typed, or is to be pinned.
func (r *reading) wanted(name, version, by string, programs []string) string {
	if r.in.Pin {
		return name + by + version
	}
	for _, t := range r.typed {
		if !t.is(programs) {
			continue
		}
		for _, w := range t.words[1:] {
			if w != name && unversioned(w, by) == name {
				return w
			}
		}
	}
	return name
}

// unversioned is the name of a package in a word like name@1.2.
func unversioned(word, by string) string {
	if i := strings.LastIndex(word, by); i > 0 {
		return word[:i]
	}
	return word
}

// has tells whether the committed image has a program.
func (r *reading) has(name string) bool {
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if r.after.At(path.Join(dir, name)) != nil {
			return true
		}
	}
	return false
}

// claim takes changes to be explained by a step of packages, where nothing was built that tells.
func (r *reading) claim(is func(*change) bool) {
	if r.in.Installed != nil || len(r.in.Avoid) > 0 {
		return
	}
	for _, name := range r.paths(is) {
		r.explained(name)
	}
}

// npmProjects finds projects with their own node_modules, which npm and its kin make of a lock.
func (r *reading) npmProjects(ctx context.Context) error {
	for _, modules := range r.paths(func(c *change) bool {
		return c.before == nil && c.after != nil && c.after.Kind == validate.Directory && path.Base(c.path) == "node_modules" && strings.Count(c.path, "node_modules") == 1 &&
			!strings.HasSuffix(path.Dir(c.path), "/lib") && !strings.Contains(c.path, "/.")
	}) {
		dir := path.Dir(modules)
		m, ok := r.npmManager(dir)
		if !ok {
			continue
		}
		command, err := r.npmCommand(ctx, dir, m)
		if err != nil {
			return err
		}
		if err := r.project(ctx, dir, m.files, command, npmPrograms(), "npm"); err != nil {
			return err
		}
		r.claim(func(c *change) bool { return under(c.path, modules) })
	}
	return nil
}

// npmManager is who made a node_modules, and of which files.
type npmManager struct {
	command string
	files   []string
}

func (r *reading) npmManager(dir string) (npmManager, bool) {
	at := func(name string) bool { return r.after.At(path.Join(dir, name)) != nil }
	switch {
	case !at("package.json"):
		return npmManager{}, false
	case at("pnpm-lock.yaml") && r.has("pnpm"):
		return npmManager{"pnpm install --frozen-lockfile", []string{"package.json", "pnpm-lock.yaml"}}, true
	case at("yarn.lock") && r.has("yarn"):
		return npmManager{"yarn install --frozen-lockfile", []string{"package.json", "yarn.lock"}}, true
	case at("package-lock.json") && at("node_modules/.package-lock.json") && r.has("npm"):
		return npmManager{"npm ci", []string{"package.json", "package-lock.json"}}, true
	}
	return npmManager{}, false // nothing proves which versions would come
}

// npmCommand adds what was left out when the libraries were installed.
func (r *reading) npmCommand(ctx context.Context, dir string, m npmManager) (string, error) {
	if m.command != "npm ci" {
		return "cd " + quote(dir) + " && " + m.command, nil
	}
	text, err := r.file(ctx, r.after, path.Join(dir, "package-lock.json"))
	if err != nil {
		return "", err
	}
	var lock struct {
		Packages map[string]struct {
			Dev bool `json:"dev"`
		} `json:"packages"`
	}
	if json.Unmarshal([]byte(text), &lock) != nil {
		return "cd " + quote(dir) + " && npm ci", nil
	}
	dev, there := 0, 0
	for name, p := range lock.Packages {
		if p.Dev {
			dev++
			if r.after.At(path.Join(dir, name)) != nil {
				there++
			}
		}
	}
	command := "cd " + quote(dir) + " && npm ci"
	if dev > 0 && there == 0 {
		command += " --omit=dev"
	}
	return command + " && npm cache clean --force", nil
}

// project makes the steps that copy the files that say which libraries there are, and install them.
func (r *reading) project(ctx context.Context, dir string, files []string, command string, programs []string, what string) error {
	var copied []File
	var names []string
	for _, f := range files {
		name := path.Join(dir, f)
		c := r.changes[name]
		if c == nil {
			continue // the base has it
		}
		if c.after == nil || c.after.Kind != validate.Regular {
			return nil
		}
		if err := r.loadChanges(ctx, []string{name}); err != nil {
			return err
		}
		if secretOf(name, r.texts[c.after]) != "" {
			return nil // and so it cannot be in the context
		}
		names = append(names, name)
		copied = append(copied, File{Name: inContext(name), Node: c.after})
	}
	comment := r.from("libraries of "+dir, func(t typed) bool {
		return t.is(programs) && (t.Dir == dir || slices.ContainsFunc(t.words, func(w string) bool { return w != "" && under(t.path(w), dir) }))
	})
	group := what + ": " + dir
	if len(copied) > 0 {
		words := ""
		for _, f := range copied {
			if strings.ContainsAny(f.Name, special+"*?[") {
				return nil
			}
			words += f.Name + " "
		}
		r.step(Step{Kind: Libraries, Group: group, Comment: comment, Files: copied, Explains: names, Instruction: "COPY " + words + dir + "/\nRUN " + command, Installs: true})
		return nil
	}
	r.step(Step{Kind: Libraries, Group: group, Comment: comment, Instruction: "RUN " + command, Installs: true})
	return nil
}
