package effects

import (
	"strings"
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
		k.writes(k.constant(systemTrees))
		k.out.Removes.add(k.constant(systemTrees))
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
		k.read(k.operands[0], false)
		k.writes(k.operands[1].paths(k.dirs, true))
	case k.has("--contents", "--info"):
		for _, f := range k.operands {
			k.read(f, false)
		}
	default:
		k.writes(k.constant("/var/lib/dpkg/"))
	}
}

// rpms is rpm(8).
func rpms(k *call) {
	switch {
	case k.has("--query", "--verify", "--checksig"):
		k.writes(k.constant("/var/lib/rpm/ /usr/lib/sysimage/rpm/"))
		for _, f := range k.operands {
			k.read(f, false)
		}
	default:
		k.writes(k.constant(systemTrees))
		k.out.Removes.add(k.constant(systemTrees))
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
