package sessions

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// session is one of testdata/sessions: an archive whose comment says what it is, in lines of
// "key: value", and that has the script which is typed.
type session struct {
	name   string
	base   string // the name of a base image, or of a file in testdata/bases
	does   string
	keeps  []string // paths that are not left out
	never  []string // what is secret: no file that is written has it
	whole  bool     // the steps make all: no path is repaired
	script string
}

// load reads a session, and holds that it is whole.
func load(t testing.TB, file string) *session {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
	for _, f := range archive.Files {
		if f.Name == "script" {
			s.script = string(f.Data)
		}
	}
	for line := range strings.Lines(strings.TrimSpace(string(archive.Comment))) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "base":
			s.base = value
		case "does":
			s.does = value
		case "keeps":
			s.keeps = strings.Fields(value)
		case "repairs":
			if s.whole = value == "none"; !s.whole {
				t.Fatalf("%s: repairs are none, or not spoken of", file)
			}
		case "never":
			s.never = strings.Fields(value)
		default:
			t.Fatalf("%s: what is %q?", file, line)
		}
	}
	if s.base == "" || s.does == "" || s.script == "" {
		t.Fatalf("%s says not all that a session says", file)
	}
	return s
}

// sessions are those of a list with commas, or else all.
func sessions(t testing.TB, only string) (list []*session) {
	t.Helper()
	files, err := filepath.Glob("testdata/sessions/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no sessions: ", err)
	}
	missing := map[string]bool{}
	for name := range strings.SplitSeq(only, ",") {
		missing[name] = name != ""
	}
	for _, file := range files {
		s := load(t, file)
		if only == "" || missing[s.name] {
			list = append(list, s)
		}
		delete(missing, s.name)
	}
	delete(missing, "")
	if len(missing) > 0 {
		t.Fatal("there are no sessions ", slices.Sorted(maps.Keys(missing)))
	}
	return list
}

// key changes with all that the image of a session is made of.
func (s *session) key() string {
	base, _ := os.ReadFile(baseFile(s.base)) // of a base that has none it is none
	sum := sha256.Sum256([]byte(s.base + "\x00" + string(base) + "\x00" + s.script))
	return hex.EncodeToString(sum[:6])
}

// baseFile is the Dockerfile of a base.
func baseFile(name string) string { return filepath.Join("testdata", "bases", name+".Dockerfile") }

// TestSessions holds that each session is whole, and starts from a base that there is.
func TestSessionsAreWhole(t *testing.T) {
	list := sessions(t, "")
	if len(list) < 25 {
		t.Errorf("only %d sessions", len(list))
	}
	for _, s := range list {
		if _, err := os.Stat(baseFile(s.base)); err != nil && images[s.base].name == "" {
			t.Errorf("%s: there is no base %s", s.name, s.base)
		}
	}
}
