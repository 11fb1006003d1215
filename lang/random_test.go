package lang_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
)

var random = flag.Int("random", 4000, "how many files TestRandom makes")

// randomFile makes a file of an instruction or three with what the language
// gives a meaning to, in any order.
func randomFile(r *rand.Rand) string {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	heads := []string{"# escape=`\n", "#escape = \\\n", "# syntax=x\n", "# check=a\n", "#!x\n# syntax=y\n", "\ufeff"}
	instructions := []string{"RUN", "COPY", "ADD", "ENV", "LABEL", "ARG", "CMD", "SHELL", "HEALTHCHECK", "HEALTHCHECK CMD", "ONBUILD",
		"ONBUILD RUN", "ONBUILD COPY", "ONBUILD ENV", "EXPOSE", "VOLUME", "USER", "FROM", "NOPE"}
	atoms := []string{"<<", "<<-", "<", "'", `"`, `\`, "`", "$", "{", "}", "${", "a", "b", "E", "=", "--", "--x=", "--from=", " ", "  ",
		"\t", "\n", "\\\n", "\\ \n", "`\n", "#", "\n# c\n", "[", "]", `["`, `"]`, `","`, ",", "é", "\xff", "\u00a0", "\x85", "\r", "\r\n",
		"0", "?", ":", "-", "(", "as ", "NONE", "CMD", "\nE\n", "\v", `\\`, "\u2003", "/", "\nFROM x\n", "RUN "}
	heredocs := []string{"<<", " <<", "<<-", "E", "E", "'", `"`, `\`, "$E", "${E:-E}", "{", " ", "0", "E\n", "\nE\n", "\n\tE\n", "\nEE\n", "é", "x\n", "[", "\\\n"}
	var b strings.Builder
	if r.IntN(4) == 0 {
		b.WriteString(pick(heads))
	}
	b.WriteString("FROM a\n")
	for range 1 + r.IntN(3) {
		b.WriteString(pick(instructions))
		if r.IntN(5) > 0 {
			b.WriteByte(' ')
		}
		words := atoms
		if r.IntN(3) == 0 {
			words = heredocs
		}
		for range r.IntN(12) {
			b.WriteString(pick(words))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestRandom does what FuzzParse does, on files that come closer to the corners
// of the language than its mutations do. The files are the same in each run.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, uint64(*random)))
	for range *random {
		text := randomFile(r)
		checkTree(t, text, text)
		checkAgainstBuildKit(t, text, text)
		checkDirectives(t, text, text)
		if t.Failed() {
			t.Fatalf("%q", text)
		}
	}
}
