package validate

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestJSON holds which texts say the same.
func TestJSON(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":2}`, "{ \"b\" : 2,\n\"a\":1 }\n", true},
		{`{"a":"\u00e9"}`, `{"a":"é"}`, true},
		{`[1,2]`, `[1, 2]`, true},
		{`[1,2]`, `[2,1]`, false},
		{`{"a":1}`, `{"a":1.0}`, false}, // a reader may see the point
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":null}`, `{}`, false},
		{`{"a":1,"a":2}`, `{"a":2}`, false},
		{`{"a":1,"a":2}`, `{ "a":1,"a":2}`, false}, // each reader takes another one
		{`{"a":"\ud800"}`, `{"a":"\ud801"}`, false},
		{"{\"a\":\"\xff\"}", "{\"a\":\"\xfe\"}", false},
		{`{"a":1}`, `{"a":1} x`, false},
		{`{"a":1}`, `{"a":1}{"a":1}`, false},
		{strings.Repeat("[", 600) + strings.Repeat("]", 600), strings.Repeat("[", 600) + " " + strings.Repeat("]", 600), false},
	} {
		x, y := canonicalOf("/x.json", []byte(c.a)), canonicalOf("/x.json", []byte(c.b))
		if same := x.form != "" && x == y; same != c.same {
			t.Errorf("%.40s and %.40s: the same is %v", c.a, c.b, same)
		}
	}
}

// TestELF holds that the build id is left out, and no other byte of a program.
func TestELF(t *testing.T) {
	for _, name := range []string{os.Args[0], "/bin/true", "/usr/bin/true"} {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(data, []byte("\x7fELF")) {
			continue
		}
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		whole := canonicalOf("/x", data)
		flipped := func(at uint64) canonical {
			other := slices.Clone(data)
			other[at] ^= 0x40
			return canonicalOf("/x", other)
		}
		for _, s := range f.Sections {
			if s.Type == elf.SHT_NOBITS || s.FileSize == 0 {
				continue
			}
			id := s.Name == ".note.go.buildid" || s.Name == ".note.gnu.build-id"
			if one := flipped(s.Offset + min(s.FileSize-1, 17)); whole.form == "" || (one == whole) != (id || s.Name == ".gnu_debuglink") {
				t.Errorf("%s: a byte of %s changed, and equal is %v", name, s.Name, one == whole)
			}
		}
		if one := flipped(0x18); one == whole {
			t.Errorf("%s: the entry point counts", name)
		}
	}
}

// TestELFThatLies holds that a program cannot pass its code off as a build id.
func TestELFThatLies(t *testing.T) {
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil || f.Class != elf.ELFCLASS64 {
		t.Skip("this test is no program of 64 bits")
	}
	i := slices.IndexFunc(f.Sections, func(s *elf.Section) bool { return s.Name == ".note.go.buildid" })
	text := f.Section(".text")
	if i < 0 || text == nil {
		t.Fatal("it has no build id")
	}
	headers, at := f.ByteOrder.Uint64(data[0x28:]), uint64(i)*64
	lie := slices.Clone(data)
	f.ByteOrder.PutUint64(lie[headers+at+24:], text.Offset) // sh_offset
	note := []byte("\x04\x00\x00\x00\x10\x00\x00\x00\x04\x00\x00\x00Go\x00\x00")
	copy(lie[text.Offset:], note)
	other := slices.Clone(lie)
	other[int(text.Offset)+len(note)] ^= 1
	if x, y := canonicalOf("/x", lie), canonicalOf("/x", other); x.form != "" && x == y {
		t.Error("code is taken for a build id")
	}
	for _, broken := range [][]byte{data[:64], data[:len(data)/2], []byte("\x7fELF")} {
		if c := canonicalOf("/x", broken); c.form != "" {
			t.Errorf("%d bytes of a program are one", len(broken))
		}
	}
}

// TestArchives holds what of an archive counts.
func TestArchives(t *testing.T) {
	tarball := tarAt(layertest.Epoch())
	hidden := append(slices.Clone(tarball), "hidden"...)
	if canonicalOf("/x", hidden).form != "" {
		t.Error("what stands behind a tar is left out")
	}
	twoEnds := append(slices.Clone(tarball), make([]byte, 1024)...)
	if canonicalOf("/x", tarball) != canonicalOf("/x", twoEnds) {
		t.Error("the padding of a tar counts")
	}
	if x := canonicalOf("/x", zipped([]byte("a"), layertest.Epoch())); x.form == "" || x == canonicalOf("/x", zipped([]byte("b"), layertest.Epoch())) {
		t.Error("what is in a gzip does not count")
	}
	if x := zipOf("a", "b", layertest.Epoch()); canonicalOf("/x", append(slices.Clone(x[:len(x)-2]), 1, 0, 'c')) == canonicalOf("/x", x) {
		t.Error("the comment of a zip does not count")
	}
	zipOfOne := zipOf("a", "b", layertest.Epoch())
	if canonicalOf("/x", zipOfOne).form == "" {
		t.Error("a zip has no form")
	}
	for what, data := range map[string][]byte{
		"what stands behind a zip":                  append(slices.Clone(zipOfOne), "hidden"...),
		"what stands between member and directory":  between(zipOfOne, "hidden"),
		"another name for who reads it as a stream": bytes.Replace(zipOfOne, []byte("a"), []byte("c"), 1),
	} {
		if canonicalOf("/x", data).form != "" {
			t.Error(what, "is left out")
		}
	}
	broken := zipped([]byte("some text"), layertest.Epoch())
	broken[len(broken)-5] ^= 1
	if canonicalOf("/x", broken).form != "" {
		t.Error("a damaged gzip has a form")
	}
}

// between is a zip with something in front of its directory, which it leads to.
func between(z []byte, what string) []byte {
	at := bytes.Index(z, []byte("PK\x01\x02"))
	out := slices.Concat(z[:at], []byte(what), z[at:])
	binary.LittleEndian.PutUint32(out[len(out)-6:], uint32(at+len(what)))
	return out
}

// TestDatabases holds that a database whose last package its manager does not read is another one.
func TestDatabases(t *testing.T) {
	for name, text := range map[string]string{dpkgStatus: "Package: a\nVersion: 1\n", apkDatabases[0]: "P:a\nV:1\n\n"} {
		if whole, cut := canonicalOf(name, []byte(text)), canonicalOf(name, []byte(text[:len(text)-1])); whole.form == "" || whole == cut {
			t.Errorf("%s is the same without its end", name)
		}
	}
}

// TestOrderOfExports holds that the order of keys counts where Node reads by it.
func TestOrderOfExports(t *testing.T) {
	one, other := `{"exports":{"node":"./a.js","default":"./b.js"}}`, `{"exports":{"default":"./b.js","node":"./a.js"}}`
	if x := canonicalOf("/p/package.json", []byte(one)); x.form != "" && x == canonicalOf("/p/package.json", []byte(other)) {
		t.Error("exports in another order are the same")
	}
}

// FuzzCanonical holds that a content has the same form always, that no content breaks it, and
// that JSON in another form still is what it was.
func FuzzCanonical(f *testing.F) {
	for _, data := range [][]byte{tarAt(layertest.Epoch()), zipped([]byte("x"), layertest.Epoch()), zipOf("a", "b", layertest.Epoch()), []byte(pyc(1)), []byte(status), []byte(`{"a":[1]}`)} {
		f.Add("/x.json", data)
		f.Add(dpkgStatus, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if canonicalOf(name, data) != canonicalOf(name, slices.Clone(data)) {
			t.Error("two forms of one content")
		}
		if out, ok := jsonForm(data); ok {
			if again, ok := jsonForm(out); !ok || !bytes.Equal(out, again) {
				t.Errorf("%q and %q", out, again)
			}
		}
	})
}
