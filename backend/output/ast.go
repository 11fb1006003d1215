package output

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func ast() Output {
	return Output{Name: "ast", Ext: ".ast", Comment: "#", Doc: "the syntax tree, with positions", Lower: lowerAST}
}

func lowerAST(_ context.Context, s *compile.Snapshot, _ int) ([]byte, diag.List, error) {
	file, found := s.AST()
	if found.HasErrors() {
		found.Sort()
		return nil, nil, found
	}
	return []byte(printTree(file)), found, nil
}

// printTree writes a tree, one node a line and what is below it indented:
//
//	FILE "Dockerfile" escape "\\" @1:1-4:4
//	  DIRECTIVE syntax "docker/dockerfile:1" @1:1-1:29
//	  FROM @2:1-2:26
//	    flag platform "$BUILDPLATFORM" @2:6-2:31
//	    base "golang:1.22" @2:32-2:43
//	  RUN @3:1-4:4
//	    shell "<<EOF" @3:5-3:10
//	    heredoc "EOF" expand
//	      body "" @4:1-4:1
//	      end "EOF" @4:1-4:4
//
// Instructions are in upper case, their parts in lower case. Strings are Go's:
// what counts of a word, with continuation lines joined. Behind @ are the line
// and column of the first byte and of the byte behind the last, counted from 1.
func printTree(f *lang.File) string {
	p := &printer{src: f.Source}
	p.node("FILE "+strconv.Quote(f.Source.Name)+" escape "+strconv.Quote(string(rune(f.Escape))), f.Span())
	p.depth++
	for _, item := range f.Items {
		p.item(item)
	}
	return p.out.String()
}

type printer struct {
	out   strings.Builder
	src   *source.File
	depth int
}

// node writes a line.
func (p *printer) node(text string, at source.Span) {
	start, end := p.src.Position(at.Start), p.src.Position(at.End)
	fmt.Fprintf(&p.out, "%*s%s @%d:%d-%d:%d\n", 2*p.depth, "", text, start.Line, start.Column, end.Line, end.Column)
}

// words writes those that are there.
func (p *printer) words(label string, list ...lang.Word) {
	for _, w := range list {
		if !w.At.IsZero() {
			p.node(label+" "+strconv.Quote(w.Text), w.At)
		}
	}
}

func (p *printer) item(item lang.Item) {
	switch item := item.(type) {
	case *lang.Comment:
		p.node("COMMENT "+strconv.Quote(item.Text), item.At)
	case *lang.Directive:
		p.node("DIRECTIVE "+item.Name+" "+strconv.Quote(item.Value), item.At)
	case lang.Instruction:
		p.instruction(item)
	}
}

func (p *printer) instruction(in lang.Instruction) {
	h := in.Head()
	name := strings.ToUpper(h.Keyword.Text)
	if _, custom := in.(*lang.Custom); custom {
		name = "CUSTOM " + strconv.Quote(h.Keyword.Text)
	}
	p.node(name, in.Span())
	p.depth++
	defer func() { p.depth-- }()
	for _, f := range h.Flags {
		text := "flag " + f.Name
		if f.HasValue {
			text += " " + strconv.Quote(f.Value)
		}
		p.node(text, f.At)
	}
	p.operands(in)
	if on, ok := in.(*lang.Onbuild); ok && on.Trigger != nil {
		return // its here documents are the trigger's
	}
	for _, d := range h.Heredocs {
		p.heredoc(d)
	}
}

// operands writes what an instruction has behind its flags.
func (p *printer) operands(in lang.Instruction) {
	switch in := in.(type) {
	case *lang.From:
		p.words("base", in.Base)
		p.words("as", in.As)
	case *lang.Run:
		p.command(in.Command)
	case *lang.Cmd:
		p.command(in.Command)
	case *lang.Entrypoint:
		p.command(in.Command)
	case *lang.Shell:
		p.command(in.Command)
	case *lang.Healthcheck:
		p.words("kind", in.Kind)
		p.command(in.Command)
	case *lang.Copy:
		p.words("source", in.Paths.Sources...)
		p.words("destination", in.Paths.Dest)
	case *lang.Add:
		p.words("source", in.Paths.Sources...)
		p.words("destination", in.Paths.Dest)
	case *lang.Env:
		p.pairs(in.Pairs.List)
	case *lang.Label:
		p.pairs(in.Pairs.List)
	case *lang.Arg:
		p.pairs(in.Pairs.List)
	case *lang.Expose:
		p.words("port", in.Ports.List...)
	case *lang.Volume:
		p.words("path", in.Paths.List...)
	case *lang.Workdir:
		p.words("path", in.Path)
	case *lang.User:
		p.words("name", in.Name)
	case *lang.StopSignal:
		p.words("signal", in.Signal)
	case *lang.Maintainer:
		p.words("name", in.Name)
	case *lang.Custom:
		p.words("arguments", in.Args)
	case *lang.Onbuild:
		if in.Trigger != nil {
			p.instruction(in.Trigger)
		}
	}
}

func (p *printer) command(c lang.Command) {
	if !c.Exec {
		p.words("shell", c.Line)
		return
	}
	p.words("exec", c.Args...)
}

func (p *printer) pairs(list []lang.Pair) {
	for _, pair := range list {
		text := "pair " + strconv.Quote(pair.Key.Text)
		if pair.HasValue {
			text += " " + strconv.Quote(pair.Value.Text)
		}
		if pair.Legacy {
			text += " legacy"
		}
		p.node(text, pair.Span())
	}
}

func (p *printer) heredoc(d lang.Heredoc) {
	text := "heredoc " + strconv.Quote(d.Name)
	if d.Expand {
		text += " expand"
	}
	if d.Chomp {
		text += " chomp"
	}
	p.node(text, d.Span())
	p.depth++
	p.words("body", d.Body)
	p.words("end", d.End)
	p.depth--
}
