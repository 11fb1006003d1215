package lang

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/spec"
)

// maxFlagErrors is how many errors are told of the flags of one instruction.
const maxFlagErrors = 20

// flags checks the flags of an instruction against its table. Shifted tells that the value
// of one stands where the arguments are.
func (p *parser) flags(l *lexer.Line, flags []Flag) (shifted bool) {
	if len(flags) == 0 {
		return false
	}
	id := l.ID
	known := spec.Of(id)
	if known.Ignores {
		p.diags.Warnf(flags[0].At, "ignored-flag", "%s takes no flags; `--%s` is ignored", id, flags[0].Name)
		return false
	}
	first := len(p.diags)
	for i, f := range flags {
		if len(p.diags)-first > maxFlagErrors {
			return shifted // the rest is no better
		}
		switch row := known.Flag(f.Name); {
		case row == nil:
			p.unknownFlag(known, f)
		case !row.Many && given(flags[:i], f.Name):
			p.diags.Errorf(f.At, "duplicate-flag", "duplicate flag specified: --%s", f.Name).Hint = "keep one of them"
		case row.Type == spec.Bool:
			p.boolean(f)
		case !f.HasValue:
			d := p.diags.Errorf(f.At, "missing-value", "missing a value on flag: --%s", f.Name)
			if next := valueBehind(l, f); i == len(flags)-1 && next != "" {
				d.Hint = "write --" + f.Name + "=" + next
				shifted = true
			} else {
				d.Expected = "--" + f.Name + "=value"
			}
		}
	}
	return shifted
}

// valueBehind is what stands behind a flag in the place of its value, as other programs
// take it: "" when that is rather the first argument.
func valueBehind(l *lexer.Line, f Flag) string {
	if len(l.Args) == 0 {
		return ""
	}
	next, _, _ := strings.Cut(strings.TrimSpace(l.Args[0].Text), " ")
	value := false
	switch l.ID {
	case spec.Run:
		value = strings.Contains(next, "=") || slices.ContainsFunc(spec.Of(l.ID).Flags, func(f spec.Flag) bool { return slices.Contains(f.Values, next) })
	case spec.From:
		value = len(l.Args) > 1 && !strings.EqualFold(l.Args[1].Text, "as")
	case spec.Copy, spec.Add:
		value = len(l.Args) > 2
	case spec.Healthcheck:
		value = !strings.EqualFold(next, "cmd")
	}
	if !value {
		return ""
	}
	return next
}

func (p *parser) unknownFlag(in *spec.Instruction, f Flag) {
	d := p.diags.Errorf(f.At, "unknown-flag", "unknown flag: --%s of %s", f.Name, in.Name)
	names := in.FlagNames()
	switch near := diag.Suggest(f.Name, names); {
	case near != "":
		d.Hint = "did you mean `--" + near + "`?"
	case len(names) == 0:
		d.Hint = in.Name + " takes no flags; for an argument that starts with dashes put `--` before it"
	default:
		d.Expected = flagList(names)
	}
}

func (p *parser) boolean(f Flag) {
	v := strings.ToLower(f.Value)
	switch {
	case f.HasValue && v == "":
		p.diags.Errorf(f.At, "missing-value", "missing a value on flag: --%s", f.Name).Expected = "--" + f.Name + "=true or =false"
	case v != "" && v != "true" && v != "false":
		p.diags.Errorf(f.At, "bad-value", "expecting boolean value for flag --%s, not: %s", f.Name, f.Value).Expected = "true or false"
	}
}

func given(flags []Flag, name string) bool {
	for _, f := range flags {
		if f.Name == name {
			return true
		}
	}
	return false
}

// Flag gives the value of a flag that can stand once, and whether it is there.
func (h *Header) Flag(name string) (string, bool) {
	for _, f := range h.Flags {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// FlagValues gives the values of a flag that can stand more than once.
func (h *Header) FlagValues(name string) []string {
	var out []string
	for _, f := range h.Flags {
		if f.Name == name {
			out = append(out, f.Value)
		}
	}
	return out
}

// Bool reads a boolean flag: nil when it is not there.
func (h *Header) Bool(name string) *bool {
	v, ok := h.Flag(name)
	if !ok {
		return nil
	}
	b := !strings.EqualFold(v, "false")
	return &b
}
