package script_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/ir/lint/script"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func TestCases(t *testing.T) { linttest.Run(t, script.Rules(), script.Cases(), nil) }

// TestKeeps holds what fixes say they keep where the script may have a function of the name.
func TestKeeps(t *testing.T) {
	for text, want := range map[string]diag.Keeps{
		"id | egrep x":                               diag.Files,
		"egrep () { cat; }; id | egrep x":            diag.Intent,
		"function egrep { cat; }; id | egrep x":      diag.Intent,
		"alias egrep=cat; id | egrep x":              diag.Intent,
		". ./functions; id | egrep x":                diag.Intent,
		"eval \"$x\"; id | egrep x":                  diag.Intent,
		"make -j$(nproc)":                            diag.Files,
		"nproc() { echo 1 2; }; make -j$(nproc)":     diag.Intent,
		"source /etc/profile && make -j$(nproc) all": diag.Intent,
	} {
		src := source.NewFile("Dockerfile", "FROM a\nSHELL [\"/bin/bash\", \"-ec\"]\nRUN "+text+"\n")
		found, err := lint.Run(script.Rules(), lint.Read(src))
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, f := range found.Findings {
			if len(f.Fixes) > 0 && (f.Rule == "SC2196" || f.Rule == "SC2046") {
				held++
				if f.Fixes[0].Keeps != want {
					t.Errorf("%s: the fix of %s keeps %v, not %v", text, f.Rule, f.Fixes[0].Keeps, want)
				}
			}
		}
		if held != 1 {
			t.Errorf("%s: %d fixes", text, held)
		}
	}
}
