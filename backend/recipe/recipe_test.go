package recipe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestSteps makes one change, and looks at what is made of it.
func TestSteps(t *testing.T) {
	capNetRaw := "\x01\x00\x00\x02" + "\x00\x20\x00\x00" + strings.Repeat("\x00", 12)
	for name, c := range map[string]struct {
		base, layer []layertest.Item
		want        string // behind FROM, without comments
	}{
		"small text":        {nil, []layertest.Item{layertest.File("etc/motd", "hi $USER\n")}, "COPY <<'EOF' /etc/motd\nhi $USER\nEOF"},
		"the word EOF":      {nil, []layertest.Item{layertest.File("etc/motd", "EOF\n")}, "COPY <<'EOF2' /etc/motd\nEOF\nEOF2"},
		"mode and owner":    {nil, []layertest.Item{layertest.File("etc/key", "x\n").WithMode(0o600).OwnedBy(1000, 1000)}, "COPY --chown=app:app --chmod=0600 <<'EOF' /etc/key\nx\nEOF"},
		"unknown owner":     {nil, []layertest.Item{layertest.File("etc/key", "x\n").OwnedBy(7, 8)}, "COPY --chown=7:8 <<'EOF' /etc/key\nx\nEOF"},
		"no end of line":    {nil, []layertest.Item{layertest.File("etc/x", "x")}, "COPY --chmod=0644 files/etc/x /etc/x"},
		"binary":            {nil, []layertest.Item{layertest.File("usr/bin/x", "\x7fELF\x00").WithMode(0o755)}, "COPY --chmod=0755 files/usr/bin/x /usr/bin/x"},
		"blanks in a name":  {nil, []layertest.Item{layertest.File("srv/a b.txt", "x\n")}, `COPY --chmod=0644 ["files/srv/a b.txt", "/srv/a b.txt"]`},
		"brackets":          {nil, []layertest.Item{layertest.File("srv/[a]", "\x00")}, `COPY --chmod=0644 ["files/srv/\\[a]", "/srv/[a]"]`},
		"symbolic link":     {nil, []layertest.Item{layertest.Symlink("etc/l", "motd")}, "RUN ln -sfn motd /etc/l"},
		"link's owner":      {nil, []layertest.Item{layertest.Symlink("etc/l", "motd").OwnedBy(1000, 1000)}, "RUN ln -sfn motd /etc/l && chown -h app:app /etc/l"},
		"appended line":     {[]layertest.Item{layertest.File("etc/x", "a\n")}, []layertest.Item{layertest.File("etc/x", "a\nb c\n")}, "RUN echo 'b c' >>/etc/x"},
		"appended lines":    {[]layertest.Item{layertest.File("etc/x", "a\n")}, []layertest.Item{layertest.File("etc/x", "a\nb\nc\n")}, "RUN cat >>/etc/x <<'EOF'\nb\nc\nEOF"},
		"replaced line":     {[]layertest.Item{layertest.File("etc/x", "a\n#Port 22\nb\n")}, []layertest.Item{layertest.File("etc/x", "a\nPort 2222\nb\n")}, "RUN sed -i 's/^#Port 22$/Port 2222/' /etc/x"},
		"deleted line":      {[]layertest.Item{layertest.File("etc/x", "a\nb.b\nc\n")}, []layertest.Item{layertest.File("etc/x", "a\nc\n")}, `RUN sed -i '/^b\.b$/d' /etc/x`},
		"two lines":         {[]layertest.Item{layertest.File("etc/x", "a\nb\nc\n")}, []layertest.Item{layertest.File("etc/x", "A\nb\nC\n")}, "RUN sed -i \\\n      -e 's/^a$/A/' \\\n      -e 's/^c$/C/' \\\n      /etc/x"},
		"not the one line":  {[]layertest.Item{layertest.File("etc/x", "a\nb\na\n")}, []layertest.Item{layertest.File("etc/x", "A\nb\na\n")}, "COPY <<'EOF' /etc/x\nA\nb\na\nEOF"},
		"edit and mode":     {[]layertest.Item{layertest.File("etc/x", "a\n")}, []layertest.Item{layertest.File("etc/x", "a\nb\n").WithMode(0o600)}, "RUN echo b >>/etc/x\nRUN chmod 0600 /etc/x"},
		"removed":           {[]layertest.Item{layertest.File("etc/x", "a\n"), layertest.File("etc/y", "")}, []layertest.Item{gone("etc/.wh.x"), gone("etc/.wh.y")}, "RUN rm -rf /etc/x /etc/y"},
		"removed directory": {[]layertest.Item{layertest.File("opt/d/x", "a\n"), layertest.File("opt/d/y", "")}, []layertest.Item{gone("opt/.wh.d")}, "RUN rm -rf /opt/d"},
		"link for a directory": {[]layertest.Item{layertest.File("opt/d/x", "a\n")}, []layertest.Item{gone("opt/.wh.d"), layertest.Symlink("opt/d", "/srv")},
			"RUN rm -rf /opt/d\nRUN ln -sfn /srv /opt/d"},
		"file for a link": {[]layertest.Item{layertest.Symlink("etc/l", "passwd")}, []layertest.Item{layertest.File("etc/l", "x\n")}, "RUN rm -rf /etc/l\nCOPY <<'EOF' /etc/l\nx\nEOF"},
		"mode":            {[]layertest.Item{layertest.File("etc/x", "a\n")}, []layertest.Item{layertest.File("etc/x", "a\n").WithMode(0o4755)}, "RUN chmod 04755 /etc/x"},
		"owner": {[]layertest.Item{layertest.Dir("srv/d"), layertest.File("srv/d/x", "a\n")}, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.File("srv/d/x", "a\n").OwnedBy(1000, 1000)},
			"RUN chown -R app:app /srv/d"},
		"empty directory": {nil, []layertest.Item{layertest.Dir("srv/d").WithMode(0o700).OwnedBy(1000, 1000)}, "RUN install -d -m 0700 -o app -g app /srv/d"},
		"indented":        {[]layertest.Item{layertest.File("etc/a", "x {\n\tb 1;\n\tc 2;\n}\n")}, []layertest.Item{layertest.File("etc/a", "x {\n\tb 9;\n\tc 2;\n}\n")}, "RUN sed -i 's/b 1;$/b 9;/' /etc/a"},
		"indented twice":  {[]layertest.Item{layertest.File("etc/a", "x {\n\tb 1;\n\tab 1;\n}\n")}, []layertest.Item{layertest.File("etc/a", "x {\n\tb 9;\n\tab 1;\n}\n")}, "COPY <<'EOF' /etc/a\nx {\n\tb 9;\n\tab 1;\n}\nEOF"},
		"joined": {[]layertest.Item{layertest.Dir("srv"), layertest.Dir("opt")}, []layertest.Item{layertest.Dir("srv/a").WithMode(0o700), layertest.Dir("srv/b").OwnedBy(1000, 1000), layertest.Symlink("srv/c", "a"), layertest.Symlink("srv/d", "b")},
			"RUN install -d -m 0700 /srv/a \\\n && install -d -o app -g app /srv/b\nRUN ln -sfn a /srv/c \\\n && ln -sfn b /srv/d"},
		"tree": {nil, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.File("srv/d/1", "\x00").OwnedBy(1000, 1000), layertest.File("srv/d/2", "").OwnedBy(1000, 1000),
			layertest.File("srv/d/3", "").OwnedBy(1000, 1000), layertest.File("srv/d/4", "").WithMode(0o600), layertest.Dir("srv/d/e")},
			"COPY --chown=app:app files/srv/d /srv/d\nRUN chown -h root:root /srv/d/4 \\\n && chmod 0600 /srv/d/4\nRUN install -d /srv/d/e"},
		"owner of a file alone":      {nil, []layertest.Item{layertest.Dir("srv/d"), layertest.File("srv/d/x", "x\n").OwnedBy(1000, 1000)}, "RUN install -d /srv/d\nCOPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"owner of both":              {nil, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.File("srv/d/x", "x\n").OwnedBy(1000, 1000)}, "COPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"binary of a user":           {nil, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.File("srv/d/x", "\x00").OwnedBy(1000, 1000)}, "RUN install -d -o app -g app /srv/d\nCOPY --chown=app:app --chmod=0644 files/srv/d/x /srv/d/x"},
		"program in a new directory": {nil, []layertest.Item{layertest.Dir("srv/d"), layertest.File("srv/d/x", "\x00").WithMode(0o755)}, "COPY --chmod=0755 files/srv/d/x /srv/d/x"},
		"directory in one that COPY would make": {nil, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.Dir("srv/d/e").WithMode(0o700).OwnedBy(1000, 1000), layertest.File("srv/d/x", "x\n").OwnedBy(1000, 1000)},
			"RUN install -d -o app -g app /srv/d \\\n && install -d -m 0700 -o app -g app /srv/d/e\nCOPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"directory in a plain one": {nil, []layertest.Item{layertest.Dir("srv/d"), layertest.Dir("srv/d/e").OwnedBy(1000, 1000), layertest.File("srv/d/e/x", "\x00").OwnedBy(1000, 1000)},
			"RUN install -d -o app -g app /srv/d/e\nCOPY --chown=app:app --chmod=0644 files/srv/d/e/x /srv/d/e/x"},
		"directories before their first file": {nil, []layertest.Item{layertest.Dir("var").WithMode(0o711), layertest.Dir("var/spool"), layertest.Dir("var/spool/cron"), layertest.File("var/a", "a\n"), layertest.File("var/spool/cron/root", "x\n")},
			"RUN install -d -m 0711 /var\nCOPY <<'EOF' /var/spool/cron/root\nx\nEOF\nCOPY <<'EOF' /var/a\na\nEOF"},
		"setgid is gone": {[]layertest.Item{layertest.Dir("srv/d").WithMode(0o2755)}, []layertest.Item{layertest.Dir("srv/d")}, "RUN chmod 00755 /srv/d"},
		"setuid in what is given away": {[]layertest.Item{layertest.Dir("srv/d"), layertest.File("srv/d/x", ""), layertest.File("srv/d/y", "").WithMode(0o4755).OwnedBy(1000, 1000)}, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000), layertest.File("srv/d/x", "").OwnedBy(1000, 1000)},
			"RUN chown app:app /srv/d /srv/d/x"},
		"link in a new directory": {nil, []layertest.Item{layertest.Dir("srv/d"), layertest.Symlink("srv/d/x", "y")}, "RUN install -d /srv/d\nRUN ln -sfn y /srv/d/x"},
		"many in a directory that was there": {nil, []layertest.Item{layertest.File("opt/1", "\x00"), layertest.File("opt/2", ""), layertest.File("opt/3", ""), layertest.File("opt/4", ""), layertest.File("opt/5", ""), layertest.Dir("opt/6"), layertest.File("opt/6/7", "").WithMode(0o755), layertest.File("opt/8", "").OwnedBy(1000, 1000)},
			"COPY added/opt /opt\nRUN chown -h app:app /opt/8"},
		"hard link":    {nil, []layertest.Item{layertest.File("usr/bin/a", "\x00").WithMode(0o755), layertest.Hardlink("usr/bin/b", "usr/bin/a")}, "ADD files/exact1.tar /"},
		"capabilities": {nil, []layertest.Item{layertest.File("usr/bin/p", "\x00").WithMode(0o755).WithXattr(capability, capNetRaw)}, "COPY --chmod=0755 files/usr/bin/p /usr/bin/p\nRUN setcap cap_net_raw=ep /usr/bin/p"},
		"attribute":    {nil, []layertest.Item{layertest.File("usr/bin/p", "\x00").WithXattr("user.x", "y")}, "ADD files/exact1.tar /"},
		"new line":     {nil, []layertest.Item{layertest.File("srv/a\nb", "\x00")}, "ADD files/exact1.tar /"},
	} {
		t.Run(name, func(t *testing.T) {
			base := append([]layertest.Item{layertest.Dir("etc"), layertest.Dir("srv"), layertest.Dir("opt"), layertest.Dir("usr"), layertest.Dir("usr/bin")}, c.base...)
			r := made(t, base, c.layer)
			var lines []string
			for _, s := range r.Steps {
				lines = append(lines, s.Instruction)
			}
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if len(r.Left) > 0 {
				t.Errorf("left out: %v", r.Left)
			}
		})
	}
}

// TestUmask holds that one chmod gives a new directory the modes of another umask, and none gives them to
// several.
func TestUmask(t *testing.T) {
	tree := func(name string) (list []layertest.Item) {
		list = append(list, layertest.Dir(name).WithMode(0o750))
		for _, f := range []string{"1", "2", "3", "4"} {
			list = append(list, layertest.File(name+"/"+f, "").WithMode(0o640))
		}
		return list
	}
	var one, several []layertest.Item
	for _, name := range strings.Fields("opt/a opt/b opt/c opt/d opt/e opt/f opt/g") {
		several = append(several, tree(name)...)
		one = append(one, tree("srv/x/"+name)...)
	}
	one = append([]layertest.Item{layertest.Dir("srv/x").WithMode(0o750), layertest.Dir("srv/x/opt").WithMode(0o750)}, one...)
	for want, layer := range map[string][]layertest.Item{"COPY files/srv/x /srv/x\nRUN chmod -R u=rwX,g=rX,o= /srv/x": one, "ADD files/exact1.tar /": several} {
		if got := instructions(made(t, []layertest.Item{layertest.Dir("srv"), layertest.Dir("opt")}, layer)); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// TestNoSecret has what looks like a secret, and is none.
func TestNoSecret(t *testing.T) {
	for name, text := range map[string]string{
		"/etc/nsswitch.conf":     "passwd:         files systemd\n",
		"/etc/pam.d/login":       "password required pam_unix.so\n",
		"/etc/ssh/sshd_config":   "PasswordAuthentication no\n",
		"/etc/a.conf":            "password_encryption = scram-sha-256\ntoken = $TOKEN\n#password = hunter22\nsecret = \n",
		"/srv/.env.example":      "DB_PASSWORD=changeme\n",
		"/var/lib/exim4/conf":    "  server_set_id = $auth1\n  plain_auth = 1\nserver_password = x\n",
		"/srv/lexer.c":           "token = next_token(s);\n",
		"/usr/lib/libcrypto.so":  "\x00-----BEGIN PRIVATE KEY-----\x00http://me:pw@host.example/",
		"/srv/key.js":            "const head = '-----BEGIN PRIVATE KEY-----\\n' + body\n",
		"/root/.ssh/id_rsa.pub":  "ssh-rsa AAAA\n",
		"/root/.ssh/known_hosts": "host ssh-rsa AAAA\n",

		"/usr/lib/python3/dist-packages/pip/misc.py":               "# like http://me:s3cret@host.example/\n",
		"/root/venv/lib/python3.11/site-packages/pip/_internal.py": "https://me:s3cret@host.example/simple\n",
		"/srv/app/node_modules/url/README.md":                      "new URL('https://me:s3cret@host.example')\n",
		"/srv/app/README.md":                                       "postgres://user:password@db.example/app, https://<user>:<token>@host.example\n",
		"/srv/app/db.py":                                           "f'postgres://{user}:{password}@{host}/', 'http://%s:%s@host', 'http://username:***@host'\n",
		"/usr/local/bin/fetch":                                     "curl https://$USER:${TOKEN}@host.example/\n",
	} {
		if what := secretOf(name, text); what != "" {
			t.Errorf("%s: %s", name, what)
		}
	}
}

// TestAddress has addresses with what is no placeholder, and places where a placeholder is none.
func TestAddress(t *testing.T) {
	for name, text := range map[string]string{
		"/root/.config/pip/pip.conf":                            "index-url = https://user:password@host.example/simple\n",
		"/home/ada/notes":                                       "https://user:password@host.example/\n",
		"/etc/apt/sources.list":                                 "deb https://user:password@host.example/ bookworm main\n",
		"/srv/app/db.py":                                        "'postgres://user:password@db', 'postgres://user:s3cret@db'\n",
		"/srv/app/fetch.sh":                                     "curl https://$USER:s3cret@host.example/\n",
		"/srv/app/node_modules/.package-lock.json":              `{"resolved": "https://me:s3cret@host.example/x.tgz"}`,
		"/usr/lib/python3/site-packages/x-1.dist-info/url.json": `{"url": "https://me:s3cret@host.example/x.whl"}`,
		"/srv/app/.git/config":                                  "url = https://user:password@git.example/x\n",
		"/srv/lib/app.py":                                       "https://me:s3cret@host.example\n",
		"/usr/local/lib/app/db.py":                              "https://me:s3cret@host.example\n",
	} {
		if what := secretOf(name, text); what != "a password in an address" {
			t.Errorf("%s: %q", name, what)
		}
	}
}

// TestHostName holds that what a package wrote with the name of the container is told, and what a user
// wrote stays.
func TestHostName(t *testing.T) {
	const builder = "buildkitsandbox"
	for text, same := range map[string]bool{
		"0123456789ab\n":                  true,
		"0123456789ab.example\n":          false,
		"mail.example.org\n":              false,
		"0123456789ab\nrelay 0.0.0.0/0\n": false,
		"":                                false,
	} {
		if renamed(builder+"\n", text) != same {
			t.Errorf("%q is the name of a container: %v", text, !same)
		}
	}
	if !renamed("domains=@:localhost:localhost\n", "domains=@:localhost:0123456789ab\n") || renamed("domains=localhost\n", "domains=0123456789ab:x\n") {
		t.Error("what a RUN has as its own name is localhost, too")
	}
	if renamed("a\n", "a\n") || !renamed("x="+builder+" y="+builder, "x=0123456789ab y=0123456789ab") || renamed("x="+builder+" y="+builder, "x=0123456789ab y=ba9876543210") {
		t.Error("the name is to be the same everywhere, and to be there")
	}
	b := layertest.Blobs{}
	base := append(programs(), layertest.Dir("etc"), layertest.File("etc/mailname", builder+"\n"), layertest.File("etc/motd", builder+"\n"))
	installed := image(t, b, ocispecs.ImageConfig{}, base)
	r, err := Read(t.Context(), Input{Name: "base", Before: installed,
		After: image(t, b, ocispecs.ImageConfig{}, base, []layertest.Item{layertest.File("etc/mailname", "0123456789ab\n"), layertest.File("etc/motd", "hi\n")})})
	if err != nil || len(r.Left) != 1 || r.Left[0].Pattern != "/etc/mailname" || len(r.Steps) != 1 {
		t.Errorf("%v: left out %+v, steps %+v", err, r.Left, r.Steps)
	}
}

// TestEmptied holds that a directory that only had secrets is told and not made, and that others are.
func TestEmptied(t *testing.T) {
	r := made(t, []layertest.Item{layertest.Dir("srv")}, []layertest.Item{layertest.Dir("srv/a"), layertest.Dir("srv/a/.aws"), layertest.File("srv/a/.aws/credentials", "x"), layertest.Dir("srv/b"), layertest.File("srv/b/.netrc", "x"), layertest.File("srv/b/x", "x\n"), layertest.Dir("srv/c"),
		layertest.Dir("var"), layertest.Dir("var/lib"), layertest.Dir("var/lib/apt"), layertest.File("var/lib/apt/extended_states", "")})
	var left []string
	for _, l := range r.Left {
		left = append(left, l.Pattern)
	}
	if want := []string{"/srv/a/.aws/credentials", "/srv/a/.aws", "/srv/a", "/srv/b/.netrc", "/var/lib/apt/extended_states"}; !slices.Equal(left, want) {
		t.Errorf("left out: %q", left)
	}
	if text := r.Dockerfile(); strings.Contains(text, "/srv/a") || strings.Contains(text, "states") || !strings.Contains(text, "/srv/b/x") || !strings.Contains(text, "/srv/c") {
		t.Error(text)
	}
}

// TestPair holds that the public part of a key is left out with the private one, and stays without it.
func TestPair(t *testing.T) {
	r := made(t, nil, []layertest.Item{layertest.File("srv/a", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"), layertest.File("srv/a.pub", "ssh-rsa AAAA\n"), layertest.File("srv/b.pub", "ssh-rsa AAAA\n")})
	var left []string
	for _, l := range r.Left {
		left = append(left, l.Pattern)
	}
	if !slices.Equal(left, []string{"/srv/a", "/srv/a.pub"}) {
		t.Errorf("left out: %q", left)
	}
}

// TestLeft has what is no part of an image.
func TestLeft(t *testing.T) {
	key := "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"
	for name, c := range map[string]struct {
		entry  layertest.Item
		why    string
		secret bool
	}{
		"history":     {layertest.File("root/.bash_history", "ls\n"), "history", false},
		"bytecode":    {layertest.File("srv/__pycache__/x.pyc", "\x00"), "bytecode", false},
		"log":         {layertest.File("var/log/x", "x"), "log", false},
		"swap":        {layertest.File("etc/.motd.swp", "x"), "editor", false},
		"netrc":       {layertest.File("root/.netrc", "x"), "passwords", true},
		"key":         {layertest.File("srv/x.pem", key), "private key", true},
		"key of ssh":  {layertest.File("root/.ssh/id_ed25519", "x"), "private key", true},
		"token":       {layertest.File("srv/x", "t = ghp_"+strings.Repeat("a", 36)+"\n"), "token", true},
		"npmrc":       {layertest.File("root/.npmrc", "//r.example/:_authToken=abc\n"), "token", true},
		"remote":      {layertest.File("srv/.git/config", "url = https://me:pw@git.example/x\n"), "password", true},
		"setting":     {layertest.File("srv/.env", "PORT=80\nexport DB_PASSWORD='hunter22'\n"), "password", true},
		"run/secrets": {layertest.File("run/secrets/x", "x"), "secret", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := made(t, []layertest.Item{layertest.Dir("run"), layertest.Dir("run/secrets"), layertest.Dir("root"), layertest.Dir("root/.ssh"), layertest.Dir("srv"), layertest.Dir("srv/.git")}, []layertest.Item{c.entry})
			if len(r.Left) != 1 || !strings.Contains(r.Left[0].Why, c.why) || r.Left[0].Secret != c.secret {
				t.Errorf("left out: %+v", r.Left)
			}
			dir := filepath.Join(t.TempDir(), "out")
			if err := r.Write(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "files", c.entry.Name)); err == nil {
				t.Error("it is in the context")
			}
		})
	}
}

// TestWrite looks at the directory.
func TestWrite(t *testing.T) {
	one := 1
	r := made(t, []layertest.Item{layertest.Dir("usr"), layertest.Dir("usr/bin")}, []layertest.Item{layertest.File("usr/bin/x", "\x00y").WithMode(0o4711), layertest.File("etc/motd", "hi\n")},
		record.Command{Line: "echo hi >/etc/motd", Dir: "/"}, record.Command{Line: "echo no >/etc/motd", Dir: "/", Exit: &one})
	dir := filepath.Join(t.TempDir(), "out")
	if err := r.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	want := "FROM base\n\n# echo hi >/etc/motd (typed)\nCOPY <<'EOF' /etc/motd\nhi\nEOF\n\n# added\nCOPY --chmod=04711 files/usr/bin/x /usr/bin/x\n"
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
	data, err := os.ReadFile(filepath.Join(dir, "files/usr/bin/x"))
	if err != nil || string(data) != "\x00y" {
		t.Errorf("%v %q", err, data)
	}
	if err := r.Write(t.Context(), dir); err == nil {
		t.Error("a directory with files was overwritten")
	}
	list, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(list) != 1 {
		t.Errorf("%v %v", err, list)
	}
}

func TestGroups(t *testing.T) {
	r := made(t, nil, []layertest.Item{layertest.File("etc/motd", "hi\n"), layertest.File("etc/issue", "ho\n")})
	r.Without("/etc/motd")
	if got := r.Groups(); !slices.Equal(got, []string{"/etc/issue"}) {
		t.Error(got)
	}
	if len(r.Left) != 1 || r.Left[0].Pattern != "/etc/motd" {
		t.Error(r.Left)
	}
}
