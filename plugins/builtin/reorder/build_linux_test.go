package reorder_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

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

// TestBuild builds random Dockerfiles of which steps move, and what comes out, on a real BuildKit:
// both fail, or the files are the same.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds with a real BuildKit")
	}
	n := 8
	if os.Getenv("STRAKE_LONG") != "" {
		n = 250
	}
	s := testbed.NewSolver(t, testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian)))
	m := maker{rand.New(rand.NewPCG(uint64(n), 3))}
	var group errgroup.Group
	group.SetLimit(3)
	asked := 0
	for found := 0; found < n; asked++ {
		before := m.dockerfile()
		module := irtest.Module(t, before)
		out := pass(t, module, m.pick("", `{"changes": {"one": 0.9, "two": 0.2}}`), debian)
		if out.Module == module {
			continue
		}
		found++
		after := plugintest.Print(out.Module)
		group.Go(func() error {
			a, b := files(s, before), files(s, after)
			if a != b {
				t.Errorf("%s\nmoved:\n%s\ndiffers:\n%s", before, after, testbed.Difference(a, b))
			}
			return nil
		})
	}
	_ = group.Wait()
	t.Logf("of %d Dockerfiles steps of %d move", asked, n)
}

// files are those of a build, or that it failed.
func files(s *testbed.Solver, text string) string {
	root, err := s.Export(testbed.Source{Files: map[string]string{"Dockerfile": text, ".dockerignore": "Dockerfile\n.dockerignore\n", "one": "1\n", "two": "x 2\n"}})
	if err != nil {
		return "it fails\n"
	}
	defer os.RemoveAll(root)
	var lines []string
	for _, top := range []string{"srv", "opt", "app", "usr/local", "home", "etc/passwd", "etc/group", "list", "one", "two", "x", "n", "m"} {
		err = filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil // it is not there
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			st := info.Sys().(*syscall.Stat_t)
			line := fmt.Sprintf("%s %v %d:%d", strings.TrimPrefix(p, root), info.Mode(), st.Uid, st.Gid)
			switch {
			case info.Mode()&fs.ModeSymlink != 0:
				to, _ := os.Readlink(p)
				line += " " + to
			case info.Mode().IsRegular():
				data, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				line += fmt.Sprintf(" %x", sha256.Sum256(data))
			}
			lines = append(lines, line)
			return nil
		})
		if err != nil {
			return err.Error()
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
