package dropdead_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/dropdead"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// run takes a text through the plugin as a build of a target does.
func run(t testing.TB, m *ir.Module, target, config, base string) *plugins.Output {
	t.Helper()
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: dropdead.New(), Grants: []plugins.Grant{plugins.GrantImages}}}}
	if config != "" {
		p.Steps[0].Config = []byte(config)
	}
	out, err := p.Run(t.Context(), plugins.Input{Module: m, Target: target, Only: true, Host: func(*ir.Module) plugins.Host { return plugintest.Host{Config: base} }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDrop has what goes, between lines that stay: a line that starts with "- " goes.
func TestDrop(t *testing.T) {
	const stages = "- FROM debian AS unused\n- RUN x\n"
	for name, text := range map[string]string{
		"the last word":             "FROM debian\n- CMD [\"a\"]\n- ENTRYPOINT [\"b\"]\n- HEALTHCHECK CMD x\n- STOPSIGNAL SIGINT\nRUN x\nCMD [\"c\"]\nENTRYPOINT [\"d\"]\nHEALTHCHECK NONE\nSTOPSIGNAL SIGTERM\n",
		"a signal that is none":     "FROM debian\nSTOPSIGNAL nothing\nSTOPSIGNAL SIGTERM\n",
		"users":                     "FROM debian\n- USER a\nLABEL a=b\nUSER b\nWORKDIR /x\n- USER c\nUSER d\nRUN x\n",
		"a user that makes files":   "FROM debian\nUSER a\nWORKDIR /x\nUSER b\n",
		"a user from who builds":    "FROM debian\nARG U\nUSER $U\nUSER b\n",
		"shells":                    "FROM debian\n- SHELL [\"/bin/a\"]\nSHELL [\"/bin/b\", \"-c\"]\nCMD x\n",
		"a shell that CMD has":      "FROM debian\nSHELL [\"/bin/a\"]\nENTRYPOINT x\nSHELL [\"/bin/b\", \"-c\"]\n",
		"a shell of a dead CMD":     "FROM debian\n- SHELL [\"/bin/a\"]\n- CMD x\nSHELL [\"/bin/b\", \"-c\"]\nCMD y\n",
		"where warnings are errors": "# check=error=true\nFROM debian\nCMD [\"a\"]\nCMD [\"b\"]\n",
		"labels":                    "FROM debian\n- LABEL a=1\nLABEL b=1\nLABEL a=2 c=3\n",
		"a part of the labels":      "FROM debian\nLABEL a=1 d=2\nLABEL a=2\n",
		"a label that may fail":     "FROM debian\nARG X\nLABEL a=${X:?gone}\nLABEL a=2\n",
		"ports":                     "FROM debian\n- EXPOSE 80\nEXPOSE 80 443\n",
		"a port by another name":    "FROM debian\nEXPOSE 80\nEXPOSE 80/tcp\n",
		"a port that is none":       "FROM debian\nEXPOSE x\nEXPOSE x\n",
		"volumes":                   "FROM debian\n- VOLUME /a\nRUN x\nVOLUME /a\n",
		"variables":                 "FROM debian\n- ENV A=1\nLABEL x=y\nENV A=2 B=3\n",
		"a variable that is read":   "FROM debian\nENV A=1\nENV A=2$A\n",
		"by a part of a word":       "FROM debian\nENV A=1\nLABEL x=\"a${A}b\"\nENV A=2\n",
		"by a longer name":          "FROM debian\n- ENV A=1\nLABEL x=$AB\nENV A=2\n",
		"by what runs":              "FROM debian\nENV A=1\nRUN x\nENV A=2\n",
		"another variable between":  "FROM debian\nENV A=1\nENV B=1\nENV A=2\n",
		"an argument between":       "FROM debian\nENV A=1\nARG B\nENV A=2\nRUN x\n",
		"another order":             "FROM debian\nENV A=1 B=1\nENV B=1 A=2\n",
		"a trigger between":         "FROM debian\nUSER a\nENV A=1\nONBUILD RUN x\nENV A=2\nUSER b\n",
		"arguments":                 "- ARG unused=1\nARG V=1\nFROM debian:$V\n- ARG X\n- ARG Y=2\n",
		"an argument that is read":  "FROM debian\nARG X\nLABEL a=$X\n",
		"of a child":                "FROM debian AS a\nARG X\nFROM a\nRUN x\n",
		"an argument of builders":   "ARG BUILDKIT_SYNTAX=x\nFROM debian\nARG SOURCE_DATE_EPOCH\n",
		"a global one in a stage":   "ARG X=1\nFROM debian\nARG X\nRUN x\n",
		"stages":                    stages + "FROM debian AS used\nRUN x\nFROM debian\nCOPY --from=used /a /b\n",
		"by a mount":                stages + "FROM debian AS used\nRUN x\nFROM debian\nRUN --mount=from=used,target=/x y\n",
		"by its number":             "FROM debian AS unused\nRUN x\nFROM debian\nRUN x\nFROM debian\nCOPY --from=1 /a /b\n",
		"by a variable":             "ARG B=used\nFROM debian AS unused\nRUN x\nFROM $B\nRUN x\n",
		"by a trigger":              stages + "FROM debian AS used\nRUN x\nFROM debian\nONBUILD COPY --from=used /a /b\n",
		"a stage for its files": "FROM debian AS files\nENV A=1\n- LABEL a=b\n- EXPOSE 80\nRUN make\n- ENV B=1\n- USER app\n- CMD [\"x\"]\n" +
			"FROM debian\nCOPY --from=files /a /b\nCMD [\"y\"]\n",
		"a stage that others start from": "FROM debian AS base\nENV A=1\nLABEL a=b\nFROM base\nRUN x\n",
		"nothing":                        "FROM debian\nRUN a\n- RUN echo done && true\n- RUN export A=b \"C=d e\"\n- RUN : $HOME\nRUN b\n",
		"nothing at the start":           "FROM debian\n- RUN echo hi\nRUN a\n",
		"nothing before another program": "FROM debian\nRUN [\"a\"]\nRUN echo hi\nRUN [\"b\"]\n",
		"nothing before a mount":         "FROM debian\nWORKDIR /w\nRUN rm -rf /w\nRUN echo hi\nRUN --mount=type=cache,target=/w b\n",
		"nothing before a script":        "FROM debian\nRUN a\nRUN echo hi\nRUN <<E\n#!/bin/b\nE\n",
		"nothing where PATH has no sh":   "FROM debian\nSHELL [\"sh\", \"-c\"]\nRUN a\nENV PATH=/none\nRUN echo hi\nENV PATH=/bin\nRUN b\n",
		"a line that names a file":       "FROM debian\nSHELL [\"/bin/sh\", \"-e\"]\nRUN a\nRUN true\nRUN b\n",
		"a function for echo":            "FROM debian\nENV BASH_FUNC_echo%%=\"() { touch /x; }\"\nRUN a\nRUN echo hi\nRUN b\n",
		"what -x runs":                   "FROM debian\nSHELL [\"/bin/bash\", \"-xc\"]\nENV PS4=$(x)\nRUN a\nRUN echo hi\nRUN b\n",
		"nothing at the end":             "FROM debian\nRUN a\nRUN echo hi\n",
		"nothing before a copy":          "FROM debian\nRUN a\nRUN echo hi\nCOPY a b\nRUN b\n",
		"nothing elsewhere":              "FROM debian\nRUN a\nUSER app\n- RUN echo hi\nRUN b\nWORKDIR /w\n- RUN echo ho\nRUN c\n",
		"what may fail": "FROM debian\nRUN a\nRUN false\nRUN ! true\nRUN cd /x\nRUN echo ${X:?}\nRUN echo $((1/0))\nRUN echo >f\nRUN export A=$B\nRUN export UID=1\nRUN export SRANDOM=x\nRUN export PS4=x\nRUN export RANDOM='a[$(x)]'\n" +
			"RUN exit 1\nRUN echo $(x)\nRUN test -f /x\nRUN while true; do echo; done\nRUN echo a | x\nRUN X=1\nRUN export 1=2\nRUN echo &\nRUN readonly A=1\nRUN --mount=from=x true\nRUN b\n",
		"a shell that ends on variables": "FROM debian\nSHELL [\"/bin/bash\", \"-euo\", \"pipefail\", \"-c\"]\nRUN a\n- RUN echo hi\nRUN echo $X\nRUN b\n",
		"a shell that reads files":       "FROM debian\nSHELL [\"/bin/bash\", \"-lc\"]\nRUN a\nRUN echo hi\nRUN b\n",
		"a file that bash reads":         "FROM debian\nENV BASH_ENV=/x\nRUN a\nRUN echo hi\nRUN b\n",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after strings.Builder
			for line := range strings.Lines(text) {
				line, gone := strings.CutPrefix(line, "- ")
				if before.WriteString(line); !gone {
					after.WriteString(line)
				}
			}
			m := irtest.Module(t, before.String())
			out := run(t, m, "", "", "{}")
			if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, after.String())); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if again := run(t, out.Module, "", "", "{}"); plugintest.Print(again.Module) != plugintest.Print(out.Module) {
				t.Errorf("a second run makes\n%s", plugintest.Print(again.Module))
			}
		})
	}
}

// TestTargets has what depends on which stage is built, and on what is known of images.
func TestTargets(t *testing.T) {
	const text = "FROM debian AS a\nRUN x\nCMD [\"a\"]\nFROM debian AS b\nRUN y\nCMD [\"b\"]\nFROM debian AS c\nCOPY --from=a /x /y\n"
	const without = "FROM debian AS a\nRUN x\nFROM debian AS c\nCOPY --from=a /x /y\n"
	for _, c := range []struct{ name, target, config, base, want string }{
		{"the last", "", "", "{}", without},
		{"by name", "C", "", "{}", without},
		{"the first", "a", "", "{}", "FROM debian AS a\nRUN x\nCMD [\"a\"]\n"},
		{"by number", "2", "", "{}", text},
		{"kept", "", `{"keep": ["b", "A"]}`, "{}", text},
		{"one is kept", "", `{"keep": ["a"]}`, "{}", "FROM debian AS a\nRUN x\nCMD [\"a\"]\nFROM debian AS c\nCOPY --from=a /x /y\n"},
		{"an image with triggers", "", "", `{"config": {"OnBuild": ["COPY --from=b / /"]}}`, strings.Replace(text, "CMD [\"a\"]\n", "", 1)},
		{"an image that is not known", "", "", "", strings.Replace(text, "CMD [\"a\"]\n", "", 1)},
	} {
		out := run(t, irtest.Module(t, text), c.target, c.config, c.base)
		if got := plugintest.Print(out.Module); got != plugintest.Print(irtest.Module(t, c.want)) {
			t.Errorf("%s: got\n%s", c.name, got)
		}
	}
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: dropdead.New()}}}
	out, err := p.Run(t.Context(), plugins.Input{Module: irtest.Module(t, text)}) // as strake check, which is about all stages
	if err != nil || plugintest.Print(out.Module) != plugintest.Print(irtest.Module(t, text)) {
		t.Errorf("without a target: %v\n%s", err, plugintest.Print(out.Module))
	}
}

func TestCases(t *testing.T) { plugintest.Dir(t, dropdead.New(), "testdata") }
