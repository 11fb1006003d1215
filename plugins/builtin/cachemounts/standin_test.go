//go:build linux

package cachemounts

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// solver builds with BuildKit's own frontend. The images of managers are one directory:
// Busybox, and the stand-ins.
type solver struct {
	*testbed.Solver
	root   string
	builds atomic.Int64
}

// standins makes that directory.
func standins(t *testing.T) string {
	root := testbed.Unpack(t, testbed.Image(t, testbed.Busybox)).Rootfs
	put := func(name, data string, mode fs.FileMode) {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), mode); err != nil {
			t.Fatal(err)
		}
	}
	list, err := os.ReadDir("testdata/standin")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		data, err := os.ReadFile(filepath.Join("testdata/standin", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		dir := "usr/local/bin"
		if e.Name() == "lib.sh" {
			dir = "usr/local/lib"
			put("usr/local/lib/standin.sh", string(data), 0o644)
			continue
		}
		put(filepath.Join(dir, e.Name()), string(data), 0o755)
	}
	put("usr/local/bin/looks", "#!/bin/sh\nls /dev | grep strake\ngrep -c strake /proc/self/mounts\ntrue\n", 0o755)
	put("etc/apk/world", "", 0o644)
	put("var/cache/apk/.keep", "", 0o644)
	put("root/.keep", "", 0o644)
	put("usr/local/share/.keep", "", 0o644)
	put("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n", 0o644)
	put("etc/group", "root:x:0:\napp:x:1000:\n", 0o644)
	put("home/app/.keep", "", 0o644)
	put("app/x", "x\n", 0o644)
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o1777|fs.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return root
}

// listing is a stage that writes down every file of the stage work: its kind, mode, owner,
// number of links, target and contents.
const listing = `FROM debian AS list
RUN --mount=from=work,target=/work cd /work && find . -printf '%p %y %m %U:%G %n %l\n' | LC_ALL=C sort > /list && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed 's/\([^ ]*\)  \(.*\)/\2 \1/' >> /list
FROM scratch
COPY --from=list /list /
`

// files builds a chain and tells its files, without those that the cache has.
func (s *solver) files(chain string, differs []string) (string, error) {
	chain = strings.ReplaceAll(chain, "-BUILD,", fmt.Sprintf("-%d,", s.builds.Add(1)))
	source := testbed.Source{
		Files:  map[string]string{"Dockerfile": chain + listing, "npmrc": "cache=/opt/rc\n", "settings.xml": "<localRepository>/opt/c</localRepository>\n"},
		Images: map[string]string{},
		Attrs:  map[string]string{"no-cache": "work"},
	}
	for _, t := range tools() {
		source.Images[t.base] = s.root
	}
	out, err := s.Export(source)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(out, "list"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		p, rest, _ := strings.Cut(line, " ")
		gone := false
		for _, d := range differs {
			gone = gone || p == d || strings.HasPrefix(p, d+"/")
		}
		if strings.HasPrefix(rest, "d ") { // how many directories are in it
			kind, _, _ := strings.Cut(rest, ":")
			line = p + " " + kind + "\n"
		}
		if !gone {
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// rebuilds is how often a chain is built again when it gave other files with a cache.
const rebuilds = 6

// unsteady tells whether a chain gives some files without a cache, too, when it is built
// again as it is: it differs from itself, by a time or a race. That it does is no excuse for
// files that it never gives.
func (s *solver) unsteady(chain string, differs []string, got string) bool {
	for range rebuilds {
		if again, err := s.files(chain, differs); err == nil && again == got {
			return true
		}
	}
	return false
}

// mounted is a chain with the plugin's caches; it is false when the plugin leaves it as it is.
func mounted(t *testing.T, chain string) (string, bool) {
	m, ok := irtest.Build("Dockerfile", chain)
	if !ok {
		t.Fatalf("it does not parse:\n%s", chain)
	}
	p := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: New(), Grants: []plugins.Grant{plugins.GrantContext}}}}
	out, err := p.Run(t.Context(), plugins.Input{Module: m})
	if err != nil {
		t.Fatal(err)
	}
	text, err := dockerfile.Print(out.Module)
	if err != nil {
		t.Fatal(err)
	}
	return text, plugintest.Print(out.Module) != plugintest.Print(m)
}

// TestChains builds chains of stand-ins on a real BuildKit without the plugin and with it,
// that twice: the files are the same with a cache that is empty, or that other chains have
// filled. STRAKE_CHAINS says how many have to get a cache: it is 9, about one of each manager, as each
// takes seconds, and with STRAKE_LONG=1 it is 120.
func TestChains(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian))
	s := &solver{Solver: testbed.NewSolver(t, d), root: standins(t)}
	want := 9
	if os.Getenv("STRAKE_LONG") != "" {
		want = 120
	}
	if text := os.Getenv("STRAKE_CHAINS"); text != "" {
		if _, err := fmt.Sscan(text, &want); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(13, 1))
	var group errgroup.Group
	group.SetLimit(4)
	var mu sync.Mutex
	tried, changed, equal, failing, unsteady := 0, 0, 0, 0, 0
	for n := 0; changed < want && n < 40*want; n++ {
		tried++
		chain, differs := generate(r, n)
		with, ok := mounted(t, chain)
		if !ok {
			continue
		}
		changed++
		group.Go(func() error {
			plain, plainErr := s.files(chain, differs)
			for range 2 {
				got, err := s.files(with, differs)
				same := got == plain
				itself := err == nil && plainErr == nil && !same && s.unsteady(chain, differs, got)
				mu.Lock()
				switch {
				case plainErr != nil && err != nil:
					failing++
				case err != nil || plainErr != nil:
					t.Errorf("without: %v\nwith: %v\n%s\n%s", plainErr, err, chain, with)
				case same:
					equal++
				case itself:
					unsteady++
				default:
					t.Errorf("%s\n%s\ndiffers:\n%s", chain, with, testbed.Difference(plain, got))
				}
				mu.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait() // the errors were told
	t.Logf("%d chains, %d get a cache: of 2 builds each %d have the same files, %d fail with and without, %d are of chains that differ from themselves", tried, changed, equal, failing, unsteady)
	if changed < want || equal < 2*want*3/4 {
		t.Error("too few chains show something")
	}
}
