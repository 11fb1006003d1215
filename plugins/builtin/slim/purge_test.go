package slim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestPurge has what is installed, compiled with and removed in one RUN.
func TestPurge(t *testing.T) {
	const install, cmd = "FROM debian:12\nRUN apt-get update && apt-get install -y gcc make libssl-dev curl", "CMD [\"x\"]\n"
	for name, text := range map[string]string{
		"make":             install + " && make install«»\n" + cmd,
		"behind an rm":     install + " && make install && rm -rf /var/lib/apt/lists/*«»\n" + cmd,
		"set -e":           "FROM debian:12\nRUN set -e; apt-get update; apt-get install -y gcc make; make install«;»\nUSER 7\n" + cmd,
		"harmless behind":  install + " && make install«»\nRUN useradd app && mkdir /data\nHEALTHCHECK CMD [\"curl\", \"localhost\"]\n" + cmd,
		"a stage in front": "FROM debian:12 AS a\nRUN useradd app\nFROM a\nRUN apt-get update && apt-get install -y curl gcc make && make install«»\n" + cmd,
	} {
		t.Run(name, func(t *testing.T) {
			plain, join, tail := strings.ReplaceAll(strings.ReplaceAll(text, "«", ""), "»", ""), " && ", "apt-mark auto gcc make && "
			if strings.Contains(text, "«;»") {
				plain, join = strings.Replace(text, "«;»", "", 1), "; "
			}
			out := run(t, irtest.Module(t, plain), "", `{"drop": ["toolchain"]}`, root)
			got := plugintest.Print(out.Module)
			head, rest, _ := strings.Cut(text, "«")
			_, rest, _ = strings.Cut(rest, "»")
			if !strings.HasPrefix(got, head+join+tail) || !strings.HasSuffix(got, " -o APT::AutoRemove::SuggestsImportant=false"+rest) {
				t.Errorf("got\n%s", got)
			}
			if want := []string{"apt:gcc", "apt:make"}; !slices.Equal(slim.Declared(out.Module), want) {
				t.Errorf("it declares %q, not %q", slim.Declared(out.Module), want)
			}
			if again := run(t, out.Module, "", `{"drop": ["toolchain"]}`, root); plugintest.Print(again.Module) != got {
				t.Errorf("a second run makes\n%s", plugintest.Print(again.Module))
			}
		})
	}
	for _, c := range []struct{ name, text, code string }{
		{"removed by the author", install + " && make install && apt-get purge -y gcc\n" + cmd, ""},
		{"nothing is compiled", install + "\n" + cmd, ""},
		{"an image that may have it", strings.Replace(install, "debian:12", "node:22", 1) + " && make install\n" + cmd, "base"},
		{"an image that nobody knows", strings.Replace(install, "debian:12", "e.org/x", 1) + " && make install\n" + cmd, "base"},
		{"installed in front", "FROM debian:12\nRUN apt-get install -y gcc\n" + install[len("FROM debian:12\n"):] + " && make install\n" + cmd, "base"},
		{"unknown in front", "FROM debian:12\nRUN ./setup\n" + install[len("FROM debian:12\n"):] + " && make install\n" + cmd, "base"},
		{"another user", "FROM debian:12\nUSER app\n" + install[len("FROM debian:12\n"):] + " && make install\n" + cmd, "user"},
		{"compiled later", install + " && make install\nRUN pip install x\n" + cmd, "needed"},
		{"compiled later, perhaps", install + " && make install\nARG PIP\nRUN $PIP install x\n" + cmd, "needed"},
		{"used later", install + " && make install\nRUN make check\n" + cmd, "needed"},
		{"unknown later", install + " && make install\nRUN ./x\n" + cmd, "unknown"},
		{"run by containers", install + " && make install\nCMD [\"make\", \"run\"]\n", "started"},
		{"scripts in containers", install + " && make install\nCMD [\"./run.sh\"]\n", "started"},
		{"a shell in containers", install + " && make install\nCMD bash\n", "started"},
		{"what came along in containers", install + " && make install\nENTRYPOINT [\"perl\", \"x\"]\n", "started"},
		{"no command", install + " && make install\n", "started"},
		{"a trigger", install + " && make install\nONBUILD RUN make\n" + cmd, "trigger"},
		{"a script that ends", install + " && make install; exit 0\n" + cmd, "ends"},
		{"a script in the background", install + " && make install & wait\n" + cmd, "shell"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := irtest.Module(t, c.text)
			out := run(t, m, "", `{"explain": true, "drop": ["toolchain"]}`, root)
			var codes []string
			for _, d := range out.Diags {
				codes = append(codes, strings.TrimPrefix(d.Code, "slim/"))
			}
			if out.Module != m || c.code != "" && !slices.Contains(codes, c.code) {
				t.Errorf("%v, not %s: %v\n%s", codes, c.code, out.Diags.Err(), plugintest.Print(out.Module))
			}
		})
	}
}
