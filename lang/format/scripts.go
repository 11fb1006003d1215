package format

import (
	"path"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/lexer"
)

// shells know which shell the RUNs of each stage have, as far as the file tells.
type shells struct {
	stages map[string]string // by name, in lower case
	stage  string            // the name of the stage at hand
	now    string            // its shell: "" is that of the image, "?" one that is not read
}

const unread = "?"

// step takes an instruction in.
func (s *shells) step(in lang.Instruction, escape byte) {
	switch n := in.(type) {
	case *lang.From:
		s.stage = strings.ToLower(n.As.Text)
		shell, known := s.stages[strings.ToLower(n.Base.Text)]
		platform, _ := n.Flag("platform")
		if !known && (escape == '`' || windows(n.Base.Text) || windows(platform)) {
			shell = unread
		}
		s.now = shell
	case *lang.Shell:
		s.now = unread
		if args := n.Command.Args; len(args) > 0 {
			if name := path.Base(args[0].Text); script.Shell(name) {
				s.now = name
			}
		}
	}
	if s.stage != "" {
		if s.stages == nil {
			s.stages = map[string]string{}
		}
		s.stages[s.stage] = s.now
	}
}

// windows tells names that images and platforms of Windows have.
func windows(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "windows") || strings.Contains(name, "nanoserver") || strings.Contains(name, "servercore")
}

// scripted tells the RUNs whose scripts are laid out.
func (p *printer) scripted(in lang.Instruction) (*lang.Run, bool) {
	n, ok := in.(*lang.Run)
	return n, ok && p.scripts != nil && !n.Command.Exec && n.Command.Line.Text != "" && p.shells.now != unread
}

// lines lays out the command of a RUN. A shift may look like a here document with other blanks
// around it.
func (p *printer) lines(n *lang.Run) ([]script.Line, bool) {
	if strings.Contains(n.Command.Line.Text, "<<") {
		return nil, false
	}
	line := n.Command.Line
	var breaks []script.Break
	joined, at := 0, line.At.Start
	for _, t := range p.between(line.At.Start, line.At.End) {
		joined += int(t.At.Start - at)
		at = t.At.End
		switch t.Kind {
		case lang.Continuation:
			breaks = append(breaks, script.Break{At: joined})
		case lang.InnerComment:
			last := &breaks[len(breaks)-1]
			last.Comments = append(last.Comments, "#"+trimRight(t.Text))
		}
	}
	lines, ok := script.Lines(line.Text, p.shells.now, breaks, *p.scripts)
	return lines, ok && !strings.HasSuffix(lines[len(lines)-1].Text, string(rune(p.file.Escape)))
}

// spread writes a command on its lines.
func (p *printer) spread(lines []script.Line, end uint32) {
	ending := lineEnding(p.src[p.at:], p.eol)
	for i, l := range lines {
		p.WriteString(l.Text)
		if i == len(lines)-1 {
			break
		}
		if !l.Comment {
			p.WriteByte(' ')
			p.WriteByte(p.file.Escape)
		}
		p.WriteString(ending)
	}
	p.at = end
}

// document lays out the here document that is all of a RUN.
func (p *printer) document(n *lang.Run) (string, bool) {
	if len(n.Heredocs) != 1 {
		return "", false
	}
	if _, only := lexer.ParseHeredoc(n.Command.Line.Text); !only {
		return "", false
	}
	doc, shell := n.Heredocs[0], p.shells.now
	text, deep := doc.Body.Text, ""
	if doc.Chomp {
		if strings.HasPrefix(text, "\t") {
			deep = "\t"
		}
		text = lexer.Chomp(text)
	}
	if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "#!") {
		words := strings.Fields(first[len("#!"):])
		if len(words) > 0 && path.Base(words[0]) == "env" {
			words = words[1:]
		}
		if len(words) == 0 || !script.Shell(path.Base(words[0])) {
			return "", false
		}
		shell = path.Base(words[0])
	}
	out, ok := script.Document(text, shell, *p.scripts)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for line := range strings.Lines(out) {
		if strings.Trim(line, "\t\n") == doc.Name {
			return "", false // the document would end here
		}
		if line != "\n" {
			b.WriteString(deep)
		}
		b.WriteString(line)
	}
	return b.String(), true
}
