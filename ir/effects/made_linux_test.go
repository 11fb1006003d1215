package effects_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
)

// maker makes scripts at random, of commands that change files.
type maker struct {
	*rand.Rand
	depth int
}

// made gives n scripts; STRAKE_SEED has them be others.
func made(n int) []script {
	seed, err := strconv.ParseUint(os.Getenv("STRAKE_SEED"), 10, 64)
	if err != nil {
		seed = 7
	}
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0))}
	list := make([]script, n)
	for i := range list {
		m.depth = 0
		list[i] = script{m.pick("/w", "/srv/a", "/usr/local/src"), m.pick("", "", "set -e; ", "set -eux; ", "umask 027; ") + m.prepare() + m.list()}
	}
	return list
}

func (m *maker) pick(list ...string) string { return list[m.IntN(len(list))] }

// prepare makes files for the rest to work on.
func (m *maker) prepare() string {
	return "mkdir -p a/b c /d; echo x >a/x; echo 'y = 1' >a/b/y; cp /etc/os-release c/r; " + m.pick("", "ln -s a l; ", "tar -cf t.tar a; ", "X=a; ", "X=/d; D=$(mktemp -d); ", "export X=c; ")
}

func (m *maker) list() string {
	parts := []string{m.chain()}
	for m.IntN(3) > 0 && len(parts) < 5 {
		parts = append(parts, m.chain())
	}
	return strings.Join(parts, "; ")
}

func (m *maker) chain() string {
	text := m.command()
	for m.IntN(3) == 0 {
		text += m.pick(" && ", " && ", " || ") + m.command()
	}
	if m.IntN(10) == 0 {
		text += " | " + m.pick("tee p", "cat >q", "sort -o s", "gzip >z.gz")
	}
	return text
}

// file is a name of a file, dir of a directory.
func (m *maker) file() string {
	return m.pick("a/x", "a/b/y", "c/r", "new", "/d/new", "./a/../n", "$X/x", "\"$X\"/v", "/tmp/k", "/etc/k.conf", "~/k", "l/x", "/usr/local/bin/k", "${N:-none}", "c/{1,2}", "/root/../r2")
}

func (m *maker) dir() string {
	return m.pick("a", "a/b", "c", "/d", ".", "..", "$X", "new.d", "/opt/n/e/w", "/var/cache/k", "a/b/", "/d/.", "l", "${D:-/d}")
}

func (m *maker) glob() string { return m.pick("*", "a/*", "*.tar", "c/[a-r]", "/d/*", "a/?", "$X/*") }

func (m *maker) any() string {
	switch m.IntN(4) {
	case 0:
		return m.glob()
	case 1:
		return m.dir()
	}
	return m.file()
}

func (m *maker) command() string {
	if m.depth < 3 && m.IntN(6) == 0 {
		m.depth++
		defer func() { m.depth-- }()
		return m.compound()
	}
	f, d, x := m.file, m.dir, m.any
	switch m.IntN(48) {
	case 0, 1:
		return "cd " + d()
	case 2:
		return m.pick("X=", "export X=", "X=$X/", "X=/") + m.pick("a", "c", "b", "d")
	case 3:
		return "touch " + f() + " " + f()
	case 4:
		return "mkdir " + m.pick("", "-p ", "-m 700 ") + d() + "/" + m.pick("m", "m/n", "{m,n}")
	case 5:
		return "rm " + m.pick("-f ", "-rf ", "") + x()
	case 6, 7:
		return "cp " + m.pick("", "-r ", "-a ", "-f ") + x() + " " + x()
	case 8:
		return "cp -t " + d() + " " + f() + " " + f()
	case 9, 10:
		return "mv " + m.pick("", "-f ") + x() + " " + x()
	case 11, 12:
		return "ln " + m.pick("", "-s ", "-sf ", "-sfn ", "-f ") + x() + " " + x()
	case 13:
		return "chmod " + m.pick("-R ", "") + m.pick("600", "u+x", "a-w,u+w") + " " + x()
	case 14:
		return "chown " + m.pick("-R ", "-h ", "") + m.pick("1:1", "daemon", ":games") + " " + x()
	case 15:
		return "install " + m.pick("-m 600 ", "-D ", "") + f() + " " + x()
	case 16:
		return "install -d " + d() + "/i/j"
	case 17, 18:
		return "echo k " + m.pick(">", ">>", "2>") + " " + f()
	case 19:
		return "sed -i" + m.pick("", ".bak") + " " + m.pick("s/x/y/g", "'/y/d'", "-e 's,a,b,' -e '$a end'", "'1i top'") + " " + f()
	case 20:
		return "tar -c" + m.pick("zf ", "f ", "vf ") + f() + " " + m.pick("", "-C a ") + m.pick(".", "b", "a", "c")
	case 21:
		return "tar x" + m.pick("f t.tar", "f t.tar -C "+d(), "vf t.tar --strip-components=1", "f t.tar a/b")
	case 22:
		return "gzip " + m.pick("", "-k ", "-r ") + m.pick("a/x", "c/r", "a")
	case 23:
		return "gunzip " + m.pick("a/x.gz", "c/r.gz", "a/x", "-k c/r.gz")
	case 24:
		return "find " + d() + " " + m.pick("-name x -delete", "-type f -exec chmod 644 {} +", "-name 'y*' -exec rm {} \\;", "-type f -print0 | xargs -0 touch", "-type d -empty -delete")
	case 25:
		return "dd if=/dev/zero of=" + m.pick("dd.out", "/d/dd", "a/x") + " bs=10 count=1 status=none"
	case 26:
		return "tee " + m.pick("-a ", "") + f() + " " + f() + " </etc/hostname"
	case 27:
		return "sort " + m.pick("-o sorted ", "-u ") + f()
	case 28:
		return "truncate -s " + m.pick("0 ", "5 ") + f()
	case 29:
		return "T=$(mktemp" + m.pick("", " -d", " -p c", " c/XXXXXX") + ") && cp -r a $T"
	case 30:
		return "rmdir " + d()
	case 31:
		return "awk '{ print $1 }' c/r >" + f()
	case 32:
		return "cat c/r a/x >" + f()
	case 33:
		return "ls -la " + x()
	case 34:
		return "sh -c 'cd " + m.pick("a", "/d", "c") + " && touch in." + strconv.Itoa(m.IntN(9)) + "'"
	case 35:
		return "env Y=1 nice touch " + f()
	case 36:
		return m.pick("pushd", "eval touch", "exec touch", "command touch", "xargs touch <") + " " + m.pick("c", "a/x")
	case 37:
		return "useradd " + m.pick("", "-m ", "-r ", "-m -d /d/h ") + m.pick("u1", "u2")
	case 38:
		return "groupadd " + m.pick("", "-r ", "-g 777 ") + "g" + strconv.Itoa(m.IntN(3))
	case 39:
		return "usermod " + m.pick("-aG games ", "-s /bin/false ", "-d /d/x ") + m.pick("daemon", "u1")
	case 40:
		return "set " + m.pick("-e", "+e", "-u", "-- a b")
	case 41:
		return "link " + f() + " " + f()
	case 42:
		return "mkfifo " + f()
	case 43:
		return "patch -s -p0 <c/r || true"
	case 44:
		return "split -l 1 c/r " + f()
	case 45:
		return "uniq " + f() + " " + f()
	case 46:
		return "strip " + f()
	}
	return m.pick("true", "false", "test -d a", "[ -f c/r ]", "umask 077", "read R <c/r", "sleep 0")
}

func (m *maker) compound() string {
	switch m.IntN(9) {
	case 0:
		return "(" + m.list() + ")"
	case 1:
		return "{ " + m.list() + "; }"
	case 2:
		return "if " + m.command() + "; then " + m.list() + "; else " + m.list() + "; fi"
	case 3:
		return "for X in " + m.pick("a c", "1 2", "*", "$X", "$(ls)") + "; do " + m.list() + "; done"
	case 4:
		return "case $X in a*) " + m.list() + ";; *) " + m.list() + ";; esac"
	case 5:
		return "while [ ! -e stop ]; do " + m.list() + "; touch stop || exit; [ -e stop ] || exit; done"
	case 6:
		return "{ " + m.list() + "; } >" + m.file()
	case 7:
		return "echo $(" + m.list() + ") >" + m.file()
	}
	f := fmt.Sprint("f", m.depth)
	return f + "() { " + m.list() + "; }; " + f + " " + m.dir()
}

// systemScripts set a system up, with packages where there is a network.
func systemScripts() (list []script) {
	for _, text := range []string{
		"apt-get update", "apt-get update && apt-get install -y --no-install-recommends tree && rm -rf /var/lib/apt/lists/*",
		"apt-get update && apt-get install -y --no-install-recommends unzip zip xz-utils bzip2 && cd /tmp && zip -q a.zip /etc/os-release && unzip -q a.zip -d /d && xz -k a.zip && bzip2 a.zip",
		"apt-get update && apt-get install -y --no-install-recommends git ca-certificates && git init /d/r && cd /d/r && git config user.name a && git config --global user.email a@b && touch x && git add x && git commit -qm x && git tag v && git clone -q /d/r /d/s && cd /d/s && git checkout -q v && git log",
		"apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev binutils && echo 'int main(){}' >m.c && gcc -O2 -o m m.c && gcc -c m.c && strip m && ldconfig",
		"apt-get update && apt-get install -y --no-install-recommends locales rsync openssh-client && localedef -i C -f UTF-8 C2 || true; rsync -a /etc/apt /d/; ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -A",
		"apt-get update && apt-get install -y --no-install-recommends gnupg dirmngr curl wget && echo x >f && gpg --batch --yes --dearmor -o /d/g f; apt-key list; rm -rf /var/lib/apt/lists/*",
		"apt-get update && apt-get install -y --no-install-recommends apache2 && a2enmod rewrite && a2dismod status -f; update-rc.d apache2 disable",
		"apt-get update && apt-get install -y --no-install-recommends libcap2-bin sudo && cp /bin/ls /d/ls && setcap cap_net_raw=ep /d/ls && sudo touch /d/x",
		"apt-get update && apt-get install -y ca-certificates openssl patch && update-ca-certificates --fresh && openssl rand -out /d/r 8 && openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=x -days 1",
		"apt-get update && apt-get download tree && dpkg -i tree_*.deb && dpkg -x tree_*.deb /d/t && apt-mark hold tree && apt-get remove -y tree; apt-get autoremove -y; apt-get clean",
		"dpkg --add-architecture arm64; dpkg --print-architecture; dpkg -l >/dev/null; apt-get clean; apt-cache policy", "ldconfig", "ldconfig /d",
		"update-alternatives --install /usr/bin/ed ed /bin/true 10", "update-alternatives --set pager /bin/more || true", "debconf-set-selections </dev/null", "echo root:x | chpasswd",
		"adduser --disabled-password --gecos '' joe && deluser joe; addgroup g; delgroup g", "useradd -m -s /bin/bash -u 1500 joe && su joe -c 'touch ~/x' && userdel -r joe", "passwd -d root; chsh -s /bin/sh root; gpasswd -a daemon games",
		"groupmod -n g2 games", "usermod -l d2 daemon", "dpkg-divert --add --rename --divert /bin/ls.real /bin/ls", "dpkg-reconfigure -f noninteractive tzdata || true", "echo 'a b' | sed 's/a/c/w out'", "dpkg-statoverride --add root root 0700 /bin/su || true",
		"mknod /d/n p", "chage -d 0 root", "apt-get install -y nothing-like-this", "find / -xdev -name '*.pyc' -delete", "rm -rf /usr/share/doc /usr/share/man/*", "hostname; date >/etc/build; uname -a >>/etc/build", "cat <<E >/etc/k\nx\nE",
	} {
		list = append(list, script{"/d", text})
	}
	return list
}

// nodeScripts install with npm, and goScripts build with go, from the registries that the images
// are set to use.
func nodeScripts() (list []script) {
	for _, text := range []string{
		"npm --version", "npm install -g semver@7.6.0", "npm install -g --no-fund semver@7.6.0 is-odd@3.0.1 && npm cache clean --force", "npm config set fund false", "npm cache verify", "npm view semver version",
		`echo '{"name":"a","version":"1.0.0","dependencies":{"is-odd":"3.0.1"}}' >package.json && npm install --ignore-scripts && npm ci --ignore-scripts`,
		`echo '{"name":"a","version":"1.0.0","dependencies":{"is-odd":"3.0.1"}}' >package.json && mkdir -p b/c && cd b/c && npm install --ignore-scripts --omit=dev semver@7.6.0`,
		`echo '{"name":"a","version":"1.0.0","scripts":{"postinstall":"touch /x"}}' >package.json && npm install`,
	} {
		list = append(list, script{"/srv/app", text})
	}
	return list
}

func goScripts() (list []script) {
	const module = "printf 'package main\\nfunc main() {}\\n' >main.go && go mod init e.org/a && "
	for _, text := range []string{
		"go version && go env GOPATH", "go env -w GOPRIVATE=e.org", module + "go build", module + "CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.v=1' -o /usr/local/bin/a .", module + "go build -o out/ ./... && go list ./... && go clean -cache",
		"go install golang.org/x/example/hello@latest", module + "go get golang.org/x/text@v0.14.0 && go mod tidy && go mod download && go mod verify", module + "mkdir -p c && printf 'package c\\n' >c/c.go && cd c && go build ./... && go install e.org/a",
		module + "GOBIN=/opt/tools go install . && GOCACHE=/c GOMODCACHE=/m go build && go mod vendor",
	} {
		list = append(list, script{"/src/app", text})
	}
	return list
}
