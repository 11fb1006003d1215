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
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
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
			[]string{"id=strake-apt-ubuntu-noble,"}},
		{"the user of the image", "FROM corp/node:1\nRUN npm ci", "", `{"config":{"User":"1000:1001","Env":["HOME=/home/x"]}}`,
			[]string{"target=/dev/strake-npm/_cacache,uid=1000,gid=1001"}},
		{"a user with no number", "FROM corp/node:1\nRUN npm ci", "", `{"config":{"User":"app"}}`, nil},
		{"root by config", "FROM corp/go:1\nRUN go build", "", `{"config":{"Env":["GOPATH=/x"]}}`, []string{"target=/x/pkg/mod"}},
		{"of another system", "FROM corp/go:1\nRUN go build", "", `{"os":"windows","config":{"Env":["GOPATH=/x"]}}`, nil},
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

// TestSettings reads files of settings in the context: one that leads a cache elsewhere is
// left in force, and so is one that cannot be read.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name, text string
		files      map[string]string
		want       bool
	}{
		{"without a cache", "COPY .npmrc ./", map[string]string{".npmrc": "registry=https://x\n"}, true},
		{"with one", "COPY .npmrc ./", map[string]string{".npmrc": "cache=/opt/c\n"}, false},
		{"not there", "COPY .npmrc ./", nil, false},
		{"among all", "COPY . .", map[string]string{".npmrc": "cache=/opt/c\n"}, false},
		{"among all, without", "COPY . .", map[string]string{".npmrc": "audit=false\n"}, true},
		{"none among all", "COPY . .", nil, true},
		{"in a directory", "COPY conf/ /root/", map[string]string{"conf/.npmrc": "cache = /opt/c\n"}, false},
		{"of npm itself", "ADD npmrc /usr/etc/", map[string]string{"npmrc": "cache=/opt/c\n"}, false},
		{"written", "RUN echo cache=/opt/c > .npmrc", nil, false},
		{"written without", "RUN echo //x/:_authToken=$T > .npmrc", nil, true},
		{"taken from elsewhere", "RUN curl -o .npmrc https://x", nil, false},
	} {
		step := plugins.Step{Plugin: cachemounts.New(), Grants: []plugins.Grant{plugins.GrantContext}}
		out := plugintest.Run(t, step, "FROM node:20\n"+c.text+"\nRUN npm ci && npm cache clean --force", plugintest.Host{Files: c.files})
		got := plugintest.Print(out.Module)
		if strings.Contains(got, "type=cache") != c.want || !strings.Contains(got, "npm cache clean --force") {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// TestEnvironment holds the plugin to what the author's steps see: it makes no ARG and no ENV.
func TestEnvironment(t *testing.T) {
	const text = "FROM --platform=$BUILDPLATFORM golang:1.22 AS a\nRUN apt-get update && apt-get install -y git\nRUN CGO_ENABLED=0 go build -o /x\nFROM alpine:3.20\nRUN apk add --no-cache vim\nRUN env > /env"
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, text, nil)
	if len(out.Module.Args) > 0 {
		t.Errorf("global ARGs: %v", out.Module.Args[0].Text())
	}
	mounts := 0
	for _, s := range out.Module.Stages {
		for _, op := range s.Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok {
				t.Errorf("it makes %s", op.Text())
				continue
			}
			mounts += len(run.Mounts)
			for _, m := range run.Mounts {
				if id, _ := m.Option("id"); strings.Contains(id, "$") {
					t.Errorf("the id %s has a variable", id)
				}
			}
		}
	}
	if mounts != 4 {
		t.Errorf("%d mounts", mounts)
	}
}

// TestUnknown lets an organisation take the risk of programs that are not known.
func TestUnknown(t *testing.T) {
	const text = "FROM node:20\nRUN npm ci && ./build"
	for config, want := range map[string]bool{`{}`: false, `{"unknown":"leave"}`: false, `{"unknown":"mount"}`: true} {
		out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New(), Config: json.RawMessage(config)}, text, nil)
		if got := strings.Contains(plugintest.Print(out.Module), "type=cache"); got != want {
			t.Errorf("%s: %v", config, got)
		}
	}
}

func TestWhy(t *testing.T) {
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, "FROM debian:12\nRUN apt-get update && apt-get install -y vim && apt-get clean", nil)
	o := out.Module.Stages[0].Ops[0].Origin
	const want = "keeps the downloads of apt from build to build, drops " +
		"/var/cache/apt/archives/* /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin"
	if o.By != "cache-mounts" || o.Why != want || len(o.From) != 1 {
		t.Errorf("%+v", o)
	}
}

// TestCorpus runs over real Dockerfiles: the module stays valid, and a second run
// changes nothing.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	pipeline := &plugins.Pipeline{Steps: []plugins.Step{{Plugin: cachemounts.New(), Config: json.RawMessage(`{}`)}}}
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
				if _, ok := op.Body.(*ir.Run); ok && op.Origin.By == "cache-mounts" {
					count["RUNs"]++
					why, _, _ := strings.Cut(strings.TrimPrefix(op.Origin.Why, "keeps the downloads of "), " from ")
					for name := range strings.SplitSeq(why, ", ") {
						count[name]++
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
	if count["changed"] < count["files"]/3 {
		t.Error("less than a third of the files are changed")
	}
}
