package sessions

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/recipe/prove"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/backend/validate"
)

// sample are the sessions that make test runs, as each takes seconds: they need no packages. What
// users-busybox makes is built by TestRepair and TestMutants.
const sample = "httpd,links,services"

// aim is how many sessions of all are to be equal, or equal but for what is left out: 22 of 25.
const aim = 0.88

// TestSessions holds that the Dockerfiles which sessions are written as build, that they are what was
// done, and that no difference is untold.
func TestSessions(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds with a real BuildKit")
	}
	only, long := os.Getenv("STRAKE_SESSIONS"), os.Getenv("STRAKE_BENCH") != ""
	if only == "" && !long {
		only = sample
	}
	b := newBed(t)
	list := sessions(t, only)
	count := map[validate.Judgement]int{}
	untold := 0
	for _, s := range list {
		answer := validate.NotEqual
		t.Run(s.name, func(t *testing.T) { answer = s.prove(t, b, &untold) })
		count[answer]++
	}
	good := count[validate.Equal] + count[validate.EqualUpTo]
	share := float64(good) / float64(len(list))
	figure.Report(t, figure.Figure{What: "sessions equal, or equal but for what is left out", Ours: fmt.Sprintf("%d + %d", count[validate.Equal], count[validate.EqualUpTo]),
		Theirs: fmt.Sprint(len(list)), Result: fmt.Sprintf("%.0f %%", 100*share), Target: fmt.Sprintf(">= %.0f %%", 100*aim), Missed: share < aim})
	figure.Report(t, figure.Figure{What: "differences that nobody tells of", Ours: fmt.Sprint(untold), Result: fmt.Sprint(untold), Target: "0", Missed: untold > 0})
}

// prove has one session written, built and compared, and gives the answer.
func (s *session) prove(t *testing.T, b *bed, untold *int) validate.Judgement {
	in := s.input(t, b)
	made, p, err := prove.Run(t.Context(), prove.Options{Input: in, Request: b.request(), Rounds: 2, Cached: os.Getenv("STRAKE_SESSIONS_DIR") != ""})
	if made != nil {
		s.show(t, made)
	}
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := p.Text(&text, 20); err != nil {
		t.Fatal(err)
	}
	t.Log(&text)
	if s.whole && len(p.Repaired) > 0 {
		t.Errorf("repaired: %q", p.Repaired)
	}
	// What the user gets is built once more, and compared by other code.
	dir := t.TempDir()
	if err := made.Write(t.Context(), filepath.Join(dir, "context")); err != nil {
		t.Fatal(err)
	}
	if _, err := prove.Build(t.Context(), b.request(), nil, filepath.Join(dir, "context"), filepath.Join(dir, "image"), false); err != nil {
		t.Fatal(err)
	}
	s.attack(t, p, filepath.Join(dir, "context"))
	for _, path := range silent(p, entries(t, b.plain(t, in.After)), entries(t, testbed.LoadImage(t, filepath.Join(dir, "image")))) {
		*untold++
		t.Errorf("nobody tells that %s", path)
	}
	figure.Report(t, figure.Figure{What: s.name + " (" + s.base + ")", Ours: fmt.Sprintf("%d steps", len(made.Steps)),
		Theirs: fmt.Sprintf("%d repaired, %d left out, %d differ", len(p.Repaired), len(p.Left), len(p.Files)+len(p.Packages)+len(p.Config)), Result: string(p.Answer)})
	return p.Answer
}

// attack holds that what was done is not left out, and that what is secret is in no file.
func (s *session) attack(t *testing.T, p *prove.Proof, context string) {
	t.Helper()
	for _, l := range p.Left {
		for _, name := range slices.Concat(l.Missing, l.Other) {
			if slices.Contains(s.keeps, name) {
				t.Errorf("%s is left out: %s", name, l.Why)
			}
		}
	}
	err := filepath.WalkDir(context, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		for _, secret := range s.never {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s has %q", name, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// input makes the image of a session, if it is not there.
func (s *session) input(t *testing.T, b *bed) recipe.Input {
	t.Helper()
	base, image := b.base(t, s.base), s.name+"-session:"+s.key()
	typed := s.byHand(t, b, base, image)
	return recipe.Input{Before: b.image(t, base), After: b.image(t, image), Name: base, Commands: typed}
}

// show keeps what was written, to be read by people.
func (s *session) show(t *testing.T, made *recipe.Recipe) {
	t.Helper()
	t.Log("\n" + made.Dockerfile())
	home := os.Getenv("STRAKE_SESSIONS_DIR")
	if home == "" {
		return
	}
	dir := filepath.Join(home, "made", s.name)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := made.Write(t.Context(), dir); err != nil {
		t.Error(err)
	}
}

// entry is a line of testbed.Entries: a path may have blanks.
var entry = regexp.MustCompile(`^(.*) \S+ [0-7]+ \d+:\d+ `)

// entries reads an image by code that package validate has no part in, by path.
func entries(t *testing.T, img v1.Image) map[string]string {
	t.Helper()
	text, err := testbed.Entries(img, 0, "/")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if m := entry.FindStringSubmatch(line); m != nil {
			all[m[1]] = line
		}
	}
	return all
}

// silent lists what differs between two images, and is not in the proof.
func silent(p *prove.Proof, a, b map[string]string) (list []string) {
	told := map[string]bool{}
	for _, d := range slices.Concat(p.Files, p.Forms) {
		told[d.Path] = true
	}
	for _, l := range p.Left {
		for _, name := range slices.Concat(l.Missing, l.Made, l.Other) {
			told[name] = true
		}
	}
	for name, line := range a {
		if b[name] != line && !told[name] {
			list = append(list, fmt.Sprintf("%q is %q, and %q", name, line, b[name]))
		}
	}
	for name, line := range b {
		if _, ok := a[name]; !ok && !told[name] {
			list = append(list, fmt.Sprintf("%q is %q, and was nothing", name, line))
		}
	}
	return list
}
