package reorder_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// maker makes Dockerfiles at random, of steps that often meet.
type maker struct{ *rand.Rand }

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m maker) dockerfile() string {
	var b strings.Builder
	b.WriteString("FROM debian\nRUN mkdir -p /srv/a/b /opt/c /usr/local/share/d && echo x >/srv/a/x && " + m.pick("true", "ln -s /srv/a /srv/l", "ln -s ../c /opt/k") + "\n")
	for range 3 + m.IntN(6) {
		b.WriteString(m.line() + "\n")
	}
	return b.String()
}

func (m maker) line() string {
	dir := func() string {
		return m.pick("/srv/a", "/srv/l", "/opt/c", "/opt/k", "/app", "/app/s", ".", "/usr/local/share/d", "/srv/n/o")
	}
	file := func() string { return dir() + "/" + m.pick("one", "two", "x", "n") }
	switch m.IntN(18) {
	case 0, 1, 2:
		return "COPY " + m.pick("one", "two", "one two", ".", "--chown=1:1 .", "--chmod=600 one") + " " + dir() + "/"
	case 3:
		return "COPY one " + file()
	case 16, 17:
		return "COPY " + m.pick("", "", "--chown=1:1 ", "--chmod=700 ") + m.pick("one", "two") + " " + file()
	case 4:
		return "WORKDIR " + m.pick("/app", "/srv/a", "s", "/opt/c")
	case 5:
		return "ENV A=" + m.pick("1", "2")
	case 6:
		return "LABEL a=" + m.pick("1", "2")
	case 7:
		return "RUN useradd -m u" + m.pick("1", "2")
	case 8:
		return "RUN mkdir -p " + dir() + "/m && touch " + file()
	case 9:
		return "RUN rm -rf " + m.pick(dir(), file())
	case 10:
		return "RUN chmod -R go-w " + dir()
	case 11:
		return "RUN cat " + file() + " >>" + file() + " || true"
	case 12:
		return "RUN cp -r " + dir() + " " + dir() + " || true"
	case 13:
		return "RUN test -e " + file() + " || echo none >" + file()
	case 14:
		return "RUN ls " + dir() + " >/list || true"
	}
	return "RUN sed -i s/x/y/ " + file() + " || true"
}

// TestBuild builds random Dockerfiles of which steps move, and what comes out.
func TestBuild(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(8, 3))}
	testbed.Pairs{
		N: 8,
		Next: func() (before, after string) {
			before = m.dockerfile()
			module := irtest.Module(t, before)
			if out := pass(t, module, m.pick("", `{"changes": {"one": 0.9, "two": 0.2}}`), debian); out.Module != module {
				after = plugintest.Print(out.Module)
			}
			return before, after
		},
		Files: map[string]string{"one": "1\n", "two": "x 2\n"},
		Dirs:  []string{"/srv", "/opt", "/app", "/usr/local", "/home", "/etc/passwd", "/etc/group", "/list", "/one", "/two", "/x", "/n", "/m"},
	}.Compare(t)
}
