package rules_test

import (
	"bytes"
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/sarif"
	"github.com/seed-e0495807/strake/lang/diag/sarif/sariftest"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestSARIF writes what all rules find in the real Dockerfiles, and holds it against the standard.
func TestSARIF(t *testing.T) {
	files := cases.NeedCorpus(t)
	all := rules.All()
	for i := range all {
		all[i].Level = lint.Normal
	}
	set, list := &source.Set{}, diag.List{}
	for i, f := range files {
		one := &source.Set{}
		in := lint.Read(one.Add(f.Name, string(f.Data)))
		if out, err := lint.Run(all, in); err == nil {
			found := append(append(in.Diags, out.Bad...), lint.Diags(out.Findings)...)
			list = append(list, found.Moved(set.Join(one))...)
		}
		if len(list) > 2000 || i == len(files)-1 {
			var out bytes.Buffer
			if err := sarif.Write(&out, "1.2.3", "https://example.com", set, list); err != nil {
				t.Fatal(err)
			}
			sariftest.Check(t, out.Bytes())
			set, list = &source.Set{}, diag.List{}
		}
	}
}
