package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// Bars tells why the plugin of a name cannot stand behind these: it is one of them, under whatever
// name, or one of them has to stand behind it. It is "" when it can, also where there are none: p may
// be nil.
func (p *Plugins) Bars(name string) string {
	if p == nil {
		return ""
	}
	for i, s := range p.Steps {
		switch info := s.Plugin.Info(); {
		case info.Name == name || p.own[i] == name:
			return "it is in strake.yaml already"
		case slices.Contains(info.After, name):
			return info.Name + ", which is in strake.yaml, must stand behind it"
		}
	}
	return ""
}

// Then are the plugins with others behind them, which they may not bar. They are the same ones: Close
// ends them for all. Either may be nil, which has none.
func (p *Plugins) Then(q *Plugins) (*Plugins, error) {
	switch {
	case p == nil:
		return q, nil
	case q == nil:
		return p, nil
	}
	for i, s := range q.Steps {
		for _, name := range []string{s.Plugin.Info().Name, q.own[i]} {
			if why := p.Bars(name); why != "" {
				return nil, fmt.Errorf("the plugin %s cannot be behind those of strake.yaml: %s", name, why)
			}
		}
	}
	return &Plugins{
		Pipeline: plugins.Pipeline{Steps: slices.Concat(p.Steps, q.Steps)},
		programs: slices.Concat(p.programs, q.programs), own: slices.Concat(p.own, q.own),
	}, nil
}

var errForm = errors.New("its list of plugins is not written an entry a line")

// Append puts entries behind the plugins of a strake.yaml: lines of a list that are indented by two
// spaces. All else stays as it is written. A list that is not written an entry a line is an error, and
// so is whatever would not be read as the old plugins and the new ones.
func Append(text, entries string) (string, error) {
	root, err := tree(text)
	if err != nil {
		return "", err
	}
	out, err := appended(text, root, entries)
	if err != nil {
		return "", err
	}
	now, err := tree(out)
	if err != nil {
		return "", errForm
	}
	more, err := tree("plugins:\n" + entries)
	if err != nil {
		return "", err
	}
	want, _ := root.Data().(map[string]any)
	if want == nil {
		return "", errors.New("it is no mapping")
	}
	old, _ := want["plugins"].([]any)
	want["plugins"] = append(old, more.Get("plugins").Data().([]any)...)
	if !reflect.DeepEqual(now.Data(), any(want)) {
		return "", errForm
	}
	return out, nil
}

func tree(text string) (*yamltree.Node, error) {
	root, diags := yamltree.Parse(new(source.Set).Add(FileName, text))
	if diags.HasErrors() {
		return nil, diags
	}
	return root, nil
}

// appended is the text with entries behind its list, as far as that can be seen from its lines.
func appended(text string, root *yamltree.Node, entries string) (string, error) {
	end := "\n"
	if strings.Contains(text, "\r\n") {
		end = "\r\n"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += end
	}
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	at, indent := len(lines), 2
	line := func(start int) int { return strings.Count(text[:start], "\n") }
	i := slices.IndexFunc(fields(root), func(f yamltree.Field) bool { return f.Key == "plugins" })
	switch {
	case i < 0:
		entries = "plugins:\n" + entries
	case root.Fields[i].Value.Kind == yamltree.Null:
		at = line(int(root.Fields[i].Span.Start)) + 1
	default:
		if i+1 < len(root.Fields) {
			at = line(int(root.Fields[i+1].Span.Start))
		}
		items := root.Fields[i].Value.Items
		if len(items) == 0 || len(items[0].Fields) == 0 {
			return "", errForm
		}
		first := lines[line(int(items[0].Fields[0].Span.Start))]
		indent = len(first) - len(strings.TrimLeft(first, " "))
		for at > 0 && behind(lines[at-1], indent) {
			at--
		}
	}
	var b strings.Builder
	for l := range strings.Lines(entries) {
		if rest, ok := strings.CutPrefix(l, "  "); ok {
			l = strings.Repeat(" ", indent) + rest
		}
		b.WriteString(strings.TrimSuffix(l, "\n") + end)
	}
	return strings.Join(lines[:at], "") + b.String() + strings.Join(lines[at:], ""), nil
}

func fields(n *yamltree.Node) []yamltree.Field {
	if n == nil {
		return nil
	}
	return n.Fields
}

// behind tells whether a line at the end of a list is not of its last entry: it is blank, or a comment
// that is not indented as what is in the entry, which may be a text.
func behind(line string, indent int) bool {
	rest := strings.TrimLeft(line, " ")
	return strings.TrimSpace(rest) == "" || strings.HasPrefix(rest, "#") && len(line)-len(rest) <= indent
}
