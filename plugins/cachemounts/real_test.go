package cachemounts_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// realChains are of programs that are here: apt in Debian's images, npm with packages from
// its registry. With docker-clean, and without.
func realChains() []string {
	return []string{
		"FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends xxd && apt-get dist-clean || apt-get clean\nRUN env | grep -v -e HOSTNAME -e TRACE | sort >/env\n",
		"FROM debian:12\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\nRUN apt-get update && apt install -y --no-install-recommends hello bc && apt-get clean && rm -rf /var/lib/apt/lists/*\n",
		"FROM debian:12\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends hello\nRUN apt-get install -y --no-install-recommends bc && rm -rf /var/lib/apt/lists/*\n",
		"FROM node:22\nWORKDIR /app\nRUN npm install --no-audit --no-fund --ignore-scripts is-odd@3.0.1 && npm cache clean --force && rm -rf /root/.npm\nRUN env | grep -v -e HOSTNAME -e TRACE | sort >/env\n",
		"FROM node:22\nWORKDIR /app\nRUN HOME=/tmp/h npm install --no-audit --no-fund is-odd@3.0.1 && HOME=/tmp/h npm cache clean --force && rm -rf /tmp/h\nRUN npm install -g --no-audit --no-fund is-even@1.0.0 && rm -rf /root/.npm\n",
	}
}

// TestReal builds them without the plugin, and with it twice.
func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	program := testbed.Buildx(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Debian, testbed.Node))
	b := &builder{program, d.Remote(t)}
	// What has times in it, and what apt and npm have in directories of their caches.
	skip := regexp.MustCompile(`^/var/(log/|cache/ldconfig/aux-cache$|cache/apt/)|^/usr/local/share/man`)
	for _, text := range realChains() {
		plain, _ := b.build(t, text, nil)
		with := rewritten(t, text)
		for _, again := range []string{"", "ENV AGAIN=\n"} { // another step, so that no layer is in the cache
			first, rest, _ := strings.Cut(with, "RUN ")
			ours, _ := b.build(t, first+strings.ReplaceAll(again, "ENV AGAIN=", "RUN true")+"RUN "+rest, nil)
			same(t, contents(t, plain.Rootfs, skip), contents(t, ours.Rootfs, skip))
		}
	}
}
