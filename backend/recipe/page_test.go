package recipe

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestPage holds the example of docs/commit.md to what the package makes of that session.
func TestPage(t *testing.T) {
	b := layertest.Blobs{}
	base := slices.Concat(programs(), executables("useradd", "groupadd", "usermod"), []layertest.Item{
		layertest.Dir("etc"), layertest.Dir("etc/skel"), layertest.File("etc/skel/.profile", "# profile\n"), layertest.File("etc/passwd", oldPasswd), layertest.File("etc/group", oldGroup), layertest.File("etc/shadow", oldShadow),
		layertest.Dir("root"), layertest.Dir("srv"), layertest.Dir("var/log"), layertest.Dir("home"), layertest.File("var/lib/dpkg/status", stanza("dpkg", "1", ""))})
	installed := []layertest.Item{layertest.File("var/lib/dpkg/status", stanza("dpkg", "1", "")+stanza("nginx", "1.22", "Depends: nginx-common\n")+stanza("nginx-common", "1.22", "")),
		layertest.File("var/lib/apt/extended_states", "Package: nginx-common\nArchitecture: amd64\nAuto-Installed: 1\n"), layertest.Dir("etc/nginx"),
		layertest.File("etc/nginx/nginx.conf", "user www-data;\nworker_processes auto;\n"), layertest.Dir("var/www")}
	hand := slices.Concat(installed, []layertest.Item{
		layertest.File("etc/nginx/nginx.conf", "user www-data;\nworker_processes 2;\n"),
		layertest.File("etc/passwd", oldPasswd+"web:x:1000:1000::/home/web:/bin/sh\n"), layertest.File("etc/group", oldGroup+"web:x:1000:\n"), layertest.File("etc/shadow", oldShadow+"web:!:20787:0:99999:7:::\n"),
		layertest.Dir("home/web").OwnedBy(1000, 1000), layertest.File("home/web/.profile", "# profile\n").OwnedBy(1000, 1000),
		layertest.File("etc/motd", "Ask Ann before you change anything.\n"),
		layertest.Dir("srv/site").OwnedBy(1000, 1000), layertest.File("srv/site/index.html", "<h1>Hi</h1>\n").OwnedBy(1000, 1000), layertest.File("srv/site/logo.png", "\x89PNG\x00").OwnedBy(1000, 1000),
		layertest.File("srv/site/a.css", "").OwnedBy(1000, 1000), layertest.File("srv/site/b.css", "").OwnedBy(1000, 1000),
		layertest.File("root/.bash_history", "ls\n"), layertest.File("root/.netrc", "machine git.example login ann password x\n"), layertest.File("var/log/dpkg.log", "x\n")})
	var commands []record.Command
	for i, line := range []string{"apt update", "apt install nginx", "sed -i 's/auto;/2;/' /etc/nginx/nginx.conf", "useradd -m web", "echo 'Ask Ann before you change anything.' >/etc/motd",
		"git clone https://git.example/site /srv/site", "chown -R web:web /srv/site"} {
		commands = append(commands, record.Command{Line: line, Dir: "/", Time: time.Date(2026, 11, 30, 12, i, 0, 0, time.UTC)})
	}
	r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, base), After: image(t, b, ocispecs.ImageConfig{}, base, hand),
		Installed: image(t, b, ocispecs.ImageConfig{}, base, installed), Name: "debian:12", Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	var left strings.Builder
	for _, l := range r.Left {
		fmt.Fprintf(&left, "%s: %s\n", l.Pattern, l.Why)
	}
	page := filepath.Join("..", "..", "docs", "commit.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := block(block(string(text), "dockerfile", r.Dockerfile()), "text", left.String())
	if want == string(text) {
		return
	}
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
		if err := os.WriteFile(page, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the example of docs/commit.md is not what the package makes: go test ./backend/recipe -run TestPage -update\n%s", want)
}

var _ = flag.Bool("update", false, "write what tests make into the page")

// block puts a text into the first fenced block of a kind.
func block(page, kind, text string) string {
	head, rest, ok := strings.Cut(page, "```"+kind+"\n")
	if !ok {
		return page
	}
	_, tail, _ := strings.Cut(rest, "```\n")
	return head + "```" + kind + "\n" + text + "```\n" + tail
}
