package plugins

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Instruction declares the syntax of a new instruction. The host parses its uses and
// tells the errors; the plugin gets those that fit.
type Instruction struct {
	Keyword  string // upper case letters
	Usage    string // like "PACKAGES [--manager=NAME] PACKAGE[=VERSION]..."
	Summary  string // one line
	Flags    []Flag
	Args     ArgForm
	Min      int  // the fewest arguments
	Max      int  // the most arguments; 0 is any number
	Heredocs bool // here documents can follow; the words that name them are arguments
}

// ArgForm says how the arguments of an instruction are written.
type ArgForm uint8

// The forms of arguments.
const (
	Words ArgForm = iota // words between blanks, or a JSON array of strings
	JSON                 // a JSON array of strings
	Line                 // the rest of the line, one argument
)

// Flag declares a flag of an instruction.
type Flag struct {
	Name     string // without the dashes
	Type     FlagType
	Values   []string // of a string: those that it can be; empty is any
	Repeated bool
	Required bool
	Summary  string
}

// FlagType says what the value of a flag is.
type FlagType uint8

// The types of flags.
const (
	StringFlag   FlagType = iota
	BoolFlag              // "true", "false", or nothing, which is "true"
	IntFlag               // decimal
	DurationFlag          // of Go, like 1m30s
)

// Use is an instruction of a plugin in a module, its syntax checked.
type Use struct {
	Place
	Keyword  string
	Flags    map[string][]string // by name, in the order of the line
	Args     []string
	Heredocs []ir.Heredoc // in the order of the line
	Origin   *ir.Origin
}

// Flag gives the last value of a flag, "" when it is not there.
func (u *Use) Flag(name string) string {
	if v := u.Flags[name]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// parse reads one use. Without errors in the list, it fits the declaration.
func (in *Instruction) parse(c *ir.Custom, at Place, origin *ir.Origin) (Use, diag.List) {
	u := Use{Place: at, Keyword: c.Name, Flags: map[string][]string{}, Heredocs: c.Heredocs, Origin: origin}
	var span source.Span
	if spans := origin.Spans(); len(spans) > 0 {
		span = spans[0]
	}
	var diags diag.List
	for _, text := range c.Flags {
		in.flag(&u, text, span, &diags)
	}
	for _, f := range in.Flags {
		if f.Required && len(u.Flags[f.Name]) == 0 {
			diags.Errorf(span, "missing-flag", "%s needs the flag --%s", c.Name, f.Name).Hint = in.help()
		}
	}
	if err := in.arguments(&u, c.Args); err != nil {
		diags.Errorf(span, "bad-arguments", "%s %v", c.Name, err).Hint = in.help()
	}
	return u, diags
}

func (in *Instruction) help() string {
	if in.Usage == "" {
		return ""
	}
	return "it is written as `" + in.Usage + "`"
}

// flag reads "--name" or "--name=value".
func (in *Instruction) flag(u *Use, text string, span source.Span, diags *diag.List) {
	name, value, given := strings.Cut(strings.TrimPrefix(text, "--"), "=")
	i := slices.IndexFunc(in.Flags, func(f Flag) bool { return f.Name == name })
	if i < 0 {
		var names []string
		for _, f := range in.Flags {
			names = append(names, f.Name)
		}
		d := diags.Errorf(span, "unknown-flag", "%s has no flag --%s", u.Keyword, name)
		if d.Hint = in.help(); diag.Suggest(name, names) != "" {
			d.Hint = "did you mean `--" + diag.Suggest(name, names) + "`?"
		}
		return
	}
	f := in.Flags[i]
	if !given && f.Type == BoolFlag {
		value = "true"
	}
	switch err := f.check(value, given); {
	case err != nil:
		diags.Errorf(span, "bad-flag", "the flag --%s of %s %v", name, u.Keyword, err)
	case len(u.Flags[name]) > 0 && !f.Repeated:
		diags.Errorf(span, "duplicate-flag", "the flag --%s of %s is there twice", name, u.Keyword)
	}
	u.Flags[name] = append(u.Flags[name], value)
}

func (f *Flag) check(value string, given bool) error {
	if !given && f.Type != BoolFlag {
		return fmt.Errorf("needs a value")
	}
	var err error
	switch f.Type {
	case BoolFlag:
		if value != "true" && value != "false" {
			return fmt.Errorf("is %q, neither true nor false", value)
		}
	case IntFlag:
		_, err = strconv.Atoi(value)
	case DurationFlag:
		_, err = time.ParseDuration(value)
	}
	if err != nil {
		return fmt.Errorf("is %q, which is no %s", value, [...]string{IntFlag: "number", DurationFlag: "duration"}[f.Type])
	}
	if len(f.Values) > 0 && !slices.Contains(f.Values, value) {
		return fmt.Errorf("is %q, none of %s", value, strings.Join(f.Values, ", "))
	}
	return nil
}

func (in *Instruction) arguments(u *Use, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case in.Args == Line:
		if text != "" {
			u.Args = []string{text}
		}
	case in.Args == JSON || strings.HasPrefix(text, "["):
		if err := json.Unmarshal([]byte(text), &u.Args); err != nil {
			return fmt.Errorf("needs a JSON array of strings")
		}
	default:
		u.Args = strings.Fields(text)
	}
	switch n := len(u.Args); {
	case n < in.Min && in.Min == 1:
		return fmt.Errorf("needs an argument")
	case n < in.Min:
		return fmt.Errorf("needs at least %d arguments, and has %d", in.Min, n)
	case in.Max > 0 && n > in.Max:
		return fmt.Errorf("takes at most %d arguments, and has %d", in.Max, n)
	}
	return nil
}
