package effects_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestSight is about what has a program run another.
func TestSight(t *testing.T) {
	lines := func(text string, want bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if got := (effects.SightOf(script.Commands[0]) == effects.SeesAll); got != want {
				t.Errorf("%s: %v", line, got)
			}
		}
	}
	lines(`ls -la
		cp --frobnicate a b
		tar xzf a.tgz -C /x --strip-components=1 --remove-files
		tar fxC a.tgz /x
		sort -T /x -k1 a
		install -s -m 755 a b
		sed -i 's/a/b/w f' x
		sed -n -e p -e '$d' x
		awk -F: '$1 == "a" || $2 { print }' x
		wget -nv --ca-certificate=x https://x
		gpg --batch --homedir x --recipient y z
		apt-get install -y -o Dpkg::Options::=--force-confold a
		apt-cache search --names-only a
		dpkg -i a.deb
		rpm -q --queryformat=%{NAME} a
		rpm -E %{?fedora}-%_arch
		dnf install --setopt=tsflags=nodocs a
		apk add --no-cache a
		visudo -c -f /etc/sudoers
		hash -r
		poetry config a b
		composer global require a
		pacman -Syu --noconfirm a
		update-ca-certificates --fresh`, false)
	lines(`tar xf a --to-command=x
		tar xIf x a
		tar cf a -T x
		tar xf a --frobnicate
		sort --compress-program=x a
		install --strip-program=x -s a b
		sed s/a/b/e x
		sed "s/a/$X/" x
		sed -f x y
		awk '{ system("x") }'
		awk '{ print | "x" }'
		awk -f x y
		awk
		wget -e use_askpass=x https://x
		wget $X
		gpg --agent-program x y
		rsync -e x a b
		patch -e a
		apt-get -o DPkg::Pre-Invoke=x install a
		apt-get -c x install a
		apt edit-sources
		dpkg --pre-invoke=x -i a.deb
		dpkg --root=/x -i a.deb
		rpm --eval '%(x)'
		rpm --root /x -q a
		dnf install --setopt=pluginpath=x a
		dnf --installroot=/x install a
		apk add -p /x a
		visudo
		visudo -c x
		hash -p /x rm
		poetry run x
		composer run-script x
		xargs apt-get install
		xargs -a x tar xf
		update-ca-certificates --hooksdir x`, true)
}

// TestSights is about what commands come to besides the files that they are told.
func TestSights(t *testing.T) {
	for line, want := range map[string]effects.Sight{
		"cat a": effects.SeesNamed, "./cat a": effects.SeesAll, "/usr/bin/cat a": effects.SeesNamed, "PATH=. cat a": effects.SeesAll, "frobnicate": effects.SeesAll, "df": effects.SeesAll,
		"cp a b": effects.SeesNamed, "cp -pr a b": effects.SeesBelow, "cp --archi a b": effects.SeesBelow, "cp $X b": effects.SeesBelow, "rm -rf a": effects.SeesBelow, "grep -dr x a": effects.SeesBelow, "grep --deref x a": effects.SeesBelow,
		"diff -r a b": effects.SeesBelow, "setfacl -R a b": effects.SeesBelow, "tar xf a": effects.SeesNamed, "tar cf a b": effects.SeesBelow, "tar --compare -f a": effects.SeesBelow, "tar chf a b": effects.SeesAll, "gunzip --recurs a": effects.SeesBelow,
		"find a": effects.SeesBelow, "ls": effects.SeesBelow, "mv a b": effects.SeesBelow, "cd a": effects.SeesNext, "pushd a": effects.SeesNext, "popd": effects.SeesNamed,
		"useradd -m a": effects.SeesNamed, "useradd -mk /x a": effects.SeesAll, "adduser --sk /x a": effects.SeesAll, "find . -exec ls {} +": effects.SeesBelow, "find . -ok ./x {} ;": effects.SeesAll, "curl $X": effects.SeesNamed, "curl -K x": effects.SeesAll, "curl -sKx $X": effects.SeesAll, "curl --engine x $X": effects.SeesAll, "chsh -s /bin/zsh": effects.SeesNamed, "newgrp a": effects.SeesAll, "vipw": effects.SeesAll, "debconf ./a": effects.SeesAll, "dpkg-architecture -c ./a": effects.SeesAll, "wc --files0-from=a": effects.SeesAll, "wc -l a": effects.SeesNamed,
		"env": effects.SeesNamed, "env -S 'a b'": effects.SeesAll, "xargs": effects.SeesNamed, "xargs -a f": effects.SeesAll, "openssl version": effects.SeesNamed, "openssl engine x": effects.SeesAll,
		". /etc/os-release": effects.SeesNamed, ". ./x": effects.SeesAll, "eval x": effects.SeesAll, "hash -p /x rm": effects.SeesAll,
		"apt-get update": effects.SeesPackages, "apt-get frobnicate": effects.SeesAll, "apk add a": effects.SeesPackages, "apk audit": effects.SeesAll, "dnf group install a": effects.SeesPackages, "dpkg -i a.deb": effects.SeesPackages,
		"npm ci": effects.SeesPackages, "npm run a": effects.SeesAll, "npm config set a b": effects.SeesPackages, "npm config edit": effects.SeesAll, "npm --prefix /a ci": effects.SeesPackages, "npm --frob ci": effects.SeesAll, "npm --version": effects.SeesPackages,
		"yarn": effects.SeesPackages, "yarn build": effects.SeesAll, "yarn global add a": effects.SeesPackages, "yarn global run a": effects.SeesAll, "go build -o /a": effects.SeesPackages, "go run a": effects.SeesAll, "/usr/local/go/bin/go mod download": effects.SeesPackages,
		"cargo build": effects.SeesPackages, "cargo run": effects.SeesAll, "poetry -q install": effects.SeesPackages, "uv pip install a": effects.SeesPackages, "uv run a": effects.SeesAll, "corepack npm a": effects.SeesAll, "bundle exec a": effects.SeesAll,
		"git clone -b v1 https://e.org/a": effects.SeesPackages, "git clone -u x a": effects.SeesAll, "git -c core.hooksPath=x fetch": effects.SeesAll, "git -c user.name=x commit -m y": effects.SeesPackages, "git commit": effects.SeesAll,
		"git submodule foreach x": effects.SeesAll, "git submodule update --init": effects.SeesPackages, "git config --global alias.a '!b'": effects.SeesAll, "git config --get alias.a": effects.SeesPackages, "git stash": effects.SeesAll, "git diff --ext-diff": effects.SeesAll,
	} {
		script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := effects.SightOf(script.Commands[len(script.Commands)-1]); got != want {
			t.Errorf("%s: %d, not %d", line, got, want)
		}
	}
	for name, want := range map[string]bool{"cat": true, "apt-get": true, "find": true, "dpkg": true, "npm": false, "composer": false, "make": false, "frobnicate": false} {
		if effects.Tool(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
