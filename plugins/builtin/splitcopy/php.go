package splitcopy

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
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
		Repositories json.RawMessage            `json:"repositories"`
		Config       map[string]json.RawMessage `json:"config"`
		Extra        map[string]json.RawMessage `json:"extra"`
	}
	if err := json.Unmarshal([]byte(r.files.read(r.place("composer.json"))), &file); err != nil {
		return refuse("manifests", "%s cannot be read: %v", r.place("composer.json"), err)
	}
	for _, key := range []string{"vendor-dir", "bin-dir", "cache-dir", "home", "data-dir", "cafile"} {
		if _, ok := file.Config[key]; ok {
			return refuse("reads", "%s sets %s", r.place("composer.json"), key)
		}
	}
	if text := string(file.Repositories); strings.Contains(text, `"path"`) || strings.Contains(text, `"artifact"`) || strings.Contains(text, `"./`) || strings.Contains(text, `"../`) || strings.Contains(text, "file:") {
		return refuse("reads", "%s has packages that are directories", r.place("composer.json"))
	}
	return r.composerLock()
}

func (r *reader) composerLock() *refusal {
	type pack struct {
		Name string          `json:"name"`
		Type string          `json:"type"`
		Dist json.RawMessage `json:"dist"`
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
		case strings.Contains(string(p.Dist), `"path"`):
			return refuse("reads", "%s is a directory", p.Name)
		}
	}
	return nil
}
