package prove

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestUnavailable holds which packages a failed build is said to lack.
func TestUnavailable(t *testing.T) {
	for output, want := range map[string][]string{
		"E: Unable to locate package own\nE: Unable to locate package libown2.0+dev\nE: Couldn't find any package by glob 'libown2.0+dev'\n": {"own", "libown2.0+dev"},
		"Package own is not available, but is referred to by another package.\nE: Package 'own' has no installation candidate\n":             {"own"},
		"E: Version '1:2.3~rc1' for 'vim-tiny' was not found\n":                                                                              {"vim-tiny"},
		"E: Could not get lock /var/lib/dpkg/lock-frontend\n":                                                                                nil,
		"": nil,
	} {
		err := &build.Failure{Diags: diag.List{{Code: "run-failed", Notes: []diag.Note{{Label: "output", Text: output}}}}}
		if got := unavailable(err); !slices.Equal(got, want) {
			t.Errorf("%q: %q", output, got)
		}
	}
	if got := unavailable(errors.New("E: Unable to locate package own")); got != nil {
		t.Error(got)
	}
}
