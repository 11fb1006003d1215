package splitcopy

import (
	"encoding/json"
	"path"
	"slices"

	"github.com/seed-e0495807/strake/lang/late"
)

// composer reads composer.json and its lock (getcomposer.org/doc/04-schema.md). Without scripts,
// plugins and the autoloader it reads no other file; the repository of the project gives it the
// project's version, which it writes down in vendor.
func (r *reader) composer(in *install) *refusal {
	if no := first(
		func() *refusal { return r.needs(in, "composer.json") },
		func() *refusal { return r.without(".git", ".hg", ".svn", ".fslckout", "_FOSSIL_") },
	); no != nil {
		return no
	}
	switch {
	case !r.project.Has("no-scripts"):
		return refuse("scripts", "`%s` runs scripts of the project: give it --no-scripts", r.Text)
	case !r.project.Has("no-autoloader"):
		return refuse("reads", "`%s` looks for the classes of the project: give it --no-autoloader, and run `composer dump-autoload` behind the COPY", r.Text)
	case !slices.Contains(in.reads, path.Join(r.dir, "composer.lock")):
		return refuse("manifests", "without %s it is not known what is installed", r.place("composer.lock"))
	}
	var file struct {
		Repositories any                        `json:"repositories"`
		Config       map[string]json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal([]byte(r.files.read(r.place("composer.json"))), &file); err != nil {
		return refuse("manifests", "%s cannot be read: %v", r.place("composer.json"), err)
	}
	for _, key := range []string{"vendor-dir", "bin-dir", "cache-dir", "home", "data-dir", "cafile"} {
		if _, ok := file.Config[key]; ok {
			return refuse("reads", "%s sets %s", r.place("composer.json"), key)
		}
	}
	if !remoteOnly(file.Repositories) {
		return refuse("reads", "%s has packages that may be directories or files", r.place("composer.json"))
	}
	return r.composerLock()
}

func (r *reader) composerLock() *refusal {
	type pack struct {
		Name   string `json:"name"`
		Type   string `json:"type"`
		Dist   any    `json:"dist"`
		Source any    `json:"source"`
	}
	var lock struct {
		Packages []pack `json:"packages"`
		Dev      []pack `json:"packages-dev"`
	}
	if err := json.Unmarshal([]byte(r.files.read(r.place("composer.lock"))), &lock); err != nil {
		return refuse("manifests", "%s cannot be read: %v", r.place("composer.lock"), err)
	}
	for _, p := range slices.Concat(lock.Packages, lock.Dev) {
		switch {
		case (p.Type == "composer-plugin" || p.Type == "composer-installer") && !r.project.Has("no-plugins"):
			return refuse("scripts", "%s is a plugin of Composer, which may do anything: give it --no-plugins", p.Name)
		case !remoteOnly(p.Dist) || !remoteOnly(p.Source):
			return refuse("reads", "%s may be a directory or a file", p.Name)
		}
	}
	return nil
}

// distantURL is one of another machine.
var distantURL = late.Regexp(`^((https?|ssh|git)://|git@)\S+$`)

// remoteOnly tells whether all that a value of JSON has as a URL is one, and it is of no type that is a
// directory.
func remoteOnly(value any) bool {
	switch v := value.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !remoteOnly(e) })
	case map[string]any:
		for key, e := range v {
			text, _ := e.(string)
			if key == "url" && text != "" && !distantURL().MatchString(text) || key == "type" && (text == "path" || text == "artifact") || !remoteOnly(e) {
				return false
			}
		}
	}
	return true
}
