package builtin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
)

// Reference tells of built-in plugins in Markdown: all of them without names.
func Reference(names ...string) (string, error) {
	all := All()
	known := slices.Sorted(maps.Keys(all))
	if len(names) == 0 {
		names = known
	}
	var b strings.Builder
	for i, name := range names {
		open := all[name]
		if open == nil {
			if near := diag.Suggest(name, known); near != "" {
				return "", fmt.Errorf("there is no built-in plugin %q; did you mean %s?", name, near)
			}
			return "", fmt.Errorf("there is no built-in plugin %q; there are %s", name, strings.Join(known, ", "))
		}
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(Describe(open().Info()))
	}
	return b.String(), nil
}

// Describe tells in Markdown what a plugin says of itself.
func Describe(in plugins.Info) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n%s\n\n", in.Name, in.Version, sentence(in.Summary))
	var phases []string
	for _, p := range in.Phases {
		phases = append(phases, p.String())
	}
	fmt.Fprintf(&b, "- Phases: %s\n", strings.Join(phases, ", "))
	if len(in.Needs) > 0 {
		fmt.Fprintf(&b, "- Has to be granted: %s\n", join(in.Needs))
	}
	if len(in.After) > 0 {
		fmt.Fprintf(&b, "- Stands after: %s\n", strings.Join(in.After, ", "))
	}
	if in.URL != "" {
		fmt.Fprintf(&b, "- Page: <%s>\n", in.URL)
	}
	for _, i := range in.Instructions {
		describeInstruction(&b, i)
	}
	describeConfig(&b, in.Schema)
	return b.String()
}

func join[T ~string](list []T) string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// sentence starts in upper case and ends in a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

func describeInstruction(b *strings.Builder, i plugins.Instruction) {
	fmt.Fprintf(b, "\n### `%s`\n\n%s\n", i.Usage, sentence(i.Summary))
	if len(i.Flags) == 0 {
		return
	}
	b.WriteString("\n| Flag | Value | Meaning |\n|---|---|---|\n")
	types := [...]string{plugins.StringFlag: "text", plugins.BoolFlag: "`true` or `false`", plugins.IntFlag: "a number", plugins.DurationFlag: "a duration, like `1m30s`"}
	for _, f := range i.Flags {
		value := types[f.Type]
		if len(f.Values) > 0 {
			value = "`" + strings.Join(f.Values, "`, `") + "`"
		}
		fmt.Fprintf(b, "| `--%s` | %s | %s |\n", f.Name, cell(value), cell(sentence(f.Summary)))
	}
}

// property is a part of a JSON schema, as far as it is told.
type property struct {
	Description string
	Type        any
	Enum        []any
	Default     any
	Ref         string `json:"$ref"`
	Items       *property
	Properties  map[string]*property
	Defs        map[string]*property `json:"$defs"`
}

func describeConfig(b *strings.Builder, schema json.RawMessage) {
	var root property
	if len(schema) == 0 || json.Unmarshal(schema, &root) != nil || len(root.Properties) == 0 {
		b.WriteString("\nIt has no config.\n")
		return
	}
	b.WriteString("\n### Config\n\n| Key | Value | Meaning |\n|---|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(root.Properties)) {
		p := root.Properties[key]
		text := p.Description
		if p.Default != nil {
			data, _ := json.Marshal(p.Default)
			text += fmt.Sprintf(" Default: `%s`.", data)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key, cell(p.value(root.Defs)), cell(text))
	}
}

// value tells what a property can be.
func (p *property) value(defs map[string]*property) string {
	if name, ok := strings.CutPrefix(p.Ref, "#/$defs/"); ok && defs[name] != nil {
		p = defs[name]
	}
	switch {
	case len(p.Enum) > 0:
		var list []string
		for _, v := range p.Enum {
			data, _ := json.Marshal(v)
			list = append(list, "`"+strings.Trim(string(data), `"`)+"`")
		}
		return strings.Join(list, ", ")
	case p.Type == "array" && p.Items != nil:
		return "list of " + p.Items.value(defs)
	case p.Type == nil:
		return "object"
	}
	return fmt.Sprint(p.Type)
}

// cell makes a text fit into a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
