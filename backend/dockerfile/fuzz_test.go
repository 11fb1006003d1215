package dockerfile_test

import (
	"errors"
	"testing"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/cases"
)

// FuzzPrint holds that the Dockerfile of any module reads back as the module,
// and is accepted by docker when the module's own source was.
func FuzzPrint(f *testing.F) {
	for _, c := range cases.All() {
		if len(c.Dockerfile) < 1000 {
			f.Add(c.Dockerfile)
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		m, ok := irtest.Build("Dockerfile", source)
		if !ok || hasCustom(m) {
			return
		}
		for _, m := range []*ir.Module{m, unspelled(m)} {
			text, err := dockerfile.Print(m)
			if e := new(dockerfile.Error); errors.As(err, &e) {
				return // a line that is too long
			}
			got, ok := irtest.Build("Dockerfile", text)
			if diff := same(m, got); !ok || diff != "" {
				t.Fatalf("%q\n%q\n%s", source, text, diff)
			}
			if err := stock(text); err != nil && stock(source) == nil {
				t.Fatalf("%q\n%q\n%v", source, text, err)
			}
		}
	})
}
