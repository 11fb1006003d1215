package lang_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// meaning are the codes of errors that are no matter of form: the grammar lets
// them pass, apart from flags of an instruction that takes none.
var meaning = []string{
	"unknown-flag", "duplicate-flag", "missing-value", "bad-value", "invalid-stage-name", "blank-name", "blank-volume",
	"heredoc-destination", "duplicate-directive", "invalid-escape",
}

// flagless are the instructions that the grammar refuses any flag of.
var flagless = []string{"CMD", "ENTRYPOINT", "SHELL", "ENV", "LABEL", "EXPOSE", "VOLUME", "MAINTAINER", "USER", "WORKDIR", "ONBUILD"}

// wellFormed tells whether the grammar should take what Parse gave this for.
func wellFormed(file *lang.File, list diag.List) bool {
	staged := slices.ContainsFunc(file.Items, func(item lang.Item) bool {
		_, ok := item.(*lang.From)
		return ok
	})
	if !staged {
		return false // which Parse reports only when nothing else is wrong
	}
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		if !slices.Contains(meaning, d.Code) {
			return false
		}
		if d.Code == "unknown-flag" && slices.Contains(flagless, d.Message[strings.LastIndex(d.Message, " ")+1:]) {
			return false
		}
	}
	return true
}

// samples calls f for every case of the tables, those of this package included,
// and every file of the corpus.
func samples(t *testing.T, f func(t *testing.T, name, text string)) {
	t.Helper()
	for _, c := range cases.All() {
		f(t, c.Name, c.Dockerfile)
	}
	for _, s := range found {
		f(t, "found/"+s, s)
	}
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Log("no corpus: set STRAKE_CORPUS to its archive; only the tables were tested")
		return
	}
	for _, file := range files {
		f(t, "corpus/"+file.Name, string(file.Data))
	}
}

// found are the texts that fuzzing brought up.
var found = []string{
	"ARG =0",
	"ONBUILD    RUa ",
}

// agree checks that Parse and ParseGrammar see the same in a text.
func agree(t *testing.T, name, text string) {
	t.Helper()
	src := source.NewFile("Dockerfile", text)
	file, diags := lang.Parse(src)
	if got := lang.Print(file); got != text {
		t.Errorf("%s: the reprint differs: %q", name, got)
	}
	tree, err := lang.ParseGrammar(src)
	switch want := wellFormed(file, diags); {
	case want != (err == nil):
		t.Errorf("%s: Parse: %v; ParseGrammar: %v", name, diags.Err(), err)
	case want && !reflect.DeepEqual(file, tree):
		t.Errorf("%s: the trees differ: %s", name, firstDifference(file, tree))
	}
}

func TestAgreement(t *testing.T) { samples(t, agree) }
