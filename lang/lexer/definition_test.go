package lexer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	participle "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/spec"
)

// show gives the tokens of a text, each as "line:column symbol value".
func show(t *testing.T, text string) (out []string) {
	t.Helper()
	lex, err := lexer.Definition{}.Lex("Dockerfile", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := participle.ConsumeAll(lex)
	if err != nil {
		t.Fatal(err)
	}
	names := participle.SymbolsByRune(lexer.Definition{})
	for _, token := range tokens {
		if token.Pos.Filename != "Dockerfile" {
			t.Errorf("%v is in %q", token, token.Pos.Filename)
		}
		out = append(out, fmt.Sprintf("%d:%d %s %q", token.Pos.Line, token.Pos.Column, names[token.Type], token.Value))
	}
	return out
}

func TestDefinition(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{`1:1 EOF ""`}},
		{"\ufeff# escape=`\n#x\n", []string{"1:4 Directive \" escape=`\"", `2:1 Comment "x"`, `3:1 EOF ""`}},
		{"from --platform=a b aS c\n", []string{`1:1 FROM "from"`, `1:6 Flag "--platform=a"`, `1:19 Word "b"`, `1:21 Word "aS"`,
			`1:24 Word "c"`, `1:25 EOL "from --platform=a b aS c"`, `2:1 EOF ""`}},
		{"RUN a \\\n# c\n  b\nNOPE x y", []string{`1:1 RUN "RUN"`, `1:5 Text "a   b"`, `3:4 EOL "RUN a   b"`,
			`4:1 Keyword "NOPE"`, `4:6 Text "x y"`, `4:9 EOL "NOPE x y"`, `4:9 EOF ""`}},
		{`CMD ["a", "\u0062" ] ` + "\nCMD []\nCMD [1]\nCMD [x]", []string{
			`1:1 CMD "CMD"`, `1:5 Punct "["`, `1:6 String "a"`, `1:11 String "b"`, `1:20 Punct "]"`, `1:22 EOL "CMD [\"a\", \"\\u0062\" ] "`,
			`2:1 CMD "CMD"`, `2:5 Punct "["`, `2:6 Punct "]"`, `2:7 EOL "CMD []"`,
			`3:1 CMD "CMD"`, `3:5 Punct "["`, `3:6 Text "1"`, `3:7 Punct "]"`, `3:8 EOL "CMD [1]"`,
			`4:1 CMD "CMD"`, `4:5 Text "[x]"`, `4:8 EOL "CMD [x]"`, `4:8 EOF ""`}},
		{"ENV A=1 B='2 3'\nENV A b c\nARG A B=\n", []string{
			`1:1 ENV "ENV"`, `1:5 Pair "A=1"`, `1:9 Pair "B='2 3'"`, `1:16 EOL "ENV A=1 B='2 3'"`,
			`2:1 ENV "ENV"`, `2:5 Word "A"`, `2:7 Text "b c"`, `2:10 EOL "ENV A b c"`,
			`3:1 ARG "ARG"`, `3:5 Word "A"`, `3:7 Pair "B="`, `3:9 EOL "ARG A B="`, `4:1 EOF ""`}},
		{"ONBUILD COPY <<A <<-B /\nx\nA\n\tB\nRUN <<C\ny", []string{
			`1:1 ONBUILD "ONBUILD"`, `1:9 Trigger "COPY <<A <<-B /"`, `1:9 COPY "COPY"`, `1:14 Word "<<A"`, `1:18 Word "<<-B"`, `1:23 Word "/"`,
			`2:1 HeredocBody "x\n"`, `3:1 HeredocEnd "A"`, `4:1 HeredocBody ""`, `4:1 HeredocEnd "\tB"`, `4:3 EOL "ONBUILD COPY <<A <<-B /"`,
			`5:1 RUN "RUN"`, `5:5 Text "<<C"`, `6:1 HeredocBody "y"`, `6:2 EOL "RUN <<C"`, `6:2 EOF ""`}},
	} {
		if got := show(t, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q:\ngot  %s\nwant %s", c.text, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}

func TestSymbols(t *testing.T) {
	d := lexer.Definition{}
	symbols := d.Symbols()
	if symbols["EOF"] != participle.EOF {
		t.Error("no EOF")
	}
	for _, keyword := range spec.Keywords() {
		if _, ok := symbols[keyword]; !ok {
			t.Errorf("%s is no symbol", keyword)
		}
	}
	if len(participle.SymbolsByRune(d)) != len(symbols) {
		t.Error("two symbols have the same type")
	}
	clear(symbols)
	if len(d.Symbols()) == 0 {
		t.Error("the caller can change the table")
	}
}

func TestSource(t *testing.T) {
	const text = "ENV A=\\\n1\nRUN <<-E\n\tE\n"
	s := lexer.NewStream("", text)
	want := map[string]string{"A=1": "A=\\\n1", "ENV A=1": "ENV A=\\\n1", "": "", "\tE": "\tE", "RUN <<-E": "RUN <<-E\n\tE"}
	for {
		token, _ := s.Next()
		if token.EOF() {
			break
		}
		of := s.Source(token)
		if w, ok := want[token.Value]; ok && text[of.Start:of.End] != w {
			t.Errorf("%q is made of %q, want %q", token.Value, text[of.Start:of.End], w)
		}
		if of.Kind == lexer.HeredocBody && s.Heredoc(token).Name != "E" {
			t.Error("wrong here document")
		}
	}
}
