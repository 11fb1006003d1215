package parallelise_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// downloads stand in for curl and git: what comes follows from the URL, and has all that a COPY may get
// wrong: links of both kinds, modes, owners and times.
var downloads = map[string]string{
	"one": "1\n",
	"curl": `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in -*o) file=$2; shift;; http*) url=$1;; esac; shift; done
echo "$url" >"$file" && touch -d @1600000000 "$file"
`,
	"git": `#!/bin/sh
for dir; do url=$2; done
[ ! -e "$dir" ] || exit 1
mkdir -p "$dir/sub/deep" && cd "$dir" || exit 1
echo "$url" >a && ln a sub/b && ln -s ../a sub/c && ln -s /etc/passwd out && ln -s nothing sub/nothing && mkfifo pipe
touch set && chmod 4755 set && touch -d @1500000000 a set && chown 7:8 set sub && chmod 2770 sub && mkdir -m 1777 open empty
`,
}

// maker makes Dockerfiles at random, of steps of which many have nothing to do with each other.
type maker struct{ *rand.Rand }

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m maker) dockerfile() string {
	var b strings.Builder
	b.WriteString("FROM debian\nCOPY --chmod=755 curl git /usr/bin/\nRUN mkdir -p /srv/a/b /opt/c /usr/local/share/d /app && chmod 2775 /srv/a/b && chown 3:4 /opt/c\n")
	for range 4 + m.IntN(6) {
		b.WriteString(m.line() + "\n")
	}
	return b.String()
}

func (m maker) line() string {
	dir := func() string {
		return m.pick("/srv/a", "/srv/a/b", "/opt/c", "/app", "/app/s", ".", "/usr/local/share/d", "/srv/n/o", "/")
	}
	name := func() string { return dir() + "/" + m.pick("one", "two", "x", "n", "m", "k", "l") }
	switch m.IntN(18) {
	case 0, 1, 2, 3:
		return "RUN git clone https://example.com/" + m.pick("1", "2") + " " + name()
	case 4, 5, 6, 7:
		return "RUN curl -fsSLo " + name() + " https://example.com/" + m.pick("1", "2")
	case 8:
		return "RUN mkdir -p " + dir() + "/y/z && curl -fo " + dir() + "/y/z/" + m.pick("p", "q") + " https://example.com/3"
	case 9:
		n := name()
		return "RUN curl -fo " + n + " https://example.com/4 && chmod " + m.pick("+x", "600", "4755") + " " + n + m.pick("", " && chown 5:6 "+n)
	case 10:
		return "RUN curl -fo /tmp/t https://example.com/5 && cp /tmp/t " + name() + " && rm /tmp/t"
	case 11:
		return "RUN git clone https://example.com/6 " + name() + " && rm -rf " + name() + "/sub"
	case 12:
		return "WORKDIR " + m.pick("/app", "/srv/a", "s", "/opt/c")
	case 13:
		return m.pick("ENV A=1", "USER root", "LABEL a=b", "SHELL [\"/bin/bash\", \"-c\"]")
	case 14:
		return "COPY one " + dir() + "/"
	case 15:
		return "RUN cp -r " + name() + " " + name() + " || true"
	case 16:
		return "RUN chmod -R go-w " + m.pick("/srv/a", "/opt/c", "/usr/local/share/d")
	}
	return "RUN umask 77; curl -fo " + name() + " https://example.com/7"
}

// TestBuild builds random Dockerfiles of which stages are divided, and what comes out.
func TestBuild(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 5))}
	testbed.Pairs{
		N: 3,
		Next: func() (before, after string) {
			before = m.dockerfile()
			module := irtest.Module(t, before)
			if out := pass(t, module, `{"links": "trust"}`, debian); out.Module != module {
				after = plugintest.Print(out.Module)
			}
			return before, after
		},
		Files: downloads,
		Dirs:  []string{"/srv", "/opt", "/app", "/usr/local", "/home", "/root", "/tmp", "/one", "/two", "/x", "/n", "/m", "/k", "/l", "/y"},
	}.Compare(t)
}
