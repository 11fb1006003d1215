// Package distro finds out which Linux distribution a stage is based on.
//
// It stands above ir/shell, ir/eval and ir/effects, which says which programs are managers of
// packages, and may import lang and ir.
package distro

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// Family is distributions that have the format of packages and most paths in common.
type Family string

// The families.
const (
	Debian Family = "debian"
	Alpine Family = "alpine"
	RedHat Family = "redhat"
	SUSE   Family = "suse"
	Arch   Family = "arch"
)

// Source is how a distribution is known, the surest first.
type Source string

// The sources.
const (
	OSRelease Source = "os-release" // a file of the base image
	ImageName Source = "image"      // the name of an image that is well known
	Commands  Source = "commands"   // a package manager that the stage runs
)

// Distro is a distribution.
type Distro struct {
	ID      string // of os-release: debian, ubuntu, alpine, fedora, rhel, centos, rocky, almalinux, amzn …; "" when only the family is known
	Family  Family
	Manager string // of packages: apt, apk, dnf, microdnf, yum, zypper, pacman
	Release string // bookworm, noble, 3.20, 9, 40, 2023; "" when it is not known
	Source  Source
}

// Images answers what is asked of the image that a stage goes back to; an error is no answer.
type Images interface {
	// BaseConfig gives the image's config, as JSON.
	BaseConfig(ctx context.Context, stage int) (json.RawMessage, error)
	// BaseFile reads a file of the image.
	BaseFile(ctx context.Context, stage int, path string) ([]byte, error)
}

// Detect finds the distribution of the image that a stage goes back to. It is false
// when nothing tells.
func Detect(ctx context.Context, images Images, memo *eval.Memo, m *ir.Module, stage int) (Distro, bool) {
	if d, ok := OfImage(ctx, images, m, stage, root(m, stage)); ok {
		return d, true
	}
	return fromCommands(memo, m, stage)
}

// OfImage is what the image tells that a stage goes back to. The root is the first of the stages in
// between.
func OfImage(ctx context.Context, images Images, m *ir.Module, stage, root int) (Distro, bool) {
	ref, known := image(m, root)
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if text, err := images.BaseFile(ctx, stage, file); err == nil {
			if d, ok := fromOSRelease(string(text)); ok {
				if known && strings.Contains(ref, "minimal") && d.Family == RedHat {
					d.Manager = "microdnf"
				}
				return d, true
			}
		}
	}
	if known {
		return FromImage(ref)
	}
	return Distro{}, false
}

// families are the distributions, by the ID of os-release(5), and what their packages are
// managed with. IDs and managers are not checked against a manual: each image has its own.
var families = map[string]struct {
	family  Family
	manager string
}{
	"debian": {Debian, "apt"}, "ubuntu": {Debian, "apt"}, "raspbian": {Debian, "apt"}, "kali": {Debian, "apt"}, "linuxmint": {Debian, "apt"},
	"alpine": {Alpine, "apk"}, "wolfi": {Alpine, "apk"}, "chainguard": {Alpine, "apk"},
	"fedora": {RedHat, "dnf"}, "rhel": {RedHat, "dnf"}, "centos": {RedHat, "dnf"}, "rocky": {RedHat, "dnf"},
	"almalinux": {RedHat, "dnf"}, "ol": {RedHat, "dnf"}, "amzn": {RedHat, "dnf"}, "mariner": {RedHat, "dnf"}, "azurelinux": {RedHat, "dnf"},
	"opensuse": {SUSE, "zypper"}, "opensuse-leap": {SUSE, "zypper"}, "opensuse-tumbleweed": {SUSE, "zypper"}, "sles": {SUSE, "zypper"},
	"arch": {Arch, "pacman"}, "archarm": {Arch, "pacman"},
}

// build fills in what follows from an ID and a release.
func build(id, release string, source Source) (Distro, bool) {
	f, ok := families[id]
	d := Distro{ID: id, Family: f.family, Manager: f.manager, Release: release, Source: source}
	old := id == "centos" && (release == "6" || release == "7") || id == "rhel" && (release == "6" || release == "7") ||
		id == "ol" && (release == "6" || release == "7") || id == "amzn" && release == "2"
	if old {
		d.Manager = "yum"
	}
	return d, ok
}

var versionStart = late.Regexp(`^v?[0-9]+(\.[0-9]+)?`)

// release makes of a version what tells releases apart: the number of a release of
// Debian and Ubuntu is its codename, and those of RHEL's minor releases do not count.
func release(id, version string) string {
	version = strings.TrimPrefix(versionStart().FindString(version), "v")
	major, _, _ := strings.Cut(version, ".")
	switch id {
	case "debian":
		return debianNames[major]
	case "ubuntu":
		return ubuntuNames[version]
	case "alpine":
		if major == version { // like alpine:3
			return ""
		}
		return version
	case "opensuse", "opensuse-leap", "sles":
		return version
	}
	return major
}

// debianNames and ubuntuNames are of debian.csv and ubuntu.csv of distro-info-data 0.58.
var debianNames = map[string]string{
	"7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky", "15": "duke",
}

var ubuntuNames = map[string]string{
	"12.04": "precise", "14.04": "trusty", "16.04": "xenial", "18.04": "bionic", "20.04": "focal", "22.04": "jammy",
	"22.10": "kinetic", "23.04": "lunar", "23.10": "mantic", "24.04": "noble", "24.10": "oracular", "25.04": "plucky", "25.10": "questing",
	"26.04": "resolute", "26.10": "stonking",
}

// fromOSRelease reads os-release, see os-release(5). A distribution that is not known
// counts as the first known one that it is like.
func fromOSRelease(text string) (Distro, bool) {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			fields[key] = strings.Trim(value, `"'`)
		}
	}
	id := fields["ID"]
	name := fields["VERSION_CODENAME"]
	if name == "" || families[id].family != Debian {
		name = release(id, fields["VERSION_ID"])
	}
	if d, ok := build(id, name, OSRelease); ok {
		return d, true
	}
	for _, like := range strings.Fields(fields["ID_LIKE"]) {
		if d, ok := build(like, name, OSRelease); ok {
			d.ID = id
			return d, true
		}
	}
	return Distro{}, false
}

// fromCommands takes the family of the package manager that a stage, or one that it
// starts from, runs first.
func fromCommands(memo *eval.Memo, m *ir.Module, stage int) (Distro, bool) {
	if p := eval.Parent(m, stage); p >= 0 {
		if d, ok := fromCommands(memo, m, p); ok {
			return d, true
		}
	}
	return OfCommands(memo, m.Stages[stage])
}

// OfCommands takes the family of the package manager that a stage itself runs first.
func OfCommands(memo *eval.Memo, stage *ir.Stage) (Distro, bool) {
	sh := shell.Default()
	for _, op := range stage.Ops {
		switch b := op.Body.(type) {
		case *ir.Shell:
			sh = b.Args
		case *ir.Run:
			script, err := memo.Script(b, sh)
			if err != nil {
				continue
			}
			for _, c := range script.Commands {
				manager := effects.SystemManager(c.Name)
				if f, ok := byManager[manager]; ok {
					return Distro{Family: f, Manager: managerOf(manager, c.Name), Source: Commands}, true
				}
			}
		}
	}
	return Distro{}, false
}

// byManager are the families that a manager of packages tells, as ir/effects calls it. rpm is of
// two, and tells none.
var byManager = map[string]Family{"apt": Debian, "dpkg": Debian, "apk": Alpine, "dnf": RedHat, "zypper": SUSE, "pacman": Arch}

// FamilyOf is the family of distributions that have a manager of packages, by its name; "" when it is
// not known.
func FamilyOf(manager string) Family { return byManager[effects.SystemManager(manager)] }

// managerOf is the manager of a distribution that has a program.
func managerOf(manager, program string) string {
	switch {
	case manager == "dpkg":
		return "apt"
	case program == "microdnf" || program == "yum": // which dnf is not on
		return program
	}
	return manager
}
