package lang

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/spec"
)

var update = flag.Bool("update", false, "write grammar.ebnf")

const ebnfHeader = `(* The grammar of Dockerfiles, as Strake reads them. Printed from the parsers of
   package lang by "go generate ./lang"; do not edit.

   What a word is depends on the instruction, so the grammar is one of tokens:

     "FROM"         a keyword, in any case; <keyword> is one that is none of these
     <flag>         --name or --name=value, quotes and escapes resolved
     <word>         a run of characters without blanks; in ARG, ENV and LABEL
                    quotes and escapes hold it together
     <pair>         such a word that has a "=" in it
     <text>         the rest of the line
     <json>         an array, whose elements follow. Text that is no valid JSON is
                    words or text, as if it had no brackets, and so is an array
                    of an instruction that takes none: it is for
                    ARRAYS
     <string>       an element of the array, decoded; an array of other than
                    strings is a token that no rule takes
     <heredoc>      a word that announces a here document; behind the arguments.
                    RUN, COPY and ADD announce them, and other instructions if
                    whoever claims them says so
     <heredocbody>  the lines of the document
     <heredocend>   its terminator
     <eof>          the end of the instruction
     <comment>      a line that starts with "#"
     <directive>    such a line at the top, before anything else, that is
                    "# syntax=…", "# escape=…" or "# check=…"

   An instruction goes on in the next line behind an escape character at the end
   of one, where comments and blank lines are skipped. None of that, nor blank
   lines elsewhere, shows in the tokens.

   The first instruction that is not ARG, nor one that the language does not
   know, is FROM: as which flags there are, that is a matter of meaning. What
   stands behind ONBUILD may fall short of its rule, which the build that runs it
   finds.

   ? is at most once, * any number of times, + at least once, and (?= x) holds
   where x follows. *)
`

type production struct{ name, expr string }

// leaves are what the leaves take, which participle knows by name only.
var leaves = []production{
	{"Flags", "<flag>*"},
	{"Word", "<word> | <text>"},
	{"Words", "<word>+ | <json> <string>+"},
	{"Paths", "<word>+ <word> | <json> <string>+ <string>"},
	{"Pairs", "<pair>+ | <word> <text>"},
	{"Declarations", "(<word> | <pair>)+"},
	{"Command", "(<text> | <json> <string>*)?"},
	{"Heredocs", "(<heredoc> <heredocbody> <heredocend>)*"},
}

// ebnf prints the grammar. Which parts of a line go to which parser is in
// parser.instruction.
func ebnf() string {
	var instructions []production
	flags, documents := body(flagsParser().String()), body(documentsParser().String())
	var names, triggers, arrays []string
	for _, keyword := range append(spec.Keywords(), "") {
		id, token := spec.Lookup(keyword), `"`+keyword+`"`
		name, expr := "Onbuild", "Trigger"
		if id == spec.Unknown {
			token = "<keyword>"
		}
		if id != spec.Onbuild {
			text := rules[id].String()
			name, _, _ = strings.Cut(text, " = ")
			expr = body(text)
		}
		expr = token + " " + flags + " " + expr
		if spec.Of(id).Heredocs || id == spec.Unknown {
			expr += " " + documents
		}
		instructions = append(instructions, production{name, expr})
		names = append(names, name)
		if spec.Of(id).Form.JSON() {
			arrays = append(arrays, keyword)
		}
		if spec.Of(id).Trigger {
			triggers = append(triggers, name)
		}
	}
	all := append([]production{
		{"Dockerfile", "<directive>* (<comment> | Instruction)*"},
		{"Instruction", strings.Join(names, " | ")},
	}, instructions...)
	all = append(append(all, production{"Trigger", strings.Join(triggers, " | ")}), leaves...)
	var b strings.Builder
	b.WriteString(strings.Replace(ebnfHeader, "ARRAYS", strings.Join(arrays, ", "), 1))
	for _, p := range all {
		b.WriteString("\n" + wrap(p.name+" = ", p.expr+" ."))
	}
	return b.String()
}

// body is what a production says its name is.
func body(production string) string {
	_, expr, _ := strings.Cut(production, " = ")
	return strings.TrimSuffix(expr, " .")
}

// wrap breaks a long production before its "|".
func wrap(head, expr string) string {
	const width = 80
	if len(head)+len(expr) <= width {
		return head + expr + "\n"
	}
	var b strings.Builder
	line, indent := head, strings.Repeat(" ", len(head)-2)
	for i, part := range strings.Split(expr, " | ") {
		if i > 0 {
			part = "| " + part
		}
		if len(line)+len(part) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += part + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}

func TestEBNF(t *testing.T) {
	const file = "../grammar.ebnf"
	want := ebnf()
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
