package bench

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// project is one of testdata/projects: an archive whose comment says what it is, in lines of
// "key: value", and whose files are the build context at first.
type project struct {
	name      string
	ecosystem string
	follows   string   // the file of the corpus whose shape the Dockerfile has
	sources   []string // files that edits are of
	manifests []string // and those that say what is installed
	run       string   // a command that is to end alike before and after; "" is none
	files     map[string]string
}

// load reads a project, and holds that it is whole.
func load(t testing.TB, file string) *project {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &project{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), files: map[string]string{}}
	for _, f := range archive.Files {
		p.files[f.Name] = string(f.Data)
	}
	for line := range strings.Lines(strings.TrimSpace(string(archive.Comment))) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "ecosystem":
			p.ecosystem = value
		case "follows":
			p.follows = value
		case "sources":
			p.sources = strings.Fields(value)
		case "manifests":
			p.manifests = strings.Fields(value)
		case "run":
			p.run = value
		default:
			t.Fatalf("%s: what is %q?", file, line)
		}
	}
	if p.ecosystem == "" || p.follows == "" || len(p.sources) == 0 || p.files["Dockerfile"] == "" {
		t.Fatalf("%s says not all that a project says", file)
	}
	for _, name := range append(slices.Clone(p.sources), p.manifests...) {
		if _, ok := p.files[name]; !ok {
			t.Fatalf("%s has no %s", file, name)
		}
	}
	return p
}

// projects are those of $STRAKE_BENCH_PROJECTS, a list with commas, or else all.
func projects(t testing.TB, only string) (list []*project) {
	t.Helper()
	files, err := filepath.Glob("testdata/projects/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no projects: ", err)
	}
	missing := map[string]bool{}
	for name := range strings.SplitSeq(only, ",") {
		missing[name] = name != ""
	}
	for _, file := range files {
		p := load(t, file)
		if only == "" || missing[p.name] {
			list = append(list, p)
		}
		delete(missing, p.name)
	}
	delete(missing, "")
	if len(missing) > 0 {
		t.Fatal("there are no projects ", slices.Sorted(maps.Keys(missing)))
	}
	return list
}

// write puts the files into a new directory. Those that begin with #! may be executed.
func (p *project) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range p.files {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return dir
}

func put(t testing.TB, file, text string) {
	t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), mode)
	}
	if err == nil {
		err = os.Chmod(file, mode) // whatever the umask is
	}
	if err != nil {
		t.Fatal(err)
	}
}

// edit is a file as it is after an edit.
type edit struct{ file, text string }

// deck are the kinds of twelve edits: most are of sources, some of what is installed, and the
// Dockerfile is edited seldom.
const deck = "sssssssssmmd"

// edits makes edits, always the same ones for a seed. An edit of a file has those before it.
func (p *project) edits(t testing.TB, n int, seed uint64) (list []edit) {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(p.name))
	random := rand.New(rand.NewPCG(h.Sum64(), seed))
	files := maps.Clone(p.files)
	var kinds []byte
	for i := range n {
		if len(kinds) == 0 {
			kinds = []byte(deck)
			random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		}
		from := p.sources
		switch {
		case kinds[0] == 'd':
			from = []string{"Dockerfile"}
		case kinds[0] == 'm' && len(p.manifests) > 0:
			from = p.manifests
		}
		kinds = kinds[1:]
		name := from[random.IntN(len(from))]
		text, err := touched(random, name, files[name], i+1)
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		files[name] = text
		list = append(list, edit{name, text})
	}
	return list
}

var (
	version     = regexp.MustCompile(`"version": "[^"]*"`)
	instruction = regexp.MustCompile(`(?m)^(RUN|COPY|ADD|WORKDIR|EXPOSE|USER|VOLUME|CMD|ENTRYPOINT) `)
)

// touched is the nth edit of a text, one that goes on building. It depends on what the file is:
// a comment at the end, another version, or in a Dockerfile a variable in front of some instruction of
// the last stage.
func touched(random *rand.Rand, name, text string, n int) (string, error) {
	switch base, ext := path.Base(name), path.Ext(name); {
	case base == "Dockerfile":
		from := strings.LastIndex("\n"+text, "\nFROM ")
		places := instruction.FindAllStringIndex(text[from:], -1)
		if len(places) == 0 {
			return "", fmt.Errorf("%s has no instruction to edit", name)
		}
		at := from + places[random.IntN(len(places))][0]
		return fmt.Sprintf("%sENV REVISION=%d\n%s", text[:at], n, text[at:]), nil
	case ext == ".json":
		at := version.FindStringIndex(text)
		if at == nil {
			return "", fmt.Errorf("%s has no version to edit", name)
		}
		return fmt.Sprintf(`%s"version": "1.0.%d"%s`, text[:at[0]], n, text[at[1]:]), nil
	case slices.Contains([]string{".go", ".mod", ".js", ".ts", ".c", ".h", ".cc", ".java", ".rs"}, ext):
		return fmt.Sprintf("%s// edit %d\n", text, n), nil
	case ext == ".css":
		return fmt.Sprintf("%s/* edit %d */\n", text, n), nil
	case slices.Contains([]string{".html", ".md", ".xml", ".php"}, ext):
		return fmt.Sprintf("%s<!-- edit %d -->\n", text, n), nil
	case ext == ".sql", ext == ".lua", ext == ".hs":
		return fmt.Sprintf("%s-- edit %d\n", text, n), nil
	case ext == ".ml":
		return fmt.Sprintf("%s(* edit %d *)\n", text, n), nil
	case ext == ".tex", ext == ".erl":
		return fmt.Sprintf("%s%% edit %d\n", text, n), nil
	case slices.Contains([]string{"", ".py", ".rb", ".sh", ".pl", ".txt", ".toml", ".yml", ".yaml", ".conf", ".cfg", ".tcl", ".R", ".awk", ".rst"}, ext):
		return fmt.Sprintf("%s# edit %d\n", text, n), nil
	}
	return "", fmt.Errorf("nobody knows how to edit %s", name)
}

// changes are the shares of edits that files had before the replay, by another seed: what a log
// of commits tells.
func (p *project) changes(t testing.TB) map[string]float64 {
	shares := map[string]float64{}
	list := p.edits(t, 4*len(deck), 0)
	for _, e := range list {
		if e.file != "Dockerfile" {
			shares[e.file] += 1 / float64(len(list))
		}
	}
	return shares
}

// TestEdits holds that the edits of a project are the same each time, are real edits, and are of
// sources mostly.
func TestEdits(t *testing.T) {
	names := map[string]int{}
	ecosystems := map[string]bool{}
	for _, p := range projects(t, "") {
		ecosystems[p.ecosystem] = true
		list := p.edits(t, len(deck), 1)
		if !slices.Equal(list, p.edits(t, len(deck), 1)) || slices.Equal(list, p.edits(t, len(deck), 2)) {
			t.Errorf("%s: edits do not follow from the seed", p.name)
		}
		now := maps.Clone(p.files)
		sources := 0
		for _, e := range list {
			if now[e.file] == e.text {
				t.Errorf("%s: an edit of %s changes nothing", p.name, e.file)
			}
			now[e.file] = e.text
			if slices.Contains(p.sources, e.file) {
				sources++
			}
		}
		if sources < 9 || sources == len(list) {
			t.Errorf("%s: %d of %d edits are of sources", p.name, sources, len(list))
		}
		names[p.name]++
	}
	t.Logf("%d projects of %d ecosystems", len(names), len(ecosystems))
}
