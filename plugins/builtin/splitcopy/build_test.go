//go:build linux

package splitcopy_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/splitcopy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// installers is a base with programs that read what the real ones read, do what they do for files
// which say so, and write it down.
const installers = `FROM busybox AS base
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY --chmod=755 <<'EOF' /usr/local/bin/npm
#!/bin/sh
set -e
mkdir -p node_modules
for f in package.json package-lock.json npm-shrinkwrap.json .npmrc; do
	if [ -f $f ]; then echo "== $f"; cat $f; fi
done >node_modules/.installed
for d in $(sed -n 's/.*"file:\.\/\([^"]*\)".*/\1/p' package.json); do cp -r $d node_modules/; done
for d in $(sed -n 's/.*"workspaces": \["\([^"]*\)"\].*/\1/p' package.json); do ls $d >>node_modules/.installed; done
for c in $(sed -n 's/^cache=//p' .npmrc 2>/dev/null); do mkdir -p $c && echo cached >$c/entry; done
if [ -f binding.gyp ]; then ls -A >node_modules/addon; fi
case " $* " in
*" --ignore-scripts "*) ;;
*) for s in preinstall install postinstall prepare; do
	x=$(sed -n "s/.*\"$s\": \"\([^\"]*\)\".*/\1/p" package.json)
	if [ -n "$x" ]; then sh -c "$x"; fi
done ;;
esac
if grep -q '@prisma/client' package-lock.json 2>/dev/null; then cp -r prisma node_modules/.prisma || true; fi
if [ "$1" = install ]; then echo '{"lockfileVersion": 3, "packages": {}, "rewritten": true}' >package-lock.json; fi
EOF
COPY --chmod=755 <<'EOF' /usr/local/bin/pip
#!/bin/sh
set -e
record() {
	echo "== $1"; cat $1
	for n in $(sed -n 's/^-r *//p' $1); do record $(dirname $1)/$n; done
	for d in $(sed -n 's/^-e *//p; s/^\(\.\/.*\)/\1/p' $1); do find $d | sort; done
}
mkdir -p /usr/local/lib/site
{
	if [ -f setup.cfg ]; then cat setup.cfg; fi
	for p in $(echo "$PYTHONPATH" | tr : ' '); do if [ -f $p/sitecustomize.py ]; then cat $p/sitecustomize.py; fi; done
	while [ $# -gt 0 ]; do if [ "$1" = -r ]; then record $2; fi; shift; done
} >/usr/local/lib/site/installed
EOF
COPY --chmod=755 <<'EOF' /usr/local/bin/go
#!/bin/sh
set -e
mkdir -p /go/pkg/mod
cat go.mod go.sum $(ls go.work vendor/modules.txt 2>/dev/null) >/go/pkg/mod/installed
for d in $(sed -n 's/.*=> *\(\.[^ ]*\).*/\1/p' go.mod); do find $d >>/go/pkg/mod/installed; done
echo "added" >>go.sum
EOF
RUN mkdir -p /home/me && echo me:x:1000:1000::/home/me:/bin/sh >>/etc/passwd && echo me:x:1000: >>/etc/group
FROM base
ENV HOME=/home/me
`

// tree is a build context: files, "NAME 0600" with a mode, and "NAME -> TARGET" for links.
type tree map[string]string

func (c tree) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	modes := map[string]os.FileMode{}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		file, more, _ := strings.Cut(name, " ")
		full := filepath.Join(dir, file)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		target, link := strings.CutPrefix(more, "-> ")
		switch {
		case link:
			err = errors.Join(err, os.Symlink(target, full))
		case strings.HasSuffix(file, "/"):
			err = errors.Join(err, os.MkdirAll(full, 0o755))
		default:
			err = errors.Join(err, os.WriteFile(full, []byte(c[name]), 0o644))
		}
		if more != "" && !link {
			var mode os.FileMode
			_, scan := fmt.Sscanf(more, "%o", &mode)
			if mode&0o2000 != 0 {
				mode = mode.Perm() | os.ModeSetgid
			}
			modes[full], err = mode, errors.Join(err, scan)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range modes {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// host reads a directory as a build does.
type host struct {
	plugintest.Host
	in *input.Input
}

func (h host) ReadFile(ctx context.Context, name string) ([]byte, error) {
	return h.in.ReadFile(ctx, name)
}

func (h host) ListFiles(ctx context.Context, patterns []string) ([]plugins.File, error) {
	return h.in.ListFiles(ctx, patterns)
}

// after is a Dockerfile that went through the plugin with a directory for context, "" when it
// stays, and what the plugin says.
func after(t *testing.T, text, dir string) (split, why string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := input.Find(t.Context(), input.Request{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	m := irtest.Module(t, text)
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: splitcopy.New(), Config: []byte(`{"explain": true}`), Grants: []plugins.Grant{plugins.GrantContext, plugins.GrantImages}}}}
	out, err := p.Run(t.Context(), plugins.Input{Module: m, Host: func(*ir.Module) plugins.Host { return host{plugintest.Host{Config: base}, in} }})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range out.Diags {
		why += d.Code + ": " + d.Message + "\n"
	}
	if out.Module == m {
		return "", why
	}
	if split, err = dockerfile.Print(out.Module); err != nil {
		t.Fatal(err)
	}
	return split, why
}

// builder is a real BuildKit with docker's buildx in front of it.
type builder struct{ program, config string }

// build gives what an image has, by path and setting, and the log.
func (b *builder) build(t *testing.T, text, dir string) (map[string]string, string) {
	t.Helper()
	image, log, err := b.try(t, text, dir)
	if err != nil {
		t.Fatal(err)
	}
	return image, log
}

// try is build of what may fail.
func (b *builder) try(t *testing.T, text, dir string) (map[string]string, string, error) {
	t.Helper()
	dest := filepath.Join(t.TempDir(), "image.tar")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.program, append([]string{"build", "--progress=plain", "-o", "type=oci,dest=" + dest, "-f", "-", dir}, testbed.ProxyFlags()...)...)
	cmd.Env = append(os.Environ(), "BUILDX_CONFIG="+b.config, "DOCKER_CONFIG="+b.config)
	cmd.Stdin = strings.NewReader(text)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		return nil, "", fmt.Errorf("%w\n%s\n%s", err, text, &log)
	}
	img := testbed.LoadImage(t, dest)
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(file.Config)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"config": string(config)}
	files := mutate.Extract(img)
	defer files.Close()
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, log.String(), nil
		}
		sum := sha256.New()
		if err == nil {
			_, err = io.Copy(sum, r)
		}
		if err != nil {
			t.Fatal(err)
		}
		all["/"+strings.Trim(h.Name, "./")] = fmt.Sprintf("%c %o %d:%d %s %x", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Linkname, sum.Sum(nil)[:4])
	}
}

// differences are paths of which two images do not say the same.
func differences(a, b map[string]string) (list []string) {
	both := maps.Clone(a)
	maps.Copy(both, b)
	for _, p := range slices.Sorted(maps.Keys(both)) {
		if a[p] != b[p] {
			list = append(list, fmt.Sprintf("%s: %q, split %q", p, a[p], b[p]))
		}
	}
	return list
}

// cached tells whether the step of an instruction comes from the cache.
func cached(t *testing.T, log, instruction string) bool {
	t.Helper()
	m := regexp.MustCompile(`(?m)^#(\d+) \[[^\]]*\] ` + regexp.QuoteMeta(instruction)).FindStringSubmatch(log)
	if m == nil {
		t.Fatalf("no step %s in\n%s", instruction, log)
	}
	return strings.Contains(log, "\n#"+m[1]+" CACHED")
}

// sources is a project with files that are copied and that no install reads.
func sources(pairs ...string) tree {
	c := tree(with(pairs...))
	c["src/deep/x.js"], c["src/run 0755"], c["private/ 0700"], c["private/key 0600"], c["link -> src/index.js"] = "x", "#!/bin/sh", "", "k", ""
	return c
}

// TestBuild builds Dockerfiles as they are and split, on a real BuildKit: the images are the same, and
// after an edit of a source the install comes from the cache.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	b := &builder{testbed.Buildx(t), d.Remote(t)}
	nested := sources("requirements.txt", "-r reqs/base.txt\nx\n", "reqs/base.txt", "y\n", "reqs/other.txt", "z", "reqs/ 0775", "mode")
	web := tree{"web/package.json": "{}", "web/src/index.js": "1", "web/ 0775": "", "src/index.js": "2"}
	for i, tt := range []struct {
		name, text, install string
		files               tree
	}{
		{"npm ci", "WORKDIR /app\nCOPY . .\nRUN npm ci\nRUN cp src/index.js /built\n", "RUN npm ci", sources()},
		{"npm install", "WORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"x\"]\n", "RUN npm install", sources()},
		{"a directory that is made", "COPY . /srv/a/app\nWORKDIR /srv/a/app\nRUN npm ci\n", "RUN npm ci", sources()},
		{"with an owner", "COPY --chown=1000:1000 . /srv/a/app\nUSER me\nWORKDIR /srv/a/app\nRUN npm ci\n", "RUN npm ci", sources()},
		{"with a mode", "COPY --chmod=750 . /srv/a/app\nWORKDIR /srv/a/app\nRUN npm ci\n", "RUN npm ci", sources()},
		{"with a mode in letters", "COPY --chmod=u=rwX,go= . /srv/a/app\nWORKDIR /srv/a/app\nRUN npm ci\n", "RUN npm ci", sources()},
		{"a mode of a manifest", "WORKDIR /app\nCOPY . .\nRUN npm ci\n", "RUN npm ci", sources("package.json", "", "package.json 0600", `{}`)},
		{"ADD", "WORKDIR /app\nADD . ./\nRUN npm install --ignore-scripts\n", "RUN npm install", sources("package.json", `{"scripts": {"postinstall": "ls > seen"}}`)},
		{"pip", "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN ls -l src | wc -l > /listed\n", "RUN pip install", sources("setup.cfg", "[install]\n")},
		{"nested requirements", "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n", "RUN pip install", nested},
		{"go", "WORKDIR /src\nCOPY . .\nRUN go mod download\nRUN cat go.sum > /sums\n", "RUN go mod download", sources()},
		{"a part of the context", "WORKDIR /app\nCOPY web/ .\nENV A=b\nRUN npm ci\n", "RUN npm ci", web},
		{"a part with a lock", "WORKDIR /app\nCOPY web .\nRUN npm install\nRUN cat package-lock.json sub/package-lock.json > /lock\n", "RUN npm install",
			tree{"web/package.json": "{}", "web/package-lock.json": lock, "web/sub/package-lock.json": "{}", "web/src/index.js": "1"}},
		{"below with a lock", "WORKDIR /app\nCOPY . .\nRUN cd web && npm install\n", "RUN cd web",
			tree{"web/package.json": "{}", "web/package-lock.json": lock, "package-lock.json": "{}", "web/src/index.js": "1"}},
		{"below the directory", "WORKDIR /app\nCOPY . .\nRUN cd web && npm ci\n", "RUN cd web", web},
		{"two installs", "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN npm ci\n", "RUN npm ci", sources()},
		{"one RUN", "WORKDIR /app\nCOPY . .\nRUN npm ci && \\\n  cp -r src /copied && pwd > /where\n", "RUN npm ci", sources()},
		{"one RUN in another directory", "COPY . /app\nRUN cd app && npm install && cp -r src /copied && pwd > /where\nRUN cat /app/package-lock.json > /lock\n", "RUN cd app", sources()},
		{"what is not in the context", "WORKDIR /app\nCOPY . .\nRUN mkdir -p logs/x && rm -rf node_modules && npm ci\n", "RUN mkdir -p logs", sources()},
		{"a file that is ignored", "WORKDIR /app\nCOPY . .\nRUN npm ci\n", "RUN npm ci", sources("node_modules/a.js", "1", ".dockerignore", "node_modules\n")},
		{"another directory behind it", "WORKDIR /app\nCOPY . .\nWORKDIR /\nENV X=y\nRUN cd /app && npm ci\n", "RUN cd /app", sources()},
		{"an existing directory", "RUN mkdir -p /app/src/deep && chmod 700 /app/src && echo old > /app/package.json && ln -s /etc /app/more\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", "RUN npm ci", sources()},
	} {
		if !testbed.Sample(i, 4) {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.files.write(t)
			text := installers + tt.text
			split, why := after(t, text, dir)
			if split == "" {
				t.Fatalf("it stays: %s", why)
			}
			plain, _ := b.build(t, text, dir)
			ours, _ := b.build(t, split, dir)
			if list := differences(plain, ours); len(list) > 0 {
				t.Errorf("%s\n%s", strings.Join(list, "\n"), split)
			}
			for _, name := range []string{"src/index.js", "web/src/index.js"} {
				if _, there := tt.files[name]; there {
					if err := os.WriteFile(filepath.Join(dir, name), []byte("another"), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			plain, log := b.build(t, text, dir)
			if cached(t, log, tt.install) {
				t.Error("an edit repeats nothing before")
			}
			ours, log = b.build(t, split, dir)
			if !cached(t, log, tt.install) {
				t.Errorf("an edit repeats the install\n%s", log)
			}
			if list := differences(plain, ours); len(list) > 0 {
				t.Errorf("after an edit: %s", strings.Join(list, "\n"))
			}
		})
	}
}
