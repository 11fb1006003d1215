package parallelise_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/parallelise"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// debian is an image of Debian.
var debian = plugintest.Host{Base: "ID=debian\nVERSION_CODENAME=trixie\n", Config: `{"os": "linux", "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}`}

func step(config string) plugins.Step {
	s := plugins.Step{Plugin: parallelise.New(), Grants: []plugins.Grant{plugins.GrantImages}}
	if config != "" {
		s.Config = []byte(config)
	}
	return s
}

// TestCases has what becomes a stage, and what does not and why. The host knows no images there.
func TestCases(t *testing.T) { plugintest.Dir(t, parallelise.New(), "testdata") }

const (
	// first and second are downloads that have nothing to do with each other.
	first  = "RUN curl -fsSLo /srv/one https://example.com/one"
	second = "RUN git clone https://example.com/two.git /srv/two"
)

// TestDivide has which RUNs run beside others, by the code that is said of each that takes time, from
// the second on.
func TestDivide(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"two downloads", first + "|" + second, "apart"},
		{"three", first + "|" + second + "|RUN curl -o /srv/three https://example.com/3", "apart apart"},
		{"one", first + "|RUN true", ""},
		{"with others between", first + "|COPY a /x/|LABEL a=b|ENV A=1|WORKDIR /app|USER root|" + second, "apart"},
		{"an archive", first + "|RUN mkdir -p /srv/b/c && curl -fsSL https://example.com/b.tgz | tar -xz -C /srv/b/c", "apart"},
		{"an archive that is taken away", first + "|RUN curl -fo /tmp/b.tgz https://example.com/b.tgz && mkdir /srv/d && tar -xzf /tmp/b.tgz -C /srv/d && rm /tmp/b.tgz", "apart"},
		{"an archive that is left", first + "|RUN curl -fo /srv/b.tgz https://example.com/b.tgz && mkdir /srv/d && tar -xzf /srv/b.tgz -C /srv/d", "apart"},
		{"with set -e", first + "|RUN set -eux; mkdir /srv/f; cd /srv/f; curl -fO https://example.com/model.bin; sha256sum model.bin", "apart"},
		{"into a directory of programs", first + "|RUN curl -fo /usr/local/bin/tool https://example.com/tool && chmod +x /usr/local/bin/tool", "apart"},
		{"behind one of programs", "RUN curl -fo /usr/local/bin/tool https://example.com/tool|" + second, "uses"},
		{"packages", first + "|RUN apt-get update && apt-get install -y curl", "uses"},
		{"behind packages", "RUN apt-get update && apt-get install -y git|" + second, "uses"},
		{"reads what was fetched", first + "|RUN git clone https://example.com/two.git /srv/two && cp /srv/one /srv/two/", "uses"},
		{"what nobody knows", first + "|RUN make|" + second, "uses"},
		{"the same directory", "RUN mkdir -p /srv/x && curl -fo /srv/x/a https://example.com/a|RUN mkdir -p /srv/x && curl -fo /srv/x/b https://example.com/b", "uses"},
		{"a directory that is there", "RUN mkdir -p /srv/x/y|" + first + "|RUN curl -fo /srv/x/b https://example.com/b", "apart"},
		{"it may fail", first + "|RUN curl -o /srv/x https://example.com/x || true", "script"},
		{"it may fail silently", first + "|RUN curl -o /srv/x https://example.com/x; true", "script"},
		{"it goes two ways", first + "|RUN if true; then curl -o /srv/x https://example.com/x; fi", "script"},
		{"by a variable", first + "|ARG V|RUN curl -fo /srv/x-$V https://example.com/x", ""},
		{"by a variable with a default", first + "|ARG V=1|RUN curl -fo /srv/x-$V https://example.com/x", "files"},
		{"a file of its own besides", first + "|RUN wget -O /srv/x https://example.com/x", "files"},
		{"without that", first + "|RUN wget --no-hsts -O /srv/x https://example.com/x", "files"},
		{"a mount", first + "|RUN --mount=type=cache,target=/c curl -fo /srv/x https://example.com/x", "mounts"},
		{"the umask", first + "|RUN umask 77 && curl -fo /srv/x https://example.com/x", "files"},
		{"the mode of a directory of others", first + "|RUN chmod 700 /srv && curl -fo /srv/x https://example.com/x", "files"},
		{"its place was written before", "COPY a /srv/two/|" + first + "|" + second, "files"},
		{"behind a CMD", "CMD [\"x\"]|" + first + "|" + second, "config"},
		{"another user", "ENV HOME=/home/app|USER 1000|" + first + "|RUN mkdir -p /home/app/x/y && curl -fo /home/app/x/y/z https://example.com/x", "files"},
		{"a trigger", "ONBUILD RUN true|" + first + "|" + second, ""},
	} {
		var got []string
		out := plugintest.Run(t, step(`{"explain": true, "links": "trust"}`), "FROM debian\n"+lines(c.text)+"\n", debian)
		for _, d := range out.Diags {
			got = append(got, strings.TrimPrefix(d.Code, "parallelise/"))
		}
		if text := strings.Join(got, " "); text != c.want || slices.Contains(got, "apart") != (len(out.Module.Stages) > 1) {
			t.Errorf("%s: %q, not %q: %v\n%s", c.name, text, c.want, out.Diags, plugintest.Print(out.Module))
		}
	}
	// By default a link that an archive may have brought leads nobody knows where.
	archive := "RUN mkdir -p /srv/b/c && curl -fsSL https://example.com/b.tgz | tar -xz -C /srv/b/c"
	for _, text := range []string{first + "|" + archive, "RUN make|" + first + "|" + second} {
		if out := plugintest.Run(t, step(""), "FROM debian\n"+lines(text)+"\n", debian); len(out.Module.Stages) > 1 {
			t.Errorf("it does not trust links, and makes\n%s", plugintest.Print(out.Module))
		}
	}
	// An image that nobody knows.
	if out := plugintest.Run(t, step(""), "FROM company/base\n"+lines(first+"|"+second)+"\n", nil); len(out.Module.Stages) > 1 {
		t.Error("PATH is not known, and it is divided")
	}
}

// TestStages has what a stage becomes, and what refers to it.
func TestStages(t *testing.T) {
	const text = `FROM debian AS app
LABEL a=b
` + first + `
ENV A=1
COPY x /x/
WORKDIR /w
` + second + `
RUN curl -fo /srv/three https://example.com/3
FROM debian AS part-1
COPY --from=app /srv /srv
`
	const want = `FROM debian AS app-base-1
LABEL a=b
FROM app-base-1 AS app-part-1
ENV A=1
WORKDIR /w
` + second + `
FROM app-base-1 AS app-part-2
ENV A=1
WORKDIR /w
RUN curl -fo /srv/three https://example.com/3
FROM app-base-1 AS app
` + first + `
ENV A=1
COPY x /x/
WORKDIR /w
COPY --from=app-part-1 /srv/two /srv/two
COPY --from=app-part-2 /srv/three /srv/three
FROM debian AS part-1
COPY --from=app /srv /srv
`
	out := plugintest.Run(t, step(""), text, debian)
	if got, want := plugintest.Print(out.Module), plugintest.Print(irtest.Module(t, want)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if o := out.Module.Stages[1].Ops[2].Origin; o.By != parallelise.Name || len(o.Spans()) != 1 {
		t.Errorf("%+v", o)
	}
	// A number names a stage.
	for _, more := range []string{"FROM debian\nCOPY --from=0 /srv /srv\n", "FROM debian\nRUN --mount=from=0,target=/m true\n"} {
		if out := plugintest.Run(t, step(""), text+more, debian); len(out.Module.Stages) != 3 {
			t.Errorf("a number names a stage, and it becomes\n%s", plugintest.Print(out.Module))
		}
	}
	p := plugins.Pipeline{Steps: []plugins.Step{step("")}}
	m := irtest.Module(t, text)
	made, err := p.Run(t.Context(), plugins.Input{Module: m, Target: "0", Host: func(m *ir.Module) plugins.Host { h := debian; h.Module = m; return h }})
	if err != nil || made.Module != m {
		t.Errorf("the target is a number: %v\n%s", err, plugintest.Print(made.Module))
	}
}

// lines are instructions, one a line. A pipe of a script has blanks around it.
func lines(text string) string {
	var out strings.Builder
	for i, r := range text {
		if r == '|' && text[i-1] != ' ' && text[i-1] != '|' && text[i+1] != '|' {
			r = '\n'
		}
		out.WriteRune(r)
	}
	return out.String()
}
