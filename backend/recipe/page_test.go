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
)

// TestPage holds the example of docs/commit.md to what the package makes of that session.
func TestPage(t *testing.T) {
	b := blobs{}
	base := slices.Concat(programs(), executables("useradd", "groupadd", "usermod"), []entry{
		dir("etc"), dir("etc/skel"), file("etc/skel/.profile", "# profile\n"), file("etc/passwd", oldPasswd), file("etc/group", oldGroup), file("etc/shadow", oldShadow),
		dir("root"), dir("srv"), dir("var/log"), dir("home"), file("var/lib/dpkg/status", stanza("dpkg", "1", ""))})
	installed := []entry{file("var/lib/dpkg/status", stanza("dpkg", "1", "")+stanza("nginx", "1.22", "Depends: nginx-common\n")+stanza("nginx-common", "1.22", "")),
		file("var/lib/apt/extended_states", "Package: nginx-common\nArchitecture: amd64\nAuto-Installed: 1\n"), dir("etc/nginx"),
		file("etc/nginx/nginx.conf", "user www-data;\nworker_processes auto;\n"), dir("var/www")}
	hand := slices.Concat(installed, []entry{
		file("etc/nginx/nginx.conf", "user www-data;\nworker_processes 2;\n"),
		file("etc/passwd", oldPasswd+"web:x:1000:1000::/home/web:/bin/sh\n"), file("etc/group", oldGroup+"web:x:1000:\n"), file("etc/shadow", oldShadow+"web:!:20787:0:99999:7:::\n"),
		dir("home/web").owner(1000, 1000), file("home/web/.profile", "# profile\n").owner(1000, 1000),
		file("etc/motd", "Ask Ann before you change anything.\n"),
		dir("srv/site").owner(1000, 1000), file("srv/site/index.html", "<h1>Hi</h1>\n").owner(1000, 1000), file("srv/site/logo.png", "\x89PNG\x00").owner(1000, 1000),
		file("srv/site/a.css", "").owner(1000, 1000), file("srv/site/b.css", "").owner(1000, 1000),
		file("root/.bash_history", "ls\n"), file("root/.netrc", "machine git.example login ann password x\n"), file("var/log/dpkg.log", "x\n")})
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
