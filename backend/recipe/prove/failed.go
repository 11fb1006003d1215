package prove

import (
	"errors"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/lang/source"
)

// Failed is the error for a Dockerfile that does not build. The recipe is worth something all the same.
type Failed struct {
	Recipe *recipe.Recipe
	Err    error // of build.Run
}

func (f *Failed) Error() string { return "the written Dockerfile does not build: " + f.Err.Error() }
func (f *Failed) Unwrap() error { return f.Err }

// In gives why it does not build, in the places of the whole Dockerfile under the name that the user
// has it by: what was built is in a temporary directory, and may be the steps of package managers
// alone. It is nil for an error that is in no place.
func (f *Failed) In(name string) *build.Failure {
	var failure *build.Failure
	if !errors.As(f.Err, &failure) || failure.Set.File(0) == nil {
		return failure
	}
	text := f.Recipe.Dockerfile()
	moved := &build.Failure{Set: &source.Set{}, Diags: slices.Clone(failure.Diags)}
	moved.Set.Add(name, text)
	for i := range moved.Diags {
		d := &moved.Diags[i]
		d.Span = f.move(d.Span, failure.Set.File(0).Text, text)
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			d.Related[j].Span = f.move(d.Related[j].Span, failure.Set.File(0).Text, text)
		}
		d.Fixes = nil // of a text that nobody has
	}
	return moved
}

// move finds the place of a step's instruction in another text with that step; none for one that is
// in no step.
func (f *Failed) move(span source.Span, from, to string) source.Span {
	switch {
	case span.File != 0: // the other files of the set are left behind
		return source.Span{}
	case int(span.End) <= len(from) && strings.HasPrefix(to, from[:span.End]):
		return span
	}
	var a, b int
	for _, s := range f.Recipe.Steps {
		j := strings.Index(to[b:], s.Instruction)
		if j < 0 {
			break
		}
		b += j
		if i := strings.Index(from[a:], s.Instruction); i >= 0 {
			if a += i; int(span.Start) >= a && int(span.End) <= a+len(s.Instruction) {
				return source.Span{Start: uint32(int(span.Start) - a + b), End: uint32(int(span.End) - a + b)}
			}
			a += len(s.Instruction)
		}
		b += len(s.Instruction)
	}
	return source.Span{}
}
