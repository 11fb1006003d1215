// Package install writes what it takes to install packages in a stage: the command line
// of the package manager, and the change to root and back.
//
// It stands beside the plugins and may import lang, ir and plugins.
package install

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/late"
)

// Package is a package to install.
type Package struct{ Name, Version string } // a version may have "$NAME"; "" is any

// Options say how.
type Options struct {
	Recommends bool   // and what the packages recommend
	Cache      string // id of the caches that keep what is downloaded; "" keeps nothing
}

// manager is a package manager. Its lines have PKGS where the packages belong.
type manager struct {
	name    func() *late.Expression // of a package
	version func() *late.Expression
	join    string // stands between the two
	glob    bool   // versions may end in ".*"
	plain   string // installs, and leaves nothing else behind
	cached  string // installs, with the directories that follow mounted
	dirs    []string
	weak    string // the option against what packages recommend, which the lines have
}

// Names of packages are what repositories have (the managers' manuals give no grammar), and
// nothing that a shell or an option starts with. A name for apt does not end in "-":
// "apt-get install vim-" removes vim.
var (
	// apt-get(8) and apt.conf(5) of apt 2.6.2.
	apt = manager{
		name:    late.Regexp(`^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9-]*[a-z0-9])?(/[a-z][a-z0-9-]*[a-z0-9])?$`),
		version: late.Regexp(`^[A-Za-z0-9][A-Za-z0-9.+~:-]*$`),
		join:    "=", glob: true,
		plain: "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends PKGS" +
			" && apt-get clean && rm -rf /var/lib/apt/lists/*",
		// Images of Debian and Ubuntu have a hook that empties /var/cache/apt.
		cached: "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o Dir::Cache=/var/cache/packages PKGS",
		dirs:   []string{"/var/cache/packages", "/var/lib/apt/lists"},
		weak:   " --no-install-recommends",
	}
	// apk(8) and apk-world(5) of apk-tools, whose documents have ~ and ~= for the start of a
	// version; its parser takes =~ for the same in 2 and 3.
	apk = manager{
		name:    late.Regexp(`^([a-z0-9.]+:)?[A-Za-z0-9][A-Za-z0-9+._-]*(@[a-z][a-z0-9_-]*)?$`),
		version: late.Regexp(`^~?[0-9][A-Za-z0-9._-]*$`),
		join:    "=", glob: true,
		plain: "apk add --no-cache PKGS",
		// The names of indexes in a cache do not tell architectures apart.
		cached: `dir="/var/cache/packages/$(apk --print-arch)" && mkdir -p "$dir" && apk add --cache-dir "$dir" PKGS`,
		dirs:   []string{"/var/cache/packages"},
	}
	// dnf(8) and dnf.conf(5) of dnf 4.14; the directory of DNF 5 is not checked against a manual.
	dnf = manager{
		name: rpmName, version: rpmVersion, join: "-", glob: true,
		plain:  "dnf install -y --setopt=install_weak_deps=False PKGS && dnf clean all",
		cached: "dnf install -y --setopt=keepcache=True --setopt=install_weak_deps=False PKGS",
		dirs:   []string{"/var/cache/dnf", "/var/cache/libdnf5"},
		weak:   " --setopt=install_weak_deps=False",
	}
	// Not checked against a manual: microdnf has none.
	microdnf = manager{
		name: rpmName, version: rpmVersion, join: "-", glob: true,
		plain:  "microdnf install -y --setopt=install_weak_deps=0 PKGS && microdnf clean all",
		cached: "microdnf install -y --setopt=keepcache=1 --setopt=install_weak_deps=0 PKGS",
		dirs:   []string{"/var/cache/yum"},
		weak:   " --setopt=install_weak_deps=0",
	}
	// Yum passes over a name that it does not know unless it is told not to, and has no
	// recommendations. cachedir and keepcache are of yum.conf(5); the rest is not checked
	// against a manual.
	yum = manager{
		name: rpmName, version: rpmVersion, join: "-", glob: true,
		plain:  "yum install -y --setopt=skip_missing_names_on_install=False PKGS && yum clean all && rm -rf /var/cache/yum",
		cached: "yum install -y --setopt=keepcache=1 --setopt=skip_missing_names_on_install=False PKGS",
		dirs:   []string{"/var/cache/yum"},
	}
	// zypper(8) 1.14.42: a version is the edition of a capability.
	zypper = manager{
		name: rpmName, version: rpmVersion, join: "=",
		plain:  "zypper --non-interactive install --no-recommends PKGS && zypper clean --all",
		cached: "zypper --non-interactive install --no-recommends PKGS",
		dirs:   []string{"/var/cache/zypp"},
		weak:   " --no-recommends",
	}
	// pacman(8) 6.0.2. Arch supports no installation without an upgrade of everything. "pacman
	// -Scc" asks, and takes no for the answer when nobody is there (not in the manual).
	pacman = manager{
		name:    late.Regexp(`^([a-z0-9-]+/)?[a-z0-9@_+][a-z0-9@._+-]*$`),
		version: late.Regexp(`^[A-Za-z0-9][A-Za-z0-9._+:-]*$`),
		join:    "=",
		plain:   "pacman -Syu --noconfirm --needed PKGS && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*",
		cached:  "pacman -Syu --noconfirm --needed PKGS && rm -rf /var/lib/pacman/sync/*",
		dirs:    []string{"/var/cache/pacman/pkg"},
	}

	rpmName    = late.Regexp(`^@?[A-Za-z0-9][A-Za-z0-9+._-]*$`)
	rpmVersion = late.Regexp(`^[A-Za-z0-9][A-Za-z0-9+._~^:-]*$`)
)

// Managers are the names of the package managers, by how common they are.
func Managers() []string {
	return []string{"apt", "apk", "dnf", "microdnf", "yum", "zypper", "pacman"}
}

func lookup(name string) (*manager, error) {
	list := []*manager{&apt, &apk, &dnf, &microdnf, &yum, &zypper, &pacman}
	i := slices.Index(Managers(), name)
	if i < 0 {
		return nil, fmt.Errorf("%q is no package manager that is known here", name)
	}
	return list[i], nil
}

// variable is one that a version may have.
var variable = late.Regexp(`\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})`)

// Parse reads "NAME" or "NAME=VERSION". What the manager could not have as a name or a
// version is an error, and so is whatever a shell would see more in than a word.
func Parse(manager, word string) (Package, error) {
	m, err := lookup(manager)
	if err != nil {
		return Package{}, err
	}
	name, version, given := strings.Cut(word, "=")
	switch {
	case strings.Contains(name, "$"):
		return Package{}, fmt.Errorf("`%s` has a variable in the name: they can stand in versions only", word)
	case !m.name().MatchString(name):
		return Package{}, fmt.Errorf("`%s` is no name of a package of %s", name, manager)
	case !given:
		return Package{Name: name}, nil
	}
	bare := variable().ReplaceAllString(version, "0")
	stem, glob := strings.CutSuffix(bare, ".*")
	if !m.version().MatchString(stem) || glob && !m.glob || glob && strings.HasPrefix(stem, "~") {
		return Package{}, fmt.Errorf("`%s` is no version of %s", version, manager)
	}
	return Package{name, version}, nil
}

// Sort orders packages by name and drops those that are there twice. One of two versions
// is an error.
func Sort(list []Package) ([]Package, error) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Package) int { return cmp.Compare(a.Name, b.Name) })
	var out []Package
	for _, p := range list {
		last := len(out) - 1
		switch {
		case last < 0 || out[last].Name != p.Name:
			out = append(out, p)
		case out[last].Version == "":
			out[last] = p
		case p.Version != "" && p.Version != out[last].Version:
			return nil, fmt.Errorf("%s is to be installed in two versions, %s and %s", p.Name, out[last].Version, p.Version)
		}
	}
	return out, nil
}

// Line is the command that installs packages that Parse has made, for a POSIX shell of
// root, and the caches to mount for it.
func Line(manager string, list []Package, o Options) (string, []ir.Mount, error) {
	m, err := lookup(manager)
	if err != nil {
		return "", nil, err
	}
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = m.word(p)
	}
	line := m.plain
	var mounts []ir.Mount
	if o.Cache != "" {
		line = m.cached
		for i, dir := range m.dirs {
			id := o.Cache
			if i > 0 {
				id += "-" + dir[strings.LastIndexByte(dir, '/')+1:]
			}
			mounts = append(mounts, ir.Mount{{Key: "type", Value: "cache", HasValue: true}, {Key: "id", Value: id, HasValue: true},
				{Key: "target", Value: dir, HasValue: true}, {Key: "sharing", Value: "locked", HasValue: true}})
		}
	}
	if o.Recommends {
		line = strings.ReplaceAll(line, m.weak, "")
	}
	return strings.ReplaceAll(line, "PKGS", strings.Join(words, " ")), mounts, nil
}

// word is a package as the manager names it, quoted for the shell where it has to be. A
// variable that is not set ends the command, as some managers take it for any version.
func (m *manager) word(p Package) string {
	if p.Version == "" {
		return p.Name
	}
	version, join := p.Version, m.join
	if stem, ok := strings.CutSuffix(version, ".*"); ok && m == &apk {
		version, join = stem, "=~"
	}
	text := p.Name + join + version
	switch {
	case strings.Contains(text, "$"):
		return `"` + variable().ReplaceAllString(text, "$${$1$2:?}") + `"`
	case strings.ContainsAny(text, "*~^"):
		return "'" + text + "'"
	}
	return text
}
