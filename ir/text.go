package ir

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/source"
)

// Print writes a module in the textual form: everything that it holds, the texts
// of its files included, for tests and bug reports. Parse reads it back; for a
// module that Verify accepts the result is equal in every field, and an origin
// that was shared is shared again. Nil and empty lists are one.
//
// The form, by an example:
//
//	module escape "\\" syntax "docker/dockerfile:1" check "skip=all" {
//	  FILE "Dockerfile" {
//	    "FROM golang:1.22 AS build\n"
//	    "RUN go build ./...\n"
//	  }
//	  ORIGIN #0 at 0:26-44
//	  ARG [GO="1.22", TAG] code "ARG GO=1.22 TAG" at 0:0-15 // line 1
//	  FROM "golang:1.22" as "build" platform "$BUILDPLATFORM" comments ["how to"] code "FROM …" at 0:0-25 { // line 1
//	    RUN shell "go build ./..." mount [type="cache", target="/root/.cache"] by "cache" why "go build" of [#0]
//	    RUN shell "<<EOF" heredoc [name="EOF", chomp, data="echo\n"] at #0
//	    RUN exec ["go", "test"] network "none" security "sandbox" device [name="gpu", required]
//	    COPY ["a", "b"] inline [word="<<F", name="F", expand, data="text\n"] to "/x" from "build" link
//	    ADD ["https://example.com/x"] to "/x" checksum "sha256:…" keep-git-dir "false" unpack "true"
//	    ENV [A="1", B="2"]
//	    LABEL [a:"legacy form"]
//	    HEALTHCHECK exec ["true"] interval "30s" retries 3
//	    CUSTOM "INSTALL" flags ["--from=x"] args "curl <<E" heredoc [name="E", data="x\n"]
//	  }
//	}
//
// Names in upper case start an item, those in lower case a field of it. Fields
// that are zero are left out. Strings are Go's, and adjacent ones are one.
// A span is file:start-end in bytes; "//" starts a comment. The origin of an
// item is its fields at, by, why and of; one that is used more than once, or
// that others are made out of, has a number and is written before.
//
// A module that is broken prints as far as it can be told; what is nil prints
// as NIL, which Parse refuses.
func Print(m *Module) string {
	p := printer{uses: map[*Origin]int{}, numbers: map[*Origin]int{}}
	if m == nil {
		return "NIL\n"
	}
	p.count(m)
	p.module(m)
	return p.String()
}

type printer struct {
	strings.Builder
	indent  string
	uses    map[*Origin]int
	numbers map[*Origin]int // of the origins that are written on their own
	next    int
	files   []*source.File // for line numbers
}

// count finds out how often each origin is used.
func (p *printer) count(m *Module) {
	eachOrigin(m, func(o *Origin) { p.uses[o]++ })
}

// eachOrigin calls visit for every use of an origin: by op, stage or another
// origin. It goes behind each origin once.
func eachOrigin(m *Module, visit func(*Origin)) {
	behind := map[*Origin]bool{nil: true}
	var use func(*Origin)
	use = func(o *Origin) {
		visit(o)
		if behind[o] {
			return
		}
		behind[o] = true
		for _, from := range o.From {
			use(from)
		}
	}
	ops := func(list []*Op) {
		for _, op := range list {
			if op != nil {
				use(op.Origin)
			}
		}
	}
	ops(m.Args)
	for _, s := range m.Stages {
		if s != nil {
			use(s.Origin)
			ops(s.Ops)
		}
	}
}

func (p *printer) module(m *Module) {
	p.WriteString("module")
	p.attr("escape", escapeText(m.Escape))
	p.text("syntax", m.Syntax)
	p.text("check", m.Check)
	p.WriteString(" {\n")
	p.indent = "  "
	for _, f := range m.Files {
		p.files = append(p.files, source.NewFile(f.Name, f.Text))
		p.file(f)
	}
	p.ops(m.Args)
	for _, s := range m.Stages {
		p.stage(s)
	}
	p.WriteString("}\n")
}

// escapeText is the escape character as a string; "" is zero, which is invalid.
func escapeText(escape byte) string {
	if escape == 0 {
		return `""`
	}
	return strconv.Quote(string([]byte{escape}))
}

func (p *printer) file(f File) {
	fmt.Fprintf(p, "  FILE %q {\n", f.Name)
	for line := range strings.Lines(f.Text) {
		fmt.Fprintf(p, "    %q\n", line)
	}
	p.WriteString("  }\n")
}

func (p *printer) ops(list []*Op) {
	for _, op := range list {
		if op == nil {
			p.WriteString(p.indent + "NIL\n")
			continue
		}
		p.origins(op.Origin)
		p.WriteString(p.indent)
		p.body(op.Body)
		p.text("code", op.Code)
		p.origin(op.Origin)
		p.comment(op.Origin)
	}
}

func (p *printer) stage(s *Stage) {
	if s == nil {
		p.WriteString(p.indent + "NIL\n")
		return
	}
	p.origins(s.Origin)
	fmt.Fprintf(p, "%sFROM %q", p.indent, s.Base)
	p.text("as", s.Name)
	p.text("platform", s.Platform)
	if len(s.Comments) > 0 {
		p.attr("comments", list(s.Comments))
	}
	p.text("code", s.Code)
	p.origin(s.Origin)
	p.WriteString(" {")
	p.comment(s.Origin)
	p.indent = "    "
	p.ops(s.Ops)
	p.indent = "  "
	p.WriteString("  }\n")
}

func (p *printer) attr(name, value string) {
	if name != "" {
		p.WriteString(" " + name)
	}
	if value != "" {
		p.WriteString(" " + value)
	}
}

func (p *printer) text(name, value string) {
	if value != "" {
		p.attr(name, strconv.Quote(value))
	}
}

// origins writes those that have to stand before an item with this origin.
func (p *printer) origins(o *Origin) {
	if o == nil {
		return
	}
	if _, done := p.numbers[o]; done {
		return
	}
	if p.uses[o] > 1 {
		p.numbered(o)
		return
	}
	for _, from := range o.From {
		p.numbered(from)
	}
}

// numbered writes an origin on its own, unless a span says it all.
func (p *printer) numbered(o *Origin) {
	if o == nil || p.uses[o] == 1 && isLeaf(o) {
		return
	}
	if _, done := p.numbers[o]; done {
		return
	}
	p.numbers[o] = -1 // not written yet
	for _, from := range o.From {
		p.numbered(from)
	}
	p.numbers[o] = p.next
	p.next++
	fmt.Fprintf(p, "%sORIGIN #%d", p.indent, p.numbers[o])
	p.chain(o)
	p.comment(o)
}

func isLeaf(o *Origin) bool {
	return !o.Span.IsZero() && o.By == "" && o.Why == "" && len(o.From) == 0
}

func (p *printer) origin(o *Origin) {
	if o == nil {
		p.WriteString(" at NIL")
		return
	}
	if n, ok := p.numbers[o]; ok {
		p.attr("at", "#"+strconv.Itoa(n))
		return
	}
	p.chain(o)
}

func (p *printer) chain(o *Origin) {
	if !o.Span.IsZero() {
		p.attr("at", span(o.Span))
	}
	p.text("by", o.By)
	p.text("why", o.Why)
	if len(o.From) == 0 {
		return
	}
	refs := make([]string, len(o.From))
	for i, from := range o.From {
		switch n, ok := p.numbers[from]; {
		case ok && n >= 0:
			refs[i] = "#" + strconv.Itoa(n)
		case ok || from == nil:
			refs[i] = "NIL" // an origin that is made out of itself
		default:
			refs[i] = span(from.Span)
		}
	}
	p.attr("of", "["+strings.Join(refs, ", ")+"]")
}

func span(s source.Span) string { return fmt.Sprintf("%d:%d-%d", s.File, s.Start, s.End) }

// comment ends the line with the number of the line that the origin is at.
func (p *printer) comment(o *Origin) {
	if o != nil && !o.Span.IsZero() && int(o.Span.File) < len(p.files) {
		fmt.Fprintf(p, " // line %d", p.files[o.Span.File].Line(o.Span.Start))
	}
	p.WriteByte('\n')
}

func (p *printer) body(b Body) {
	all, ok := fields(b)
	if !ok {
		p.WriteString("NIL")
		return
	}
	if _, custom := b.(*Custom); custom {
		p.WriteString("CUSTOM")
	} else {
		p.WriteString(b.Keyword())
	}
	for _, f := range all {
		p.field(f)
	}
}

// field writes a field that is not zero.
func (p *printer) field(f field) {
	switch at := f.at.(type) {
	case *string:
		p.text(f.name, *at)
	case *bool:
		if *at {
			p.attr(f.name, "")
		}
	case **bool:
		if *at != nil {
			p.text(f.name, strconv.FormatBool(**at))
		}
	case *int:
		if *at != 0 {
			p.attr(f.name, strconv.Itoa(*at))
		}
	case *time.Duration:
		if *at != 0 {
			p.text(f.name, at.String())
		}
	case *[]string:
		if len(*at) > 0 {
			p.attr(f.name, list(*at))
		}
	case *Command:
		p.command(at)
	default:
		for _, r := range records(f.at) {
			p.attr(f.name, "["+strings.Join(r.entries(p.indent+"  "), ", ")+"]")
		}
	}
}

func (p *printer) command(c *Command) {
	p.text("shell", c.Line)
	switch {
	case c.Exec:
		p.attr("exec", list(c.Args))
	case len(c.Args) > 0:
		p.attr("args", list(c.Args))
	}
}

func list(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
