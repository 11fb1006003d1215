package graph_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/graph"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/lang/source"
)

// world knows one digest, and the sizes of a few files.
type world struct{}

const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func (world) Base(*ir.Module, int) (*eval.State, bool) {
	return eval.NewState("", false, "", nil, nil), false
}

func (world) Distro(*ir.Module, int) (distro.Distro, bool) { return distro.Distro{}, false }

func (world) Digest(m *ir.Module, stage int) string {
	if strings.HasPrefix(m.Stages[stage].Base, "other") {
		return ""
	}
	return digest
}

func (world) Size(_ *ir.Module, names []string) (n int64, known bool) {
	for _, name := range names {
		size, ok := map[string]int64{"big.tar": 12_300_000, "setup.sh": 700}[name]
		if n += size; !ok {
			return 0, false
		}
	}
	return n, true
}

func look(t *testing.T, name, text string) []lint.Finding {
	t.Helper()
	in := lint.Read(source.NewFile("Dockerfile", text))
	in.Known = world{}
	for _, r := range append(graph.Rules(), hadolint.Rules()...) {
		if r.Name == name {
			r.Level = lint.Normal
			found, err := lint.Run([]lint.Rule{r}, in)
			if err != nil {
				t.Fatal(err)
			}
			return found.Findings
		}
	}
	t.Fatalf("no rule is called %s", name)
	return nil
}

// TestPin has images named by digests that are known, of which no such fix is safe. Where one is not
// known, or the name is not plain, there is none, and the way to get it is told.
func TestPin(t *testing.T) {
	for _, c := range []struct{ rule, from, want string }{
		{"base-without-digest", "FROM debian:12", "FROM debian:12@" + digest},
		{"base-without-digest", "FROM debian", "FROM debian:latest@" + digest},
		{"base-without-digest", "FROM localhost:5000/a/debian AS x", "FROM localhost:5000/a/debian:latest@" + digest + " AS x"},
		{"base-without-digest", "FROM --platform=$BUILDPLATFORM debian:12 \\\n  AS x", "FROM --platform=$BUILDPLATFORM debian:12@" + digest + " \\\n  AS x"},
		{"base-without-digest", "FROM other:12", ""},
		{"DL3006", "FROM debian", "FROM debian:latest@" + digest},
		{"DL3006", "FROM other", ""},
		{"DL3007", "FROM debian:latest", "FROM debian:latest@" + digest},
		{"DL3007", "FROM other:latest", ""},
	} {
		found := look(t, c.rule, c.from+"\nRUN id\n")
		if len(found) != 1 {
			t.Errorf("%s: %d findings", c.from, len(found))
			continue
		}
		switch f := found[0]; {
		case c.want == "" && (len(f.Fixes) > 0 || f.Hint == ""):
			t.Errorf("%s: %v", c.from, f)
		case c.want != "":
			fixed := linttest.Fixed(t, c.from+"\nRUN id\n", found)
			if fixed != c.want+"\nRUN id\n" || f.Fixes[0].Safe || !strings.Contains(f.Hint, digest) {
				t.Errorf("%s: %s, %v", c.from, fixed, f)
			}
			if again := look(t, c.rule, fixed); len(again) > 0 {
				t.Errorf("%s: again %v", fixed, again)
			}
		}
	}
	if found := look(t, "base-without-digest", "FROM debian:12 AS a\nFROM a\nFROM scratch\nFROM debian@"+digest+"\n"); len(found) != 1 {
		t.Errorf("%v", found)
	}
}

// TestBytes has the files counted that a later step removes, where the build context is there.
func TestBytes(t *testing.T) {
	for _, c := range []struct{ copy, remove, want string }{
		{"COPY big.tar /tmp/", "rm /tmp/big.tar", "12.3MB"},
		{"COPY big.tar setup.sh /tmp/", "rm /tmp/setup.sh", "700B"},
		{"COPY big.tar setup.sh /opt/x/", "rm -rf /opt/x", "12.3MB"},
		{"COPY big.tar other /opt/x/", "rm -rf /opt/x", ""},
		{"COPY --from=a big.tar /tmp/", "rm /tmp/big.tar", ""},
		{"RUN curl -o /tmp/big.tar https://example.com/", "rm /tmp/big.tar", ""},
	} {
		found := look(t, "removed-later", "FROM debian\n"+c.copy+"\nRUN "+c.remove+"\n")
		if len(found) != 1 || strings.Contains(found[0].Message, "B of") ||
			c.want != "" && !strings.HasPrefix(found[0].Hint, c.want+" ") || c.want == "" && strings.Contains(found[0].Hint, "B of") {
			t.Errorf("%s: %v", c.copy, found)
		}
	}
}
