package policy

import (
	"context"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// template is a text with expressions in it, like "${op.keyword} is forbidden"; "$${"
// stands for "${".
type template []part

// part is text, or an expression.
type part struct {
	text string
	expr cel.Program // nil for text
}

// newTemplate compiles the expressions.
func newTemplate(env *cel.Env, text string) (template, error) {
	var t template
	for text != "" {
		i := strings.Index(text, "${")
		if i < 0 {
			return append(t, part{text: text}), nil
		}
		if i > 0 && text[i-1] == '$' {
			t, text = append(t, part{text: text[:i-1] + "${"}), text[i+2:]
			continue
		}
		end := closing(text[i+2:])
		if end < 0 {
			return nil, fmt.Errorf("the `${` in %q has no end", text)
		}
		prg, err := compile(env, text[i+2:i+2+end], nil, false)
		if err != nil {
			return nil, err
		}
		t, text = append(t, part{text: text[:i]}, part{expr: prg}), text[i+2+end+1:]
	}
	return t, nil
}

// closing finds the brace that ends an expression, -1 when none does.
func closing(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}

// maxText bounds what an expression of a template gives.
const maxText = 1000

// text fills the template in.
func (t template) text(ctx context.Context, v *vantage) (string, error) {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.expr == nil {
			continue
		}
		val, _, err := p.expr.ContextEval(ctx, v)
		if err != nil {
			return "", err
		}
		s := plainText(val)
		if len(s) > maxText {
			s = strings.ToValidUTF8(s[:maxText], "") + "…"
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// plainText writes a value: a list as its items with commas.
func plainText(val ref.Val) string {
	list, ok := val.(traits.Lister)
	if !ok {
		if s, ok := val.ConvertToType(types.StringType).(types.String); ok {
			return string(s)
		}
		return fmt.Sprint(val.Value())
	}
	var items []string
	for it := list.Iterator(); it.HasNext() == types.True; {
		items = append(items, plainText(it.Next()))
	}
	return strings.Join(items, ", ")
}
