package effects_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir/effects"
)

// random gives effects of a few things.
func random(r *rand.Rand) (e effects.Effects) {
	paths := func() (p effects.Paths) {
		for range r.IntN(3) {
			g := effects.Grade(r.IntN(3))
			p.Grade = max(p.Grade, g)
			p.List = append(p.List, effects.Path{Name: "/" + string('a'+rune(r.IntN(3))), Tree: r.IntN(2) > 0, Glob: r.IntN(4) == 0, Grade: g})
		}
		if r.IntN(5) == 0 {
			return effects.Anything()
		}
		return p
	}
	e.Reads, e.Writes, e.Removes = paths(), paths(), paths()
	if r.IntN(3) == 0 {
		e.Unknown = []string{string('a' + rune(r.IntN(3)))}
	}
	if r.IntN(2) == 0 {
		e.Packages = []effects.Package{{Manager: "apt", Name: string('a' + rune(r.IntN(3)))}}
		e.Network = []effects.Fetch{{URL: "u", Pinned: r.IntN(2) > 0}}
		e.Lost = []effects.Lost{{How: ";", Command: string('a' + rune(r.IntN(3)))}}
	}
	return e
}

// TestJoin holds the laws of a join: it is associative, in any order the same, and unknown wins.
func TestJoin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	equal := func(law string, a, b effects.Effects) {
		t.Helper()
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s:\n%+v\n%+v", law, a, b)
		}
	}
	for range 5000 {
		a, b, c := random(r), random(r), random(r)
		equal("order", effects.Join(a, b), effects.Join(b, a))
		equal("groups", effects.Join(effects.Join(a, b), c), effects.Join(a, effects.Join(b, c)))
		equal("itself", effects.Join(a, a), effects.Join(a))
		equal("nothing", effects.Join(a, effects.Effects{}), effects.Join(a))
		all := effects.Join(a, b)
		for _, part := range []effects.Effects{a, b} {
			if all.Writes.Grade < part.Writes.Grade || all.Reads.Grade < part.Reads.Grade || all.Removes.Grade < part.Removes.Grade {
				t.Fatalf("a join knows more than its parts: %+v %+v", part, all)
			}
			if len(part.Unknown) > 0 && all.Grade() != effects.Unknown {
				t.Fatalf("what is unknown is lost: %+v", all)
			}
			for _, name := range []string{"/a", "/b/x", "/c"} {
				if part.Touches(name) && !all.Touches(name) {
					t.Fatalf("%s is lost: %+v %+v", name, part, all)
				}
			}
		}
	}
	if e := effects.Join(effects.Effects{}, effects.All("x")); e.Grade() != effects.Unknown || !e.Reads.Covers("/y") {
		t.Error(e)
	}
}

// TestLong holds that what a script costs grows with its length, and no faster.
func TestLong(t *testing.T) {
	for name, script := range map[string]func(n int) string{
		"commands": func(n int) string { return strings.Repeat("rm a; ", n) },
		"operands": func(n int) string { return "rm" + strings.Repeat(" a", n) + strings.Repeat(" $(b)", 10) },
		"variables": func(n int) string {
			return repeat(n, func(i int) string { return fmt.Sprintf("X%d=1; rm $X%d; ", i, i) })
		},
		"redirections": func(n int) string { return "x" + strings.Repeat(" >a", n) },
		"functions":    func(n int) string { return "f() { rm" + strings.Repeat(" a", n) + "; }; " + strings.Repeat("f; ", n) },
		"branches":     func(n int) string { return strings.Repeat("if a; then cd b; fi; ", n) },
		"loops": func(n int) string {
			return strings.Repeat("for i in a b c; do ", 60) + strings.Repeat("rm $i; ", n) + strings.Repeat("done; ", 60)
		},
		"pipes": func(n int) string { return "a" + strings.Repeat(" | b", min(n, 5000)) },
		"braces": func(n int) string {
			return "rm " + strings.Repeat("{a,b}", n) + " " + strings.Repeat("{a,", 50) + strings.Repeat("}", 50)
		},
	} {
		began := time.Now()
		of(script(10_000))
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s take %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func repeat(n int, part func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(part(i))
	}
	return b.String()
}
