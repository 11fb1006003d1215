package config

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// maxNesting bounds schemas that refer to themselves.
const maxNesting = 2 * yamltree.MaxDepth

// explainer finds what of an instance a schema has something against.
type explainer struct {
	root  *jsonschema.Schema
	found []*finding
}

func (e *explainer) add(s *jsonschema.Schema, p place, text string) *finding {
	f := &finding{at: p, span: p.span, text: text, about: s.Description}
	e.found = append(e.found, f)
	return f
}

// explain looks at one schema and one place.
func (e *explainer) explain(s *jsonschema.Schema, p place, depth int) {
	if s == nil || depth > maxNesting {
		return
	}
	if s.Ref != "" {
		e.explain(e.refers(s.Ref), p, depth+1)
	}
	types := s.Types
	if s.Type != "" {
		types = []string{s.Type}
	}
	switch {
	case len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return isType(p.node, t) }):
		slices.Sort(types)
		e.add(s, p, "must be "+either(names(types, typeName))+", and is "+kindOf(p.node).String())
		return
	case s.Enum != nil && !slices.ContainsFunc(s.Enum, func(v any) bool { return equal(v, p.node) }):
		f := e.add(s, p, "must be "+either(names(s.Enum, quote)))
		f.meant, f.written = namesOf(s.Enum), p.node.Str()
		return
	case s.Const != nil && !equal(*s.Const, p.node):
		e.add(s, p, "must be "+quote(*s.Const))
		return
	case s.Not != nil && e.valid(s.Not, p.node):
		e.add(s, p, "cannot be that")
		return
	}
	switch kindOf(p.node) {
	case yamltree.String:
		e.text(s, p)
	case yamltree.Number:
		e.number(s, p)
	case yamltree.List:
		e.list(s, p, depth)
	case yamltree.Map:
		e.mapping(s, p, depth)
	}
	e.logic(s, p, depth)
}

func (e *explainer) text(s *jsonschema.Schema, p place) {
	for _, text := range outside(len([]rune(p.node.Text)), s.MinLength, s.MaxLength, "character") {
		e.add(s, p, text)
	}
	if re, err := regexp.Compile(s.Pattern); err == nil && !re.MatchString(p.node.Text) {
		e.add(s, p, "is "+quote(p.node.Text)+", which does not have the right form")
	}
}

func (e *explainer) number(s *jsonschema.Schema, p place) {
	n := number(p.node)
	for _, bound := range []struct {
		limit *float64
		bad   func(limit float64) bool
		text  string
	}{
		{s.Minimum, func(l float64) bool { return n < l }, "must be at least "},
		{s.Maximum, func(l float64) bool { return n > l }, "must be at most "},
		{s.ExclusiveMinimum, func(l float64) bool { return n <= l }, "must be more than "},
		{s.ExclusiveMaximum, func(l float64) bool { return n >= l }, "must be less than "},
		{s.MultipleOf, func(l float64) bool { return math.Mod(n, l) != 0 }, "must be a multiple of "},
	} {
		if bound.limit != nil && bound.bad(*bound.limit) {
			e.add(s, p, bound.text+quote(*bound.limit))
		}
	}
}

func (e *explainer) list(s *jsonschema.Schema, p place, depth int) {
	for _, text := range outside(len(p.node.Items), s.MinItems, s.MaxItems, "item") {
		e.add(s, p, text)
	}
	var seen []any
	for i, item := range p.node.Items {
		v := value(item)
		if s.UniqueItems && slices.ContainsFunc(seen, func(w any) bool { return reflect.DeepEqual(v, w) }) {
			e.add(s, p, "has the same item twice")
			seen = nil
		}
		seen = append(seen, v)
		if i < len(s.PrefixItems) {
			e.explain(s.PrefixItems[i], p.item(i), depth+1)
		} else {
			e.explain(s.Items, p.item(i), depth+1)
		}
	}
}

func (e *explainer) mapping(s *jsonschema.Schema, p place, depth int) {
	for _, text := range outside(len(p.node.Fields), s.MinProperties, s.MaxProperties, "key") {
		e.add(s, p, text)
	}
	if missing := lacking(p.node, s.Required); len(missing) > 0 {
		e.add(s, p, "lacks "+both(names(missing, backquote)))
	}
	for _, key := range slices.Sorted(maps.Keys(s.DependentRequired)) {
		if missing := lacking(p.node, s.DependentRequired[key]); p.node.Field(key) != nil && len(missing) > 0 {
			e.add(s, p, "has `"+key+"`, and so needs "+both(names(missing, backquote)))
		}
	}
	for _, f := range p.node.Fields {
		if s.PropertyNames != nil && !e.valid(s.PropertyNames, &yamltree.Node{Kind: yamltree.String, Text: f.Key}) {
			bad := e.add(s, p, "the key `"+f.Key+"` of "+p.title()+" is not one that can be there")
			bad.span, bad.whole, bad.about = f.Span, true, ""
		}
		e.property(s, p, f.Key, depth)
	}
}

// property looks at the value of a key, and whether there can be such a key.
func (e *explainer) property(s *jsonschema.Schema, p place, key string, depth int) {
	known := s.Properties[key]
	e.explain(known, p.child(key), depth+1)
	for pattern, sub := range s.PatternProperties {
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(key) {
			known = sub
			e.explain(sub, p.child(key), depth+1)
		}
	}
	switch more := s.AdditionalProperties; {
	case known != nil || more == nil:
	case !isFalse(more):
		e.explain(more, p.child(key), depth+1)
	default:
		keys := slices.Sorted(maps.Keys(s.Properties))
		f := e.add(s, p, "unknown key `"+key+"`")
		f.span, f.whole, f.meant, f.written, f.about = p.keySpan(key), true, keys, key, ""
		if len(keys) > 0 {
			f.hint = "the keys here are " + strings.Join(keys, ", ")
		}
	}
}

// logic looks at schemas that are put together.
func (e *explainer) logic(s *jsonschema.Schema, p place, depth int) {
	for _, sub := range s.AllOf {
		e.explain(sub, p, depth+1)
	}
	switch {
	case s.If == nil:
	case e.valid(s.If, p.node):
		e.explain(s.Then, p, depth+1)
	default:
		e.explain(s.Else, p, depth+1)
	}
	fits := func(list []*jsonschema.Schema) (n int) {
		for _, sub := range list {
			if e.valid(sub, p.node) {
				n++
			}
		}
		return n
	}
	if s.AnyOf != nil && fits(s.AnyOf) == 0 {
		e.choice(s, s.AnyOf, p, depth)
	}
	if s.OneOf != nil {
		switch fits(s.OneOf) {
		case 0:
			e.choice(s, s.OneOf, p, depth)
		case 1:
		default:
			e.add(s, p, "fits more than one of the forms that it can have")
		}
	}
}

// choice tells of a value that fits none of several forms.
func (e *explainer) choice(s *jsonschema.Schema, list []*jsonschema.Schema, p place, depth int) {
	var forms []string
	for _, sub := range list {
		inner := explainer{root: e.root}
		if inner.explain(sub, p, depth+1); len(inner.found) == 0 || len(forms) == 4 {
			continue
		}
		first := inner.found[0]
		form := first.text
		if !first.whole && len(first.at.path) > len(p.path) {
			form = first.at.title() + " " + form
		}
		if !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	f := e.add(s, p, "fits none of the forms that it can have")
	f.hint, f.noted = strings.Join(forms, ", or "), true
}

// valid asks the library about a part of the schema, where its references lead to the
// same definitions. What it cannot say counts as valid.
func (e *explainer) valid(s *jsonschema.Schema, n *yamltree.Node) bool {
	defs := (&jsonschema.Schema{Defs: e.root.Defs, Definitions: e.root.Definitions, AllOf: []*jsonschema.Schema{s}}).CloneSchemas()
	resolved, err := defs.Resolve(nil)
	return err != nil || resolved.Validate(value(n)) == nil
}

// refers finds a definition. Other references are the library's alone.
func (e *explainer) refers(ref string) *jsonschema.Schema {
	if ref == "#" {
		return e.root
	}
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
		return e.root.Defs[name]
	}
	if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok {
		return e.root.Definitions[name]
	}
	return nil
}

// isFalse tells the schema that takes nothing, which the library has as {"not": {}}.
func isFalse(s *jsonschema.Schema) bool {
	return reflect.DeepEqual(s, &jsonschema.Schema{Not: &jsonschema.Schema{}})
}

func kindOf(n *yamltree.Node) yamltree.Kind {
	if n == nil {
		return yamltree.Null
	}
	return n.Kind
}

func isType(n *yamltree.Node, name string) bool {
	switch kind := kindOf(n); name {
	case "null":
		return kind == yamltree.Null
	case "boolean":
		return kind == yamltree.Bool
	case "integer":
		return kind == yamltree.Number && number(n) == math.Trunc(number(n))
	case "number":
		return kind == yamltree.Number
	case "string":
		return kind == yamltree.String
	case "array":
		return kind == yamltree.List
	case "object":
		return kind == yamltree.Map
	}
	return true
}

// equal compares a value of the schema with one of the file.
func equal(v any, n *yamltree.Node) bool {
	var plain any
	data, err := json.Marshal(v)
	return err == nil && json.Unmarshal(data, &plain) == nil && reflect.DeepEqual(plain, value(n))
}

func lacking(n *yamltree.Node, keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return n.Field(key) != nil })
}

func namesOf(list []any) []string {
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
