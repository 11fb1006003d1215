package copylink_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// maker makes Dockerfiles at random, of COPYs to places that often have something already.
type maker struct{ *rand.Rand }

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m maker) dockerfile() string {
	var b strings.Builder
	b.WriteString(`FROM debian AS other
RUN mkdir -p /out/sub /out/x && echo a >/out/f && ln /out/f /out/h && ln -s f /out/l && chmod 2770 /out/sub && chown 7:8 /out/sub /out/h && chmod 711 /out && touch -d @1500000000 /out/f
FROM ` + m.pick("debian", "debian", "scratch") + "\n")
	scratch := strings.HasSuffix(b.String(), "scratch\n")
	for range 3 + m.IntN(6) {
		if line := m.line(); !scratch || !strings.HasPrefix(line, "RUN") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func (m maker) line() string {
	dir := func() string {
		return m.pick("/srv/a", "/srv/a/b", "/opt/c", "/app", "/app/s", ".", "/usr/local/bin", "/usr/local/share", "/n/o", "/etc", "/root/d", "/lib/e", "/var/run/g", "/tmp", "sub")
	}
	name := func() string { return dir() + "/" + m.pick("one", "two", "f", "x", "sub", "h") }
	switch m.IntN(16) {
	case 0, 1, 2:
		return "COPY " + m.pick("one", "two", "one two", "dir", ".", "*o*", "dir/three") + " " + dir() + "/"
	case 3, 4:
		return "COPY " + m.pick("one", "two", "dir") + " " + name()
	case 5, 6:
		return "COPY --from=other " + m.pick("/out", "/out/f", "/out/sub", "/out/f /out/h", "/out/l") + " " + dir() + "/"
	case 7:
		return "COPY --from=other " + m.pick("/out", "/out/f", "/out/sub", "/out/l") + " " + name()
	case 8:
		return "COPY --chown=" + m.pick("5:6", "0", "5", "root:root", "0:6") + " " + m.pick("one", "dir") + " " + m.pick(dir()+"/", name())
	case 9:
		return "COPY --link " + m.pick("one", "dir") + " " + m.pick(dir()+"/", name())
	case 10:
		return "WORKDIR " + m.pick("/app", "/srv/a", "s", "/opt/c", "/usr/local/share/d")
	case 11:
		return "USER " + m.pick("1000", "root")
	case 12:
		return "RUN mkdir -p " + dir() + "/m" + m.pick("", " && touch "+name(), " -m 700") + " || true"
	case 13:
		return "RUN ln -s /srv " + name() + " || true"
	case 14:
		return "RUN chmod " + m.pick("700", "1777", "2755") + " " + dir() + " || true"
	}
	return "RUN " + m.pick("rm -rf ", "chown 3:4 ", "touch ", "ls ") + m.pick(dir(), name()) + " || true"
}

// TestBuild builds random Dockerfiles of which COPYs get --link, and what comes out.
func TestBuild(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(12, 7))}
	testbed.Pairs{
		N: 12,
		Next: func() (before, after string) {
			before = m.dockerfile()
			module := irtest.Module(t, before)
			if out := pass(t, module, "", debian); out.Module != module {
				after = plugintest.Print(out.Module)
			}
			return before, after
		},
		Files: map[string]string{"one": "1\n", "two": "2\n", "dir/three": "3\n", "dir/sub/four": "4\n"},
		Dirs:  []string{"/srv", "/opt", "/app", "/usr/local", "/root", "/tmp", "/n", "/etc", "/run", "/usr/lib/e", "/var/run", "/lib", "/one", "/two", "/dir", "/s", "/sub", "/m"},
	}.Compare(t)
}
