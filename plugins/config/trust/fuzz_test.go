package trust

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
)

// infoSeed is the JSON of what a plugin says of itself, with every field.
func infoSeed(f *testing.F) string {
	var info plugins.Info
	fill(reflect.ValueOf(&info).Elem())
	info.Schema = json.RawMessage(`{"type":"object"}`)
	data, err := json.Marshal(recordOf(info))
	if err != nil {
		f.Fatal(err)
	}
	return string(data)
}

// inFile writes what a fuzzer made.
func inFile(t *testing.T, name, text string) string {
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// FuzzReadLock reads any strake.lock: what is read is written and read again as it was.
func FuzzReadLock(f *testing.F) {
	digest := "sha256:" + strings.Repeat("a", 64)
	f.Add(`{"version":1,"plugins":{"a":{"use":"./a","digests":{"linux/amd64":"` + digest + `"},"info":` + infoSeed(f) + `}}}`)
	f.Add(`{"version":2,"plugins":{"a":{"use":"./a","digests":{"linux/amd64":"tree-` + digest + `"}}}}`)
	f.Add(`{"version":3}`)
	f.Add(`{"version":1,"plugins":{"a":null}}`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		lock, err := ReadLock(inFile(t, filepath.Join(dir, "strake.lock"), text))
		if err != nil {
			return
		}
		again := filepath.Join(dir, "again.lock")
		if err := lock.Write(again); err != nil {
			t.Fatal(err)
		}
		got, err := ReadLock(again)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Plugins) != len(lock.Plugins) {
			t.Errorf("%d plugins became %d", len(lock.Plugins), len(got.Plugins))
		}
		for name, p := range lock.Plugins {
			q := got.Plugins[name]
			if p.Use != q.Use || !reflect.DeepEqual(p.Digests, q.Digests) || Known(p.Info) && !SameInfo(p.Info, q.Info) {
				t.Errorf("%s: %+v became %+v", name, p, q)
			}
			for _, d := range p.Digests {
				if !digestForm().MatchString(d) {
					t.Errorf("%q is no digest", d)
				}
			}
		}
	})
}

// FuzzAllowList reads any list of allowed plugins: it allows nothing that it does not name,
// and a change keeps the rest.
func FuzzAllowList(f *testing.F) {
	const a, b = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	f.Add(`{"version":1,"plugins":[{"digest":"` + a + `","name":"a","grants":["context"],"sandbox":"weak"}]}`)
	f.Add(`{"version":1,"plugins":[{"digest":"` + a + `","sandbox":"anything"}]}`)
	f.Add(`{"version":1,"plugins":null}`)
	f.Add(`{"version":2}`)
	dir := f.TempDir()
	s := &Store{Config: dir, Cache: f.TempDir()}
	f.Fuzz(func(t *testing.T, text string) {
		name := inFile(t, filepath.Join(dir, "allowed.json"), text)
		list, err := s.List("")
		if err != nil {
			return
		}
		for _, digest := range []string{a, b} {
			level, err := s.Check("x", digest, []plugins.Grant{plugins.GrantNetwork}, "")
			if err != nil {
				continue
			}
			if !strings.Contains(text, `"`+digest+`"`) && !strings.Contains(text, `\u`) || level != Full && level != Weak && level != None {
				t.Errorf("%s runs in the sandbox %q by %s", digest, level, text)
			}
		}
		if err := s.Allow(Allowed{Digest: b, Name: "b"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Revoke(b); err != nil {
			t.Fatal(err)
		}
		left, err := s.List("")
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, a := range list {
			if a.Digest != b {
				want++
			}
		}
		if len(left) != want {
			data, _ := os.ReadFile(name)
			t.Errorf("%s became %s", text, data)
		}
	})
}

// FuzzSideInfo reads anything that stands beside a program of what it is.
func FuzzSideInfo(f *testing.F) {
	f.Add(infoSeed(f))
	f.Add(`{"name":"a","phases":["never"],"instructions":[{"keyword":"X","args":"none","flags":[{"name":"f","type":"?"}]}]}`)
	f.Add(`null`)
	dir := f.TempDir()
	s := &Store{Config: dir, Cache: filepath.Join(dir, "cache")}
	f.Fuzz(func(t *testing.T, text string) {
		inFile(t, filepath.Join(dir, "p.info.json"), text)
		info, err := SideInfo(filepath.Join(dir, "p"))
		if err != nil {
			return
		}
		if kept := s.Learn("sha256:x", info); !SameInfo(kept, info) || !SameInfo(s.Recall("sha256:x"), info) {
			t.Errorf("%+v is kept as %+v", info, kept)
		}
	})
}
