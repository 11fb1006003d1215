package policy_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/policy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestKinds holds rules to the ways in which the same thing is written.
func TestKinds(t *testing.T) {
	for rule, texts := range map[string]struct{ fires, fits []string }{
		"no-sudo": {
			fires: []string{`RUN find / -name x -exec sudo rm {} \;`, `RUN find . -execdir sudo -u a chown a {} +`, `RUN find . -type f -exec true {} \; -ok sudo rm {} \;`, `RUN find . -exec sh -c 'sudo rm "$1"' _ {} \;`, `RUN ls | xargs sudo rm`},
			fits:  []string{`RUN find / -name sudo -exec rm {} \;`, `RUN find . -name sudo -print`},
		},
		"no-insecure-tls": {
			fires: []string{`RUN export GIT_SSL_NO_VERIFY=1 && git clone x`, `RUN GIT_SSL_NO_VERIFY=true git clone x`, `ENV GIT_SSL_NO_VERIFY=1`, `RUN git -c http.sslVerify=false clone x`,
				`RUN git config --global http.sslverify "false"`, `RUN pip install --trusted-host a x`, `RUN python3 -m pip install --trusted-host=a x`, `RUN pip3.11 config set global.trusted-host a`,
				`ENV PIP_TRUSTED_HOST=a`, `RUN env GIT_SSL_NO_VERIFY=1 git clone x`, `ENV A=b NODE_TLS_REJECT_UNAUTHORIZED=0`, `RUN apt-get -o Acquire::https::Verify-Peer=false update`,
				`RUN yarn config set strict-ssl false`, "SHELL [\"/bin/bash\", \"-c\"]\nRUN declare -x PYTHONHTTPSVERIFY=0; python x"},
			fits: []string{`ENV NODE_TLS_REJECT_UNAUTHORIZED=1`, `RUN git -c http.sslVerify=true clone x`, `RUN pip install trusted-host`, `RUN echo GIT_SSL_NO_VERIFY=1`},
		},
		"no-world-writable": {
			fires: []string{`RUN install -m 777 a /b`, `RUN install -d -m0777 /b`, `RUN mkdir -m 777 /b`, `RUN mkdir -pm 777 /b`, `RUN mkdir --mode=a+rwx /b`, `RUN install --mode 0666 a /b`,
				`RUN chmod 666 /b`, `RUN chmod u=rwx,o+w /b`, `RUN umask 0 && make install`, `COPY --chmod=666 a /b`, `RUN find / -type d -exec chmod 777 {} +`},
			fits: []string{`RUN install -m 755 a /b`, `RUN mkdir -m 1777 /b`, `RUN mkdir 777`, `RUN umask 022 && make`, `RUN chmod 1777 /b`, `RUN chmod o-w /b`, `RUN chmod 664 /b`, `COPY --chmod=644 a /b`},
		},
		"curl-pipe-shell": {
			fires: []string{`RUN curl -o y https://e/x && sh y`, `RUN curl -fsSLo /tmp/y https://e/x; bash -e /tmp/y --yes`, `RUN curl -fsSLO https://e/x.sh && chmod +x x.sh && ./x.sh`, `RUN wget https://e/x.sh && . ./x.sh`,
				`RUN wget -qO/tmp/x https://e/y && python3 /tmp/x`, `RUN curl https://e/x > y && sh < y`, `RUN curl https://e/x | xargs sh -c`, `RUN curl https://e/x | xargs -I{} sh -c '{}'`,
				"SHELL [\"/bin/bash\", \"-c\"]\nRUN bash <(curl https://e/x)", `RUN eval "$(curl https://e/x)"`, `RUN bash < <(curl https://e/x)`, `RUN bash <<< "$(curl https://e/x)"`, `RUN eval "$(sudo wget -qO- https://e/x)"`,
				`RUN curl https://e/x | bash /dev/stdin -y`, "RUN <<EOF\ncurl https://e/x | sudo bash -s -- -y\nEOF", `RUN sh -c "$(curl https://e/x)"`, `RUN python3 -c "$(curl https://e/x)"`, `RUN curl https://e/x | python3 -`},
			fits: []string{`RUN curl -o y https://e/x && sha256sum -c y.sum && sh y`, `RUN curl -o y https://e/x && sh z`, `RUN curl https://e/x | xargs sh -c 'echo "$0"'`, `RUN curl https://e/x | sh -c 'cat'`,
				`RUN sh y && curl -o y https://e/x`, `RUN curl -O https://e/x.tgz && tar xf x.tgz`, `RUN curl https://e/x | python3 -c 'import json'`, `RUN curl -o y https://e/x && gpg --verify y.asc y && sh y`},
		},
	} {
		for _, c := range []struct {
			list []string
			want int
		}{{texts.fires, 1}, {texts.fits, 0}} {
			for _, text := range c.list {
				if list := check(t, policy.New(), `{"use": ["`+rule+`"]}`, "FROM debian:13\n"+text+"\n", nil); len(list) != c.want {
					t.Errorf("%s: %d findings of\n%s\n%s", rule, len(list), text, show(list))
				}
			}
		}
	}
}

// TestBrokenFix: what a template makes of an instruction takes its place only when it is
// one instruction again.
func TestBrokenFix(t *testing.T) {
	for _, c := range []struct {
		name, text, with string
		fixed            bool
	}{
		{"a line", "RUN a", "RUN set -e; ${op.script}", true},
		{"removed", "RUN a", "", true},
		{"a here document", "RUN <<EOF\na\nb\nEOF", "RUN set -e; ${op.script}", false},
		{"a here document that is kept", "RUN <<EOF\na\nb\nEOF", "RUN set -e; <<EOF sh\n${op.script}EOF", true},
		{"a document without its end", "RUN <<EOF\na\nEOF", "RUN <<EOF\n${op.script}", false},
		{"two instructions", "RUN a", "USER x\nRUN a", false},
		{"none", "RUN a", "# nothing", false},
		{"a stage", "RUN a", "FROM a", false},
		{"a line that goes on", "RUN a", "RUN a \\", false},
		{"a flag that is none", "RUN a", "RUN --nope a", false},
		{"no instruction", "RUN a", "RNU a", false},
		{"a directive", "RUN a", "# escape=`\nRUN a", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "FROM debian:13\n" + c.text + "\nUSER x\n"
			with := strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(c.with)
			list := check(t, policy.New(), acme(`"on": "RUN", "when": "true", "message": "x", "fix": {"message": "y", "with": "`+with+`", "safe": true}`), text, nil)
			if len(list) != 1 || list[0].Severity == diag.Error {
				t.Fatalf("got %s", show(list))
			}
			if fixed := len(list[0].Fixes) == 1; fixed != c.fixed {
				t.Errorf("fixes: %v", list[0].Fixes)
			}
			if told := len(list[0].Notes) > 0 && list[0].Notes[0].Label == "no fix"; told == c.fixed {
				t.Errorf("notes: %v", list[0].Notes)
			}
		})
	}
}

// TestRemovedComments: an instruction that a fix removes takes along what is ignored of
// it, and no other comment.
func TestRemovedComments(t *testing.T) {
	const ignore = "# strake: ignore=policy/other because\n"
	for _, c := range []struct{ name, text, want string }{
		{"above it", ignore + "RUN a\nUSER x\n", "USER x\n"},
		{"two", ignore + ignore + "RUN a\nUSER x\n", "USER x\n"},
		{"with others between", ignore + "\n# kept\n" + ignore + "# kept, too\nRUN a\nUSER x\n", "\n# kept\n# kept, too\nUSER x\n"},
		{"indented", "  " + ignore + "\tRUN a\nUSER x\n", "USER x\n"},
		{"of the one before", ignore + "USER y\nRUN a\nUSER x\n", ignore + "USER y\nUSER x\n"},
		{"in a document", "COPY <<EOF /x\n" + ignore + "EOF\nRUN a\nUSER x\n", "COPY <<EOF /x\n" + ignore + "EOF\nUSER x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "FROM debian:13\n" + c.text
			list := check(t, policy.New(), acme(`"on": "RUN", "when": "true", "message": "x", "fix": {"message": "y", "with": "", "safe": true}`), text, nil)
			if len(list) == 0 || len(list[0].Fixes) != 1 {
				t.Fatalf("got %s", show(list))
			}
			if got, err := diag.Apply(text, list[0].Fixes[0].Edits); err != nil || got != "FROM debian:13\n"+c.want {
				t.Errorf("%v\n%s", err, got)
			}
		})
	}
}

// TestShell holds that the SHELL of a base image counts, also through other stages.
func TestShell(t *testing.T) {
	for config, want := range map[string]int{
		`{"os": "linux"}`: 1, `{"os": "linux", "config": {"Shell": ["/bin/bash", "-c"]}}`: 1,
		`{"os": "linux", "config": {"Shell": ["pwsh", "-Command"]}}`: 0, `{"os": "windows", "config": {"Shell": ["cmd", "/S", "/C"]}}`: 0,
	} {
		list := check(t, policy.New(), `{"use": ["curl-pipe-shell"]}`, "FROM corp/a AS b\nFROM b\nRUN curl https://e/x | sh\n", plugintest.Host{Config: config}, plugins.GrantImages)
		if len(list) != want {
			t.Errorf("%s: %s", config, show(list))
		}
	}
}
