package validate

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/backend/validate/control"
	"github.com/seed-e0495807/strake/lang/late"
)

// canonical is what a content says, without what may differ in bytes and say the same.
type canonical struct {
	form string // what was left out: the same two contents are "the same but for" this; "" is none
	sum  [sha256.Size]byte
}

// form is a way to read a content. It refuses what it does not understand to the last byte:
// then only the bytes count.
type form struct {
	but  string // what it leaves out
	fits func(name string, data []byte) bool
	read func(data []byte) ([]byte, bool)
}

// forms are tried in this order, and the first that fits is taken.
func forms() []form {
	return []form{
		{"the order of dpkg's stanzas and fields", isDpkg, dpkgForm},
		{"the order of apk's packages", isApk, apkForm},
		{"the build id and debug link of ELF", hasPrefix("\x7fELF"), elfForm},
		{"the header and compression of gzip, and the times of a tar in it", hasPrefix("\x1f\x8b"), gzipForm},
		{"the times and compression of zip members", hasPrefix("PK\x03\x04"), zipForm},
		{"the times of tar members", isTar, tarForm},
		{"the time of the source in Python bytecode", isBytecode, bytecodeForm},
		{"the spelling of JSON", isJSON, jsonForm},
	}
}

// canonicalOf reads a content. Name is its path, "/etc/x".
func canonicalOf(name string, data []byte) canonical {
	for _, f := range forms() {
		if !f.fits(name, data) {
			continue
		}
		if out, ok := f.read(data); ok {
			return canonical{f.but, sha256.Sum256(out)}
		}
		break
	}
	return canonical{}
}

func hasPrefix(magic string) func(string, []byte) bool {
	return func(_ string, data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }
}

func isJSON(name string, data []byte) bool {
	if path.Base(name) == "package.json" { // Node takes the first of its "exports" and "imports" that fits
		return false
	}
	switch path.Ext(name) {
	case ".json", ".map", ".webmanifest", ".ipynb":
		return true
	}
	first := bytes.TrimLeft(data, " \t\r\n")
	return len(first) > 0 && (first[0] == '{' || first[0] == '[') && len(data) <= maxJSON && json.Valid(data)
}

// surrogate finds escapes of half a character, which Go reads as another.
var surrogate = late.Regexp(`\\u[dD][89a-fA-F]`)

// maxJSONDepth bounds values in values.
const maxJSONDepth = 512

// maxJSON bounds a text that is read into values, which take some twenty times its bytes.
const maxJSON = 8 << 20

// jsonForm writes a JSON text anew: keys in order, no blanks, numbers as they are. A key that
// is there twice means something else to each reader.
func jsonForm(data []byte) ([]byte, bool) {
	if len(data) > maxJSON || !utf8.Valid(data) || surrogate().Match(data) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, ok := jsonValue(d, 0)
	if !ok {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	out, err := json.Marshal(v)
	return out, err == nil
}

// jsonValue reads one value.
func jsonValue(d *json.Decoder, depth int) (any, bool) {
	t, err := d.Token()
	if err != nil || depth > maxJSONDepth {
		return nil, false
	}
	switch t {
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			key, err := d.Token()
			name, isText := key.(string)
			if _, twice := m[name]; err != nil || !isText || twice {
				return nil, false
			}
			var ok bool
			if m[name], ok = jsonValue(d, depth+1); !ok {
				return nil, false
			}
		}
		_, err := d.Token()
		return m, err == nil
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, ok := jsonValue(d, depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err == nil
	}
	return t, true
}

// isBytecode finds the modules of CPython from 3.7, whose header says of which time the
// source was (PEP 552).
func isBytecode(name string, data []byte) bool {
	const oldest, newest = 3390, 3999
	if path.Ext(name) != ".pyc" || len(data) < 16 || string(data[2:4]) != "\r\n" {
		return false
	}
	version := binary.LittleEndian.Uint16(data)
	return version >= oldest && version <= newest
}

func bytecodeForm(data []byte) ([]byte, bool) {
	if binary.LittleEndian.Uint32(data[4:]) != 0 { // it has a hash of the source, and no time
		return nil, false
	}
	out := slices.Clone(data)
	clear(out[8:12])
	return out, true
}

func isDpkg(name string, _ []byte) bool { return name == dpkgStatus }
func isApk(name string, _ []byte) bool  { return slices.Contains(apkDatabases, name) }

// dpkgForm puts the stanzas of dpkg's status in order, and the fields of each.
// Without an end of the last line dpkg does not read it.
func dpkgForm(data []byte) ([]byte, bool) {
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		return nil, false
	}
	var out []string
	for _, s := range control.Stanzas(string(data)) {
		fields, ok := dpkgFields(s)
		if !ok {
			return nil, false
		}
		slices.Sort(fields)
		out = append(out, strings.Join(fields, "\n"))
	}
	slices.Sort(out)
	return []byte(strings.Join(out, "\n\n")), true
}

// dpkgFields gives the fields of a stanza, each with the lines that continue it.
func dpkgFields(stanza string) (fields []string, ok bool) {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(stanza, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if len(fields) == 0 {
				return nil, false
			}
			fields[len(fields)-1] += "\n" + line
			continue
		}
		name, _, isField := strings.Cut(line, ":")
		if name = strings.ToLower(name); !isField || seen[name] {
			return nil, false
		}
		seen[name] = true
		fields = append(fields, line)
	}
	return fields, true
}

// apkForm puts the packages of apk's database in order. The lines of each stay as they are:
// they say which file is in which directory. One that no empty line ends is not installed for apk.
func apkForm(data []byte) ([]byte, bool) {
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n\n")) {
		return nil, false
	}
	list := control.Stanzas(string(data))
	slices.Sort(list)
	return []byte(strings.Join(list, "\n\n")), true
}
