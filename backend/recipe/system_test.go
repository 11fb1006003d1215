package recipe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// instructions are those of a recipe, one behind the other.
func instructions(r *Recipe) string {
	var lines []string
	for _, s := range r.Steps {
		lines = append(lines, s.Instruction)
	}
	return strings.Join(lines, "\n")
}

// executables are programs that a step asks for.
func executables(names ...string) (list []layertest.Item) {
	for _, name := range names {
		list = append(list, layertest.File("usr/bin/"+name, "").WithMode(0o755))
	}
	return list
}

const (
	oldPasswd = "root:x:0:0:root:/root:/bin/sh\ngames:x:5:60::/usr/games:/bin/false\n"
	oldGroup  = "root:x:0:\nadm:x:4:\n"
	oldShadow = "root:*:1:0:99999:7:::\ngames:*:1:0:99999:7:::\n"
)

func TestAccounts(t *testing.T) {
	shadow := executables("useradd", "groupadd", "usermod", "userdel", "groupdel", "groupmod", "gpasswd", "passwd")
	busybox := executables("adduser", "addgroup", "deluser")
	skel := []layertest.Item{layertest.Dir("etc/skel"), layertest.File("etc/skel/.profile", "a\n")}
	home := []layertest.Item{layertest.Dir("home/ann").OwnedBy(1000, 1000), layertest.File("home/ann/.profile", "a\n").OwnedBy(1000, 1000)}
	for name, c := range map[string]struct {
		tools                 []layertest.Item
		passwd, group, shadow string
		more                  []layertest.Item
		want                  string
		secret                bool
	}{
		"user": {shadow, oldPasswd + "ann:x:1000:1000:Ann:/home/ann:/bin/sh\n", oldGroup + "ann:x:1000:\n", oldShadow + "ann:!:2:0:99999:7:::\n", home,
			"RUN groupadd --gid 1000 ann \\\n && useradd --uid 1000 --gid ann --comment Ann --create-home --shell /bin/sh ann", false},
		"home that was changed": {shadow, oldPasswd + "ann:x:1000:1000::/home/ann:/bin/sh\n", oldGroup + "ann:x:1000:\n", oldShadow + "ann:!:2:0:99999:7:::\n",
			[]layertest.Item{layertest.Dir("home/ann").OwnedBy(1000, 1000).WithMode(0o700), layertest.File("home/ann/.profile", "a\nb\n").OwnedBy(1000, 1000)},
			"RUN groupadd --gid 1000 ann \\\n && useradd --uid 1000 --gid ann --create-home --shell /bin/sh ann\nRUN echo b >>/home/ann/.profile\nRUN chmod 0700 /home/ann", false},
		"password": {shadow, oldPasswd + "ann:x:1000:4::/home/ann:/bin/sh\n", oldGroup, oldShadow + "ann:$y$abc:2:0:99999:7:::\n", nil,
			"RUN useradd --uid 1000 --gid adm --no-create-home --shell /bin/sh ann", true},
		"password of root": {shadow, oldPasswd, oldGroup, strings.Replace(oldShadow, "*", "$y$abc", 1), nil, "", true},
		"system user": {shadow, oldPasswd + "svc:x:999:4::/:/bin/false\n", oldGroup, oldShadow + "svc:!:2::::::\n", nil,
			"RUN useradd --system --uid 999 --gid adm --home-dir / --no-create-home --shell /bin/false svc", false},
		"member":  {shadow, oldPasswd, strings.Replace(oldGroup, "4:", "4:games", 1), oldShadow, nil, "RUN usermod --append --groups adm games", false},
		"shell":   {shadow, strings.Replace(oldPasswd, "/bin/false", "/bin/sh", 1), oldGroup, oldShadow, nil, "RUN usermod --shell /bin/sh games", false},
		"gone":    {shadow, strings.Split(oldPasswd, "games")[0], oldGroup, strings.Split(oldShadow, "games")[0], nil, "RUN userdel games", false},
		"no root": {shadow, strings.Replace(oldPasswd, "root", "toor", 1), oldGroup, oldShadow, nil, "RUN sed -i 's#^root:x:0:0:root:/root:/bin/sh$#toor:x:0:0:root:/root:/bin/sh#' /etc/passwd", false},
		"in front": {shadow, "ann:x:1000:4::/:/bin/sh\n" + oldPasswd, oldGroup, "ann:!:2:0:99999:7:::\n" + oldShadow, nil,
			"COPY <<'EOF' /etc/passwd\nann:x:1000:4::/:/bin/sh\n" + oldPasswd + "EOF\nCOPY --chmod=0600 <<'EOF' /etc/shadow\nann:!:2:0:99999:7:::\n" + oldShadow + "EOF", false},
		"busybox": {busybox, oldPasswd + "ann:x:1000:1000:Linux User,,,:/home/ann:/bin/sh\n", oldGroup + "ann:x:1000:\n", oldShadow + "ann:!:2:0:99999:7:::\n",
			[]layertest.Item{layertest.Dir("home/ann").OwnedBy(1000, 1000).WithMode(0o2755), layertest.File("home/ann/.profile", "a\n").OwnedBy(1000, 1000)},
			"RUN addgroup -g 1000 ann \\\n && adduser -D -u 1000 -G ann -h /home/ann -s /bin/sh -g 'Linux User,,,' ann", false},
		"no tools": {nil, oldPasswd + "ann:x:1000:4::/:/bin/sh\n", oldGroup, oldShadow, nil, "RUN echo ann:x:1000:4::/:/bin/sh >>/etc/passwd", false},
	} {
		t.Run(name, func(t *testing.T) {
			base := slices.Concat(skel, []layertest.Item{layertest.Dir("home"), layertest.Dir("root"), layertest.Dir("usr/games"), layertest.File("etc/passwd", oldPasswd), layertest.File("etc/group", oldGroup), layertest.File("etc/shadow", oldShadow).WithMode(0o600)}, c.tools)
			layer := append(c.more, layertest.File("etc/passwd", c.passwd), layertest.File("etc/group", c.group), layertest.File("etc/shadow", c.shadow).WithMode(0o600))
			r := made(t, base, layer)
			if got := instructions(r); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if secret := slices.ContainsFunc(r.Left, func(l LeftOut) bool { return l.Secret }); secret != c.secret {
				t.Errorf("left out: %v", r.Left)
			}
			if strings.Contains(r.Dockerfile(), "$y$") {
				t.Error("a hash is in the Dockerfile")
			}
		})
	}
}

const (
	editorAuto   = "auto\n/usr/bin/editor\neditor.1\n/usr/share/man/editor.1\n\n/bin/nano\n40\n/usr/share/man/nano.1\n\n"
	editorManual = "manual\n/usr/bin/editor\neditor.1\n/usr/share/man/editor.1\n\n/bin/nano\n40\n/usr/share/man/nano.1\n/bin/vi\n10\n\n\n"
)

// TestSystem has what programs of the system keep.
func TestSystem(t *testing.T) {
	unit := "[Unit]\n[Install]\nWantedBy=multi-user.target\n"
	script := "#!/bin/sh\n# Default-Start: 2 3\n# Default-Stop: 0\n"
	for name, c := range map[string]struct {
		base, layer []layertest.Item
		want        string
	}{
		"timezone": {[]layertest.Item{layertest.Symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"), layertest.File("etc/timezone", "Etc/UTC\n")},
			[]layertest.Item{layertest.Symlink("etc/localtime", "/usr/share/zoneinfo/Europe/Rome"), layertest.File("etc/timezone", "Europe/Rome\n")},
			"RUN ln -sf /usr/share/zoneinfo/Europe/Rome /etc/localtime && echo Europe/Rome >/etc/timezone"},
		"alternatives": {append(executables("update-alternatives"), layertest.File("var/lib/dpkg/alternatives/editor", editorAuto), layertest.Symlink("etc/alternatives/editor", "/bin/nano")),
			[]layertest.Item{layertest.File("var/lib/dpkg/alternatives/editor", editorManual), layertest.Symlink("etc/alternatives/editor", "/bin/vi")},
			"RUN update-alternatives --install /usr/bin/editor editor /bin/vi 10 \\\n && update-alternatives --set editor /bin/vi"},
		"unit": {append(executables("systemctl"), layertest.File("lib/systemd/system/x.service", unit), layertest.Dir("etc/systemd/system")),
			[]layertest.Item{layertest.Dir("etc/systemd/system/multi-user.target.wants"), layertest.Symlink("etc/systemd/system/multi-user.target.wants/x.service", "/lib/systemd/system/x.service")},
			"RUN systemctl enable x.service"},
		"unit of another target": {append(executables("systemctl"), layertest.File("lib/systemd/system/x.service", unit), layertest.Dir("etc/systemd/system"), layertest.Dir("etc/systemd/system/a.wants")),
			[]layertest.Item{layertest.Symlink("etc/systemd/system/a.wants/x.service", "/lib/systemd/system/x.service")},
			"RUN ln -sfn /lib/systemd/system/x.service /etc/systemd/system/a.wants/x.service"},
		"script": {append(executables("update-rc.d"), layertest.File("etc/init.d/x", script), layertest.Dir("etc/rc0.d"), layertest.Dir("etc/rc2.d"), layertest.Dir("etc/rc3.d")),
			[]layertest.Item{layertest.Symlink("etc/rc0.d/K01x", "../init.d/x"), layertest.Symlink("etc/rc2.d/S01x", "../init.d/x"), layertest.Symlink("etc/rc3.d/S01x", "../init.d/x")},
			"RUN update-rc.d x defaults"},
		"locale": {append(executables("locale-gen"), layertest.File("etc/locale.gen", "# en\n"), layertest.Dir("usr/lib"), layertest.Dir("usr/lib/locale")),
			[]layertest.Item{layertest.File("etc/locale.gen", "en\n"), layertest.File("usr/lib/locale/locale-archive", "\x00")}, "RUN sed -i 's/^# en$/en/' /etc/locale.gen\nRUN locale-gen"},
		"linker": {append(executables("ldconfig"), layertest.File("etc/ld.so.cache", "\x00"), layertest.Dir("usr/local"), layertest.Dir("usr/local/lib")),
			[]layertest.Item{layertest.File("etc/ld.so.cache", "\x00\x01"), layertest.File("usr/local/lib/x.so", "\x00")}, "COPY --chmod=0644 files/usr/local/lib/x.so /usr/local/lib/x.so\nRUN ldconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := instructions(made(t, append([]layertest.Item{layertest.Dir("etc"), layertest.Dir("usr"), layertest.Dir("usr/bin")}, c.base...), c.layer)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func stanza(name, version, more string) string {
	return fmt.Sprintf("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n%s\n", name, version, more)
}

// TestDpkg has packages of Debian.
func TestDpkg(t *testing.T) {
	base := stanza("dpkg", "1", "Essential: yes\n") + stanza("old", "1", "")
	auto := func(names ...string) (text string) {
		for _, n := range names {
			text += "Package: " + n + "\nArchitecture: amd64\nAuto-Installed: 1\n\n"
		}
		return text
	}
	const update, clean = "RUN apt-get update \\\n && ", " \\\n && rm -rf /var/lib/apt/lists/*"
	const install = "DEBIAN_FRONTEND=noninteractive apt-get install -y"
	for name, c := range map[string]struct {
		status, states string
		typed          string
		pin            bool
		want           string
	}{
		"what was asked for": {base + stanza("vim", "2", "Depends: libvim (>= 1), x | y\nRecommends: ctags\n") + stanza("libvim", "2", ""), auto("libvim"), "", false,
			update + install + " --no-install-recommends vim" + clean},
		"recommended": {base + stanza("vim", "2", "Depends: libvim (>= 1), x | y\nRecommends: ctags\n") + stanza("libvim", "2", "") + stanza("ctags", "1", ""), auto("libvim", "ctags"), "", false,
			update + install + " vim" + clean},
		"both ways": {base + stanza("vim", "2", "Recommends: ctags\n") + stanza("curl", "2", "Recommends: ca\n") + stanza("ctags", "1", ""), auto("ctags"), "", false,
			update + install + " --no-install-recommends curl \\\n && " + install + " vim" + clean},
		"provided":          {base + stanza("vim", "2", "Depends: editor\n") + stanza("ed", "2", "Provides: editor\n"), auto("ed"), "", false, update + install + " --no-install-recommends vim" + clean},
		"needed by nothing": {base + stanza("vim", "2", "") + stanza("ed", "2", ""), auto("ed"), "", false, update + install + " --no-install-recommends ed vim \\\n && apt-mark auto ed >/dev/null" + clean},
		"pinned":            {base + stanza("vim", "2:9.0-1", ""), "", "", true, update + install + " --no-install-recommends vim=2:9.0-1" + clean},
		"version typed":     {base + stanza("vim", "2:9.0-1", ""), "", "sudo apt install vim=2:9*", false, update + install + " --no-install-recommends 'vim=2:9*'" + clean},
		"purged":            {stanza("dpkg", "1", "Essential: yes\n"), "", "", false, "RUN DEBIAN_FRONTEND=noninteractive apt-get purge -y old"},
		"upgraded":          {stanza("dpkg", "1", "") + stanza("old", "2", ""), "", "apt-get upgrade -y", false, update + "DEBIAN_FRONTEND=noninteractive apt-get upgrade -y" + clean},
		"one upgraded":      {stanza("dpkg", "1", "") + stanza("old", "2", ""), "", "", false, update + install + " --only-upgrade old" + clean},
	} {
		t.Run(name, func(t *testing.T) {
			b := layertest.Blobs{}
			under := append(programs(), layertest.Dir("var/lib/apt"), layertest.File("var/lib/dpkg/status", base))
			over := []layertest.Item{layertest.File("var/lib/dpkg/status", c.status), layertest.File("var/lib/apt/extended_states", c.states)}
			r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, under), After: image(t, b, ocispecs.ImageConfig{}, under, over), Name: "base",
				Commands: []record.Command{{Line: c.typed}}, Pin: c.pin})
			if err != nil {
				t.Fatal(err)
			}
			if got := instructions(r); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if r.Installs() == nil {
				t.Error("it installs nothing")
			}
		})
	}
}

// TestInstalled reads again, with what the packages alone make.
func TestInstalled(t *testing.T) {
	b := layertest.Blobs{}
	under := append(programs(), layertest.Dir("etc"), layertest.File("var/lib/dpkg/status", stanza("dpkg", "1", "")))
	package_ := []layertest.Item{layertest.File("var/lib/dpkg/status", stanza("dpkg", "1", "")+stanza("vim", "2", "")), layertest.File("etc/vimrc", "a\nb\n"), layertest.File("etc/made-by-a-script", "1")}
	hand := append(slices.Clone(package_), layertest.File("etc/vimrc", "a\nB\n"))
	r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, under), After: image(t, b, ocispecs.ImageConfig{}, under, hand),
		Installed: image(t, b, ocispecs.ImageConfig{}, under, package_), Name: "base"})
	if err != nil {
		t.Fatal(err)
	}
	want := "RUN apt-get update \\\n && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends vim \\\n && rm -rf /var/lib/apt/lists/*\nRUN sed -i 's/^b$/B/' /etc/vimrc"
	if got := instructions(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestMountPoints holds that nothing removes what a RUN of the packages had to make.
func TestMountPoints(t *testing.T) {
	b := layertest.Blobs{}
	points := []layertest.Item{layertest.Dir("dev"), layertest.Dir("proc"), layertest.Dir("sys"), layertest.Dir("srv")}
	r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, programs()), After: image(t, b, ocispecs.ImageConfig{}, programs()),
		Installed: image(t, b, ocispecs.ImageConfig{}, programs(), points), Name: "base"})
	if err != nil {
		t.Fatal(err)
	}
	if got := instructions(r); got != "RUN rm -rf /srv" {
		t.Error(got)
	}
}

func TestMetadata(t *testing.T) {
	b := layertest.Blobs{}
	before := ocispecs.ImageConfig{Env: []string{"PATH=/bin", "A=1"}, Cmd: []string{"sh"}, User: "app"}
	after := ocispecs.ImageConfig{Env: []string{"PATH=/bin", "A=a $b", "API_TOKEN=x"}, Cmd: []string{"serve", "a b"}, User: "app", Labels: map[string]string{"l": "v"},
		ExposedPorts: map[string]struct{}{"80/tcp": {}}, WorkingDir: "/srv"}
	r, err := Read(t.Context(), Input{Before: image(t, b, before, programs()), After: image(t, b, after, programs(), []layertest.Item{layertest.Symlink("x", "y")}), Name: "base"})
	if err != nil {
		t.Fatal(err)
	}
	want := "FROM base\n\nUSER root\n\n# link\nRUN ln -sfn y /x\n\nUSER app\n\n# config that the commit was told to change\n" +
		"ENV A=\"a \\$b\"\nLABEL l=v\nEXPOSE 80/tcp\nWORKDIR /srv\nCMD [\"serve\", \"a b\"]\n"
	if got := r.Dockerfile(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(r.Left) != 1 || !r.Left[0].Secret {
		t.Error(r.Left)
	}
}

// TestSed has real programs make the edits that were made up for random texts.
func TestSed(t *testing.T) {
	var seds [][]string
	for _, words := range [][]string{{"sed"}, {"busybox", "sed"}} {
		if _, err := exec.LookPath(words[0]); err == nil {
			seds = append(seds, words)
		}
	}
	if len(seds) == 0 {
		t.Skip("there is no sed")
	}
	lines := []string{"a", "b", "#Port 22", "Port 22", `x\y`, "a.b", "a*", "[s]", "^c$", "/d/e", "a&b", "it's", "é", "%h", "a/#,@%b", " c ", "a+b(c)|d{2}", "$HOME", "`x`", "-n", "\"q\""}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() string { return lines[random.IntN(len(lines))] }
	done := 0
	for range 150 {
		var old, now []string
		for range 6 {
			old = append(old, pick())
		}
		for _, line := range old {
			switch random.IntN(8) {
			case 0:
				now = append(now, pick())
			case 1:
			default:
				now = append(now, line)
			}
		}
		commands, ok := replaced(old, now)
		if !ok {
			continue
		}
		done++
		for _, sed := range seds {
			name := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(name, []byte(strings.Join(old, "\n")+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			script := strings.Join(sed, " ") + " -i"
			for _, c := range commands {
				script += " -e " + quote(c)
			}
			out, err := exec.CommandContext(context.Background(), "sh", "-c", script+" "+quote(name)).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", script, err, out)
			}
			got, err := os.ReadFile(name)
			if want := strings.Join(append(now, ""), "\n"); err != nil || string(got) != want {
				t.Errorf("%s\nold %q\ngot %q\nwant %q", script, old, got, want)
			}
		}
	}
	if done < 20 {
		t.Errorf("only %d texts were edited", done)
	}
}
