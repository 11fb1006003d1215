package ir_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/wire"
	"github.com/seed-e0495807/strake/lang/cases"
)

// FuzzText holds that any text is a module or an error, and that the module
// prints as one that reads back, valid or not.
func FuzzText(f *testing.F) {
	for _, c := range cases.All() {
		if m, ok := irtest.Build("Dockerfile", c.Dockerfile); ok && len(c.Dockerfile) < 1000 {
			f.Add(ir.Print(m))
		}
	}
	for _, m := range irtest.Made() {
		f.Add(ir.Print(m))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ir.Parse(text)
		if err != nil {
			return
		}
		ir.Verify(m)
		printed := ir.Print(m)
		again, err := ir.Parse(printed)
		if err != nil {
			t.Fatalf("%v\n%s", err, printed)
		}
		if diff := irtest.Diff(m, again); diff != "" {
			t.Fatal(diff)
		}
		if got := ir.Print(again); got != printed {
			t.Fatalf("%s\n%s", printed, got)
		}
		p, err := wire.Unmarshal(wire.Marshal(m))
		if err != nil || irtest.Diff(m, p) != "" {
			t.Fatal(err, irtest.Diff(m, p))
		}
	})
}

// FuzzFormat holds that what Build makes of an accepted Dockerfile is valid:
// every body of it is written as text that reads back.
func FuzzFormat(f *testing.F) {
	for _, c := range cases.All() {
		if len(c.Dockerfile) < 1000 {
			f.Add(c.Dockerfile)
		}
	}
	for _, text := range found {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := irtest.Build("Dockerfile", text)
		if !ok {
			return
		}
		for _, d := range ir.Verify(m) {
			t.Errorf("%q: %v", text, d)
		}
	})
}

// found is what FuzzFormat found, once.
var found = []string{
	"FROM --\x850",                     // a byte that readers of flags skip
	"FROM 0\nA --\\ \\ \\   ",          // a flag at the end that ends in a blank
	"FROM 0\nCOPY <<EOF \\ \\0\n\nEOF", // behind the escape, <<EOF is no here document
	"FROM 0\nRUN --mount='\"\"",        // a mount with one option, which is empty
	"#check=0\r0\nFROM 0",              // a carriage return in a directive
}
