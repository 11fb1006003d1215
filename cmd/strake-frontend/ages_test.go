package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// smoke is what the frontend can do on a daemon of any age.
const smoke = `FROM busybox AS base
ARG WHO=nobody
ENV A=$WHO
RUN --mount=type=cache,target=/cache --mount=type=secret,id=key,required=true cat /run/secrets/key >/key
RUN <<SH
echo $A >/who
SH
COPY --chmod=0600 <<END /inline
inline $A
END
FROM base
COPY --from=base --link /key /copied
COPY --chown=7:7 greeting /
CMD cat /key /who /inline /copied /greeting
`

// TestAges builds on daemons of other ages. What they lack is an error, not a hang.
func TestAges(t *testing.T) {
	if os.Getenv("STRAKE_LONG") == "" {
		t.Skip("set STRAKE_LONG=1, or run `make ages`")
	}
	for _, version := range []string{"v0.12.5", "v0.17.3", "v0.25.2"} {
		t.Run(version, func(t *testing.T) {
			hub := testbed.StartRegistry(t, testbed.Busybox)
			b := &bench{hub, testbed.StartOldDaemon(t, version, hub).Remote(t)}
			head := "# syntax=" + testbed.Syntax(t, hub, "strake/dockerfile:1") + "\n"
			key := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(key, []byte("key\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"Dockerfile": head + smoke, "greeting": "hello\n"}
			img, err := b.image(t, files, "--build-arg", "WHO=me", "--secret", "id=key,src="+key)
			if err != nil {
				t.Fatal(err)
			}
			if r := testbed.Unpack(t, img).Run(t); r.Stdout != "key\nme\ninline me\nkey\nhello\n" {
				t.Errorf("%+v", r)
			}
			_, err = b.image(t, map[string]string{"Dockerfile": head + "FROM busybox\nRUNN true\n"})
			wantError(t, err, "unknown instruction: RUNN (did you mean RUN?)", ">>> RUNN true")
			if out, err := b.buildx(t, files, "--call=targets"); err != nil || !strings.Contains(out, "base") {
				t.Errorf("targets: %v\n%s", err, out)
			}
			b.lacking(t, head)
		})
	}
}

// lacking builds with what came after the oldest of the daemons.
func (b *bench) lacking(t *testing.T, head string) {
	t.Helper()
	for feature, text := range map[string]string{
		"exclude": "FROM busybox\nCOPY --exclude=nothing greeting /\n",
		"device":  "FROM busybox\nRUN --device=vendor.example/none=x true\n",
		"chmod":   "FROM busybox\nCOPY --chmod=u=rw greeting /\n",
	} {
		_, err := b.image(t, map[string]string{"Dockerfile": head + text, "greeting": "hello\n"})
		if err != nil {
			lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
			t.Logf("%s: %s", feature, lines[len(lines)-1])
		}
	}
}
