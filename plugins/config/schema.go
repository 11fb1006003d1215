package config

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

//go:embed strake.schema.json
var fileSchema string

// Schema is the JSON schema of strake.yaml, for editors.
func Schema() string { return fileSchema }

// schema is a JSON schema and its text as data, for names that errors do not have.
type schema struct {
	compiled *jsonschema.Schema
	doc      any
}

// nowhere loads nothing: a schema must not read files of the machine.
type nowhere struct{}

// Load refuses.
func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema cannot refer to %s", url)
}

const schemaURL = "strake:schema"

func compileSchema(text []byte) (*schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, err
	}
	return &schema{compiled, doc}, nil
}

// check validates a node; nil stands for an empty mapping. The errors point at what is
// wrong, or at span when nothing is written there.
func (s *schema) check(n *yamltree.Node, span source.Span) diag.List {
	if n == nil {
		n = &yamltree.Node{Kind: yamltree.Map, Span: span}
	}
	err := s.compiled.Validate(n.Data())
	var invalid *jsonschema.ValidationError
	if err == nil {
		return nil
	}
	c := checker{schema: s, root: n, span: span}
	if !errors.As(err, &invalid) {
		c.diags.Errorf(span, "config", "%v", err)
		return c.diags
	}
	c.visit(invalid)
	c.diags.Sort()
	return c.diags
}

// checker turns the errors of a schema into diagnostics.
type checker struct {
	*schema
	root  *yamltree.Node
	span  source.Span
	diags diag.List
}

// visit tells of an error's causes, or of itself when it has none that say more.
func (c *checker) visit(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		if len(e.Causes) > 0 {
			c.choice(e)
			return
		}
	case *kind.AdditionalProperties:
		c.unknown(e, k.Properties)
		return
	case *kind.PropertyNames:
		at := c.at(e.InstanceLocation)
		d := c.add(at.keySpan(k.Property), "the key `%s` of %s is not one that can be there", k.Property, at.title())
		if len(e.Causes) > 0 {
			d.Hint = words(e.Causes[0])
		}
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.visit(cause)
		}
		return
	}
	at := c.at(e.InstanceLocation)
	d := c.add(at.span, "%s %s", at.title(), words(e))
	c.hint(d, e, at)
}

// choice tells of a value that fits none of several forms.
func (c *checker) choice(e *jsonschema.ValidationError) {
	at := c.at(e.InstanceLocation)
	var forms []string
	for _, cause := range e.Causes {
		for len(cause.Causes) > 0 {
			cause = cause.Causes[0]
		}
		form := words(cause)
		if inner := c.at(cause.InstanceLocation); len(cause.InstanceLocation) > len(e.InstanceLocation) {
			form = inner.title() + " " + form
		}
		if !slices.Contains(forms, form) && len(forms) < 4 {
			forms = append(forms, form)
		}
	}
	d := c.add(at.span, "%s fits none of the forms that it can have", at.title())
	d.Hint = strings.Join(forms, ", or ")
	if about := c.about(e); about != "" {
		d.Notes = append(d.Notes, diag.Note{Label: "about", Text: about})
	}
}

// unknown tells of keys that are not known.
func (c *checker) unknown(e *jsonschema.ValidationError, keys []string) {
	at := c.at(e.InstanceLocation)
	known := c.known(e.SchemaURL)
	slices.Sort(keys)
	for _, key := range keys {
		d := c.add(at.keySpan(key), "unknown key `%s`", key)
		switch near := diag.Suggest(key, known); {
		case near != "":
			d.Hint = "did you mean `" + near + "`?"
		case len(known) > 0:
			d.Hint = "the keys here are " + strings.Join(known, ", ")
		}
	}
}

func (c *checker) add(span source.Span, format string, args ...any) *diag.Diagnostic {
	return c.diags.Errorf(span, "config", format, args...)
}

// hint adds what was meant, or what the schema says of the place.
func (c *checker) hint(d *diag.Diagnostic, e *jsonschema.ValidationError, at place) {
	if k, ok := e.ErrorKind.(*kind.Enum); ok && at.node != nil {
		var names []string
		for _, v := range k.Want {
			if s, ok := v.(string); ok {
				names = append(names, s)
			}
		}
		if near := diag.Suggest(at.node.Str(), names); near != "" {
			d.Hint = "did you mean `" + near + "`?"
			return
		}
	}
	if about := c.about(e); about != "" {
		d.Hint = "it is: " + strings.TrimSuffix(about, ".")
	}
}

// at gives the place of an instance location.
func (c *checker) at(path []string) place {
	p := place{node: c.root, span: c.span}
	if len(path) == 0 && c.root.Span != (source.Span{}) {
		p.span = c.root.Span
	}
	for _, part := range path {
		p.path = append(p.path, part)
		if p.node == nil {
			break
		}
		if p.node.Kind == yamltree.List {
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(p.node.Items) {
				break
			}
			p.node = p.node.Items[i]
		} else {
			p.node = p.node.Get(part)
		}
		if p.node != nil {
			p.span = p.node.Span
		}
	}
	return p
}

// place is a place of an instance.
type place struct {
	path []string
	node *yamltree.Node
	span source.Span
}

func (p place) keySpan(key string) source.Span {
	if f := p.node.Field(key); f != nil {
		return f.Span
	}
	return p.span
}

// title names a place by its last key, like "`paths` 2".
func (p place) title() string {
	for i := len(p.path) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(p.path[i]); err == nil {
			continue
		}
		title := "`" + p.path[i] + "`"
		for _, n := range p.path[i+1:] {
			if n, err := strconv.Atoi(n); err == nil {
				title += fmt.Sprintf(" item %d", n+1)
			}
		}
		return title
	}
	return "the config"
}

// lookup follows the JSON pointer of a schema's URL.
func (s *schema) lookup(url string) map[string]any {
	_, pointer, _ := strings.Cut(url, "#")
	here := s.doc
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		part = strings.NewReplacer("~1", "/", "~0", "~", "%25", "%", "%20", " ").Replace(part)
		switch v := here.(type) {
		case map[string]any:
			here = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			here = v[i]
		}
	}
	m, _ := here.(map[string]any)
	return m
}

// known gives the keys that a schema has properties for.
func (s *schema) known(url string) []string {
	props, _ := s.lookup(url)["properties"].(map[string]any)
	var keys []string
	for k := range props {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// about gives what a schema says of the place of an error.
func (s *schema) about(e *jsonschema.ValidationError) string {
	text, _ := s.lookup(e.SchemaURL)["description"].(string)
	return text
}

// quote writes a value of a schema.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
