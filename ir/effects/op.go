package effects

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// Step is an op: what it does, and of a RUN what each of its commands does.
type Step struct {
	Effects  Effects   `json:"effects"`
	Commands []Command `json:"commands,omitempty"`

	lists bool // the shell may look for files by a word of which nobody knows what is in it
}

// Command is a part of a script: a simple command, a redirection of a compound one, or an
// assignment.
type Command struct {
	Name    string  `json:"program,omitempty"` // "" when there is none, or only the run shows it
	Text    string  `json:"text"`              // as written
	Effects Effects `json:"effects"`
}

// Of gives the effects of an op for the state in front of it. What an op brings from another
// stage or image counts as a fetch here; Stage knows better.
func Of(body ir.Body, at State) Step {
	switch b := body.(type) {
	case *ir.Run:
		return run(b, at)
	case *ir.Copy:
		return Step{Effects: copied(at, b.Sources, b.Inline, b.Dest, b.From, "COPY", b.Chmod, b.Chown)}
	case *ir.Add:
		e := copied(at, b.Sources, b.Inline, b.Dest, "", "ADD", b.Chmod, b.Chown)
		sum, known := at.word(b.Checksum)
		given := known && sum != "" || strings.Contains(b.Checksum, ":") && !strings.HasPrefix(b.Checksum, "$") // what is no digest is an error
		for i := range e.Network {
			e.Network[i].Pinned = given || pinnedGit(e.Network[i].URL)
		}
		return Step{Effects: e}
	case *ir.Workdir:
		dir, known := at.word(b.Path)
		if dir, known = absolute(at, dir, known); !known {
			return Step{Effects: Effects{Writes: joinPaths(unknownPath(b.Path))}}
		}
		return Step{Effects: Effects{Writes: joinPaths(parents(dir, false))}}
	case *ir.Custom:
		return Step{Effects: All("the plugin of " + b.Name + " has not run")}
	}
	return Step{} // the others change the image's config, or what a later build does
}

// copied is what COPY and ADD do. Where a source is a directory, what is in it goes below the
// destination, and so do the files of an archive.
func copied(at State, sources []string, inline []ir.Inline, dest, from, by, mode, owner string) (e Effects) {
	dir, known := at.word(dest)
	folder := strings.HasSuffix(dir, "/") || dir == "." || len(sources)+len(inline) > 1
	dir, known = absolute(at, dir, known)
	switch {
	case !known:
		e.Writes = unknownPath(dest)
	case len(sources) == 0 && len(inline) == 1 && folder:
		e.Writes = joinPaths(parents(dir, false), exactly(path.Join(dir, inline[0].Name)))
	case len(sources) == 0 && len(inline) == 1:
		e.Writes = joinPaths(parents(path.Dir(dir), false), Paths{Grade: Over, List: []Path{{Name: dir, Grade: Over}, {Name: path.Join(dir, inline[0].Name), Grade: Over}}})
	default:
		e.Writes = joinPaths(parents(path.Dir(dir), false), tree(dir))
	}
	for _, s := range sources {
		text, known := at.word(s)
		if f, ok := fetchOf(text, by); by == "ADD" && known && ok {
			e.Network = append(e.Network, f)
		} else if by == "ADD" && !known {
			e.Network = append(e.Network, Fetch{URL: s, By: by})
		} else {
			e.Copies = append(e.Copies, sourceOf(from, text, known))
		}
	}
	if from != "" {
		e.Network = append(e.Network, Fetch{URL: "docker-image://" + from, Host: registry(from), Pinned: strings.Contains(from, "@sha256:"), By: by})
	}
	if len(e.Network) > 0 {
		e.Indeterminate = []Indeterminate{Network}
	}
	if mode != "" || owner != "" {
		e.Permissions = []Permission{{Path: dest, Mode: mode, Owner: owner}}
	}
	return Join(e)
}

// sourceOf is a path in the root of a context, a stage or an image.
func sourceOf(from, name string, known bool) Source {
	if known {
		name = path.Join("/", name)
	}
	return Source{From: from, Path: name, Known: known && !strings.Contains(from, "$")}
}

// mounted are what the bind mounts of a RUN show it.
func mounted(r *ir.Run, at State) (list []Source) {
	for _, m := range r.Mounts {
		if kind, ok := m.Option("type"); ok && kind != "bind" {
			continue
		}
		from, _ := m.Option("from")
		name, known := "/", true
		for _, key := range []string{"source", "src"} {
			if s, ok := m.Option(key); ok {
				name, known = at.word(s)
			}
		}
		list = append(list, sourceOf(from, name, known))
	}
	return list
}

// source is the stage or image that an op copies from.
func source(body ir.Body) (string, bool) {
	c, ok := body.(*ir.Copy)
	if !ok || c.From == "" {
		return "", false
	}
	return c.From, true
}

// fetched takes the fetch of an image away when a copy is from an earlier stage.
func fetched(e Effects, m *ir.Module, stage int, from string) Effects {
	number, err := strconv.Atoi(from)
	here := err == nil && number >= 0 && number < stage
	for _, s := range m.Stages[:stage] {
		here = here || s.Name != "" && strings.EqualFold(s.Name, from)
	}
	if here {
		e.Network, e.Indeterminate = nil, nil
	}
	return e
}

// fetchOf tells a URL or a git repository.
func fetchOf(text, by string) (Fetch, bool) {
	if rest, ok := strings.CutPrefix(text, "git@"); ok {
		host, _, _ := strings.Cut(rest, ":")
		return Fetch{URL: text, Host: host, By: by}, true
	}
	for _, scheme := range []string{"http://", "https://", "ftp://", "git://", "ssh://", "sftp://", "ftps://", "scp://"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			u, err := url.Parse(text)
			if err != nil {
				return Fetch{URL: text, By: by}, true
			}
			return Fetch{URL: text, Host: u.Hostname(), By: by}, true
		}
	}
	return Fetch{}, false
}

// pinnedGit tells a URL of a repository whose fragment is a commit, or whose query has one
// (docs.docker.com/build/concepts/context, "URL queries").
func pinnedGit(text string) bool {
	text, ref, _ := strings.Cut(text, "#")
	ref, _, _ = strings.Cut(ref, ":")
	if commit(ref) {
		return true
	}
	_, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(pair, "="); (key == "commit" || key == "checksum") && commit(value) {
			return true
		}
	}
	return false
}

// commit tells the whole name of a commit.
func commit(ref string) bool {
	if len(ref) != 40 && len(ref) != 64 {
		return false
	}
	return strings.Trim(ref, "0123456789abcdef") == ""
}

// registry is the host of an image.
func registry(ref string) string {
	host, _, ok := strings.Cut(ref, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return "docker.io"
	}
	return host
}

// absolute is a path below the working directory of a step.
func absolute(at State, name string, known bool) (string, bool) {
	switch {
	case !known || name == "" && at.Dir == "":
		return name, false
	case path.IsAbs(name):
		return path.Clean(name), true
	case at.Dir == "":
		return name, false
	}
	return path.Join(at.Dir, name), true
}

// exactly are paths that are each used.
func exactly(names ...string) (p Paths) {
	for _, n := range names {
		p.List = append(p.List, Path{Name: n})
	}
	return p
}

// tree is something at and below a path.
func tree(name string) Paths {
	return Paths{Grade: Over, List: []Path{{Name: name, Tree: true, Grade: Over}}}
}

// unknownPath is one of which nothing is known but how it is written.
func unknownPath(written string) Paths {
	return Paths{Grade: Unknown, List: []Path{{Name: written, Grade: Unknown}}}
}

// deepest is how many directories may stand around one that each is named: a module has as many
// paths as steps times that.
const deepest = 32

// parents are a directory and those around it, which may be there already.
func parents(dir string, glob bool) (p Paths) {
	if strings.Count(dir, "/") > deepest {
		top, _, _ := strings.Cut(dir[1:], "/")
		return Paths{Grade: Over, List: []Path{{Name: "/" + top, Glob: glob && wild(top), Tree: true, Grade: Over}}}
	}
	for ; dir != "/" && dir != "."; dir = path.Dir(dir) {
		p.List = append(p.List, Path{Name: dir, Glob: glob && wild(dir), Grade: Over})
		p.Grade = Over
	}
	return p
}

// secrets are the mounts of a RUN that bring in what is not to be kept.
func secrets(r *ir.Run) (list []Secret) {
	for _, m := range r.Mounts {
		kind, _ := m.Option("type")
		if kind != "secret" && kind != "ssh" {
			continue
		}
		id, ok := m.Option("id")
		if target, has := m.Option("target"); !ok && has && kind == "secret" {
			id = path.Base(target)
		}
		list = append(list, Secret{kind, id})
	}
	return list
}

// security is what a RUN asks the daemon for.
func security(r *ir.Run) (list []string) {
	if r.Security == "insecure" {
		list = append(list, "all")
	}
	for _, d := range r.Devices {
		list = append(list, "device "+strconv.Quote(d.Name))
	}
	return list
}
