package ground_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/ground"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// asks is a plugin that looks at the state behind the first instruction.
type asks struct{ see func(*ground.Stages) }

func (asks) Info() plugins.Info {
	return plugins.Info{Name: "asks", Version: "1.0.0", Phases: []plugins.Phase{plugins.Rewrite}}
}

func (a asks) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	a.see(ground.Of(ctx, h, c))
	return nil, nil
}

// TestPath asks where programs come from, and what they load.
func TestPath(t *testing.T) {
	const standard = "/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin"
	for env, want := range map[string]string{
		"PATH=/a:/b":                      "/a /b",
		"LD_LIBRARY_PATH=/l:/m":           standard + " /l /m",
		`LD_PRELOAD="/p.so /q.so:/r.so"`:  standard + " /p.so /q.so /r.so",
		"NODE_PATH=/n":                    standard + " /n",
		"PATH=/a:":                        "", // ends in the working directory
		"LD_LIBRARY_PATH=/l:$NONE":        "",
		"PATH=bin:/a":                     "",
		"PYTHONPATH=.":                    "",
		"LANG=C":                          standard,
		"LD_LIBRARY_PATH=":                standard,
		`LD_PRELOAD=""`:                   standard,
		"GIT_EXEC_PATH=/usr/lib/git-core": standard + " /usr/lib/git-core",
	} {
		var dirs []string
		see := func(s *ground.Stages) { dirs = s.Path(0, s.Stage(0)[1]) }
		plugintest.Run(t, plugins.Step{Plugin: asks{see}}, "FROM scratch\nENV "+env+"\nRUN x", nil)
		if !slices.Equal(dirs, strings.Fields(want)) {
			t.Errorf("%s: %q", env, dirs)
		}
	}
}

// TestKnown asks whether what an image sets is known.
func TestKnown(t *testing.T) {
	for text, want := range map[string]bool{
		"FROM scratch\nRUN x":                     true,
		"FROM scratch AS a\nRUN x\nFROM a\nRUN y": true,
		"FROM debian\nRUN x":                      false,
		"FROM debian AS a\nRUN x\nFROM a\nRUN y":  false,
	} {
		last := len(irtest.Module(t, text).Stages) - 1
		see := func(s *ground.Stages) {
			if s.Known(last) != want {
				t.Errorf("%q: not %v", text, want)
			}
		}
		plugintest.Run(t, plugins.Step{Plugin: asks{see}}, text, nil)
	}
}
