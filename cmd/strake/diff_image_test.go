package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// madeLayer is a layer of a made image: the instruction, and its files with their modes and
// texts. A mode of 0 is a directory.
type madeLayer struct {
	step  string
	files []madeFile
}

type madeFile struct {
	name string
	mode int64
	text string
	time int64 // seconds after the others
}

// madeImage writes an image into an archive as docker save does.
func madeImage(t *testing.T, file string, config v1.Config, layers ...madeLayer) {
	t.Helper()
	img := v1.Image(empty.Image)
	for _, l := range layers {
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			for _, f := range l.files {
				h := &tar.Header{Name: f.name, Typeflag: tar.TypeReg, Mode: f.mode, Size: int64(len(f.text)), ModTime: time.Unix(1700000000+f.time, 0)}
				if f.mode == 0 {
					h.Typeflag, h.Mode = tar.TypeDir, 0o755
				}
				if err := w.WriteHeader(h); err != nil {
					return nil, err
				}
				if _, err := w.Write([]byte(f.text)); err != nil {
					return nil, err
				}
			}
			return io.NopCloser(&b), w.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: l.step}}); err != nil {
			t.Fatal(err)
		}
	}
	made, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	made = made.DeepCopy()
	made.Architecture, made.OS, made.Config = "amd64", "linux", config
	if img, err = mutate.ConfigFile(img, made); err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag("app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(file, ref, img); err != nil {
		t.Fatal(err)
	}
}

// TestDiffImagePage runs the examples of docs/diff-image.md, and compares what they print.
func TestDiffImagePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "diff-image.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	const vim, nano = "Package: vim\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2:9.1.1230-2\n\n",
		"Package: nano\nStatus: install ok installed\nArchitecture: amd64\nVersion: 8.4-1\n\n"
	base := madeLayer{"ADD rootfs.tar / # buildkit", []madeFile{
		{"bin", 0, "", 0}, {"bin/su", 0o4755, "su", 0}, {"etc", 0, "", 0}, {"usr", 0, "", 0}, {"usr/share", 0, "", 0}, {"usr/share/doc", 0, "", 0},
		{"usr/share/doc/a", 0o644, "a text", 0}, {"usr/share/doc/b", 0o644, "another one", 0}, {"var", 0, "", 0}, {"var/lib", 0, "", 0}, {"var/lib/dpkg", 0, "", 0},
		{"var/lib/dpkg/status", 0o644, vim, 0}}}
	config := v1.Config{Env: []string{"PATH=/bin"}, User: "app"}
	madeImage(t, "before.tar", config, base,
		madeLayer{"RUN /bin/sh -c apt-get install -y nano # buildkit", []madeFile{{"var/lib/dpkg/status", 0o644, vim + nano, 0}, {"bin/nano", 0o755, "nano", 0}}},
		madeLayer{"COPY app.json /etc/ # buildkit", []madeFile{{"etc/app.json", 0o644, `{"port": 80, "debug": false}`, 0}}})
	madeImage(t, "after.tar", v1.Config{Env: []string{"PATH=/bin"}}, base,
		madeLayer{"RUN /bin/sh -c chmod 0755 /bin/su && rm -r /usr/share/doc # buildkit", []madeFile{
			{"bin/su", 0o755, "su", 0}, {"usr/share/.wh.doc", 0o644, "", 0}}},
		madeLayer{"COPY app.json /etc/ # buildkit", []madeFile{{"etc/app.json", 0o644, `{"debug":false,"port":80}`, 9}}})
	madeImage(t, "again.tar", config, base,
		madeLayer{"RUN /bin/sh -c apt-get install -y nano # buildkit", []madeFile{{"var/lib/dpkg/status", 0o644, nano + vim, 60}, {"bin/nano", 0o755, "nano", 60}}},
		madeLayer{"COPY app.json /etc/ # buildkit", []madeFile{{"etc/app.json", 0o644, `{"port": 80, "debug": false}`, 0}}})
	codes := map[string]int{"before.tar after.tar": 1, "before.tar again.tar": 0}
	seen := 0
	for _, c := range commandsOf(string(page)) {
		if len(c.output) == 0 {
			continue
		}
		seen++
		words := strings.Fields(strings.TrimPrefix(c.command, "strake "))
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), words, strings.NewReader(""), &stdout, &stderr, home(t.TempDir()))
		if want := codes[strings.Join(words[1:], " ")]; code != want {
			t.Errorf("%s: exit code %d: %s", c.command, code, &stderr)
		}
		var have []string
		for line := range strings.Lines(stdout.String()) {
			if line = strings.TrimRight(line, "\n"); line != "" {
				have = append(have, line)
			}
		}
		if strings.Join(have, "\n") != strings.Join(c.output, "\n") {
			t.Errorf("%s prints\n%s", c.command, &stdout)
		}
	}
	if seen != 2 {
		t.Errorf("%d examples were run", seen)
	}
}

// home is an environment with a home.
func home(dir string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		return map[string]string{"HOME": dir, "STRAKE_HOME": filepath.Join(dir, "strake")}[name], true
	}
}

// onDaemon is an environment with a home, whose builder is a daemon.
func onDaemon(t *testing.T, daemon *testbed.Daemon) func(string) (string, bool) {
	user := home(t.TempDir())
	return func(name string) (string, bool) {
		if name == "BUILDKIT_HOST" {
			return daemon.Addr, true
		}
		return user(name)
	}
}

// TestDiffImageTerminal compares images in which names, values and texts move a cursor, and
// holds that none of it comes out raw.
func TestDiffImageTerminal(t *testing.T) {
	const moves = "\x1b]0;owned\x07\u202e"
	t.Chdir(t.TempDir())
	for i, image := range []string{"a.tar", "b.tar"} {
		text := strings.Repeat(moves, i+1)
		madeImage(t, image, v1.Config{Env: []string{"A" + moves + "=" + text}, Labels: map[string]string{moves: text}, User: text, Cmd: []string{text}},
			madeLayer{"RUN " + text, []madeFile{{"d" + moves, 0, "", 0}, {"d" + moves + "/f", 0o644, text + "\n", int64(i)}, {"only" + text, 0o644, "", 0},
				{"var/lib/dpkg/status", 0o644, "Package: p" + moves + "\nVersion: " + text + "\n", 0}}})
	}
	for _, args := range [][]string{{"diff-image", "a.tar", "b.tar"}, {"diff-image", "--limit=0", "b.tar", "a.tar"}, {"diff-image", "--json", "a.tar", "b.tar"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr, home(t.TempDir())); code != 1 {
			t.Errorf("%q: exit code %d: %s", args, code, &stderr)
		}
		if out := stdout.String() + stderr.String(); strings.ContainsAny(out, "\x1b\x07\u202e") || !strings.Contains(out, "owned") {
			t.Errorf("%q prints\n%q", args, out)
		}
	}
}
