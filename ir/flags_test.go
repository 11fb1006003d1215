package ir

import (
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/lang/spec"
)

// TestFlags checks that the tags of bodies are the flags of the table, and fit their types.
func TestFlags(t *testing.T) {
	for _, l := range layouts {
		var tagged []string
		for i := range l.names {
			if flag, ok := l.typ.Field(i).Tag.Lookup("flag"); ok {
				tagged = append(tagged, flag)
			}
		}
		known := spec.Of(spec.Lookup(l.keyword)).FlagNames()
		slices.Sort(tagged)
		slices.Sort(known)
		if !slices.Equal(tagged, known) {
			t.Errorf("%s has fields for the flags %v, and its row has %v", l.keyword, tagged, known)
			continue
		}
		for _, f := range Flags(newBody(l.keyword)) {
			fits := false
			switch f.At.(type) {
			case *string:
				fits = !f.Many && (f.Type == spec.String || f.Type == spec.Choice)
			case *bool, **bool:
				fits = !f.Many && f.Type == spec.Bool
			case *int:
				fits = f.Type == spec.Count
			case *[]string:
				fits = f.Many && f.Type == spec.String
			case *[]Mount, *[]Device:
				fits = f.Many && f.Type == spec.Record
			default:
				fits = f.Type == spec.Duration
			}
			if !fits {
				t.Errorf("--%s of %s is a %T", f.Name, l.keyword, f.At)
			}
		}
	}
}
