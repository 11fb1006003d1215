package sessions

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/recipe/prove"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestRepair holds that what a wrong recipe does not make is made as it was, or is told where that may
// not be; and that nothing is compared with what another base makes.
func TestRepair(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds with a real BuildKit")
	}
	b := newBed(t)
	in := sessions(t, "users-busybox")[0].input(t, b)
	for name, c := range map[string]struct {
		rounds int
		answer validate.Judgement
	}{"repaired": {2, validate.Equal}, "told": {0, validate.NotEqual}} {
		var without []string
		o := prove.Options{Input: in, Request: b.request(), Rounds: c.rounds, Choose: func(r *recipe.Recipe) error {
			last := len(r.Steps) - 1
			without = r.Steps[last].Explains
			r.Steps = r.Steps[:last]
			return nil
		}}
		_, p, err := prove.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.Clone(p.Repaired)
		for _, d := range p.Files {
			told = append(told, d.Path)
		}
		if p.Answer != c.answer {
			t.Errorf("%s: it is %s", name, p.Answer)
		}
		for _, path := range without {
			if !slices.Contains(told, path) {
				t.Errorf("%s: nobody tells of %s, but of %q", name, path, told)
			}
		}
	}

	if err := b.build(t.Context(), write(t, "FROM busybox:latest\nRUN touch /moved\n"), "moved:1"); err != nil {
		t.Fatal(err)
	}
	in.Before = b.image(t, "moved:1")
	_, _, err := prove.Run(t.Context(), prove.Options{Input: in, Request: b.request()})
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "base-moved" || d.Hint == "" {
		t.Errorf("another base: %v", err)
	}
}
