package splitcopy

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

var (
	// requirement is a name with extras, versions, and a marker (PEP 508).
	requirement = late.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[A-Za-z0-9._,\s-]*\])?\s*(\(?[<>=!~][^;#$@/\\]*\)?)?\s*(;[^#$\\]*)?$`)
	// remote is one at a URL.
	remote = late.Regexp(`^([A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[A-Za-z0-9._,\s-]*\])?\s*@\s*)?(git\+|hg\+)?(https?|ssh)://[^\s$\\]+\s*(;[^#$\\]*)?$`)
	// archived are files of packages: a name that ends so may be a file.
	archived = late.Regexp(`(?i)\.(whl|zip|egg|tgz|tar|tar\.\w+|tbz|txz|tlz)$`)
	// hashes stand behind a requirement, and options that are its own.
	hashes = late.Regexp(`\s+--(hash[= ]\S+|no-binary[= ]\S+|only-binary[= ]\S+)`)
	// plainOption are options of such a file by which it names no other.
	plainOption = late.Regexp(`^(--(pre|prefer-binary|require-hashes|no-index)|--(no-binary|only-binary|trusted-host|use-feature)[= ]\S+|(-i|--index-url|--extra-index-url|-f|--find-links)[= ]*https?://\S+)$`)
	nested      = late.Regexp(`^(-r|-c|--requirement|--constraint)[= ]*(\S+)$`)
)

// requirements reads the files that pip is given, and those that they name (requirements file
// format, pip 23).
func (s *split) requirements(f *installer, in *install) (*install, *refusal) {
	for _, w := range f.project.Packages {
		if !requirement().MatchString(w.Text) && !remote().MatchString(w.Text) || archived().MatchString(w.Text) {
			return nil, refuse("reads", "pip builds %s, or may", w.Text)
		}
	}
	var open []string
	for _, w := range f.project.Files {
		if plainURL().MatchString(w.Text) {
			continue
		}
		name := w.Text
		if !path.IsAbs(name) {
			name = path.Join(f.dir, name)
		}
		open = append(open, path.Clean(name))
	}
	seen := map[string]bool{}
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		more, no := s.requirementsFile(name, in)
		if no != nil {
			return nil, no
		}
		open = append(open, more...)
	}
	return in, nil
}

// requirementsFile reads one, by its path in the image. It gives those that it names.
func (s *split) requirementsFile(name string, in *install) (more []string, no *refusal) {
	rel, ok := strings.CutPrefix(name, s.to+"/")
	if !ok {
		return nil, refuse("elsewhere", "%s is not in %s", name, s.to)
	}
	if !safeName().MatchString(rel) {
		return nil, refuse("manifests", "the name %s needs quotes", rel)
	}
	if no := s.regular(rel); no != nil {
		return nil, no
	}
	if !slices.Contains(in.reads, rel) {
		in.reads = append(in.reads, rel)
	}
	text := s.files.read(path.Join(s.from, rel))
	if no := s.files.unknown(); no != nil {
		return nil, no
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	for line := range strings.Lines(text) {
		if i := strings.Index(" "+line, " #"); i >= 0 {
			line = line[:max(i, 0)]
		}
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if m := nested().FindStringSubmatch(line); m != nil && !strings.Contains(m[2], "$") {
			if !strings.Contains(m[2], "://") {
				if path.IsAbs(m[2]) {
					more = append(more, path.Clean(m[2]))
				} else {
					more = append(more, path.Join(path.Dir(name), m[2]))
				}
			} else if !plainURL().MatchString(m[2]) {
				return nil, refuse("reads", "%s names %s", rel, m[2])
			}
			continue
		}
		line = strings.TrimSpace(hashes().ReplaceAllString(line, ""))
		if line == "" || strings.HasPrefix(line, "#") || plainOption().MatchString(line) || remote().MatchString(line) ||
			requirement().MatchString(line) && !strings.Contains(line, " -") && !archived().MatchString(line) {
			continue
		}
		return nil, refuse("reads", "%s says %.60q", rel, line)
	}
	return more, nil
}

// regular makes sure that a file of the directory is one in the build context, in directories that
// all may read.
func (s *split) regular(rel string) *refusal {
	for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
		list := s.files.list(path.Join(s.from, path.Dir(dir)), literal(path.Base(dir)))
		if len(list) == 1 && (!list[0].Mode.IsDir() || list[0].Mode.Perm()&0o555 != 0o555) {
			return refuse("manifests", "%s is no directory that all may read", list[0].Path)
		}
	}
	list := s.files.list(path.Join(s.from, path.Dir(rel)), literal(path.Base(rel)))
	if no := s.files.unknown(); no != nil {
		return no
	}
	switch {
	case len(list) != 1:
		return refuse("manifests", "the build context has no %s", path.Join(s.from, rel))
	case !list[0].Mode.IsRegular():
		return refuse("manifests", "%s is no regular file", list[0].Path)
	}
	return nil
}
