package format

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/source"
)

// laws hold of every text: what comes out means the same without the check that Source makes
// of it, by our parser and by BuildKit's, has every comment, and comes out again as it is.
func laws(text string) error {
	for _, claims := range [][]lang.Claim{nil, {{Keyword: "NOPE", Heredocs: true}}} {
		src := source.NewFile("Dockerfile", text)
		file, diags := lang.Parse(src, claims...)
		if diags.HasErrors() || lang.Unclaimed(file, claims...).HasErrors() {
			continue
		}
		if err := shellLaws(file, claims); err != nil {
			return fmt.Errorf("with scripts: %w", err)
		}
		once := layout(file, Options{})
		after, found := lang.Parse(source.NewFile("Dockerfile", once), claims...)
		if found.HasErrors() {
			return fmt.Errorf("it no longer parses: %v\n%q", found, once)
		}
		if !same(file, after, false) {
			return fmt.Errorf("it means something else: %q", once)
		}
		if twice := layout(after, Options{}); twice != once {
			return fmt.Errorf("twice is not once:\n%q\n%q", once, twice)
		}
		if was, is := hashes(text), hashes(once); was != is {
			return fmt.Errorf("%d marks of comments became %d: %q", was, is, once)
		}
		if was, is := dump(text), dump(once); len(claims) == 0 && was != refused && was != is {
			return fmt.Errorf("BuildKit reads another file: %q\nwas %s\nis  %s", once, was, is)
		}
	}
	return nil
}

// refused stands for a file that BuildKit cannot read.
const refused = "refused"

// shellLaws hold with scripts laid out, too.
func shellLaws(file *lang.File, claims []lang.Claim) error {
	o := Options{Scripts: &script.Style{}}
	once := layout(file, o)
	after, found := lang.Parse(source.NewFile("Dockerfile", once), claims...)
	if found.HasErrors() {
		return fmt.Errorf("it no longer parses: %v\n%q", found, once)
	}
	if !same(file, after, true) {
		return fmt.Errorf("it means something else: %q", once)
	}
	if twice := layout(after, o); twice != once {
		return fmt.Errorf("twice is not once:\n%q\n%q", once, twice)
	}
	return nil
}

func hashes(text string) int { return strings.Count(text, "#") }

// dump is all that BuildKit's parser makes of a file. Keywords may differ in case, and the
// text of an instruction counts for ONBUILD, which the image keeps it of.
func dump(text string) (out string) {
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Sprint("panic: ", p)
		}
	}()
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return refused
	}
	var b strings.Builder
	syntax, _, _, _ := parser.DetectSyntax([]byte(text))
	check, _, _, _ := parser.ParseDirective("check", []byte(text))
	fmt.Fprintf(&b, "%c %q %q\n", result.EscapeToken, syntax, check)
	for _, n := range result.AST.Children {
		keyword := strings.ToUpper(n.Value)
		fmt.Fprintf(&b, "%s %q %#v %q", keyword, n.Flags, n.Heredocs, slices.Sorted(func(yield func(string) bool) {
			for name := range n.Attributes {
				yield(name)
			}
		}))
		if keyword == "ONBUILD" {
			fmt.Fprintf(&b, " %q\n", strings.TrimLeft(strings.TrimLeft(n.Original, "\t\n\f\r ")[len(n.Value):], "\t\n\f\r "))
			continue
		}
		for arg, i := n.Next, 0; arg != nil; arg, i = arg.Next, i+1 {
			value := arg.Value
			if keyword == "FROM" && i == 1 || keyword == "HEALTHCHECK" && i == 0 {
				value = strings.ToUpper(value)
			}
			fmt.Fprintf(&b, " %q", value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestLaws(t *testing.T) {
	for _, c := range cases.All() {
		if err := laws(c.Dockerfile); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	changed := 0
	for _, f := range files {
		text := string(f.Data)
		if err := laws(text); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if out, _ := Source(source.NewFile(f.Name, text), Options{}); out != text {
			changed++
		}
	}
	t.Logf("%d files, %d changed", len(files), changed)
}

var random = flag.Int("random", 5000, "how many files TestRandom makes")

// randomFile makes a file of what has a meaning between the words of an instruction.
func randomFile(r *rand.Rand) string {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	heads := []string{"# escape=`\n", " # escape=`\n", "\n# escape=`\n", "# syntax=x \n", " # syntax=x\n", "# check=skip=all\n\n# syntax=y\n",
		"#!x\n# syntax=y\n", " #!x\n# syntax=y\n", "\ufeff", "\ufeff\n# escape=`\n", "#\n", "ARG x\n", "# escape= \n", "\r\n"}
	instructions := []string{"RUN", "run", "Copy", "ADD", "ENV", "LABEL", "ARG", "CMD", "SHELL", "HEALTHCHECK", "healthcheck cmd", "ONBUILD",
		"ONBUILD RUN", "onbuild  copy", "ONBUILD\vENV", "EXPOSE", "VOLUME", "USER", "WORKDIR", "FROM", "from a as", "NOPE", " RUN"}
	atoms := []string{"a", "a", "b", "A=b", "A=", "--x=y", "--from=a", "'", `"`, " ", " ", " ", "  ", "\t", "\\\n", "\\\n", " \\\n", "\\ \n", "\\\r\n",
		"`\n", "\\\n\n", "\\\n# c\n", "\\\n  # c \\\n", "\\\n \t\n#\n", "#", "[", "]", `["a"`, `"]`, `,`, ` , "b"`, `[ "a" , "b" ]`, `["a","b"]`, "as", "AS",
		"\u00a0", "\v", "\f", "\r", `\`, `\\`, "--", "\nEXPOSE 1\n", "\n# c \n", "\n\n\n", "<<E", "<<-E", " \nE\n", "\n\tE\n", "E\nE\n", "\x85", "é", "\xff", "cmd", "NONE"}
	var b strings.Builder
	if r.IntN(3) == 0 {
		b.WriteString(pick(heads))
	}
	b.WriteString(pick([]string{"FROM a\n", "from  a\n", "FROM a\r\n", " FROM a \n\n\n"}))
	for range 1 + r.IntN(3) {
		b.WriteString(pick(instructions))
		b.WriteByte(' ')
		for range r.IntN(9) {
			b.WriteString(pick(atoms))
		}
		b.WriteString(pick([]string{"\n", "\n", "\r\n", " \n", "\n\n\n", ""}))
	}
	return b.String()
}

func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(2, uint64(*random)))
	read := 0
	for range *random {
		text := randomFile(r)
		if _, diags := lang.Parse(source.NewFile("Dockerfile", text)); !diags.HasErrors() {
			read++
		}
		if err := laws(text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	t.Logf("%d of %d files have no errors", read, *random)
}

func FuzzSource(f *testing.F) {
	for _, c := range cases.All() {
		if len(c.Dockerfile) < 4096 {
			f.Add(c.Dockerfile)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := laws(text); err != nil {
			t.Error(err)
		}
	})
}

// TestMutants holds that same sees what a formatter must not do.
func TestMutants(t *testing.T) {
	const text = "# syntax=x\n# c\nFROM a AS b\nENV A=\"x y\" B=1\nENV C d  e\nRUN --network=none a \\\n# inner\n  &&  b\nONBUILD run  x \n" +
		"COPY <<E /f\n x\nE\nRUN [\"a\", \"b\"]\nHEALTHCHECK CMD x\nARG D\n"
	file, _ := lang.Parse(source.NewFile("Dockerfile", text))
	if !same(file, file, false) {
		t.Error("a file is not the same as itself")
	}
	for _, edit := range [][2]string{
		{"&&  b", "&& b"}, {"  &&", "&&"}, {"a \\", "a\\"}, {"# c\n", ""}, {"# c", "# d"}, {"# inner\n", ""}, {"# inner", "# outer"},
		{`"x y"`, `x\ y`}, {"B=1", "B='1'"}, {"d  e", "d e"}, {"C d  e", "C=\"d  e\""}, {"run  x", "run x"}, {"run  x ", "run  x"}, {"run", "RUN"},
		{" x\n", "x\n"}, {"<<E", "<<-E"}, {"<<E", "<<'E'"}, {`["a", "b"]`, "a b"}, {"AS b", "AS c"}, {" AS b", ""}, {"=none", "=host"},
		{"CMD x", "NONE"}, {"ARG D", "ARG D="}, {"ARG D\n", ""}, {"# syntax=x", "# syntax=y"}, {"# syntax=x\n", "\n# syntax=x\n"},
		{"# syntax=x", " # syntax=x"}, {"# syntax=x", "# escape=`"},
	} {
		mutant, _ := lang.Parse(source.NewFile("Dockerfile", strings.Replace(text, edit[0], edit[1], 1)))
		if mutant.Source.Text == text || same(file, mutant, false) {
			t.Errorf("%q for %q is not seen", edit[1], edit[0])
		}
	}
}
