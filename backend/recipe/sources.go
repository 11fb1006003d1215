package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/late"
)

// sourceDirs are where package managers find out where packages are, and whose keys they trust.
func sourceDirs() []string {
	return []string{"/etc/apt", "/usr/share/keyrings", "/etc/apk/repositories", "/etc/apk/repositories.d", "/etc/apk/keys", "/etc/yum.repos.d", "/etc/pki/rpm-gpg", "/etc/dnf", "/etc/dpkg/dpkg.cfg.d"}
}

// sources makes the steps that add sources of packages: only when packages are installed, or
// else they are files like any other.
func sources(ctx context.Context, r *reading) error {
	owned, err := r.owned(ctx)
	if err != nil {
		return err
	}
	here, err := r.repositories(ctx)
	if err != nil {
		return err
	}
	dirs := append(sourceDirs(), here...)
	names := r.paths(func(c *change) bool {
		return c.after != nil && !owned[c.path] && slices.ContainsFunc(dirs, func(dir string) bool { return under(c.path, dir) && c.path != dir })
	})
	if len(names) == 0 {
		return nil
	}
	all := r.changes
	r.changes = map[string]*change{}
	for _, name := range names {
		r.changes[name] = all[name]
	}
	first := len(r.out.Steps)
	for _, p := range []pass{loadTexts, junk, secrets} {
		if err := p(ctx, r); err != nil {
			return err
		}
	}
	if err := r.fetchers(ctx); err != nil {
		return err
	}
	if err := copies(ctx, r); err != nil {
		return err
	}
	r.changes = all
	for i := first; i < len(r.out.Steps); i++ {
		s := &r.out.Steps[i]
		s.Kind, s.Installs, s.Group = Sources, true, Sources.String()
		for _, name := range s.Explains {
			delete(all, name)
		}
	}
	return nil
}

// inFiles finds sources of packages that are directories: sources.list(5).
var inFiles = late.Regexp(`(?m)^[^#\n]*\b(?:file|copy):(?://)?(/[^\s\]]+)`)

// repositories are the directories that new sources of apt name.
func (r *reading) repositories(ctx context.Context) (dirs []string, err error) {
	names := r.paths(func(c *change) bool {
		return c.content() && under(c.path, "/etc/apt") && (path.Ext(c.path) == ".list" || path.Ext(c.path) == ".sources")
	})
	for _, name := range names {
		text, err := r.file(ctx, r.after, name)
		if err != nil {
			return nil, err
		}
		for _, m := range inFiles().FindAllStringSubmatch(text, -1) {
			dirs = append(dirs, path.Clean(m[1]))
		}
	}
	return dirs, nil
}

// fetchers installs in front of the sources what apt needs to read them: certificates for https,
// and gpg for keys in text form.
func (r *reading) fetchers(ctx context.Context) error {
	https := false
	for name, c := range r.changes {
		if text, ok := r.text(c.after); ok && strings.Contains(text, "https://") && (path.Ext(name) == ".list" || path.Ext(name) == ".sources") {
			https = true
		}
	}
	if !https {
		return nil
	}
	debs, err := r.debs(ctx, r.base)
	if err != nil || debs == nil || debs["ca-certificates"] != nil {
		return err
	}
	now, err := r.debs(ctx, r.after)
	if err != nil || now["ca-certificates"] == nil {
		return err
	}
	r.out.Steps = append(r.out.Steps, Step{Kind: Sources, Comment: r.from("certificates, for sources with https", func(t typed) bool {
		return t.is(aptPrograms(), "install") && slices.Contains(t.words, "ca-certificates")
	}),
		Instruction: "RUN " + chain(r.aptInstall(false, []string{"ca-certificates"}))})
	return nil
}

// owned are the paths that packages of the committed image own.
// They are found out once: what packages are known to explain is no change any more.
func (r *reading) owned(ctx context.Context) (map[string]bool, error) {
	if r.packaged != nil {
		return r.packaged, nil
	}
	var lists []*validate.Node
	for name, c := range r.changes {
		if path.Dir(name) == dpkgInfo && path.Ext(name) == ".list" && c.after != nil {
			lists = append(lists, c.after)
		}
	}
	if err := r.load(ctx, lists); err != nil {
		return nil, err
	}
	owned := map[string]bool{}
	for _, n := range lists {
		for line := range strings.SplitSeq(r.texts[n], "\n") {
			owned[r.real(line)] = true
		}
	}
	r.packaged = owned
	return owned, nil
}

// real is a path without the links that old directories are, like /bin.
func (r *reading) real(name string) string {
	top, rest, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if n := r.after.At("/" + top); n != nil && n.Kind == validate.Symlink && rest != "" {
		return path.Join(absolute("/"+top, n.Target), rest)
	}
	return name
}
