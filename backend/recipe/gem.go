package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// gemDependency finds what a gemspec depends on.
var gemDependency = late.Regexp(`add_(?:runtime_)?dependency\(%q<([^>]+)>`)

// gemVersion divides the name of a gemspec: rack-3.0.8.gemspec.
var gemVersion = late.Regexp(`^(.+)-(\d[^-]*)(?:-[a-z0-9_]+)?$`)

// gems makes the step of RubyGems: gems that no other new one depends on, and those that were typed.
func gems(ctx context.Context, r *reading) error {
	versions := map[string]string{}
	needed := map[string]bool{}
	var names, homes []string
	for _, name := range r.paths(func(c *change) bool {
		return c.before == nil && c.after != nil && path.Ext(c.path) == ".gemspec" && path.Base(path.Dir(c.path)) == "specifications"
	}) {
		m := gemVersion().FindStringSubmatch(strings.TrimSuffix(path.Base(name), ".gemspec"))
		if m == nil {
			continue
		}
		text, err := r.file(ctx, r.after, name)
		if err != nil {
			return err
		}
		names = append(names, m[1])
		versions[m[1]] = m[2]
		for _, d := range gemDependency().FindAllStringSubmatch(text, -1) {
			needed[d[1]] = needed[d[1]] || d[1] != m[1]
		}
		homes = append(homes, path.Dir(path.Dir(name)))
	}
	owned, err := r.owned(ctx)
	if err != nil {
		return err
	}
	var words []string
	typedGem := func(t typed, name string) bool {
		return t.is([]string{"gem"}, "install") && slices.ContainsFunc(t.words, func(w string) bool { return unversioned(w, ":") == name })
	}
	for i, name := range names {
		spec := path.Join(homes[i], "specifications", name+"-"+versions[name]+".gemspec")
		if owned[spec] || needed[name] && !slices.ContainsFunc(r.typed, func(t typed) bool { return typedGem(t, name) }) {
			continue
		}
		words = append(words, r.wanted(name, versions[name], ":", []string{"gem"}))
	}
	if len(words) == 0 || !r.has("gem") {
		return nil
	}
	command := "gem install "
	if !slices.ContainsFunc(homes, func(h string) bool { return r.after.At(path.Join(h, "doc")) != nil }) {
		command += "--no-document"
	}
	comment := r.from("installed by gem", func(t typed) bool { return t.is([]string{"gem"}, "install") })
	r.step(Step{Kind: Libraries, Group: "gem", Comment: comment, Instruction: "RUN " + strings.TrimSpace(command) + list(words), Installs: true})
	r.claim(func(c *change) bool {
		return slices.ContainsFunc(homes, func(h string) bool { return under(c.path, h) })
	})
	return nil
}
