package lexer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	participle "github.com/alecthomas/participle/v2/lexer"

	"github.com/seed-e0495807/strake/lang/lexer"
)

// show gives the tokens that are laid out, each as "start-end symbol value".
func show(lex *participle.PeekingLexer) (out []string) {
	names := participle.SymbolsByRune(lexer.Definition{})
	for t := lex.Next(); !t.EOF(); t = lex.Next() {
		out = append(out, fmt.Sprintf("%d-%d %s %q", t.Pos.Offset, t.Pos.Column, names[t.Type], t.Value))
	}
	return out
}

func TestTokens(t *testing.T) {
	const text = "COPY --from=a <<A <<-'B' /\nx\nA\n\tB\nCMD [\"a\", \"\\u0062\"]\nCMD []\nCMD [1]\nCMD [x]\nENV A=\\\n1 B=\"2 3\"\nENV A 1  2\nRUN <<C\ny"
	var got []string
	var tokens lexer.Tokens
	var line lexer.Line
	for lex := lexer.New(text); ; {
		if lex.Line(&line); line.Kind == lexer.EOF {
			break
		}
		got = append(got, line.ID.String())
		got = append(got, show(tokens.Flags(&line))...)
		got = append(got, show(tokens.Arguments(&line))...)
		got = append(got, show(tokens.Heredocs(&line))...)
	}
	want := []string{
		`COPY`, `5-13 Flag "--from=a"`, `14-17 Word "<<A"`, `18-24 Word "<<-'B'"`, `25-26 Word "/"`,
		`0-0 Heredoc "<<A"`, `27-29 HeredocBody "x\n"`, `29-30 HeredocEnd "A"`, `0-0 Heredoc "<<-'B'"`, `31-31 HeredocBody ""`, `31-33 HeredocEnd "\tB"`,
		`CMD`, `38-53 JSON "[\"a\", \"\\u0062\"]"`, `39-42 String "a"`, `44-52 String "b"`,
		`CMD`, `58-60 JSON "[]"`, `CMD`, `65-68 NotStrings "[1]"`, `CMD`, `73-76 Text "[x]"`,
		`ENV`, `81-86 Pair "A=1"`, `87-94 Pair "B=\"2 3\""`, `ENV`, `99-100 Word "A"`, `101-105 Text "1  2"`,
		`RUN`, `110-113 Text "<<C"`, `106-106 Heredoc "<<C"`, `114-115 HeredocBody "y"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestTokensGrow holds that a line may have more words than the ones before it.
func TestTokensGrow(t *testing.T) {
	var tokens lexer.Tokens
	var line lexer.Line
	lex := lexer.New("EXPOSE 1\nEXPOSE" + strings.Repeat(" 2", 1000) + "\nEXPOSE 3 4\n")
	for _, want := range []int{1, 1000, 2, 0} {
		lex.Line(&line)
		if got := len(show(tokens.Arguments(&line))); got != want {
			t.Errorf("%d tokens, want %d", got, want)
		}
	}
}

// TestReset holds that nothing of one file is left for the next.
func TestReset(t *testing.T) {
	lex := lexer.New("# escape=`\nRUN a `\n b\nONBUILD RUN x\n", "TAKES")
	var line lexer.Line
	for lex.Line(&line); line.Kind != lexer.EOF; lex.Line(&line) {
	}
	lex.Reset("RUN a `\nTAKES <<A\nRUN b\n")
	var got []string
	for lex.Line(&line); line.Kind != lexer.EOF; lex.Line(&line) {
		got = append(got, line.Code)
	}
	if want := []string{"RUN a `", "TAKES <<A", "RUN b"}; !slices.Equal(got, want) || lex.Escape() != '\\' {
		t.Errorf("got %q, escape %q", got, lex.Escape())
	}
}
