package optimize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/validate"
)

// effect is what a pass does in a fake project.
type effect struct {
	cold, edit time.Duration // less, for a build
	size       int64         // less
	fails      bool          // to build
	wrong      bool          // makes another image
	nameless   bool          // and it is not known that it was this
	needs      string        // does nothing without this other pass
	noise      noise
}

// noise is what the edits of each replay take longer than they should, in seconds.
type noise string

// fake is a project whose builds take what its passes say. A Dockerfile of it is the names of
// its passes.
type fake struct {
	effects map[string]effect
	builds  int
	proofs  int
	replays map[string]int // by text
	broken  error          // of the engine
}

// start is what builds of the fake take without a pass.
const (
	startCold = 100 * time.Second
	startEdit = 50 * time.Second
	startSize = int64(100 << 20)
)

func (f *fake) Expand(_ context.Context, row Row) (*Expansion, error) {
	e := &Expansion{Text: "FROM x\n"}
	for _, p := range row {
		key := p.name()
		if n := f.effects[key].needs; n != "" && !slices.Contains(row.names(), n) {
			e.Refusals = append(e.Refusals, Refusal{Pass: p.Name, Code: "alone", Line: 1, Text: "needs " + n})
		} else if f.effects[key] != (effect{}) {
			e.Text += key + "\n"
		}
	}
	return e, nil
}

// name tells a pass from a safer one of the same name.
func (p Pass) name() string {
	if p.Safer == nil && p.Config != nil {
		return p.Name + "-safer"
	}
	return p.Name
}

type fakeTrial struct {
	*fake
	sum  effect
	late time.Duration
}

func (f *fake) Start(_ context.Context, text string) (Trial, error) {
	t := fakeTrial{fake: f}
	for _, key := range strings.Fields(text)[2:] {
		e := f.effects[key]
		t.sum.cold, t.sum.edit, t.sum.size, t.sum.fails = t.sum.cold+e.cold, t.sum.edit+e.edit, t.sum.size+e.size, t.sum.fails || e.fails
		if n := f.replays[text]; n < len(e.noise) {
			t.late = time.Duration(e.noise[n]-'0') * time.Second
		}
	}
	if f.replays == nil {
		f.replays = map[string]int{}
	}
	f.replays[text]++
	return t, f.broken
}

func (t fakeTrial) Build(_ context.Context, i int) (time.Duration, *build.Trace, error) {
	t.builds++
	switch {
	case t.sum.fails:
		return 0, nil, &Failed{"it", errors.New("exit code 1")}
	case i == 0:
		return startCold - t.sum.cold, nil, nil
	}
	return startEdit - t.sum.edit + t.late, nil, nil
}

func (t fakeTrial) Image(_ context.Context, m *Measurement) error {
	m.Size, m.Layers = startSize-t.sum.size, 3
	return nil
}

func (f *fake) Verify(_ context.Context, row Row, _ []string) (*validate.Verdict, error) {
	f.proofs++
	for _, p := range row {
		if e := f.effects[p.name()]; e.wrong {
			v := &validate.Verdict{Answer: validate.NotEqual, Files: []validate.Difference{{Path: "/x", Change: validate.Removed}}}
			if !e.nameless {
				v.Guilty = &validate.Guilty{Plugin: p.Name}
			}
			return v, nil
		}
	}
	return &validate.Verdict{Answer: validate.Equal}, nil
}

// passes are some by their names; one with a ! has a safer one.
func passes(names string) (list []Pass) {
	for _, name := range strings.Fields(names) {
		name, risky := strings.CutSuffix(name, "!")
		p := Pass{Name: name}
		if risky {
			p.Safer = &Pass{Name: name, Config: map[string]any{"safe": true}}
		}
		list = append(list, p)
	}
	return list
}

// result is a line: what is kept, the answer, and what became of the others.
func result(x *search, v *validate.Verdict) string {
	var row, rest []string
	for _, p := range x.row {
		row = append(row, p.name())
	}
	for _, o := range x.out {
		if o.Result != Kept {
			rest = append(rest, o.Pass.name()+" "+string(o.Result))
		}
	}
	proof := "none"
	if v != nil {
		proof = string(v.Answer)
	}
	return fmt.Sprintf("[%s] %s; %s", strings.Join(row, " "), proof, strings.Join(rest, ", "))
}

// TestSearch has rows grow by what pays, and only by what is proved.
func TestSearch(t *testing.T) {
	edits := effect{edit: 20 * time.Second}
	size := effect{size: 20 << 20}
	for _, c := range []struct {
		name, passes string
		effects      map[string]effect
		want         string
	}{
		{"nothing changes", "a b", nil, "[] none; a changes nothing, b changes nothing"},
		{"one pays", "a b", map[string]effect{"b": edits}, "[b] equal; a changes nothing"},
		{"size pays", "a", map[string]effect{"a": size}, "[a] equal; "},
		{"a cold build pays", "a", map[string]effect{"a": {cold: 20 * time.Second}}, "[a] equal; "},
		{"too little", "a", map[string]effect{"a": {edit: 2 * time.Second, size: 1 << 20}}, "[] none; a does not pay"},
		{"faster and larger", "a", map[string]effect{"a": {edit: 20 * time.Second, size: -20 << 20}}, "[] none; a does not pay"},
		{"smaller and slower", "a", map[string]effect{"a": {edit: -20 * time.Second, size: 20 << 20}}, "[] none; a does not pay"},
		{"faster edits, slower cold", "a", map[string]effect{"a": {edit: 20 * time.Second, cold: -20 * time.Second}}, "[a] equal; "},
		{"two together", "a b", map[string]effect{"a": edits, "b": {size: 20 << 20, needs: "a"}}, "[a b] equal; "},
		{"does not build", "a b", map[string]effect{"a": {fails: true}, "b": edits}, "[b] equal; a does not build"},
		{"builds with less risk", "a!", map[string]effect{"a": {fails: true}, "a-safer": edits}, "[a-safer] equal; a does not build"},
		{"wrong", "a b", map[string]effect{"a": {edit: 20 * time.Second, wrong: true}, "b": size}, "[b] equal; a builds another image"},
		{"wrong, right with less risk", "a!", map[string]effect{"a": {edit: 20 * time.Second, wrong: true}, "a-safer": edits}, "[a-safer] equal; a builds another image"},
		{"both wrong", "a!", map[string]effect{"a": {edit: 20 * time.Second, wrong: true}, "a-safer": {edit: 20 * time.Second, wrong: true}},
			"[] none; a builds another image, a-safer builds another image"},
		{"two wrong", "a b c", map[string]effect{"a": {edit: 10 * time.Second, wrong: true}, "b": {size: 20 << 20, wrong: true}, "c": {cold: 20 * time.Second}},
			"[c] equal; a builds another image, b builds another image"},
		{"wrong, and nobody knows who", "a b", map[string]effect{"a": {edit: 20 * time.Second, wrong: true, nameless: true}, "b": size},
			"[] none; a builds another image, b builds another image"},
		{"what is left does nothing", "a b", map[string]effect{"a": {edit: 20 * time.Second, wrong: true}, "b": {size: 20 << 20, needs: "a"}},
			"[] none; a builds another image, b left out"},
		{"what is left does not pay", "a b", map[string]effect{"a": {edit: 45 * time.Second, size: 3 << 20, wrong: true}, "b": {edit: 2 * time.Second}},
			"[] none; a builds another image, b left out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{effects: c.effects}
			x := &search{Builder: f, Passes: passes(c.passes), Rebuilds: 3}
			after, made, v := searched(t, x)
			if got := result(x, v); got != c.want {
				t.Errorf("it finds %s\nwant %s", got, c.want)
			}
			switch {
			case (len(x.row) > 0) != (after != nil) || (after != nil) != (made != nil) || (after != nil) != (v != nil):
				t.Errorf("row %v, measurement %v, text %v, proof %v", x.row.names(), after, made, v)
			case v != nil && v.Answer == validate.NotEqual:
				t.Error("what is not the same is kept")
			case after != nil && !after.pays(x.before):
				t.Error("what does not pay is kept")
			}
		})
	}
}

// TestBarred holds that a pass that the project has already is not tried, nor what is safer, and that
// this is said.
func TestBarred(t *testing.T) {
	edits := effect{edit: 20 * time.Second}
	f := &fake{effects: map[string]effect{"a": edits, "a-safer": edits, "b": edits}}
	x := &search{Builder: f, Passes: passes("a! b"), Rebuilds: 3, Bars: func(name string) string {
		if name == "a" {
			return "it is there"
		}
		return ""
	}}
	_, _, v := searched(t, x)
	if got, want := result(x, v), "[b] equal; a not tried"; got != want || x.out[0].Summary() != "not tried: it is there" {
		t.Errorf("it finds %s, want %s: %s", got, want, x.out[0].Summary())
	}
	if len(f.replays) != 2 {
		t.Errorf("it measures %v", f.replays)
	}
}

// searched runs a search from its beginning.
func searched(t *testing.T, x *search) (*Measurement, *Expansion, *validate.Verdict) {
	t.Helper()
	var err error
	if x.first, err = x.Builder.Expand(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if x.before, err = x.measure(t.Context(), "as it is", x.first.Text); err != nil {
		t.Fatal(err)
	}
	after, made, v, err := x.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return after, made, v
}

// TestNoise has passes whose gain is near what counts: what a busy machine adds is taken off by
// measuring again, a few times at most, and a pass of which that is not so is measured once. What is
// clear is 7.5 s of 150 s.
func TestNoise(t *testing.T) {
	for _, c := range []struct {
		name    string
		effect  effect
		want    Result
		replays int
	}{
		{"clear", effect{edit: 4 * time.Second}, Kept, 1},
		{"clearly not", effect{edit: time.Second}, Unpaid, 1},
		{"slow at first", effect{edit: 3900 * time.Millisecond, noise: "1"}, Kept, 2},
		{"slow twice", effect{edit: 3 * time.Second, noise: "11"}, Kept, 3},
		{"near, and too little", effect{edit: 2 * time.Second}, Unpaid, 3},
		{"near, and enough", effect{edit: 3 * time.Second}, Kept, 3},
		{"smaller, and slower by noise", effect{edit: -time.Second, size: 20 << 20, noise: "2"}, Kept, 2},
		{"smaller, and slower", effect{edit: -3 * time.Second, size: 20 << 20}, Unpaid, 3},
		{"smaller, and perhaps faster", effect{edit: 2 * time.Second, size: 20 << 20}, Kept, 1},
		{"faster, and perhaps slower without a cache", effect{edit: 20 * time.Second, cold: -5 * time.Second}, Kept, 1},
	} {
		f := &fake{effects: map[string]effect{"a": c.effect}}
		x := &search{Builder: f, Passes: passes("a"), Rebuilds: 3}
		searched(t, x)
		if o := x.out[0]; o.Result != c.want || f.replays["FROM x\na\n"] != c.replays || f.replays["FROM x\n"] != c.replays {
			t.Errorf("%s: %s, %v measurements, want %s, %d", c.name, o.Summary(), f.replays, c.want, c.replays)
		} else if said := strings.Contains(o.Summary(), fmt.Sprintf("(the least of %d measurements)", c.replays)); said != (c.replays > 1) {
			t.Errorf("%s: it says %s", c.name, o.Summary())
		}
	}
}

// TestSearchStops holds that nothing is made of an engine that fails.
func TestSearchStops(t *testing.T) {
	f := &fake{effects: map[string]effect{"a": {size: 20 << 20}}}
	x := &search{Builder: f, Passes: passes("a"), Rebuilds: 1, first: &Expansion{Text: "FROM x\n"}, before: &Measurement{Rebuilds: make([]time.Duration, 1)}}
	f.broken = errors.New("the daemon is gone")
	if _, _, _, err := x.run(t.Context()); !errors.Is(err, f.broken) || len(x.row) > 0 {
		t.Errorf("error %v, row %v", err, x.row.names())
	}
}

// TestShelf holds that a second search builds nothing that the first has measured, and that
// another key, or a wish for it, does.
func TestShelf(t *testing.T) {
	at := shelf{dir: t.TempDir()}
	builds := func(key string, s shelf) int {
		f := &fake{effects: map[string]effect{"a": {size: 20 << 20}}}
		searched(t, &search{Builder: f, Passes: passes("a"), Rebuilds: 3, Key: key, shelf: s})
		if f.proofs != 1 {
			t.Errorf("%d proofs: one is not kept", f.proofs)
		}
		return f.builds
	}
	const all = 2 * (3 + 1)
	for _, c := range []struct {
		key  string
		s    shelf
		want int
	}{{"x", at, all}, {"x", at, 0}, {"y", at, all}, {"x", shelf{at.dir, true}, all}, {"x", shelf{}, all}} {
		if n := builds(c.key, c.s); n != c.want {
			t.Errorf("key %s, shelf %v: %d builds, want %d", c.key, c.s, n, c.want)
		}
	}
}

// TestClearly has the thresholds of docs/optimize.md.
func TestClearly(t *testing.T) {
	for _, c := range []struct{ before, after time.Duration }{{20 * time.Second, 19 * time.Second}, {100 * time.Second, 95 * time.Second}} {
		if got := clearly(c.before, c.after, clearTime); got != -1 {
			t.Errorf("%s to %s: %d", c.before, c.after, got)
		}
		if got := clearly(c.after, c.before+c.before/10, clearTime); got != 1 {
			t.Errorf("%s to more than %s: %d", c.after, c.before, got)
		}
		if got := clearly(c.before, c.after+time.Millisecond, clearTime); got != 0 {
			t.Errorf("%s to %s and a bit: %d", c.before, c.after, got)
		}
	}
}
