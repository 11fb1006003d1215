package bench

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// results are what was measured, also by a run before this one that was interrupted: a file of
// JSON, a line a project, which is written as they come.
type results struct {
	file string // "" is none
	of   map[string]measured
}

// result is a line of the file.
type result struct {
	Key string `json:"key"`
	measured
}

// resultsFile is $STRAKE_BENCH_RESULTS, or else beside what package testbed keeps.
func resultsFile(t testing.TB) string {
	t.Helper()
	if file := os.Getenv("STRAKE_BENCH_RESULTS"); file != "" {
		return file
	}
	return testbed.CachePath(t, "bench-optimize.jsonl")
}

// openResults reads a file, which need not be there.
func openResults(t testing.TB, file string) *results {
	t.Helper()
	r := &results{file: file, of: map[string]measured{}}
	if file == "" {
		return r
	}
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var one result
		if json.Unmarshal(lines.Bytes(), &one) == nil { // the last may be cut
			r.of[one.Key] = one.measured
		}
	}
	return r
}

// add writes one down.
func (r *results) add(t testing.TB, key string, m measured) {
	t.Helper()
	r.of[key] = m
	if r.file == "" {
		return
	}
	line, err := json.Marshal(result{key, m})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(r.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.Write(append([]byte{'\n'}, append(line, '\n')...)) // behind a line that may be cut
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// key tells a result of this project, measured by this program, from all others.
func (p *project) key(edits int) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %q\n", program(), edits, p.run)
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		fmt.Fprintf(h, "%q %q\n", name, p.files[name])
	}
	return p.name + " " + hex.EncodeToString(h.Sum(nil))[:16]
}

// program is the digest of what runs, "" when it is not to be read. It has all plugins in it.
func program() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// A run that was cut in the middle of a line goes on behind the line in front of it.
func TestResults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results")
	m := measured{Refused: []string{"slim"}, Size: [2]size{{All: 3, Own: 2}, {All: 2, Own: 1}}}
	openResults(t, file).add(t, "one", m)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(data, data[:len(data)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	openResults(t, file).add(t, "two", m)
	got := openResults(t, file).of
	if len(got) != 2 || got["two"].Size != m.Size || !slices.Equal(got["one"].Refused, m.Refused) {
		t.Errorf("%+v", got)
	}
	list := projects(t, "")
	if a, b := list[0].key(12), list[1].key(12); a == b || a != list[0].key(12) || a == list[0].key(2) {
		t.Error(a, b)
	}
}
