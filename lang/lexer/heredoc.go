package lexer

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/spec"
	"github.com/seed-e0495807/strake/lang/words"
)

// heredocWord takes apart a word that starts a here document, which is
// `^\d*<<(-?)\s*([^<]+)$`.
func heredocWord(word string) (chomp bool, name string, ok bool) {
	i := 0
	for i < len(word) && isDigit(word[i]) {
		i++
	}
	rest, ok := strings.CutPrefix(word[i:], "<<")
	if !ok {
		return false, "", false
	}
	rest, chomp = strings.CutPrefix(rest, "-")
	name = strings.TrimLeft(rest, asciiSpace)
	return chomp, name, name != "" && !strings.Contains(name, "<")
}

// takesHeredoc reports whether a line can be followed by here documents: what takes
// them and is not in JSON form, also behind ONBUILD, and what New was told.
func (l *Lexer) takesHeredoc(line *Line) bool {
	if line.ID == spec.Unknown {
		return slices.Contains(l.takers, strings.ToUpper(line.Keyword.Text))
	}
	json := len(line.Args) > 0 && line.Args[0].Kind == JSON
	if line.Sub != nil {
		line = line.Sub
		json = json || len(line.Args) > 0 && line.Args[0].Kind == JSON
	}
	return !json && spec.Of(line.ID).Heredocs
}

// ParseHeredoc reads a word such as <<EOF, 3<<-"EOF" or << EOF. It reports false
// for a word that starts no here document.
func ParseHeredoc(word string) (Heredoc, bool) {
	if !strings.Contains(word, "<<") {
		return Heredoc{}, false
	}
	chomp, name, ok := heredocWord(word)
	if !ok {
		return Heredoc{}, false
	}
	if isPlain(name) {
		return Heredoc{Word: word, Name: name, Chomp: chomp, Expand: true}, true
	}
	lex := words.Lexer{Escape: '\\', SkipUnset: true}
	plain, err := lex.Words(name, noEnv{})
	if err != nil || len(plain) != 1 {
		return Heredoc{}, false
	}
	lex.RawQuotes = true
	raw, err := lex.Words(name, noEnv{})
	if err != nil || len(raw) != 1 {
		return Heredoc{}, false
	}
	return Heredoc{Word: word, Name: plain[0], Chomp: chomp, Expand: quotes(plain[0]) == quotes(raw[0])}, true
}

// isPlain reports whether a word means just what it says.
func isPlain(word string) bool {
	for i := 0; i < len(word); i++ {
		if b := word[i]; !isLetter(b) && !isDigit(b) && b != '_' {
			return false
		}
	}
	return true
}

func quotes(s string) int { return strings.Count(s, `'`) + strings.Count(s, `"`) }

// heredocs reads the here documents that the line at hand announces, first in,
// first out.
func (l *Lexer) heredocs(out *Line) {
	// The escape character is the default one whatever the directive says.
	lex := words.Lexer{Escape: '\\', RawQuotes: true, RawEscapes: true, SkipUnset: true}
	list, _ := lex.Words(l.text, noEnv{}) // a broken quote announces nothing
	for _, word := range list {
		doc, ok := ParseHeredoc(word)
		if !ok {
			continue
		}
		doc.Body.Kind, doc.Body.Start = HeredocBody, uint32(l.pos)
		doc.Body.End = doc.Body.Start
		for l.pos < len(l.src) {
			start, end := l.physical()
			out.End = uint32(end)
			name := l.src[start:end]
			if doc.Chomp {
				name = strings.TrimLeft(name, "\t")
			}
			if name == doc.Name {
				doc.End = Token{Kind: HeredocEnd, Start: uint32(start), End: uint32(end), Text: l.src[start:end]}
				break
			}
			doc.Body.End = uint32(l.pos)
		}
		if doc.End.Kind != HeredocEnd {
			out.End = uint32(l.pos) // the body takes the last line ending too
		}
		doc.Body.Text = l.src[doc.Body.Start:doc.Body.End]
		out.Heredocs = append(out.Heredocs, doc)
	}
}

// Chomp drops the leading tabs of every line, as <<- asks for.
func Chomp(body string) string {
	if !strings.Contains(body, "\t") {
		return body
	}
	lines := strings.SplitAfter(body, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimLeft(line, "\t")
	}
	return strings.Join(lines, "")
}

type noEnv struct{}

func (noEnv) Get(string) (string, bool) { return "", false }
