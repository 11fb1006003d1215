package recipe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
)

// TestSteps makes one change, and looks at what is made of it.
func TestSteps(t *testing.T) {
	capNetRaw := "\x01\x00\x00\x02" + "\x00\x20\x00\x00" + strings.Repeat("\x00", 12)
	for name, c := range map[string]struct {
		base, layer []entry
		want        string // behind FROM, without comments
	}{
		"small text":        {nil, []entry{file("etc/motd", "hi $USER\n")}, "COPY <<'EOF' /etc/motd\nhi $USER\nEOF"},
		"the word EOF":      {nil, []entry{file("etc/motd", "EOF\n")}, "COPY <<'EOF2' /etc/motd\nEOF\nEOF2"},
		"mode and owner":    {nil, []entry{file("etc/key", "x\n").mode(0o600).owner(1000, 1000)}, "COPY --chown=app:app --chmod=0600 <<'EOF' /etc/key\nx\nEOF"},
		"unknown owner":     {nil, []entry{file("etc/key", "x\n").owner(7, 8)}, "COPY --chown=7:8 <<'EOF' /etc/key\nx\nEOF"},
		"no end of line":    {nil, []entry{file("etc/x", "x")}, "COPY --chmod=0644 files/etc/x /etc/x"},
		"binary":            {nil, []entry{file("usr/bin/x", "\x7fELF\x00").mode(0o755)}, "COPY --chmod=0755 files/usr/bin/x /usr/bin/x"},
		"blanks in a name":  {nil, []entry{file("srv/a b.txt", "x\n")}, `COPY --chmod=0644 ["files/srv/a b.txt", "/srv/a b.txt"]`},
		"brackets":          {nil, []entry{file("srv/[a]", "\x00")}, `COPY --chmod=0644 ["files/srv/\\[a]", "/srv/[a]"]`},
		"symbolic link":     {nil, []entry{symlink("etc/l", "motd")}, "RUN ln -sfn motd /etc/l"},
		"link's owner":      {nil, []entry{symlink("etc/l", "motd").owner(1000, 1000)}, "RUN ln -sfn motd /etc/l && chown -h app:app /etc/l"},
		"appended line":     {[]entry{file("etc/x", "a\n")}, []entry{file("etc/x", "a\nb c\n")}, "RUN echo 'b c' >>/etc/x"},
		"appended lines":    {[]entry{file("etc/x", "a\n")}, []entry{file("etc/x", "a\nb\nc\n")}, "RUN cat >>/etc/x <<'EOF'\nb\nc\nEOF"},
		"replaced line":     {[]entry{file("etc/x", "a\n#Port 22\nb\n")}, []entry{file("etc/x", "a\nPort 2222\nb\n")}, "RUN sed -i 's/^#Port 22$/Port 2222/' /etc/x"},
		"deleted line":      {[]entry{file("etc/x", "a\nb.b\nc\n")}, []entry{file("etc/x", "a\nc\n")}, `RUN sed -i '/^b\.b$/d' /etc/x`},
		"two lines":         {[]entry{file("etc/x", "a\nb\nc\n")}, []entry{file("etc/x", "A\nb\nC\n")}, "RUN sed -i \\\n      -e 's/^a$/A/' \\\n      -e 's/^c$/C/' \\\n      /etc/x"},
		"not the one line":  {[]entry{file("etc/x", "a\nb\na\n")}, []entry{file("etc/x", "A\nb\na\n")}, "COPY <<'EOF' /etc/x\nA\nb\na\nEOF"},
		"edit and mode":     {[]entry{file("etc/x", "a\n")}, []entry{file("etc/x", "a\nb\n").mode(0o600)}, "RUN echo b >>/etc/x\nRUN chmod 0600 /etc/x"},
		"removed":           {[]entry{file("etc/x", "a\n"), file("etc/y", "")}, []entry{gone("etc/.wh.x"), gone("etc/.wh.y")}, "RUN rm -rf /etc/x /etc/y"},
		"removed directory": {[]entry{file("opt/d/x", "a\n"), file("opt/d/y", "")}, []entry{gone("opt/.wh.d")}, "RUN rm -rf /opt/d"},
		"link for a directory": {[]entry{file("opt/d/x", "a\n")}, []entry{gone("opt/.wh.d"), symlink("opt/d", "/srv")},
			"RUN rm -rf /opt/d\nRUN ln -sfn /srv /opt/d"},
		"file for a link": {[]entry{symlink("etc/l", "passwd")}, []entry{file("etc/l", "x\n")}, "RUN rm -rf /etc/l\nCOPY <<'EOF' /etc/l\nx\nEOF"},
		"mode":            {[]entry{file("etc/x", "a\n")}, []entry{file("etc/x", "a\n").mode(0o4755)}, "RUN chmod 04755 /etc/x"},
		"owner": {[]entry{dir("srv/d"), file("srv/d/x", "a\n")}, []entry{dir("srv/d").owner(1000, 1000), file("srv/d/x", "a\n").owner(1000, 1000)},
			"RUN chown -R app:app /srv/d"},
		"empty directory": {nil, []entry{dir("srv/d").mode(0o700).owner(1000, 1000)}, "RUN install -d -m 0700 -o app -g app /srv/d"},
		"indented":        {[]entry{file("etc/a", "x {\n\tb 1;\n\tc 2;\n}\n")}, []entry{file("etc/a", "x {\n\tb 9;\n\tc 2;\n}\n")}, "RUN sed -i 's/b 1;$/b 9;/' /etc/a"},
		"indented twice":  {[]entry{file("etc/a", "x {\n\tb 1;\n\tab 1;\n}\n")}, []entry{file("etc/a", "x {\n\tb 9;\n\tab 1;\n}\n")}, "COPY <<'EOF' /etc/a\nx {\n\tb 9;\n\tab 1;\n}\nEOF"},
		"joined": {[]entry{dir("srv"), dir("opt")}, []entry{dir("srv/a").mode(0o700), dir("srv/b").owner(1000, 1000), symlink("srv/c", "a"), symlink("srv/d", "b")},
			"RUN install -d -m 0700 /srv/a \\\n && install -d -o app -g app /srv/b\nRUN ln -sfn a /srv/c \\\n && ln -sfn b /srv/d"},
		"tree": {nil, []entry{dir("srv/d").owner(1000, 1000), file("srv/d/1", "\x00").owner(1000, 1000), file("srv/d/2", "").owner(1000, 1000),
			file("srv/d/3", "").owner(1000, 1000), file("srv/d/4", "").mode(0o600), dir("srv/d/e")},
			"COPY --chown=app:app files/srv/d /srv/d\nRUN chown -h root:root /srv/d/4 \\\n && chmod 0600 /srv/d/4\nRUN install -d /srv/d/e"},
		"owner of a file alone":      {nil, []entry{dir("srv/d"), file("srv/d/x", "x\n").owner(1000, 1000)}, "RUN install -d /srv/d\nCOPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"owner of both":              {nil, []entry{dir("srv/d").owner(1000, 1000), file("srv/d/x", "x\n").owner(1000, 1000)}, "COPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"binary of a user":           {nil, []entry{dir("srv/d").owner(1000, 1000), file("srv/d/x", "\x00").owner(1000, 1000)}, "RUN install -d -o app -g app /srv/d\nCOPY --chown=app:app --chmod=0644 files/srv/d/x /srv/d/x"},
		"program in a new directory": {nil, []entry{dir("srv/d"), file("srv/d/x", "\x00").mode(0o755)}, "COPY --chmod=0755 files/srv/d/x /srv/d/x"},
		"directory in one that COPY would make": {nil, []entry{dir("srv/d").owner(1000, 1000), dir("srv/d/e").mode(0o700).owner(1000, 1000), file("srv/d/x", "x\n").owner(1000, 1000)},
			"RUN install -d -o app -g app /srv/d \\\n && install -d -m 0700 -o app -g app /srv/d/e\nCOPY --chown=app:app <<'EOF' /srv/d/x\nx\nEOF"},
		"directory in a plain one": {nil, []entry{dir("srv/d"), dir("srv/d/e").owner(1000, 1000), file("srv/d/e/x", "\x00").owner(1000, 1000)},
			"RUN install -d -o app -g app /srv/d/e\nCOPY --chown=app:app --chmod=0644 files/srv/d/e/x /srv/d/e/x"},
		"directories before their first file": {nil, []entry{dir("var").mode(0o711), dir("var/spool"), dir("var/spool/cron"), file("var/a", "a\n"), file("var/spool/cron/root", "x\n")},
			"RUN install -d -m 0711 /var\nCOPY <<'EOF' /var/spool/cron/root\nx\nEOF\nCOPY <<'EOF' /var/a\na\nEOF"},
		"setgid is gone": {[]entry{dir("srv/d").mode(0o2755)}, []entry{dir("srv/d")}, "RUN chmod 00755 /srv/d"},
		"setuid in what is given away": {[]entry{dir("srv/d"), file("srv/d/x", ""), file("srv/d/y", "").mode(0o4755).owner(1000, 1000)}, []entry{dir("srv/d").owner(1000, 1000), file("srv/d/x", "").owner(1000, 1000)},
			"RUN chown app:app /srv/d /srv/d/x"},
		"link in a new directory": {nil, []entry{dir("srv/d"), symlink("srv/d/x", "y")}, "RUN install -d /srv/d\nRUN ln -sfn y /srv/d/x"},
		"many in a directory that was there": {nil, []entry{file("opt/1", "\x00"), file("opt/2", ""), file("opt/3", ""), file("opt/4", ""), file("opt/5", ""), dir("opt/6"), file("opt/6/7", "").mode(0o755), file("opt/8", "").owner(1000, 1000)},
			"COPY added/opt /opt\nRUN chown -h app:app /opt/8"},
		"hard link":    {nil, []entry{file("usr/bin/a", "\x00").mode(0o755), hardlink("usr/bin/b", "usr/bin/a")}, "ADD files/exact1.tar /"},
		"capabilities": {nil, []entry{file("usr/bin/p", "\x00").mode(0o755).xattr(capability, capNetRaw)}, "COPY --chmod=0755 files/usr/bin/p /usr/bin/p\nRUN setcap cap_net_raw=ep /usr/bin/p"},
		"attribute":    {nil, []entry{file("usr/bin/p", "\x00").xattr("user.x", "y")}, "ADD files/exact1.tar /"},
		"new line":     {nil, []entry{file("srv/a\nb", "\x00")}, "ADD files/exact1.tar /"},
	} {
		t.Run(name, func(t *testing.T) {
			base := append([]entry{dir("etc"), dir("srv"), dir("opt"), dir("usr"), dir("usr/bin")}, c.base...)
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
	tree := func(name string) (list []entry) {
		list = append(list, dir(name).mode(0o750))
		for _, f := range []string{"1", "2", "3", "4"} {
			list = append(list, file(name+"/"+f, "").mode(0o640))
		}
		return list
	}
	var one, several []entry
	for _, name := range strings.Fields("opt/a opt/b opt/c opt/d opt/e opt/f opt/g") {
		several = append(several, tree(name)...)
		one = append(one, tree("srv/x/"+name)...)
	}
	one = append([]entry{dir("srv/x").mode(0o750), dir("srv/x/opt").mode(0o750)}, one...)
	for want, layer := range map[string][]entry{"COPY files/srv/x /srv/x\nRUN chmod -R u=rwX,g=rX,o= /srv/x": one, "ADD files/exact1.tar /": several} {
		if got := instructions(made(t, []entry{dir("srv"), dir("opt")}, layer)); got != want {
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
	b := blobs{}
	base := append(programs(), dir("etc"), file("etc/mailname", builder+"\n"), file("etc/motd", builder+"\n"))
	installed := image(t, b, ocispecs.ImageConfig{}, base)
	r, err := Read(t.Context(), Input{Name: "base", Before: installed,
		After: image(t, b, ocispecs.ImageConfig{}, base, []entry{file("etc/mailname", "0123456789ab\n"), file("etc/motd", "hi\n")})})
	if err != nil || len(r.Left) != 1 || r.Left[0].Pattern != "/etc/mailname" || len(r.Steps) != 1 {
		t.Errorf("%v: left out %+v, steps %+v", err, r.Left, r.Steps)
	}
}

// TestEmptied holds that a directory that only had secrets is told and not made, and that others are.
func TestEmptied(t *testing.T) {
	r := made(t, []entry{dir("srv")}, []entry{dir("srv/a"), dir("srv/a/.aws"), file("srv/a/.aws/credentials", "x"), dir("srv/b"), file("srv/b/.netrc", "x"), file("srv/b/x", "x\n"), dir("srv/c"),
		dir("var"), dir("var/lib"), dir("var/lib/apt"), file("var/lib/apt/extended_states", "")})
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
	r := made(t, nil, []entry{file("srv/a", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"), file("srv/a.pub", "ssh-rsa AAAA\n"), file("srv/b.pub", "ssh-rsa AAAA\n")})
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
		entry  entry
		why    string
		secret bool
	}{
		"history":     {file("root/.bash_history", "ls\n"), "history", false},
		"bytecode":    {file("srv/__pycache__/x.pyc", "\x00"), "bytecode", false},
		"log":         {file("var/log/x", "x"), "log", false},
		"swap":        {file("etc/.motd.swp", "x"), "editor", false},
		"netrc":       {file("root/.netrc", "x"), "passwords", true},
		"key":         {file("srv/x.pem", key), "private key", true},
		"key of ssh":  {file("root/.ssh/id_ed25519", "x"), "private key", true},
		"token":       {file("srv/x", "t = ghp_"+strings.Repeat("a", 36)+"\n"), "token", true},
		"npmrc":       {file("root/.npmrc", "//r.example/:_authToken=abc\n"), "token", true},
		"remote":      {file("srv/.git/config", "url = https://me:pw@git.example/x\n"), "password", true},
		"setting":     {file("srv/.env", "PORT=80\nexport DB_PASSWORD='hunter22'\n"), "password", true},
		"run/secrets": {file("run/secrets/x", "x"), "secret", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := made(t, []entry{dir("run"), dir("run/secrets"), dir("root"), dir("root/.ssh"), dir("srv"), dir("srv/.git")}, []entry{c.entry})
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
	r := made(t, []entry{dir("usr"), dir("usr/bin")}, []entry{file("usr/bin/x", "\x00y").mode(0o4711), file("etc/motd", "hi\n")},
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
	r := made(t, nil, []entry{file("etc/motd", "hi\n"), file("etc/issue", "ho\n")})
	r.Without("/etc/motd")
	if got := r.Groups(); !slices.Equal(got, []string{"/etc/issue"}) {
		t.Error(got)
	}
	if len(r.Left) != 1 || r.Left[0].Pattern != "/etc/motd" {
		t.Error(r.Left)
	}
}
