package effects_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// of gives the effects of a script of root's, in /w.
func of(line string) effects.Effects {
	return effects.Of(&ir.Run{Command: ir.Command{Line: line}}, effects.State{Dir: "/w", Home: "/root"}).Effects
}

// line is a script and what is said of it.
type line struct{ script, want string }

func check(t *testing.T, lines []line) {
	t.Helper()
	for _, l := range lines {
		if got := of(l.script).String(); got != l.want {
			t.Errorf("%s\n\tgot  %s\n\twant %s", l.script, got, l.want)
		}
	}
}

// system is how the directories of packages are shown.
const system = "the directories of packages (over)"

func TestShell(t *testing.T) {
	check(t, []line{
		{"true", ""},
		{"echo hi > /etc/x", "writes /etc/x"},
		{"echo hi >> a 2>/dev/null", "writes /w/a"},
		{"{ echo a; echo b; } > c", "writes /w/c"},
		{"> a", "writes /w/a"},
		{"cat < /a > $(cat b)", "reads /a /w/b; writes $(cat b) (unknown)"},
		{"echo x >&2", ""},
		{"cd /a && touch b", "writes /a/b; depends on clock"},
		{"cd /a; touch b", "writes /a/b /w/b (over); depends on clock"},
		{"set -e; cd /a; touch b", "writes /a/b; depends on clock"},
		{"(cd /a && touch b) && touch c", "writes /a/b /w/c; depends on clock"},
		{"cd /a || exit 1; touch b", "writes /a/b; depends on clock"},
		{"cd $(cat l) && touch b", "reads /w/l; writes b (unknown); depends on clock"},
		{"cd a/../b && rm c", "removes /w/b/c"},
		{"if test -d /x; then cd /x; fi && rm c", "reads /x; removes /w/c /x/c (over)"},
		{"for f in a b; do rm $f.o; done", "removes /w/a.o /w/b.o"},
		{"for f in $(cat l); do rm $f; done", "reads /w/l; removes $f (unknown)"},
		{"while read d; do cd $d; done; rm x", "removes x (unknown)"},
		{"X=/a; rm $X/b", "removes /a/b"},
		{"X='a b'; rm $X", "removes /w/a /w/b"},
		{`X='a b'; rm "$X"`, `removes "/w/a b"`},
		{"X='*'; rm $X", "removes $X (unknown)"},
		{"X=$(cat y); rm $X", "reads /w/y; removes $X (unknown)"},
		{"rm ${X:-/a}", "removes /a"},
		{"true && X=/a || X=/b; rm $X", "removes /a"},
		{"test y && X=/a || X=/b; rm $X", "removes /a /b (over)"},
		{"rm lib-$(uname -m).so", "removes /w/lib-*.so (over); depends on proc"},
		{`D="$(mktemp -d)" && rm -r "$D"`, "writes /tmp/tmp.?????????? (over); removes /tmp/tmp.??????????/ (over); depends on random"},
		{"rm ~/x", "removes /root/x"},
		{"rm .*", "removes .* (unknown)"},
		{"f() { rm $1; }; f a; f b", "removes /w/a /w/b"},
		{"f() { cd /a; return; }; f; rm b", "removes b (unknown)"},
		{"sh -c 'cd /a && rm b'", "removes /a/b"},
		{"X=/a; sh -c 'rm $X/b'", "removes /b"},
		{"export X=/a; sh -c 'rm $X/b'", "removes /a/b"},
		{"X=/a sh -c 'rm $X/b'", "removes /a/b"},
		{"exit 1; rm x", ""},
		{"rm a & rm b", "removes /w/a /w/b"},
		{"case $X in a) rm a;; *) rm b;; esac", "removes /w/a /w/b"},
		{"rm 'a\"b' \"c'd\" 'e  f' g", `removes "/w/a\"b" "/w/c'd" "/w/e  f" /w/g`},
		{"rm 'a\x1b[2Jb\nc'", `removes "/w/a\x1b[2Jb\nc"`},
		{"rm -- -f", "removes /w/-f"},
		{"X=1.2.3; rm a${X%.*} ${X#1.}", "removes /w/2.3 /w/a /w/a* (over)"},
		{"ln -s $(which a) /b/c", "writes /b/c/ /w/c/ (over)"},
		{"nice -n 5 env A=b rm x", "removes /w/x"},
		{"xargs rm < list", "reads /w/list; removes what xargs reads (unknown)"},
		{"ls | xargs -I% rm %", "anything: `xargs -I% rm %` has words that xargs puts in; writes anything; removes anything"},
	})
}

// TestAnything is about what nobody knows.
func TestAnything(t *testing.T) {
	for _, script := range []string{
		"frobnicate", "./configure", "make", "rm -rf /a; pip install -e x", "$(cat x) y", "eval rm", ". ./env", "tar --to-command=x -xf a", "sed e x", "sed 's/a/b/e' x",
		"sed -f x", "sed \"s/a/$(cat y)/\" x", "awk '{ system($1) }'", "awk '{ print > $1 }'", "find / -exec sh x {} +", "find / -fprint x", "env -i rm x", "rm() { y; }; rm x",
		"cp --frob a b", "gpg a", "gpg --batch -o a b", "GIT_TRACE=/a git clone x:y", "export GIT_CONFIG_SYSTEM=/a; git config --system a b", "trap 'rm x' EXIT", "alias rm=x", "curl -K x", "curl --engine x y", "apt-cache -o Dir::Bin::dpkg=/x show y", "rpm --eval %(x)", "rpm -E %{lua:x}", "rpm -q a%(x)", "xargs -a x", "wget -e x y", "git -c core.sshcommand=x clone y", "apt-get -o DPkg::Pre-Invoke::=x install y",
		"tar xf $(cat x)", "set -k", "sh x", "curl x | sh", "su -c x", "LD_PRELOAD=x; shopt -s extglob", "/opt/bin/rm x", "command rm x -y; builtin x", "openssl req -config x", "openssl req -new", "openssl req -x509 -newkey rsa:2048 -nodes -out c", "openssl x509 -req -in a -CA b -CAkey c -out d", "openssl ca -in x", "openssl genrsa -engine x", "openssl s_client -connect e.org:443",
		"openssl pkcs12 -in a -passin file:b", "xxd -x a b", "curl -T a file:///d/b", "curl file:///a", "curl FILE:/a", "curl --url file:///a", "curl -T a $(cat u)", "curl -T a {file,http}://x", "curl --proto-default file -T a /b", "gcc @x",
		"pip install .", "pip install a/b", "pip install git+https://e.org/a", "pip install -r x", "PIP_TARGET=/x pip install y", "npm install", "npm ci", "npm i -g ./x", "npm i -g a/b", "yarn add x", "gem install ./x.gem",
		"bundle install", "conda env create -f x", "go test ./...", "go build -toolexec x", "go build -ldflags -extld=x", "GOFLAGS=-toolexec=x go build", "cargo build", "python x.py", "python -m x", "uv sync", `rm x"$(a)"$(b) -y; tar xf x"$A"$(cat b)`,
		"useradd -m -k /x u", "groupadd --gid=$(cat x) u", "dpkg-divert --divert $(cat x)", "tar xf $(seq 3)", "tar xf $(du x)", "tar xf $(id)", "tar xf $(which a b)",
	} {
		e := of(script)
		if len(e.Unknown) == 0 || e.Writes.Grade != effects.Unknown || e.Reads.Grade != effects.Unknown || e.Removes.Grade != effects.Unknown {
			t.Errorf("%s: %v", script, e)
		}
		if !e.Touches("/any/thing") {
			t.Errorf("%s cannot touch a file", script)
		}
	}
	for _, name := range []string{"BASH_ENV", "LD_PRELOAD"} {
		e := effects.Of(&ir.Run{Command: ir.Command{Line: "true"}}, effects.State{Dir: "/", Lookup: func(n string) (string, bool, bool) { return "x", n == name, true }}).Effects
		if len(e.Unknown) == 0 {
			t.Errorf("%s is set, and nothing is unknown", name)
		}
	}
}

// TestOpen is about the variables of a base that nobody knows.
func TestOpen(t *testing.T) {
	at := effects.State{Dir: "/w", Open: true}
	for _, l := range []line{
		{"rm /a/$X", "removes /a/$X (unknown)"},
		{"mktemp", "writes /tmp/tmp.?????????? (over); depends on random"},
		{"TMPDIR=/d; mktemp", "writes /d/tmp.?????????? /tmp/tmp.?????????? (over); depends on random"},
		{"export TMPDIR=/d; mktemp", "writes /d/tmp.?????????? (over); depends on random"},
		{"rm ~/x", "removes ~/x (unknown)"},
		{"X=a; rm /$X", "removes /a"},
	} {
		if got := effects.Of(&ir.Run{Command: ir.Command{Line: l.script}}, at).Effects.String(); got != l.want {
			t.Errorf("%s: %s, not %s", l.script, got, l.want)
		}
	}
}

// TestForm is about variables of which the kind of value is known.
func TestForm(t *testing.T) {
	at := effects.State{Dir: "/w", Home: "/root",
		Lookup: func(n string) (string, bool, bool) { return "", strings.Contains("VERSION URL DIR PATH", n), false },
		Form: func(n string) string {
			return map[string]string{"VERSION": string(eval.AnyName), "URL": string(eval.AnyWord), "DIR": "/a/" + string(eval.AnyName), "PATH": "/v/bin:" + string(eval.AnyBase)}[n]
		}}
	for _, l := range []line{
		{"rm -r a-$VERSION $DIR/b", "removes /a/*/b/ /w/a-*/ (over)"},
		{"tar xf v$VERSION.tgz -C /b", "reads /w/v*.tgz (over); writes /b/ (over); removes /b/ (over)"},
		{"cat $URL x$URL", "reads $URL x$URL (unknown)"},
		{"X=$URL/y; rm -f $X", "removes $X (unknown)"},
		{`sed -i "s/a.*/$VERSION/" x`, "reads /w/x; writes /w/x"},
		{"cd $DIR && rm x", "removes /a/*/x (over)"},
		{"pip list", "reads the directories of packages /v/ (over); writes the directories of packages /v/ (over); removes the directories of packages /v/ (over)"},
		{"curl -o x https://e.org/$VERSION.tgz", "fetches https://e.org/*.tgz; reads /root/.curlrc (over); writes /w/x; depends on network"},
	} {
		e := effects.Of(&ir.Run{Command: ir.Command{Line: l.script}}, at).Effects
		if got := e.String(); got != l.want {
			t.Errorf("%s\n\tgot  %s\n\twant %s", l.script, got, l.want)
		}
		if len(e.Network) > 0 && e.Network[0].Host != "e.org" {
			t.Errorf("%s: host %q", l.script, e.Network[0].Host)
		}
	}
}

func TestFiles(t *testing.T) {
	check(t, []line{
		{"mkdir a", "writes /w/a"},
		{"mkdir -p /a/b", "writes /a /a/b (over)"},
		{"mkdir -p {a,b}/c", "writes /w /w/a /w/a/c /w/b /w/b/c /w/{a,b} /w/{a,b}/c (over)"},
		{"cp a b", "reads /w/a; writes /w/b /w/b/a (over)"},
		{"cp a b/", "reads /w/a; writes /w/b/a"},
		{"cp -t /d a b", "reads /w/a /w/b; writes /d/a /d/b"},
		{"cp -t /d /src/*.txt", "reads /src/*.txt (over); writes /d/*.txt (over)"},
		{"cp -vt /d/ /src/*", "reads /src/* (over); writes /d/* (over)"},
		{"cp -r --target-directory=/d a b*", "reads /w/a/ /w/b*/ (over); writes /d/a/ /d/b*/ (over)"},
		{"mv -t /d a*", "reads /w/a*/ (over); writes /d/a*/ (over); removes /w/a*/ (over)"},
		{"ln -st /d /a/*", "writes /d/* (over)"},
		{"ln -st /d $(which a)", "writes /d/ (over)"},
		{"install -Dm644 -t /d/e a b*", "reads /etc/group /etc/passwd /w/a /w/b* (over); writes /d /d/e /d/e/a /d/e/b* (over)"},
		{"cp -t $(cat l) a", "reads /w/a/ /w/l (over); writes $(cat l) /w/a/ (unknown)"},
		{"cp -t /d $(cat l)", "reads $(cat l) /w/l (unknown); writes $(cat l) /d/ (unknown)"},
		{"test y && X=-t/d || X=-v; cp $X a b", "reads /w/-t/d/ /w/-v/ /w/a/ /w/b/ (over); writes /w/-t/d/ /w/-v/ /w/a/ /w/b/ (unknown)"},
		{"cp -r a/. /b", "reads /w/a/ (over); writes /b/ (over)"},
		{"mv a/*.c /b/", "reads /w/a/*.c/ (over); writes /b/*.c/ (over); removes /w/a/*.c/ (over)"},
		{"ln -s /a/b *", "reads /a/b/ /w/*/ (over); writes /a/b/ /w/*/ (over)"},
		{"T=$(mktemp -p c)", "writes /w/c/tmp.?????????? (over); depends on random"},
		{"uniq *", "reads /w/* (over); writes /w/* (over)"},
		{"ln -s /a/b c", "writes /w/c /w/c/b (over)"},
		{"install -D -m 755 a /b/c", "reads /etc/group /etc/passwd /w/a (over); writes /b /b/c /b/c/a (over)"},
		{"install -d /a/b", "reads /etc/group /etc/passwd (over); writes /a /a/b (over)"},
		{"rm -rf /var/lib/apt/lists/*", "removes /var/lib/apt/lists/*/ (over)"},
		{"rmdir a", "removes /w/a"},
		{"chmod -R 755 a", "reads /w/a/ (over); writes /w/a/ (over)"},
		{"dd if=/dev/zero of=/x bs=1M", "writes /x"},
		{"ln a b", "reads /w/a (over); writes /w/a /w/b /w/b/a (over)"},
		{"ln -t /d a*", "reads /w/a* (over); writes /d/a* /w/a* (over)"},
		{"link a b", "reads /w/a; writes /w/a /w/b"},
		{"cp -al a /d/", "reads /w/a/ (over); writes /d/a/ /w/a/ (over)"},
		{"find /a -exec ln {} /d ';'", "reads /a/ (over); writes /a/ /d/ (over)"},
		{"xxd a b", "reads /w/a; writes /w/b"},
		{"xxd -r -ps a b", "reads /w/a; writes /w/b"},
		{"xxd -r -c8 - b", "writes /w/b"},
		{"openssl req -x509 -newkey rsa:4096 -nodes -subj /CN=x -keyout k -out c", "reads /etc/ssl/ /usr/lib/ssl/ (over); writes /root/.rnd /w/c /w/k (over); depends on random"},
		{"openssl genrsa -out k 2048", "reads /etc/ssl/ /usr/lib/ssl/ (over); writes /root/.rnd /w/k (over); depends on random"},
		{"openssl dgst -sha256 -out o a", "reads /etc/ssl/ /usr/lib/ssl/ /w/a (over); writes /root/.rnd /w/o (over); depends on random"},
		{"tee -a x", "writes /w/x"},
		{"sort -o x y", "reads /w/y; writes /w/x"},
		{"find /a -name x -delete", "reads /a/ (over); removes /a/ (over)"},
		{"find /a -type f -exec chmod 644 {} +", "reads /a/ (over); writes /a/ (over)"},
		{"find /a -exec cp {} /d ';'", "reads /a/ (over); writes /d/ (over)"},
		{"find /a -exec cp -t /d {} +", "reads /a/ (over); writes /d/ (over)"},
		{"find /a /b -exec cp -t /d {} +", "reads /a/ /b/ (over); writes /d/ (over)"},
		{"find . -exec install -t /d {} +", "reads /etc/group /etc/passwd /w/ (over); writes /d/ (over)"},
		{"find /a -exec mv {} /d/ ';'", "reads /a/ (over); writes /d/ (over); removes /a/ (over)"},
		{"find /a -exec ln -s {} ';'", "reads /a/ (over); writes /w/ (over)"},
		{"find /a -exec ln -s {} /d ';'", "reads /a/ (over); writes /d/ (over)"},
		{"find /a -exec gzip {} ';'", "reads /a/ (over); writes /a/ /a.gz (over); removes /a/ (over)"},
		{"find /a -exec gunzip {} ';'", "reads /a/ (over); writes /a/ /a* (over); removes /a/ /a* (over)"},
		{"find . -exec zstd {} +", "reads /w/ (over); writes /w/ (over)"},
		{"find a b -print0 | xargs -0 rm", "reads /w/a/ /w/b/ (over); removes what xargs reads (unknown)"},
		{"sed -i.bak -e 's/a/b/' -e '/x/d' y", "reads /w/y; writes /w/y /w/y.bak"},
		{"sed '1,/x/ { s|a|b|g; n; p }; $a more' y", "reads /w/y"},
		{"awk '{ print $1 }' y", "reads /w/y"},
		{"grep -r x y", "reads /w/y/ (over)"},
		{"cat /proc/cpuinfo", "depends on proc"},
		{"head -c 8 /dev/urandom", "depends on random"},
		{"patch -p1 -i x", "reads /w/ /w/x (over); writes /w/ (over); removes /w/ (over)"},
	})
}

func TestArchives(t *testing.T) {
	check(t, []line{
		{"tar xzf a.tgz", "reads /w/a.tgz; writes /w/ (over); removes /w/ (over)"},
		{"tar -C /d -xf a.tgz --strip-components 1", "reads /w/a.tgz; writes /d/ (over); removes /d/ (over)"},
		{"tar -czf /o.tgz -C /src .", "reads /src/ (over); writes /o.tgz"},
		{"tar tf a.tgz", "reads /w/a.tgz"},
		{"unzip -q a.zip -d /d", "reads /w/a.zip; writes /d /d/ (over)"},
		{"gzip -9 a", "reads /w/a; writes /w/a.gz; removes /w/a"},
		{"gunzip a.gz", "reads /w/a.gz; writes /w/a /w/a.tar (over); removes /w/a.gz"},
		{"xz -dk a.xz", "reads /w/a.xz; writes /w/a /w/a.tar (over)"},
		{"zcat a.gz", "reads /w/a.gz"},
		{"rsync -a --delete a/ /b", "reads /w/a/ (over); writes /b/ (over); removes /b/ (over)"},
	})
}

func TestPackages(t *testing.T) {
	apt := "fetches from where apt-get is set to; reads " + system + "; writes " + system + "; removes " + system + "; depends on clock network random"
	check(t, []line{
		{"apt-get install -y curl=7.88 git", "installs apt:curl=7.88 apt:git; " + apt},
		{"apt-get -o Dpkg::Options::=--force-confold install -qq -y git", "installs apt:git; " + apt},
		{"apt-get -o Dir::Cache=/dev/strake-apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= install -y git", "installs apt:git; " + apt},
		{"apk add --no-cache --virtual .d gcc=1-r0", "installs apk:gcc=1-r0; fetches from where apk is set to; reads " + system + "; writes " + system + "; removes " + system + "; depends on network"},
		{"pip install a==1 b.whl", "installs pip:a=1 pip:b.whl; fetches https://pypi.org; reads " + system + "; writes " + system + "; removes " + system + "; depends on network"},
		{"npm install -g yarn@1 @a/b", "installs npm:@a/b npm:yarn=1; fetches https://registry.npmjs.org; reads " + system + "; writes " + system + "; removes " + system + "; depends on network"},
		{"npm ci --ignore-scripts", "fetches https://registry.npmjs.org; reads the directories of packages /w/ (over); writes the directories of packages /w/ (over); removes the directories of packages /w/ (over); depends on network"},
		{"PATH=/v/bin:/bin pip uninstall -y a", "reads the directories of packages /v/ (over); writes the directories of packages /v/ (over); removes the directories of packages /v/ (over)"},
		{"/v/bin/python -m pip install a", "installs pip:a; fetches https://pypi.org; reads the directories of packages /v/ (over); writes the directories of packages /v/ (over); removes the directories of packages /v/ (over); depends on network"},
		{"GOBIN=$(cat x) go version", "fetches from where go is set to; reads $GOBIN /go/ /root/.cache/go-build/ /root/.config/go/ /root/go/ /root/go/pkg/mod/ /tmp/ /usr/ /w/ /w/x (unknown); writes $GOBIN /go/ /root/.cache/go-build/ /root/.config/go/ /root/go/ /root/go/pkg/mod/ /tmp/ /usr/ /w/ (unknown); removes $GOBIN /go/ /root/.cache/go-build/ /root/.config/go/ /root/go/ /root/go/pkg/mod/ /tmp/ /usr/ /w/ (unknown); depends on network"},
		{"cd /src/a && CGO_ENABLED=0 go install -ldflags '-s -X a=b' e.org/x@v1", "installs go:e.org/x=v1; fetches from where go is set to; reads /go/ /root/.cache/go-build/ /root/.config/go/ /root/go/ /root/go/bin/ /root/go/pkg/mod/ /src/ /tmp/ /usr/ (unknown); writes /go/ /root /root/.cache /root/.cache/go-build/ /root/.config /root/.config/go/ /root/go/ /root/go/bin/ /root/go/pkg/mod/ /src/ /tmp/ /usr/ (over); removes /go/ /root/.cache/go-build/ /root/.config/go/ /root/go/ /root/go/bin/ /root/go/pkg/mod/ /src/ /tmp/ /usr/ (over); depends on network"},
		{"apt-mark hold x", "writes /var/lib/apt/ /var/lib/dpkg/ (over); removes /var/lib/dpkg/ (over)"},
		{"rpm -E el%{rhel}", "reads /etc/rpm/ /root/.rpmmacros /usr/lib/rpm/ (over)"},
		{"apt-cache -q --names-only search x", "reads /etc/ /var/cache/apt/ /var/lib/apt/ /var/lib/dpkg/ (over); writes /var/cache/apt/ (over)"},
		{"gpg --dearmor -o a b", "reads /w/b; writes /w/a; depends on clock random"},
		{"gpg --no-default-keyring --keyring gnupg-ring:/a/b --import x", "reads /a/b /w/x; writes /a/b /a/b~ /root/.gnupg/ /run/user/ (over); deals with daemon; depends on clock random"},
		{"gpg --keyring b --import x --homedir /h", "reads /h /w/--homedir /w/x; writes /root/.gnupg/ /run/user/ (over); deals with daemon; depends on clock random"},
		{"xargs -0 -n 1", ""},
		{"dpkg -x a.deb b", "reads /etc/dpkg/ /var/lib/dpkg/ /w/a.deb (over); writes /w/b/ (over)"},
	})
	if got := of("TMPDIR=/x apt-get install y").Writes; !got.Covers("/x/y") {
		t.Error("TMPDIR is ignored", got)
	}
}

func TestNetwork(t *testing.T) {
	const wget = "reads /etc/wgetrc /root/.netrc /root/.wgetrc (over); writes "
	check(t, []line{
		{"curl -fsSL https://e.org/a", "fetches https://e.org/a; reads /root/.curlrc (over); depends on network"},
		{"curl -o x https://e.org/a", "fetches https://e.org/a; reads /root/.curlrc (over); writes /w/x; depends on network"},
		{"curl -O https://e.org/a.tgz?x=1", "fetches https://e.org/a.tgz?x=1; reads /root/.curlrc (over); writes /w/a.tgz; depends on network"},
		{"curl --libcurl a --trace b https://e.org/c", "fetches https://e.org/c; reads /root/.curlrc (over); writes /w/a /w/b; depends on network"},
		{"wget https://e.org/%61", "fetches https://e.org/%61; " + wget + "/root/.wget-hsts /w/ (over); depends on network"},
		{"wget -qO- https://e.org/a", "fetches https://e.org/a; " + wget + "/root/.wget-hsts (over); depends on network"},
		{"wget https://e.org/a", "fetches https://e.org/a; " + wget + "/root/.wget-hsts /w/a /w/a.[1-9]* (over); depends on network"},
		{"wget https://e.org/a?b=/c/d", "fetches https://e.org/a?b=/c/d; " + wget + "/root/.wget-hsts /w/ (over); depends on network"},
		{`wget "https://e.org/$(cat x)"`, `fetches "https://e.org/$(cat x)"; reads /etc/wgetrc /root/.netrc /root/.wgetrc /w/x (over); writes /root/.wget-hsts /w/ (over); depends on network`},
		{"git init a", "reads /etc/gitconfig /root/.config/git/ /root/.gitconfig (over); writes /w /w/a /w/a/.git/ (over); depends on clock"},
		{"git config --global user.name b", "reads /etc/gitconfig /root/.config/git/ /root/.gitconfig (over); writes /root/.config/git/config /root/.gitconfig /root/.gitconfig.lock (over)"},
		{"export XDG_CONFIG_HOME=/c; git config --global user.name b", "reads /c/git/ /etc/gitconfig /root/.gitconfig (over); writes /c/git/config /root/.gitconfig /root/.gitconfig.lock (over)"},
		{"git clone https://e.org/a.git && cd a && git checkout v1", "fetches https://e.org/a.git; reads /etc/gitconfig /root/.config/git/ /root/.git-credentials /root/.gitconfig /root/.netrc /root/.ssh/ /w/a/ (over); writes /w /w/a/ (over); removes /w/a/ (over); depends on clock network"},
		{"ssh-keygen -q -t rsa -N '' -f k", "writes /w /w/k /w/k.pub (over); depends on random"},
		{"ssh-keyscan github.com >> ~/.ssh/known_hosts", "fetches github.com; writes /root/.ssh/known_hosts; depends on network"},
	})
	run := &ir.Run{Command: ir.Command{Line: "curl x.org"}, Network: "none"}
	if e := effects.Of(run, effects.State{Dir: "/"}).Effects; len(e.Network) > 0 {
		t.Error("it fetches without a network", e)
	}
}

// TestLarge holds that what is large, or would grow with each assignment, is worked out all the same.
func TestLarge(t *testing.T) {
	var names []string
	for i := range 50_000 {
		names = append(names, fmt.Sprint("f", i))
	}
	for name, script := range map[string]string{
		"a value that doubles": "x=a" + strings.Repeat("; x=$x$x", 64) + "; touch /d/$x",
		"many operands":        "touch " + strings.Join(names, " "),
	} {
		began := time.Now()
		e := of(script)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if e.Writes.Empty() {
			t.Errorf("%s: nothing is written", name)
		}
	}
	dir := "/a"
	for range 2000 {
		dir += "/b"
	}
	if e := effects.Of(&ir.Workdir{Path: dir}, effects.State{}).Effects; len(e.Writes.List) > 1 || !e.Touches(dir) || !e.Touches("/a/b") {
		t.Error("a deep directory: ", len(e.Writes.List), "paths")
	}
}

// TestPinned is about what is fetched into a file whose digest is compared.
func TestPinned(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	for script, want := range map[string]bool{
		"curl -o x https://e.org/a && echo '" + digest + "  x' | sha256sum -c -":                                true,
		"set -e; curl -fsSLO https://e.org/x; echo \"" + digest + " *x\" | sha256sum -c; tar xf x":              true,
		"D=" + digest + "; cd /a && wget -qO x https://e.org/y && echo $D /a/x | sha256sum --check && tar xf x": true,
		"set -e; (curl -o x https://e.org/a; echo " + digest + " x | sha256sum -c)":                             true,
		"curl -o x https://e.org/a; echo " + digest + " x | sha256sum -c; tar xf x":                             false,
		"set -e; curl -o x https://e.org/a; echo " + digest + " x | sha256sum -c && true; tar xf x":             false,
		"curl -o x https://e.org/a && echo " + digest + " y | sha256sum -c":                                     false,
		"curl -o x https://e.org/a && echo " + digest + " x | sha256sum -c || true":                             false,
		"curl -o x https://e.org/a && ! echo " + digest + " x | sha256sum -c":                                   false,
		"curl -o x https://e.org/a && if echo " + digest + " x | sha256sum -c; then a; fi":                      false,
		"echo " + digest + " x | sha256sum -c && curl -o x https://e.org/a":                                     false,
		"f() { curl -o x https://e.org/a; }; echo " + digest + " x | sha256sum -c && f":                         false,
		"true; echo " + digest + " x | sha256sum -c && sh -c 'curl -o x https://e.org/a'":                       false,
		"curl -o x https://e.org/a && echo 0a0a x | sha256sum -c":                                               false,
		"curl -o x https://e.org/a && echo $D x | sha256sum -c":                                                 false,
		"curl -o x https://e.org/a && echo " + digest + " x | md5sum -c":                                        false,
		"curl -o x https://e.org/a && echo " + digest + " x | sha256sum -c && curl -o x https://e.org/a":        false,
		"curl -o x https://e.org/a && exit; echo " + digest + " x | sha256sum -c":                               false,
		"curl -o x https://e.org/a; sha256sum() { :; }; echo " + digest + " x | sha256sum -c":                   false,
		"curl -o x https://e.org/a && echo y > x && echo " + digest + " x | sha256sum -c":                       false,
		"curl -o x https://e.org/a && ./tool && echo " + digest + " x | sha256sum -c":                           false,
		"curl -o x https://e.org/a && touch y && echo " + digest + " x | sha256sum -c && rm x":                  true,
		"wget https://e.org/x && echo " + digest + " x | sha256sum -c":                                          true,
		"wget -P /a https://e.org/x && cd /a && echo " + digest + " x | sha256sum -c":                           true,
		"wget -c https://e.org/x && echo " + digest + " x | sha256sum -c":                                       false,
		"wget https://e.org/x https://e.org/y && echo " + digest + " x | sha256sum -c":                          false,
		"touch x && wget https://e.org/x && echo " + digest + " x | sha256sum -c":                               false,
	} {
		for _, f := range of(script).Network {
			if f.Pinned != want {
				t.Errorf("%s: pinned %v", script, f.Pinned)
			}
		}
	}
}

// TestPinnedByVariable is about digests that variables of the Dockerfile have: an ARG has a digest
// whatever a build gives it.
func TestPinnedByVariable(t *testing.T) {
	digest := strings.Repeat("0a", 32)
	const fetch = "RUN curl -o x https://e.org/a && "
	for text, want := range map[string]bool{
		"ENV D=" + digest + "\n" + fetch + `echo "$D  x" | sha256sum -c`:                  true,
		"ARG D=" + digest + "\n" + fetch + `echo "${D} *x" | sha256sum -c -`:              true,
		"ARG D=" + digest + "\nENV E=$D\n" + fetch + `f=x && echo "$E $f" | sha256sum -c`: true,
		"ARG D=0a\n" + fetch + `echo "$D x" | sha256sum -c`:                               false,
		"ARG D\n" + fetch + `echo "$D x" | sha256sum -c`:                                  false,
		"ARG D=" + digest + "\n" + fetch + `D=$(cat y); echo "$D x" | sha256sum -c`:       false,
		"ARG D=" + digest + "\n" + fetch + `echo "$D $F" | sha256sum -c`:                  false,
		"ARG D=" + digest + "\n" + fetch + `echo "$D  *" | sha256sum -c`:                  false,
		"ARG D=" + digest + "\nRUN curl -o x$D https://e.org/a && rm x*":                  false,
	} {
		m := irtest.Module(t, "FROM a\n"+text+"\n")
		steps := effects.Stage(m, 0, states(m, true).Stage(0), false)
		e := steps[len(steps)-1].Effects
		if len(e.Network) != 1 || e.Network[0].Pinned != want {
			t.Errorf("%s: %v", text, e.Network)
		}
	}
}

// TestPinnedAdd is about ADD with a checksum, and of commits.
func TestPinnedAdd(t *testing.T) {
	const sha = "0123456789012345678901234567890123456789"
	for text, want := range map[string]bool{
		"ADD --checksum=sha256:0a https://e.org/a /": true, "ADD --checksum=$X https://e.org/a /": false, "ADD --checksum=${X:-a:b} https://e.org/a /": false, "ADD --checksum=sha256:$X https://e.org/a /": true, "ADD https://e.org/a /": false,
		"ADD https://e.org/a.git#" + sha + ":sub /": true, "ADD https://e.org/a.git#v1 /": false, "ADD https://e.org/a.git?commit=" + sha + "&subdir=b /": true,
		"ADD https://e.org/a.git?checksum=" + sha + " /": true, "ADD https://e.org/a.git?ref=" + sha + " /": false, "ADD https://e.org/a.git?commit=0123 /": false,
	} {
		body, err := ir.ParseBody(text, '\\')
		if err != nil {
			t.Fatal(err)
		}
		e := effects.Of(body, effects.State{Dir: "/", Open: true}).Effects
		if len(e.Network) != 1 || e.Network[0].Pinned != want {
			t.Errorf("%s: %v", text, e.Network)
		}
	}
}

func TestUsers(t *testing.T) {
	e := of("groupadd -r g && useradd -m -d /x -g g u && usermod -aG g u")
	want := []effects.Account{{Kind: "group", Name: "g", Done: "made"}, {Kind: "user", Name: "u", Done: "changed"}, {Kind: "user", Name: "u", Done: "made"}}
	if len(e.Accounts) != 3 || e.Accounts[0] != want[0] || e.Accounts[1] != want[1] || e.Accounts[2] != want[2] {
		t.Error(e.Accounts)
	}
	if !e.Touches("/x/.profile") || !e.Touches("/etc/passwd") || e.Touches("/usr/bin/x") || e.Grade() != effects.Over {
		t.Error(e)
	}
	for script, want := range map[string]effects.Grade{`groupadd --gid="$(cat x)" g`: effects.Over, `useradd -m --base-dir="$(cat x)" u`: effects.Unknown} {
		if e := of(script); len(e.Unknown) > 0 || e.Writes.Grade != want {
			t.Error(script, e)
		}
	}
}

func TestOthers(t *testing.T) {
	e := of("setcap cap_net_raw=ep /bin/ping && chown a:b /x && systemctl enable ssh")
	if strings.Join(e.Capabilities, " ") != "cap_net_raw=ep" || strings.Join(e.Services, " ") != "ssh" || len(e.Permissions) != 1 || e.Permissions[0] != (effects.Permission{Path: "/x", Owner: "a:b"}) {
		t.Errorf("%+v", e)
	}
	e = of("a=1; export b=2; cd /x; umask 022; set -u; f() { true; }")
	var kinds []string
	for _, l := range e.Shell {
		kinds = append(kinds, l.Kind)
	}
	if got := strings.Join(kinds, " "); got != "cd export function set umask variable" {
		t.Error(got)
	}
	run := &ir.Run{Command: ir.Command{Line: "true"}, Security: "insecure", Mounts: []ir.Mount{
		{{Key: "type", Value: "secret", HasValue: true}, {Key: "target", Value: "/run/x", HasValue: true}}, {{Key: "type", Value: "ssh", HasValue: true}}}}
	e = effects.Of(run, effects.State{Dir: "/"}).Effects
	if got := e.String(); got != "uses secret x ssh; capabilities all" {
		t.Error(got)
	}
}

// TestLost is about exit status that nothing depends on.
func TestLost(t *testing.T) {
	for script, want := range map[string]string{
		"a; b": ";", "a | b": "|", "a || true": "||", "a || echo no": "||", "a & b": "&", "a && b": "", "a || b": "", "set -e; a; b": "", "set -o pipefail; a | b": "", "export x; a": "",
	} {
		var hows []string
		for _, l := range of(script).Lost {
			hows = append(hows, l.How)
		}
		if got := strings.Join(hows, " "); got != want && !(script == "a & b" && got == "& ;") {
			t.Errorf("%s: %q, not %q", script, got, want)
		}
	}
}

// TestOps is about what is no RUN.
func TestOps(t *testing.T) {
	at := effects.State{Dir: "/w"}
	for _, c := range []struct {
		body ir.Body
		want string
	}{
		{&ir.Copy{Sources: []string{"a"}, Dest: "/x/y"}, "copies /a; writes /x /x/y/ (over)"},
		{&ir.Copy{Sources: []string{"a"}, Dest: "b", From: "alpine"}, "copies alpine:/a; fetches docker-image://alpine; writes /w /w/b/ (over); depends on network"},
		{&ir.Copy{Inline: []ir.Inline{{Name: "f"}}, Dest: "/x/"}, "writes /x /x/f (over)"},
		{&ir.Copy{Sources: []string{"a"}, Dest: "$X"}, "copies /a; writes $X (unknown)"},
		{&ir.Copy{Sources: []string{"../$Y", "./b/*"}, Dest: "/c/"}, "copies ../$Y /b/*; writes /c/ (over)"},
		{&ir.Run{Command: ir.Command{Line: "true"}, Mounts: []ir.Mount{{{Key: "target", Value: "/x", HasValue: true}, {Key: "from", Value: "b", HasValue: true}}}}, "copies b:/"},
		{&ir.Add{Sources: []string{"https://e.org/a"}, Dest: "/", Checksum: "sha256:x"}, "fetches https://e.org/a (pinned); writes / (over); depends on network"},
		{&ir.Workdir{Path: "a/b"}, "writes /w /w/a /w/a/b (over)"},
		{&ir.Env{Pairs: []ir.Pair{{Key: "a", Value: "b"}}}, ""},
		{&ir.Custom{Name: "X"}, "anything: the plugin of X has not run; writes anything; removes anything"},
		{&ir.Run{Command: ir.Command{Exec: true, Args: []string{"rm", "-r", "a*"}}}, "removes /w/a*/ (over)"},
	} {
		if got := effects.Of(c.body, at).Effects.String(); got != c.want {
			t.Errorf("%s: %s, not %s", ir.Format(c.body, '\\'), got, c.want)
		}
	}
}

// TestStage holds that a step starts with what those in front of it leave.
func TestStage(t *testing.T) {
	m := &ir.Module{Escape: '\\', Stages: []*ir.Stage{
		{Name: "a", Base: "debian", Ops: []*ir.Op{{Body: &ir.Workdir{Path: "/a"}}}},
		{Base: "a", Ops: []*ir.Op{
			{Body: &ir.Env{Pairs: []ir.Pair{{Key: "X", Value: "y"}}}},
			{Body: &ir.Run{Command: ir.Command{Line: "rm $X"}}},
			{Body: &ir.Copy{Sources: []string{"/b"}, Dest: "/c", From: "A"}},
			{Body: &ir.Copy{Sources: []string{"/b"}, Dest: "/c", From: "other"}},
		}},
	}}
	for _, known := range []bool{true, false} {
		steps := effects.Stage(m, 1, states(m, known).Stage(1), !known)
		for i, want := range []string{"", "removes /a/y", "copies A:/b; writes /c/ (over)", "copies other:/b; fetches docker-image://other; writes /c/ (over); depends on network"} {
			if got := steps[i].Effects.String(); got != want {
				t.Errorf("%d: %s, not %s", i, got, want)
			}
		}
	}
}
