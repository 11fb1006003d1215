package lexer

import (
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// heredocWord is BuildKit's pattern of a word that starts a here document.
var heredocWord = regexp.MustCompile(`^(\d*)<<(-?)\s*([^<]*)$`)

// takesHeredoc reports whether a line can be followed by here documents: RUN,
// COPY and ADD that are not in JSON form, also behind ONBUILD.
func takesHeredoc(line *Line) bool {
	json := len(line.Args) > 0 && line.Args[0].Kind == JSON
	if line.Sub != nil {
		line = line.Sub
		json = json || len(line.Args) > 0 && line.Args[0].Kind == JSON
	}
	return !json && (line.ID == Run || line.ID == Copy || line.ID == Add)
}

// ParseHeredoc reads a word such as <<EOF, 3<<-"EOF" or << EOF. It reports false
// for a word that starts no here document.
func ParseHeredoc(word string) (Heredoc, bool) {
	if !strings.Contains(word, "<<") {
		return Heredoc{}, false
	}
	m := heredocWord.FindStringSubmatch(word)
	if m == nil || m[3] == "" {
		return Heredoc{}, false
	}
	lex := shell.NewLex('\\')
	lex.SkipUnsetEnv = true
	plain, err := lex.ProcessWords(m[3], noEnv{})
	if err != nil || len(plain) != 1 {
		return Heredoc{}, false
	}
	lex.RawQuotes = true
	raw, err := lex.ProcessWords(m[3], noEnv{})
	if err != nil || len(raw) != 1 {
		return Heredoc{}, false
	}
	return Heredoc{Name: plain[0], Chomp: m[2] == "-", Expand: quotes(plain[0]) == quotes(raw[0])}, true
}

func quotes(s string) int { return strings.Count(s, `'`) + strings.Count(s, `"`) }

// heredocs reads the here documents that the line at hand announces, first in,
// first out.
func (l *Lexer) heredocs(out *Line) {
	lex := shell.NewLex('\\') // whatever the escape directive says
	lex.RawQuotes, lex.RawEscapes, lex.SkipUnsetEnv = true, true, true
	words, _ := lex.ProcessWords(l.text, noEnv{}) // a broken quote announces nothing
	for _, word := range words {
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
func (noEnv) Keys() []string            { return nil }
