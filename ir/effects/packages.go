package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// builtWith is for what installs packages, or what they are built with.
func builtWith(k *call) {
	if !k.Has("build-dep") {
		return
	}
	for i, p := range k.out.Packages {
		k.out.Packages[i] = Package{Manager: p.Manager, Name: "what " + p.Name + " is built with"}
	}
}

// upgrades is for commands that install new versions of what is there.
func upgrades(k *call) {
	if len(k.operands) == 0 {
		k.out.Packages = append(k.out.Packages, Package{Manager: k.w.rows.find(k.Name).Manager, Name: "all that have a new version"})
	}
}

// belowHereOnly is for programs that leave files where they stand.
func belowHereOnly(k *call) {
	k.writes(field{text: ".", known: true}.paths(k.dirs, true))
}

// aptKeys is apt-key(8).
func aptKeys(k *call) {
	for i, f := range k.operands {
		if f.loose {
			k.fail("a word of `" + k.Text + "` may be an option, or several words")
			return
		}
		switch {
		case f.is("add") && i+1 < len(k.operands):
			k.read(k.operands[i+1], false)
		case f.is("--recv-keys"), f.is("--recv"), f.is("--recv-key"), f.is("--refresh-keys"), f.is("--fetch-keys"), f.is("--fetch-key"), f.is("--search-keys"), f.is("update"), f.is("net-update"):
			k.out.Network = append(k.out.Network, Fetch{By: k.Name})
			k.does(Network)
		case f.is("--keyring"), f.is("--output"), f.is("-o"), f.is("--homedir"), f.is("--primary-keyring"):
			k.fail("`" + k.Text + "` names a file in a way that is not followed")
		}
	}
}

// namedPaths is for programs that may write what they name.
func namedPaths(k *call) {
	for _, f := range k.operands {
		switch {
		case f.loose || strings.Contains(f.text, "=") && strings.Contains(f.text, "/"):
			k.fail("a word of `" + k.Text + "` is not known, or has a path in it")
		case !f.known || strings.Contains(f.text, "/"):
			k.read(f, false)
			k.writes(f.paths(k.dirs, false))
			k.role(given{roleRemove, f}, false)
			if f.known {
				f.text, f.over = f.text+".distrib", true
				k.writes(f.paths(k.dirs, false))
			}
		}
	}
}

// dpkgs is dpkg(1), whose first option says what it does.
func dpkgs(k *call) {
	switch {
	case k.has("--install", "--unpack", "--configure", "--remove", "--purge", "--pending"):
		k.scripts()
		for _, f := range k.operands {
			if k.has("--install", "--unpack") {
				k.read(f, k.has("--recursive"))
				k.out.Packages = append(k.out.Packages, Package{Manager: "dpkg", Name: f.show(), Known: f.known && !wild(f.text)})
			}
		}
	case k.has("--extract"):
		if len(k.operands) != 2 {
			k.fail("`" + k.Text + "` has no directory that is known")
			return
		}
		k.deals(Links, Names)
		k.read(k.operands[0], false)
		k.writes(k.operands[1].paths(k.dirs, true))
	case k.has("--contents", "--info"):
		for _, f := range k.operands {
			k.read(f, false)
		}
	default:
		k.writes(k.own("/var/lib/dpkg/"))
	}
}

// scripts is for packages that are installed, set up or removed by themselves. Unlike those of a
// distribution's repositories, whose policy has it otherwise, their scripts may leave a process.
func (k *call) scripts() {
	k.deals(Daemon)
	k.writes(k.own(systemTrees))
	k.out.Removes.add(k.own(systemTrees))
}

// rpmMacros tells text with macros that are only named: by others rpm(8) runs programs.
func rpmMacros(text string) bool { return rpmNamed().MatchString(text) }

var rpmNamed = late.Regexp(`^([\w./:@+-]|%[a-z_]+|%\{\??[a-z_]+\})*$`)

// rpms is rpm(8).
func rpms(k *call) {
	const database = "/var/lib/rpm/ /usr/lib/sysimage/rpm/"
	switch {
	case slices.ContainsFunc(k.operands, func(f field) bool { return strings.Contains(f.text, "%") }):
		k.fail("`" + k.Text + "` has macros that are not followed")
	case k.has("--query", "--verify", "--checksig"):
		if k.has("--verify") { // which runs scripts of packages
			k.deals(Daemon)
		}
		k.writes(k.own(database))
		for _, f := range k.operands {
			k.read(f, false)
		}
	case k.has("--eval"):
		k.out.Reads.add(k.constant("/usr/lib/rpm/ /etc/rpm/ ~/.rpmmacros"))
	default:
		if k.has("--import") {
			k.writes(k.own(systemTrees))
			k.out.Removes.add(k.own(systemTrees))
		} else {
			k.scripts()
		}
		for _, f := range k.operands {
			if got, ok := fetchOf(f.plain(), k.Name); ok || !f.known {
				got.URL, got.By = f.show(), k.Name
				k.out.Network = append(k.out.Network, got)
				k.does(Network)
			} else if k.has("--install", "--upgrade", "--freshen", "--import") {
				k.read(f, false)
			}
			if k.has("--install", "--upgrade") {
				k.out.Packages = append(k.out.Packages, Package{Manager: "rpm", Name: f.show(), Known: f.known && !wild(f.text)})
			}
		}
	}
}
