// Package ignore reads the comments of a Dockerfile that keep findings from being shown:
//
//	# strake: ignore=CODE,CODE reason        of the next instruction, or inside of one of its next line
//	# strake: ignore-start=CODE reason       up to the next ignore-end
//	# strake: ignore-end
//	# strake: ignore-file=CODE reason        of the whole file
//	# hadolint ignore=CODE,CODE              as the first
//	# hadolint global ignore=CODE            of the whole file
//	# shellcheck disable=CODE                as the first
//
// A code may stand for all that begin with it and a slash, a pattern of path.Match for those that match,
// and "all" for all. Ours need a reason. The check directive is no matter of this package.
package ignore

import (
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// Comment is one of a comment's codes.
type Comment struct {
	Code     string
	At       source.Span // of the comment
	Over     source.Span // where the finding starts that it is about; a stretch of the file
	Used     bool        // something was not shown
	Hadolint bool        // it is written for that
	Foreign  bool        // it is written for that or ShellCheck
}

// Covers tells whether a finding that starts at a place, with a code, is one of the comment's.
func (c *Comment) Covers(code string, at source.Span) bool {
	return !at.IsZero() && at.File == c.Over.File && c.Over.Start <= at.Start && at.Start < c.Over.End && c.Names(code)
}

// All is what a comment has in place of a code for all.
const All = "all"

// Names tells whether the comment's code stands for a code.
func (c *Comment) Names(code string) bool {
	if c.Many() {
		ok, err := path.Match(c.Code, code)
		return c.Code == All || ok && err == nil
	}
	rest, ok := strings.CutPrefix(code, c.Code)
	return ok && (rest == "" || rest[0] == '/')
}

// Many tells whether the comment's code stands for codes of other names.
func (c *Comment) Many() bool { return c.Code == All || strings.ContainsAny(c.Code, "*?[") }

// Unused is what there is to say of a comment that ignores nothing.
func (c *Comment) Unused() diag.Diagnostic {
	what := "no " + c.Code
	if c.Code == All {
		what = "nothing to ignore"
	}
	return diag.Diagnostic{Severity: diag.Warning, Code: "unused-ignore", Span: c.At,
		Message: "nothing is ignored here: there is " + what + " below", Hint: "remove the comment"}
}

// The forms of comments, behind the "#".
var (
	ours   = late.Regexp(`^\s*strake:\s*ignore(-file|-start)?=([^\s,]+(?:,[^\s,]+)*)(.*)$`)
	end    = late.Regexp(`^\s*strake:\s*ignore-end\s*$`)
	meant  = late.Regexp(`(?i)^\s*strake\s*([:-]?)\s*(?:ignor[\w-]*|([\w-]+)(=?))`)
	others = late.Regexp(`^\s*(?:hadolint\s+(global\s+)?ignore|shellcheck\s+disable)\s*=\s*([^\s,]+(?:\s*,\s*[^\s,]+)*)`)
)

// Is tells whether a line of a Dockerfile is a comment of ours that ignores something.
func Is(line string) bool {
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
	return ok && ours().MatchString(text)
}

// Read finds the comments of a file, and warns of those of ours that are not understood.
func Read(file *lang.File) ([]*Comment, diag.List) {
	text := file.Source.Text
	if !speaks(text) {
		return nil, nil
	}
	r := reader{file: file}
	for _, item := range file.Items {
		switch n := item.(type) {
		case *lang.Comment:
			r.comment(n.Span(), n.Text, &r.above)
		case lang.Instruction:
			r.instruction(n)
		}
	}
	for _, c := range r.blocks {
		c.Over.End = file.Span().End
		if n := len(r.bad); n == 0 || r.bad[n-1].Span != c.At {
			r.bad.Warnf(c.At, "ignore-without-end", "this goes on to the end of the file: there is no ignore-end").
				Hint = "write `# strake: ignore-end` where it ends, or ignore-file in place of ignore-start"
		}
	}
	return append(r.all, r.above...), r.bad
}

// speaks tells whether a text may have a comment in it that is read.
func speaks(text string) bool {
	return strings.Contains(text, "ignor") || strings.Contains(text, "disable") || named(text)
}

// named tells whether the name of strake is in a text, in whatever case: by its rarest letter.
func named(text string) bool {
	return namedBy(text, 'k') || namedBy(text, 'K')
}

// namedBy tells it by one of the cases of that letter.
func namedBy(text string, letter byte) bool {
	const name = "strake"
	for i := 0; ; i++ {
		next := strings.IndexByte(text[i:], letter)
		if next < 0 {
			return false
		}
		i += next
		if start := i - strings.IndexByte(name, 'k'); start >= 0 && start+len(name) <= len(text) && strings.EqualFold(text[start:start+len(name)], name) {
			return true
		}
	}
}

// reader goes through a file.
type reader struct {
	file   *lang.File
	all    []*Comment
	above  []*Comment // the next instruction
	inner  []*Comment // the next line of an instruction
	blocks []*Comment // that are open
	bad    diag.List
}

// comment reads the text of a comment; next are those that are about what follows.
func (r *reader) comment(at source.Span, text string, next *[]*Comment) {
	if end().MatchString(text) {
		if r.blocks == nil {
			r.bad.Warnf(at, "ignore-without-end", "nothing ends here: there is no ignore-start above").Hint = "remove the comment"
		}
		for _, c := range r.blocks {
			c.Over.End = at.Start
		}
		r.blocks = nil
		return
	}
	if g := others().FindStringSubmatch(text); g != nil {
		for _, c := range r.codes(at, g[2], map[bool]string{true: "-file"}[g[1] != ""], next) {
			c.Hadolint, c.Foreign = strings.Contains(g[0], "hadolint"), true
		}
		return
	}
	switch g := ours().FindStringSubmatch(text); {
	case g == nil && r.misspelt(at, text):
	case g == nil:
	case !strings.ContainsFunc(g[3], isWordy):
		r.bad.Warnf(at, "ignore-without-reason", "nothing is ignored here: the comment has no reason").
			Hint = "say why behind the code: `# strake: ignore" + g[1] + "=" + g[2] + " reason`"
	default:
		r.codes(at, g[2], g[1], next)
	}
}

// forms are what comments of ours may be.
var forms = []string{"ignore", "ignore-start", "ignore-end", "ignore-file"}

// misspelt warns of a comment that is meant for strake and is not understood. Others may say what they
// like behind its name.
func (r *reader) misspelt(at source.Span, text string) bool {
	g := meant().FindStringSubmatch(text)
	if g == nil {
		return false
	}
	near := "ignore"
	if g[2] != "" {
		near = diag.Suggest(g[2], forms)
		colon, equals := g[1] != "", g[3] != ""
		if !(colon && equals || near != "" && (colon || equals)) {
			return false
		}
	}
	d := r.bad.Warnf(at, "bad-ignore", "nothing is ignored here: the comment is not understood")
	d.Hint = "it is written as `# strake: ignore=CODE,CODE reason`"
	if g[2] != "" && near != "" {
		d.Hint = "did you mean `" + near + "`? " + d.Hint
	}
	return true
}

func isWordy(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// codes takes the codes of a comment.
func (r *reader) codes(at source.Span, list, kind string, next *[]*Comment) (all []*Comment) {
	for code := range strings.SplitSeq(list, ",") {
		c := &Comment{Code: strings.TrimSpace(code), At: at}
		all = append(all, c)
		switch kind {
		case "-file":
			c.Over = r.file.Span()
			r.all = append(r.all, c)
		case "-start":
			c.Over = source.Span{File: at.File, Start: at.End, End: at.End}
			r.all, r.blocks = append(r.all, c), append(r.blocks, c)
		default:
			*next = append(*next, c)
		}
	}
	return all
}

// instruction takes what is above an instruction, and the comments inside of it.
func (r *reader) instruction(n lang.Instruction) {
	at := n.Span()
	for _, c := range r.above {
		c.Over = at
	}
	r.all, r.above = append(r.all, r.above...), nil
	text := r.file.Source.Slice(at)
	if !strings.Contains(text, "#") || !strings.Contains(text, "\n") {
		return
	}
	var lines []source.Span // those with comments, of continued lines and of here documents
	for _, t := range r.file.Trivia(n) {
		if t.Kind == lang.InnerComment {
			lines = append(lines, t.Span())
		}
	}
	in := scriptOf(r.file.Source, n)
	start := at.Start
	for line := range strings.SplitAfterSeq(text, "\n") {
		here := source.Span{File: at.File, Start: start, End: start + uint32(len(line))}
		start = here.End
		trimmed := strings.TrimSpace(line)
		comment := strings.HasPrefix(trimmed, "#") && (slices.ContainsFunc(lines, func(s source.Span) bool { return s.Start >= here.Start && s.Start < here.End }) || in.comments(here, trimmed))
		switch {
		case comment:
			here.End = here.Start + uint32(len(strings.TrimRight(line, "\r\n")))
			r.comment(here, trimmed[1:], &r.inner)
		case trimmed != "":
			for _, c := range r.inner {
				c.Over = here
			}
			r.all, r.inner = append(r.all, r.inner...), nil
		}
	}
	r.all, r.inner = append(r.all, r.inner...), nil
}

// script is a here document that is all that a RUN runs.
type script struct {
	source *source.File
	body   source.Span
	lines  func() (map[uint]bool, bool) // shell.Comments
}

// scriptOf is that of an instruction; without one it has no lines. In other here documents, which are files
// or what commands read, a comment is of who reads them.
func scriptOf(src *source.File, n lang.Instruction) script {
	docs := n.Head().Heredocs
	if on, ok := n.(*lang.Onbuild); ok {
		n = on.Trigger
	}
	run, ok := n.(*lang.Run)
	if !ok || len(docs) != 1 {
		return script{}
	}
	if _, all := lexer.ParseHeredoc(run.Command.Line.Text); !all {
		return script{}
	}
	text := src.Slice(docs[0].Body.Span())
	if docs[0].Chomp {
		text = lexer.Chomp(text)
	}
	lines := sync.OnceValues(func() (map[uint]bool, bool) { return shell.Comments(text) })
	return script{src, docs[0].Body.Span(), lines}
}

// comments tells whether a line that begins with a # is a comment of the script. What is in a here document
// of its own, or in quotes, is data; where no shell reads it, all are.
func (s script) comments(line source.Span, trimmed string) bool {
	if s.source == nil || line.Start < s.body.Start || line.Start >= s.body.End {
		return false
	}
	if !speaks(trimmed) {
		return true
	}
	lines, ok := s.lines()
	before := s.source.Slice(source.Span{File: line.File, Start: s.body.Start, End: line.Start})
	return !ok || lines[uint(strings.Count(before, "\n"))+1]
}
