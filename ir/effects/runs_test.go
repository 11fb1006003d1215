package effects_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestMayRun is about what has a program run another.
func TestMayRun(t *testing.T) {
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
			if got := effects.MayRun(script.Commands[0]); got != want {
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
		rpm --eval x
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
