package yamltree

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Parse reads a file. The node is nil when it is empty, or no YAML. Errors have the
// code "yaml".
func Parse(file *source.File) (*Node, diag.List) {
	r := &reader{file: file}
	root := r.read()
	return root, r.diags
}

type reader struct {
	file  *source.File
	diags diag.List
}

func (r *reader) read() *Node {
	switch {
	case len(r.file.Text) > MaxSize:
		r.fail(source.Span{File: r.file.ID}, "the file is larger than %d KiB", MaxSize>>10)
		return nil
	case !utf8.ValidString(r.file.Text):
		r.fail(source.Span{File: r.file.ID}, "the file is not UTF-8")
		return nil
	}
	// The library counts lines wrongly when they end in "\r\n". Columns are the same
	// without.
	text := strings.ReplaceAll(strings.ReplaceAll(r.file.Text, "\r\n", "\n"), "\r", " ")
	tokens := lexer.Tokenize(text)
	if len(tokens) > MaxTokens {
		r.fail(r.span(tokens[MaxTokens]), "the file is too long")
		return nil
	}
	if t := tooDeep(tokens); t != nil {
		r.fail(r.span(t), "this is nested more than %d deep", MaxDepth)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	var root *Node
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 && root != nil {
			r.fail(r.nodeSpan(doc.Body), "the file has more than one document")
			break
		}
		root = r.node(doc.Body)
	}
	return root
}

func (r *reader) fail(span source.Span, format string, args ...any) *diag.Diagnostic {
	if span.IsZero() {
		span.End = 1 // the zero span has no place
	}
	return r.diags.Errorf(span, "yaml", format, args...)
}

// syntax tells what the library found wrong.
func (r *reader) syntax(err error) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		r.fail(source.Span{File: r.file.ID}, "the file is not YAML: %v", err)
		return
	}
	r.fail(r.span(e.GetToken()), "this is not YAML: %s", shortened(e.GetMessage()))
}

// maxMessage is how much of the library's message is told, in bytes: it may quote the
// file.
const maxMessage = 300

func shortened(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}

// tooDeep gives the token that nests too deep on one line. Nesting by indentation is
// bounded by the size of the file.
func tooDeep(tokens token.Tokens) *token.Token {
	flow, line, inLine := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, inLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			inLine++
		}
		if flow > MaxDepth || inLine > MaxDepth {
			return t
		}
	}
	return nil
}

func (r *reader) node(n ast.Node) *Node {
	out := &Node{Span: r.nodeSpan(n)}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		out.Kind, out.Bool = Bool, n.Value
	case *ast.IntegerNode, *ast.FloatNode:
		out.Kind, out.Text = Number, r.number(n, out.Span)
	case *ast.StringNode:
		out.Kind, out.Text = String, n.Value
	case *ast.LiteralNode:
		out.Kind, out.Text = String, n.Value.Value
	case *ast.SequenceNode:
		out.Kind = List
		for _, v := range n.Values {
			out.Items = append(out.Items, r.node(v))
		}
	case *ast.MappingNode:
		out.Kind = Map
		for _, v := range n.Values {
			r.field(out, v)
		}
	case *ast.MappingValueNode:
		out.Kind = Map
		r.field(out, n)
	case *ast.AnchorNode, *ast.AliasNode:
		r.fail(out.Span, "anchors and aliases are not allowed here").Hint = "write the value out"
	case *ast.TagNode:
		r.fail(out.Span, "tags are not allowed here").Hint = "write the value without " + n.GetToken().Value + ", or in quotes where that is part of it"
	default:
		r.fail(out.Span, "this kind of value is not allowed here")
	}
	return out
}

// number gives a number as JSON.
func (r *reader) number(n ast.Node, span source.Span) string {
	text := "0"
	switch n := n.(type) {
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			text = strconv.FormatInt(v, 10)
		case uint64:
			text = strconv.FormatUint(v, 10)
		default:
			r.fail(span, "this number is too large")
		}
	case *ast.FloatNode:
		b, err := json.Marshal(n.Value)
		if err != nil {
			r.fail(span, "this number is too large")
			break
		}
		text = string(b)
	}
	return text
}

func (r *reader) field(out *Node, v *ast.MappingValueNode) {
	f := Field{Span: r.span(v.Key.GetToken())}
	switch k := v.Key.(type) {
	case *ast.StringNode:
		f.Key = k.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		f.Key = k.GetToken().Value // as written
	case *ast.MergeKeyNode:
		r.fail(f.Span, "merge keys are not allowed here").Hint = "write the keys out"
		return
	default:
		r.fail(f.Span, "a key must be a text")
		return
	}
	if first := out.Field(f.Key); first != nil {
		d := r.fail(f.Span, "the key `%s` is there twice", f.Key)
		d.Related = []diag.Related{{Span: first.Span, Message: "it is here, too"}}
		return
	}
	f.Value = r.node(v.Value)
	if f.Value.Kind == Null && f.Value.Span.Len() == 0 {
		f.Value.Span = f.Span // nothing is written there
	}
	out.Fields = append(out.Fields, f)
}

// nodeSpan is where a node stands: a mapping at its first key, unless it has braces.
func (r *reader) nodeSpan(n ast.Node) source.Span {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return r.span(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return r.span(n.Key.GetToken())
	}
	return r.span(n.GetToken())
}

// span is where a token stands in the text. The library's offsets cannot be relied
// on; its lines and columns, which count characters, can.
func (r *reader) span(t *token.Token) source.Span {
	span := source.Span{File: r.file.ID}
	if t == nil || t.Position == nil || t.Position.Line < 1 {
		return span
	}
	line := r.file.LineText(t.Position.Line)
	col := 0
	for i := 1; i < t.Position.Column && col < len(line); i++ {
		_, n := utf8.DecodeRuneInString(line[col:])
		col += n
	}
	span.Start = r.file.LineStart(t.Position.Line) + uint32(col)
	span.End = span.Start + uint32(width(line[col:], t.Value))
	return span
}

// width is how many bytes of the rest of a line a scalar takes.
func width(rest, value string) int {
	if rest == "" {
		return 0
	}
	if q := rest[0]; q == '"' || q == '\'' {
		for i := 1; i < len(rest); i++ {
			switch {
			case rest[i] == '\\' && q == '"':
				i++
			case rest[i] == q:
				return i + 1
			}
		}
		return len(rest)
	}
	if strings.HasPrefix(rest, value) {
		return max(len(value), 1)
	}
	return 1
}
