package cachemounts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
	"github.com/seed-e0495807/strake/plugins/builtin/explain"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestDeclared has what an image lacks by the mounts, and nothing of a RUN that has none, or whose
// command would have left nothing.
func TestDeclared(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"FROM node:22\nRUN npm ci", "/root/.npm"},
		{"FROM node:22\nENV HOME=/srv/home\nRUN npm ci", "/srv/home/.npm"},
		{"FROM node:22\nENV HOME=/srv/a*\nRUN npm ci", ""}, // it would be a pattern
		{"FROM node:22\nRUN yarn install", "/usr/local/share/.cache/ /usr/local/share/.cache/yarn"},
		{"FROM node:22\nRUN yarn install && yarn cache clean", ""},
		{"FROM node:22\nRUN ./x && npm ci", ""},
		{"FROM python:3.13\nRUN pip install --no-cache-dir x", ""},
		{"FROM golang:1.26\nENV GOPATH=/go\nRUN CGO_ENABLED=0 go build -o /x .", "/go/ /go/pkg/ /go/pkg/mod /root/.cache/ /root/.cache/go-build"},
		{"FROM debian:13\nRUN apt-get install -y curl", "/var/cache/apt/archives/* /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin"},
		{"FROM debian:13\nRUN apt-get install -y curl\nFROM node:22\nRUN npm ci", "/root/.npm /var/cache/apt/archives/* /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin"},
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, c.text+"\n", nil)
		got := explain.Declared(out.Module, cachemounts.Name)
		want := strings.Fields(c.want)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.text, got, want)
		}
		if mounts := strings.Contains(plugintest.Print(out.Module), "type=cache"); len(want) > 0 && !mounts {
			t.Errorf("%s: it declares, and mounts nothing", c.text)
		}
		if left := explain.Declared(irtest.Module(t, c.text+"\n"), cachemounts.Name); len(left) > 0 {
			t.Errorf("%s: %q before", c.text, left)
		}
	}
}
