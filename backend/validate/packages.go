package validate

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate/control"
)

// Where package managers keep what is installed.
const (
	dpkgStatus = "/var/lib/dpkg/status"
	dpkgParts  = "/var/lib/dpkg/status.d" // a file each, in distroless images
)

var (
	apkDatabases = []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"}
	rpmDatabases = []string{"/var/lib/rpm", "/usr/lib/sysimage/rpm"}
)

// dpkg is the manager of a Package of Debian.
const dpkg = "dpkg"

// Package is one that differs.
type Package struct {
	Manager string `json:"manager"` // dpkg, apk or rpm
	Name    string `json:"name"`    // with the architecture, of dpkg; "" of rpm, whose database is not read
	Change  Change `json:"change"`
	A       string `json:"a,omitempty"` // version, and what is not usual about it
	B       string `json:"b,omitempty"`
}

// installed are packages by their manager and name.
type installed map[[2]string]string

// read adds the packages of a file, if it is a database.
func (p installed) read(name string, data []byte) {
	if !isPackages(name) {
		return
	}
	for _, s := range control.Stanzas(string(data)) {
		if !slices.Contains(apkDatabases, name) {
			p.dpkg(s)
		} else if f := control.Fields(s); f["P"] != "" {
			p[[2]string{"apk", f["P"]}] = f["V"]
		}
	}
}

// dpkg adds a package with its state, unless that is the usual one. One that was removed and
// purged has a stanza for a while, and is none.
func (p installed) dpkg(stanza string) {
	f := control.Fields(stanza)
	name, version := f["Package"], f["Version"]
	if name == "" || version == "" {
		return
	}
	if arch := f["Architecture"]; arch != "" {
		name += ":" + arch
	}
	if state := f["Status"]; state != "" && state != "install ok installed" {
		version += " (" + state + ")"
	}
	p[[2]string{dpkg, name}] = version
}

// isPackages tells whether a path is a database that is read.
func isPackages(name string) bool {
	return name == dpkgStatus || slices.Contains(apkDatabases, name) ||
		strings.HasPrefix(name, dpkgParts+"/") && !strings.HasSuffix(name, ".md5sums")
}

// comparePackages compares what is in the databases that differ.
func comparePackages(a, b installed) (list []Package) {
	all := maps.Clone(a)
	maps.Copy(all, b)
	for key := range all {
		x, inA := a[key]
		y, inB := b[key]
		p := Package{Manager: key[0], Name: key[1], Change: Changed, A: x, B: y}
		switch {
		case !inB:
			p.Change = Removed
		case !inA:
			p.Change = Added
		case x == y:
			continue
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y Package) int {
		return strings.Compare(x.Manager+" "+x.Name, y.Manager+" "+y.Name)
	})
	return list
}

// rpmDiffers tells whether a database of rpm is among the differences.
func rpmDiffers(files []Difference) bool {
	return slices.ContainsFunc(files, func(d Difference) bool {
		return slices.ContainsFunc(rpmDatabases, func(dir string) bool { return strings.HasPrefix(d.Path, dir+"/") })
	})
}
