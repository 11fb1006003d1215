package config

import (
	_ "embed" // for the schema
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

//go:embed strake.schema.json
var fileSchema string

// Schema is the JSON schema of strake.yaml, for editors.
func Schema() string { return fileSchema }

// schema is a JSON schema. The library decides what is valid; explain.go finds out what
// it is that is not, as the library tells of one thing only, and not where.
type schema struct {
	root     *jsonschema.Schema
	resolved *jsonschema.Resolved
}

// compileSchema reads a schema. It cannot refer to others: it must not read files of the
// machine.
func compileSchema(text []byte) (*schema, error) {
	var root jsonschema.Schema
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	resolved, err := root.Resolve(&jsonschema.ResolveOptions{Loader: func(uri *url.URL) (*jsonschema.Schema, error) {
		return nil, fmt.Errorf("a schema cannot refer to %s", uri)
	}})
	if err != nil {
		return nil, err
	}
	return &schema{&root, resolved}, checkTypes(&root)
}

// checkTypes looks for types that there are not, which the library takes.
func checkTypes(s *jsonschema.Schema) error {
	if s == nil {
		return nil
	}
	types := s.Types
	if s.Type != "" {
		types = []string{s.Type}
	}
	for _, t := range types {
		if !slices.Contains([]string{"null", "boolean", "integer", "number", "string", "array", "object"}, t) {
			return fmt.Errorf("there is no type %q", t)
		}
	}
	below := slices.Concat([]*jsonschema.Schema{s.Items, s.Contains, s.AdditionalProperties, s.PropertyNames, s.Not, s.If, s.Then, s.Else},
		s.PrefixItems, s.AllOf, s.AnyOf, s.OneOf)
	for _, m := range []map[string]*jsonschema.Schema{s.Properties, s.PatternProperties, s.DependentSchemas, s.Defs, s.Definitions} {
		below = slices.AppendSeq(below, maps.Values(m))
	}
	for _, sub := range below {
		if err := checkTypes(sub); err != nil {
			return err
		}
	}
	return nil
}

// check validates a node; nil stands for an empty mapping. The errors point at what is
// wrong, or at span when nothing is written there.
func (s *schema) check(n *yamltree.Node, span source.Span) diag.List {
	if n == nil {
		n = &yamltree.Node{Kind: yamltree.Map, Span: span}
	}
	err := s.resolved.Validate(value(n))
	if err == nil {
		return nil
	}
	e := explainer{root: s.root}
	at := place{node: n, span: span}
	if n.Span != (source.Span{}) {
		at.span = n.Span
	}
	e.explain(s.root, at, 0)
	var diags diag.List
	for _, f := range e.found {
		diags.Add(f.diagnostic())
	}
	if len(diags) == 0 {
		diags.Errorf(at.span, "config", "the config is wrong: %v", err)
	}
	diags.Sort()
	return diags
}

// value is a node as the library takes it: its numbers are numbers.
func value(n *yamltree.Node) any {
	switch {
	case n == nil:
		return nil
	case n.Kind == yamltree.Number:
		return number(n)
	case n.Kind == yamltree.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = value(item)
		}
		return list
	case n.Kind == yamltree.Map:
		m := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			m[f.Key] = value(f.Value)
		}
		return m
	}
	return n.Data()
}

func number(n *yamltree.Node) float64 {
	f, _ := strconv.ParseFloat(n.Text, 64) // one that is too large is infinite
	return f
}

// place is a place of an instance.
type place struct {
	path []string // keys, and numbers of items
	node *yamltree.Node
	span source.Span
}

// child is the value of a key.
func (p place) child(key string) place {
	return p.below(key, p.node.Get(key))
}

// item is an item of a list.
func (p place) item(i int) place {
	return p.below(strconv.Itoa(i), p.node.Items[i])
}

func (p place) below(part string, n *yamltree.Node) place {
	out := place{append(slices.Clone(p.path), part), n, p.span}
	if n != nil {
		out.span = n.Span
	}
	return out
}

func (p place) keySpan(key string) source.Span {
	if f := p.node.Field(key); f != nil {
		return f.Span
	}
	return p.span
}

// title names a place by its last key, like "`paths` item 2".
func (p place) title() string {
	for i := len(p.path) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(p.path[i]); err == nil {
			continue
		}
		title := "`" + p.path[i] + "`"
		for _, n := range p.path[i+1:] {
			if n, err := strconv.Atoi(n); err == nil {
				title += " item " + strconv.Itoa(n+1)
			}
		}
		return title
	}
	return "the config"
}

// finding is something that is wrong.
type finding struct {
	at      place
	span    source.Span
	text    string // stands behind the title of the place, unless whole
	whole   bool
	meant   []string // what could have been written
	written string
	hint    string
	about   string // what the schema says of the place
	noted   bool   // about is a note, as the hint says something else
}

func (f *finding) diagnostic() diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Error, Code: "config", Span: f.span, Message: f.text, Hint: f.hint}
	if !f.whole {
		d.Message = f.at.title() + " " + f.text
	}
	near := diag.Suggest(f.written, f.meant)
	switch {
	case near != "":
		d.Hint = "did you mean `" + near + "`?"
	case f.hint == "" && f.about != "":
		d.Hint = "it is: " + strings.TrimSuffix(f.about, ".")
	case f.noted && f.about != "":
		d.Notes = []diag.Note{{Label: "about", Text: f.about}}
	}
	return d
}
