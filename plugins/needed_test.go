package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestNeeded has instructions of plugins in stages that a build of a target does not run.
func TestNeeded(t *testing.T) {
	for _, c := range []struct {
		name, target, text string
		want               string // for each stage, whether its INSTALL becomes a RUN
	}{
		{"the last", "", "FROM x AS a\nINSTALL y\nFROM x\nINSTALL z\n", "-+"},
		{"a target in front", "a", "FROM x AS a\nINSTALL y\nFROM x\nINSTALL z\n", "+-"},
		{"no such target", "q", "FROM x AS a\nINSTALL y\nFROM x\nINSTALL z\n", "++"},
		{"a base", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nINSTALL y\nFROM a\nINSTALL z\n", "+-+"},
		{"a base is an earlier stage", "a", "FROM b AS a\nINSTALL y\nFROM x AS b\nINSTALL z\n", "+-"},
		{"a base by a variable", "", "ARG V=a\nFROM x AS a\nINSTALL y\nFROM x\nINSTALL y\nFROM $V\nINSTALL z\n", "+-+"},
		{"two of one name", "", "FROM x AS a\nINSTALL y\nFROM x AS a\nINSTALL y\nFROM a\nINSTALL z\n", "-++"},
		{"copied from", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nINSTALL y\nFROM x\nCOPY --from=A / /\nINSTALL z\n", "+-+"},
		{"copied from by number", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nINSTALL y\nFROM x\nCOPY --from=1 / /\nINSTALL z\n", "-++"},
		{"mounted", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nINSTALL y\nFROM x\nRUN --mount=from=b,target=/b x\nINSTALL z\n", "-++"},
		{"needed by what is needed", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nCOPY --from=a / /\nINSTALL y\nFROM b\nINSTALL z\n", "+++"},
		{"by a trigger", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nONBUILD COPY --from=a / /\nINSTALL y\nFROM b\nINSTALL z\n", "+++"},
		{"by a trigger that nobody reads", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nONBUILD UNKNOWN\nINSTALL y\nFROM b\nINSTALL z\n", "+++"},
		{"by what an instruction becomes", "", "FROM x AS a\nINSTALL y\nFROM x AS b\nINSTALL y\nFROM x\nTAKE a\nINSTALL z\n", "+-+"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := steps(install("i", "INSTALL", "RUN %s"), install("j", "TAKE", "COPY --from=%s / /"))
			m := read(t, p, c.text)
			out, err := p.Run(t.Context(), plugins.Input{Module: m, Target: c.target, Only: true})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, s := range out.Module.Stages {
				if _, left := s.Ops[len(s.Ops)-1].Body.(*ir.Custom); left {
					got += "-"
				} else {
					got += "+"
				}
			}
			if got != c.want {
				t.Errorf("got %s, expected %s:\n%s", got, c.want, plugintest.Print(out.Module))
			}
			if out, err = p.Run(t.Context(), plugins.Input{Module: m, Target: c.target}); err != nil || ir.VerifyLowered(out.Module).HasErrors() {
				t.Errorf("all stages: %v\n%s", err, plugintest.Print(out.Module))
			}
		})
	}
}

// bases is a host that notes whose bases are asked for.
type bases struct {
	plugins.NoHost
	asked *[]string
}

func (b bases) BaseConfig(_ context.Context, stage int) (json.RawMessage, error) {
	*b.asked = append(*b.asked, fmt.Sprint("config ", stage))
	return json.RawMessage("{}"), nil
}

func (b bases) BaseFile(_ context.Context, stage int, _ string) ([]byte, error) {
	*b.asked = append(*b.asked, fmt.Sprint("file ", stage))
	return nil, nil
}

// TestNeededBases has plugins that look at every base: of a stage that is not needed there
// is none. What is wrong with an instruction by itself is told all the same.
func TestNeededBases(t *testing.T) {
	look := func(phase plugins.Phase) *fake {
		return &fake{plugins.Info{Name: phase.String(), Phases: []plugins.Phase{phase}}, func(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
			for i := range c.Module.Stages {
				if _, err := h.BaseConfig(ctx, i); err != nil && !errors.Is(err, plugins.ErrUnavailable) {
					return nil, err
				}
				if _, err := h.BaseFile(ctx, i, "/x"); err != nil && !errors.Is(err, plugins.ErrUnavailable) {
					return nil, err
				}
			}
			return nil, nil
		}}
	}
	p := steps(look(plugins.Rewrite), look(plugins.Check), look(plugins.Finish), install("i", "INSTALL", "RUN %s"))
	for i := range p.Steps {
		p.Steps[i].Grants = []plugins.Grant{plugins.GrantImages}
	}
	var asked []string
	host := func(*ir.Module) plugins.Host { return bases{asked: &asked} }
	m := read(t, p, "FROM a\nFROM b AS b\nFROM c AS c\n")
	_, err := p.Run(t.Context(), plugins.Input{Module: m, Target: "b", Only: true, Host: host})
	if got := strings.Join(asked, ", "); err != nil || got != "config 1, file 1, config 1, file 1, config 1, file 1" {
		t.Errorf("asked for %s; %v", got, err)
	}
	m = read(t, p, "FROM a\nINSTALL --quit x\nFROM b\n")
	if out, err := p.Run(t.Context(), plugins.Input{Module: m, Only: true}); err != nil || len(out.Diags) != 1 {
		t.Errorf("%v, %v", out.Diags, err)
	}
}
