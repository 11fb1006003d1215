package copylink_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/copylink"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// debian is an image of Debian 13.
var debian = plugintest.Host{Base: "ID=debian\nVERSION_CODENAME=trixie\n", Config: `{"os": "linux", "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}`,
	Files: map[string]string{"one": "1\n", "two": "2\n", "dir/three": "3\n"}}

func step(config string) plugins.Step {
	s := plugins.Step{Plugin: copylink.New(), Grants: []plugins.Grant{plugins.GrantImages, plugins.GrantContext}}
	if config != "" {
		s.Config = []byte(config)
	}
	return s
}

// TestCases has what gets --link, and what does not and why. The host knows no images there.
func TestCases(t *testing.T) { plugintest.Dir(t, copylink.New(), "testdata") }

// TestLink has what is said of each COPY behind the first step.
func TestLink(t *testing.T) {
	const apt = "RUN apt-get update && apt-get install -y curl"
	for _, c := range []struct{ name, text, want string }{
		{"into a new directory", apt + "|COPY dir /app/", "linked"},
		{"as a new file", apt + "|COPY one /usr/local/bin/one", "linked"},
		{"out of a stage", apt + "|COPY --from=other /x /app", "linked"},
		{"the first step", "COPY one /app/", ""},
		{"behind what sets", "ENV A=1|COPY one /app/", ""},
		{"several, one after the other", apt + "|COPY one /app/|COPY two /app/|COPY one two /app/x/", "linked linked linked"},
		{"a directory into one that is there", apt + "|WORKDIR /app|COPY dir ./", "there"},
		{"all into one that is there", apt + "|WORKDIR /app|COPY . .", "there"},
		{"a file into one that is there", apt + "|WORKDIR /app|COPY one ./", "linked"},
		{"a file in the place of one", apt + "|WORKDIR /app|COPY one /app", "there"},
		{"out of a stage into one that is there", apt + "|WORKDIR /app|COPY --from=other /x ./", "there"},
		{"what is not in the context", apt + "|WORKDIR /app|COPY nothing ./", "there"},
		{"below one that is there", apt + "|WORKDIR /app|COPY dir ./dir", "linked"},
		{"into one of another user", apt + "|USER 1000|WORKDIR /app|COPY one ./", "there"},
		{"below one of another user", apt + "|USER 1000|WORKDIR /app|COPY one ./x/", "unknown"},
		{"with an owner", apt + "|COPY --chown=5:6 one /app/x/", "linked"},
		{"with an owner, below one that is there", apt + "|WORKDIR /app|COPY --chown=5:6 one /app/x", "owner"},
		{"with an owner, into one that is there", apt + "|WORKDIR /app|COPY --chown=5:6 one /app/", "there"},
		{"with root", apt + "|WORKDIR /app|COPY --chown=root:0 one /app/", "linked"},
		{"with a name", apt + "|COPY --chown=app one /app/", "owner"},
		{"with a mode", apt + "|COPY --chmod=600 one /app/", "flags"},
		{"with parents", apt + "|COPY --parents dir/three /app/", "flags"},
		{"an archive, perhaps", apt + "|ADD one /app/", "flags"},
		{"a URL", apt + "|ADD https://example.com/x /app/", "linked"},
		{"over all", apt + "|COPY one /", "place"},
		{"where nobody knows", apt + "|ARG D|COPY one $D/", "place"},
		{"through a link of the distribution", apt + "|COPY one /lib/x/one", "unknown"},
		{"into a home", apt + "|COPY one /root/one", "unknown"},
		{"for all to write", apt + "|COPY one /tmp/one", "unknown"},
		{"in the place of what a package may have", apt + "|COPY one /etc/one", "there"},
		{"where packages may have something", apt + "|COPY one /opt/x/", "there"},
		{"behind what nobody knows", "RUN make|COPY one /app/", "unknown"},
		{"behind a link", "RUN ln -s /srv /app|COPY one /app/", "there"},
		{"behind a link around it", "RUN ln -s /srv /app|COPY one /app/x/", "unknown"},
		{"behind a mode", "RUN mkdir -p /srv/a && chmod 700 /srv|COPY one /srv/b/", "unknown"},
		{"behind a mode of a new one", "RUN mkdir -m 700 /a|COPY one /a/b/", "unknown"},
		{"behind the umask", "RUN umask 77; mkdir /a|COPY one /a/b/", "unknown"},
		{"behind a new one", "RUN mkdir -p /a/b|COPY one /a/b/c/", "linked"},
		{"behind another's", "RUN mkdir -p /a/b && chown -R 5 /a|COPY one /a/b/c/", "unknown"},
		{"what was copied before", apt + "|COPY dir /app/|COPY one /app/", "linked there"},
		{"below what was copied before", apt + "|COPY dir /app/|COPY one /app/x/", "linked unknown"},
		{"behind one of the author's", "COPY --link dir /app/|COPY one /app/", "there"},
		{"below an owner's of the author's", "WORKDIR /app|COPY --link --chown=5 dir /app/x/y|COPY one /app/z/", "unknown"},
		{"behind a removal", "RUN rm -rf /app|COPY one /app/", "there"},
		{"behind a wildcard", "RUN mkdir /a && rm -rf /a/*|COPY one /a/x/", "there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "FROM busybox AS other\nFROM debian\n" + strings.ReplaceAll(c.text, "|", "\n") + "\n"
			out := plugintest.Run(t, step(`{"explain": true}`), text, debian)
			var got []string
			for _, d := range out.Diags {
				got = append(got, strings.TrimPrefix(d.Code, "copy-link/"))
			}
			linked := strings.Count(plugintest.Print(out.Module), "--link") - strings.Count(text, "--link")
			if text := strings.Join(got, " "); text != c.want || linked != strings.Count(c.want, "linked") {
				t.Errorf("%q, not %q: %v\n%s", text, c.want, out.Diags, plugintest.Print(out.Module))
			}
		})
	}
}

// TestBases has images of which something is known, and others.
func TestBases(t *testing.T) {
	none := plugintest.Host{Files: debian.Files}
	for _, c := range []struct {
		from string
		host plugintest.Host
		want string
	}{
		{"debian", debian, "linked linked"}, {"debian:bookworm-slim", none, "linked linked"}, {"alpine:3.20", none, "linked linked"}, {"ubuntu:24.04", none, "linked linked"},
		{"node:22-bookworm", none, "linked there"}, {"python:3.13-slim-trixie", none, "linked there"}, {"golang:1.26-trixie", none, "linked linked"}, {"scratch", none, "linked linked"},
		{"debian:buster", none, "unknown unknown"}, {"python:3", none, "unknown unknown"}, {"fedora:44", none, "unknown unknown"}, {"company/base", debian, "unknown unknown"},
		{"registry.example.com/debian:13", debian, "unknown unknown"}, {"$BASE", debian, "unknown unknown"}, {"before", none, "linked linked"}, {"unsure", none, "unknown unknown unknown"}, {"triggers", none, "unknown unknown"},
	} {
		text := "ARG BASE=debian\nFROM debian:13 AS before\nWORKDIR /x\nFROM debian:13 AS unsure\nRUN make\nFROM debian:13 AS triggers\nONBUILD RUN true\nFROM " + c.from + "\nCOPY two /y/\nCOPY one /app/\nCOPY one /usr/local/bin/one\n"
		var got []string
		for _, d := range plugintest.Run(t, step(`{"explain": true}`), text, c.host).Diags {
			got = append(got, strings.TrimPrefix(d.Code, "copy-link/"))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %q, not %q", c.from, text, c.want)
		}
	}
}
