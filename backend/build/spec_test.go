package build

import (
	"reflect"
	"strings"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

type attrs = map[string]string

// check holds the result of a parser, or a part of its error.
func check[T any](t *testing.T, parse func(string) (T, error), in string, want T, fails string) {
	t.Helper()
	got, err := parse(in)
	switch {
	case fails == "" && err != nil:
		t.Errorf("%q: %v", in, err)
	case fails != "" && (err == nil || !strings.Contains(err.Error(), fails)):
		t.Errorf("%q: got the error %v, want one with %q", in, err, fails)
	case fails == "" && !reflect.DeepEqual(got, want):
		t.Errorf("%q: got %+v, want %+v", in, got, want)
	}
}

func TestParseOutput(t *testing.T) {
	for _, c := range []struct {
		in    string
		want  Output
		fails string
	}{
		{in: "out", want: Output{Type: "local", Dest: "out"}},
		{in: "./a=b", want: Output{Type: "local", Dest: "./a=b"}},
		{in: "-", want: Output{Type: "tar", Dest: "-"}},
		{in: "type=local,dest=out", want: Output{Type: "local", Dest: "out", Attrs: attrs{}}},
		{in: "type=tar", want: Output{Type: "tar", Dest: "-", Attrs: attrs{}}},
		{in: "type=oci,dest=a.tar,compression=zstd", want: Output{Type: "oci", Dest: "a.tar", Attrs: attrs{"compression": "zstd"}}},
		{in: "type=docker", want: Output{Type: "docker", Attrs: attrs{}}},
		{in: "type=registry", want: Output{Type: "image", Attrs: attrs{"push": "true"}}},
		{in: `type=image,"name=a,b",push=true`, want: Output{Type: "image", Attrs: attrs{"name": "a,b", "push": "true"}}},
		{in: "type=store,rewrite-timestamp=true", want: Output{Type: "store", Attrs: attrs{"rewrite-timestamp": "true"}}},
		{in: "type=cacheonly", want: Output{Type: "cacheonly", Attrs: attrs{}}},
		{in: "type=local", fails: "dest=DIR is missing"},
		{in: "type=local,dest=-", fails: "type=tar can"},
		{in: "type=local,dest=spec_test.go", fails: "spec_test.go is a file"},
		{in: "spec_test.go", fails: "spec_test.go is a file"},
		{in: "type=image,dest=a", fails: "type=image writes no file: drop dest=a"},
		{in: "type=registry,dest=a", fails: "type=registry writes no file"},
		{in: "type=store,dest=a", fails: "type=store writes no file"},
		{in: "type=cacheonly,dest=a", fails: "type=cacheonly writes no file"},
		{in: "type=zip,dest=a", fails: "unknown type"},
		{in: "dest=a,compression=gzip", fails: "type= is missing"},
		{in: "type=oci,dest", fails: "no KEY=VALUE"},
		{in: `type=oci,"dest`, fails: `"`},
	} {
		check(t, ParseOutput, c.in, c.want, c.fails)
	}
}

func TestParseSecret(t *testing.T) {
	for _, c := range []struct {
		in    string
		want  secretsprovider.Source
		fails string
	}{
		{in: "id=a", want: secretsprovider.Source{ID: "a"}},
		{in: "id=a,src=f", want: secretsprovider.Source{ID: "a", FilePath: "f"}},
		{in: "id=a,source=f,type=file", want: secretsprovider.Source{ID: "a", FilePath: "f"}},
		{in: "id=a,env=E", want: secretsprovider.Source{ID: "a", Env: "E"}},
		{in: "type=env,id=a,src=E", want: secretsprovider.Source{ID: "a", Env: "E"}},
		{in: "ID=a", want: secretsprovider.Source{ID: "a"}},
		{in: "src=f", fails: "id= is missing"},
		{in: "id=a,mode=0400", fails: `unknown key "mode"`},
		{in: "id=a,type=vault", fails: "unknown type"},
		{in: "a", fails: "no KEY=VALUE"},
	} {
		check(t, ParseSecret, c.in, c.want, c.fails)
	}
}

func TestParseSSH(t *testing.T) {
	check(t, ParseSSH, "default", sshprovider.AgentConfig{ID: "default"}, "")
	check(t, ParseSSH, "a=k1,k2", sshprovider.AgentConfig{ID: "a", Paths: []string{"k1", "k2"}}, "")
	check(t, ParseSSH, "=k", sshprovider.AgentConfig{}, "id is missing")
}

func TestParseCache(t *testing.T) {
	one := func(kind string, a attrs) []client.CacheOptionsEntry {
		return []client.CacheOptionsEntry{{Type: kind, Attrs: a}}
	}
	check(t, ParseCache, "r/a:c", one("registry", attrs{"ref": "r/a:c"}), "")
	check(t, ParseCache, "r/a,r/b", append(one("registry", attrs{"ref": "r/a"}), one("registry", attrs{"ref": "r/b"})...), "")
	check(t, ParseCache, "type=local,src=d,digest=sha256:0", one("local", attrs{"src": "d", "digest": "sha256:0"}), "")
	check(t, ParseCache, "type=inline", one("inline", attrs{}), "")
	check(t, ParseCache, "src=d", nil, "type= is missing")
}

func TestParseAttest(t *testing.T) {
	check(t, ParseAttest, "type=sbom,generator=r/i", Attestation{Type: "sbom", Attrs: "generator=r/i"}, "")
	check(t, ParseAttest, "type=provenance,mode=max,version=v1", Attestation{Type: "provenance", Attrs: "mode=max,version=v1"}, "")
	check(t, ParseAttest, "type=provenance,disabled=true", Attestation{Type: "provenance", Disabled: true}, "")
	check(t, ParseAttest, "mode=max", Attestation{}, "type= is missing")
	check(t, ParseAttest, "type=sbom,disabled=perhaps", Attestation{}, "neither true nor false")
	sbom := func(text string) (Attestation, error) { return ParseShorthand("sbom", text) }
	check(t, sbom, "true", Attestation{Type: "sbom"}, "")
	check(t, sbom, "0", Attestation{Type: "sbom", Disabled: true}, "")
	check(t, sbom, "generator=i", Attestation{Type: "sbom", Attrs: "generator=i"}, "")
}

func TestParseAnnotation(t *testing.T) {
	for _, c := range []struct {
		in    string
		want  attrs
		fails string
	}{
		{in: "a=b", want: attrs{"annotation.a": "b"}},
		{in: "a=", want: attrs{"annotation.a": ""}},
		{in: "index:a=b", want: attrs{"annotation-index.a": "b"}},
		{in: "manifest,index:a=b=c", want: attrs{"annotation-manifest.a": "b=c", "annotation-index.a": "b=c"}},
		{in: "manifest[linux/amd64]:a=b", want: attrs{"annotation-manifest[linux/amd64].a": "b"}},
		{in: "layer:a=b", fails: "unknown place"},
		{in: "index[:a=b", fails: "no place"},
		{in: "a", fails: "KEY=VALUE"},
		{in: "=b", fails: "KEY=VALUE"},
	} {
		check(t, ParseAnnotation, c.in, c.want, c.fails)
	}
}

func FuzzSpecs(f *testing.F) {
	for _, s := range []string{"type=local,dest=out", `type=image,"name=a,b"`, "id=a,src=f", "a=k1,k2", "manifest[linux/amd64]:a=b", "-", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if o, err := ParseOutput(s); err == nil && o.Type == "" {
			t.Errorf("%q: an output without a type", s)
		}
		if v, err := ParseSecret(s); err == nil && v.ID == "" {
			t.Errorf("%q: a secret without an id", s)
		}
		if v, err := ParseCache(s); err == nil {
			for _, e := range v {
				if e.Type == "" {
					t.Errorf("%q: a cache without a type", s)
				}
			}
		}
		if v, err := ParseAttest(s); err == nil && v.Type == "" {
			t.Errorf("%q: an attestation without a type", s)
		}
		if v, err := ParseAnnotation(s); err == nil && len(v) == 0 {
			t.Errorf("%q: no annotation", s)
		}
		_, _ = ParseSSH(s)
	})
}
