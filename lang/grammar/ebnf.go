package grammar

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/spec"
)

const ebnfHeader = `(* The grammar of Dockerfiles, as Strake reads them. Generated from the types of
   package lang/grammar by "go generate ./lang"; do not edit.

   What a word is depends on the instruction, so the grammar is one of tokens:

     "FROM"         a keyword, in any case; <keyword> is one that is none of these
     <flag>         --name or --name=value, quotes and escapes resolved
     <word>         a run of characters without blanks; in ARG, ENV and LABEL
                    quotes and escapes hold it together
     <pair>         such a word that has a "=" in it
     <text>         the rest of the line
     <string>       an element of a JSON array, decoded; commas are no tokens.
                    Text that is no valid JSON is words or text, as if it had no
                    brackets; an array of other than strings has a <text> in it
     <trigger>      the whole instruction behind ONBUILD; its tokens follow
     <heredocbody>  the lines of a here document; RUN, COPY and ADD announce them,
                    and other instructions if whoever claims them says so
     <heredocend>   its terminator
     <eol>          the end of an instruction, behind its here documents
     <comment>      a line that starts with "#"
     <directive>    such a line at the top, before anything else, that is
                    "# syntax=…", "# escape=…" or "# check=…"

   An instruction goes on in the next line behind an escape character at the end
   of one, where comments and blank lines are skipped. None of that, nor blank
   lines elsewhere, shows in the tokens.

   ? is at most once, * any number of times, + at least once, and (?= x) holds
   where x follows. *)
`

var keyword = regexp.MustCompile(`<([a-z]+)>`)

// EBNF is the grammar as text.
func EBNF() (string, error) {
	parser, err := New()
	if err != nil {
		return "", err
	}
	names := spec.Keywords()
	text := keyword.ReplaceAllStringFunc(parser.String(), func(token string) string {
		if name := strings.ToUpper(strings.Trim(token, "<>")); slices.Contains(names, name) {
			return `"` + name + `"`
		}
		return token
	})
	var b strings.Builder
	b.WriteString(ebnfHeader)
	for _, production := range strings.Split(text, "\n") {
		name, expr, ok := strings.Cut(production, " = ")
		if !ok {
			return "", fmt.Errorf("no production: %q", production)
		}
		b.WriteString("\n" + wrap(name+" = ", strings.TrimSuffix(expr, " .")+" ."))
	}
	return b.String(), nil
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
