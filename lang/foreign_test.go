package lang_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func read(text string, claims ...lang.Claim) diag.List {
	f, list := lang.Parse(source.NewFile("Dockerfile", text), claims...)
	return append(list, lang.Unclaimed(f, claims...)...)
}

// A file about builds is one error, where it begins, which says what builds it.
func TestForeign(t *testing.T) {
	const compose, bake = "docker compose build", "docker buildx bake"
	for text, want := range map[string]string{
		"services:\n  web:\n    build: .\n    command: [\"a\"]\n":                             compose,
		"\xEF\xBB\xBF# mine\n\nversion: '3'\r\nservices:\r\n  web:\r\n    run: x\r\n":         compose,
		"---\nx-env: &env\n  A: b\nservices: \n  web:\n    healthcheck:\n":                    compose,
		`{"services": {"web": {}}}`:                                                           compose,
		"# mine\ngroup \"default\" {\n  targets = [\"a\"]\n}\ntarget \"a\" {\n  env = 1\n}\n": bake,
		"// mine\nvariable \"TAG\" {\n  default = <<EOF\nx\nEOF\n}\n":                         bake,
		"/* mine */\ntarget \"a\" { inherits = [\"b\"] }\n":                                   bake,
		"{\n  \"target\": {\n    \"a\": {}\n  }\n}\n":                                         bake,
	} {
		list := read(text)
		if len(list) != 1 || list[0].Severity != diag.Error || list[0].Code != "unknown-instruction" || !strings.Contains(list[0].Hint, want) {
			t.Errorf("%q: got %v, want %s", text, list, want)
		}
	}
}

// Other files are what they were.
func TestNotForeign(t *testing.T) {
	sshd := lang.Claim{Keyword: "SSHD"}
	for _, text := range []string{
		"COPPY a b\nRUN x\n", "FROMM a\nservices\n", "FROM a\nservices:\n", "services:\nFROM a\n", "target \"a\" {\nFROM a\n",
		"apiVersion: v1\nkind: Pod\n", "{}", "{\"a\": 1}", "service:\n", " services:\n", "targets = [\"a\"]\n", "RUN x\nservices:\n",
		"SSHD\nCOPY <<EOF /x\nservices:\nEOF\n", "", "# services:\n",
	} {
		for _, d := range read(text, sshd) {
			if strings.Contains(d.Hint, "builds it") {
				t.Errorf("%q: %v", text, d)
			}
		}
	}
}

// No Dockerfile of the corpus is taken for one.
func TestForeignCorpus(t *testing.T) {
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, d := range read(string(file.Data)) {
			if strings.Contains(d.Hint, "builds it") {
				t.Errorf("%s: %v", file.Name, d)
			}
		}
	}
}
