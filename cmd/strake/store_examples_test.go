package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// storeCommands are those whose help has examples that use the image store and no engine.
var storeCommands = []string{"images", "history", "tag", "rmi", "save", "load", "import", "push", "pull"}

// TestStoreExamples runs every example in the help of these commands in a shell, as it is
// written, but for the registry, which is one of the test's own. Those of a command run one
// after the other, from the same store each: images with one name and with several, one without a name, and two that are one
// image in different wrappings, one of them without a name.
func TestStoreExamples(t *testing.T) {
	start := exampleStore(t)
	for _, c := range newProcess(noEnv).Asked(nil) {
		if !slices.Contains(storeCommands, c.Name()) {
			continue
		}
		if c.Example == "" {
			t.Errorf("the help of %s has no example", c.Name())
		}
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			s := start.copy(t)
			for line := range strings.Lines(c.Example) {
				s.example(t, strings.TrimSpace(line))
			}
		})
	}
}

// example runs one, and looks at what has become of the images.
func (p examplePlace) example(t *testing.T, line string) {
	t.Helper()
	before := p.names(t)
	p.shell(t, p.local(line))
	after := p.names(t)
	for _, name := range before {
		if !slices.Contains(after, name) && !slices.Contains(strings.Fields(line), name) {
			t.Errorf("%s: %s has gone", line, name)
		}
	}
	if strings.Contains(line, "strake rmi") && strings.Contains(line, "dangling=true") && strings.Contains(p.shell(t, "strake images"), "<none>") {
		t.Errorf("%s: an image without a name is left", line)
	}
	if out := p.shell(t, "strake fsck"); !strings.Contains(out, "all in order") {
		t.Errorf("%s: %s", line, out)
	}
}

// examplePlace is a directory with the files that examples name, and a store.
type examplePlace struct{ dir, registry string }

// exampleStore makes the place that each example gets a copy of.
func exampleStore(t *testing.T) examplePlace {
	t.Helper()
	p := examplePlace{t.TempDir(), newServers(t).registry}
	writeProgram(t, filepath.Join(p.dir, "bin", "docker"), `#!/bin/sh
case "$1" in
load) exec tar -tf - manifest.json ;;
save) exec strake save "$2" ;;
esac
exit 9
`)
	writeProgram(t, filepath.Join(p.dir, "bin", "debootstrap"), "#!/bin/sh\nmkdir -p root/bin && echo shell >root/bin/bash\n")
	writeProgram(t, filepath.Join(p.dir, "tree", "file"), "a file\n")
	p.shell(t, p.local(`tar -czf rootfs.tar.gz -C tree .
strake import -c 'LABEL stage=test' rootfs.tar.gz hello
strake save hello | gzip >hello.tar.gz
strake import rootfs.tar.gz hello:old
strake import -c 'CMD a' rootfs.tar.gz
strake pull --platform=all registry.example.com/base:1
strake tag registry.example.com/base:1 debian:13
strake tag registry.example.com/base:1 registry.example.com/team/hello
strake push registry.example.com/team/hello
strake push debian:13
strake rmi debian:13 registry.example.com/team/hello registry.example.com/base:1`))
	built(t, filepath.Join(p.dir, "home")) // "built", and its like without a name
	twin(t, filepath.Join(p.dir, "home"), "built")
	return p
}

// local is a script with the test's registry for those of the examples.
func (p examplePlace) local(script string) string {
	return strings.NewReplacer("registry.example.com", p.registry, "debian:13", p.registry+"/debian:13").Replace(script)
}

func (p examplePlace) copy(t *testing.T) examplePlace {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	return examplePlace{dir, p.registry}
}

// shell runs a script, and gives what it prints.
func (p examplePlace) shell(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euc", "set -o pipefail\n"+script)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "STRAKE_HOME="+filepath.Join(p.dir, "home"), "DOCKER_CONFIG="+p.dir,
		"PATH="+filepath.Join(p.dir, "bin")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v: %s", script, err, out)
	}
	return string(out)
}

// names are the images that have one.
func (p examplePlace) names(t *testing.T) []string {
	t.Helper()
	return strings.Fields(p.shell(t, "strake images -f dangling=false --format '{{.Repository}}:{{.Tag}}'"))
}

func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
