package grammar_test

import (
	"flag"
	"os"
	"testing"

	"github.com/seed-e0495807/strake/lang/grammar"
)

var update = flag.Bool("update", false, "write grammar.ebnf")

func TestEBNF(t *testing.T) {
	const file = "../../grammar.ebnf"
	want, err := grammar.EBNF()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("grammar.ebnf is out of date: run go generate ./lang")
	}
}
