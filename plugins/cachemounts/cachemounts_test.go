package cachemounts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/cachemounts"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, cachemounts.New(), "testdata") }

// TestImages are cases in which the base image can be asked.
func TestImages(t *testing.T) {
	for _, c := range []struct {
		name, text, release, config string
		want                        []string // in the text of the result; none: nothing changes
	}{
		{"a release of another name", "FROM corp/base\nRUN apt-get update && apt-get install -y vim", "ID=ubuntu\nVERSION_CODENAME=noble\n", "",
			[]string{"id=strake-apt-ubuntu-noble-$STRAKE_TARGETPLATFORM"}},
		{"the user of the image", "FROM corp/node:1\nRUN npm ci", "", `{"config":{"User":"1000:1001","Env":["HOME=/home/x"]}}`,
			[]string{"target=/home/x/.npm,uid=1000,gid=1001"}},
		{"a user with no number", "FROM corp/node:1\nRUN npm ci", "", `{"config":{"User":"app"}}`, nil},
		{"root by config", "FROM corp/go:1\nRUN go build", "", `{"config":{"Env":["GOPATH=/x"]}}`, []string{"target=/x/pkg/mod"}},
		{"a config that is none", "FROM corp/go:1\nRUN npm ci", "", `{`, nil},
	} {
		step := plugins.Step{Plugin: cachemounts.New(), Grants: []plugins.Grant{plugins.GrantImages}}
		out := plugintest.Run(t, step, c.text, plugintest.Host{Base: c.release, Config: c.config})
		got := plugintest.Print(out.Module)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
		if c.want == nil && strings.Contains(got, "type=cache") {
			t.Errorf("%s: a cache in\n%s", c.name, got)
		}
	}
}

// TestYarnConfig reads the context: a Yarn after 1 has a cache that the image may need.
func TestYarnConfig(t *testing.T) {
	const text = "FROM node:20\nCOPY .yarnrc.yml yarn.lock package.json ./\nRUN yarn install --immutable"
	for config, want := range map[string]bool{"nodeLinker: node-modules\n": true, "nodeLinker: pnp\n": false, "": false} {
		step := plugins.Step{Plugin: cachemounts.New(), Grants: []plugins.Grant{plugins.GrantContext}}
		out := plugintest.Run(t, step, text, plugintest.Host{Files: map[string]string{".yarnrc.yml": config}})
		if got := strings.Contains(plugintest.Print(out.Module), "target=/root/.yarn/berry/cache"); got != want {
			t.Errorf("%q: %v", config, got)
		}
	}
}

func TestWhy(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, "FROM debian:12\nRUN apt-get update && apt-get install -y vim && apt-get clean", nil)
	o := out.Module.Stages[0].Ops[1].Origin
	const want = "keeps the downloads of apt from build to build; apt has them in /run/strake-apt, which no hook of the base image empties; its clean-up is useless now"
	if o.By != "cache-mounts" || o.Why != want || len(o.From) != 1 {
		t.Errorf("%+v", o)
	}
}

// TestCorpus runs over real Dockerfiles: the module stays valid, and a second run
// changes nothing.
func TestCorpus(t *testing.T) {
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Skip("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: cachemounts.New(), Config: json.RawMessage(`{"cargo-target":true}`)}}}
	count := map[string]int{}
	for _, f := range files {
		file, diags := lang.Parse(source.NewFile(f.Name, string(f.Data)))
		m, more := ir.Build(file)
		if diags.HasErrors() || more.HasErrors() {
			continue
		}
		count["files"]++
		out, err := pipeline.Run(t.Context(), plugins.Input{Module: m})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if out.Module == m {
			continue
		}
		count["changed"]++
		for _, s := range out.Module.Stages {
			for _, op := range s.Ops {
				if run, ok := op.Body.(*ir.Run); ok && op.Origin.By == "cache-mounts" {
					count["RUNs"]++
					for _, mount := range run.Mounts {
						id, _ := mount.Option("id")
						if parts := strings.Split(id, "-"); parts[0] == "strake" {
							count[parts[1]]++
						}
					}
				}
			}
		}
		again, err := pipeline.Run(t.Context(), plugins.Input{Module: out.Module})
		if err != nil {
			t.Errorf("%s: a second run: %v", f.Name, err)
		} else if again.Module != out.Module {
			t.Errorf("%s: a second run changes\n%s", f.Name, plugintest.Print(again.Module))
		}
	}
	t.Log(count)
	if count["changed"] < count["files"]/4 {
		t.Error("less than a quarter of the files are changed")
	}
}
