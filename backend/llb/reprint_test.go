package llb_test

import (
	"bytes"
	"testing"

	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// trips are the ways a module leaves the program and comes back as a Dockerfile.
var trips = map[string]func(m *ir.Module) (*ir.Module, error){
	"Dockerfile": func(m *ir.Module) (*ir.Module, error) { return m, nil },
	"text":       func(m *ir.Module) (*ir.Module, error) { return ir.Parse(ir.Print(m)) },
	"wire":       func(m *ir.Module) (*ir.Module, error) { return wire.Unmarshal(wire.Marshal(m)) },
	// Without its sources every op is written anew.
	"formatted": func(m *ir.Module) (*ir.Module, error) {
		bare := *m
		bare.Files = nil
		return &bare, nil
	},
}

// TestReprint holds that a module printed back as a Dockerfile builds the same
// vertices, whatever way it took.
func TestReprint(t *testing.T) {
	all := cases.All()
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, cases.Case{Name: f.Name, Dockerfile: string(f.Data)})
	}
	printed := 0
	for _, c := range all {
		_, want, err := compile(c)
		if err != nil || c.Accept != "" {
			continue
		}
		file, _ := lang.Parse(source.NewFile("Dockerfile", c.Dockerfile))
		module, _ := ir.Build(file)
		for name, trip := range trips {
			reprint(t, c, name, module, trip, want.Def)
		}
		printed++
	}
	t.Logf("%d files came back by %d ways", printed, len(trips))
}

func reprint(t *testing.T, c cases.Case, name string, m *ir.Module, trip func(*ir.Module) (*ir.Module, error), want [][]byte) {
	t.Helper()
	back, err := trip(m)
	if err != nil {
		t.Errorf("%s: %s: %v", c.Name, name, err)
		return
	}
	if c.Dockerfile, err = dockerfile.Print(back); err != nil {
		t.Errorf("%s: %s: %v", c.Name, name, err)
		return
	}
	_, got, err := compile(c)
	if err != nil {
		t.Errorf("%s: %s: %v\n%s", c.Name, name, err, c.Dockerfile)
		return
	}
	for i := range want {
		if i >= len(got.Def) || !bytes.Equal(want[i], got.Def[i]) {
			t.Errorf("%s: %s: vertex %d differs\n%s", c.Name, name, i, c.Dockerfile)
			return
		}
	}
}
