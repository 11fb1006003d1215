package eval

import (
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/words"
)

// A form is what is known of a value that a build may choose: the value, with one of these in the
// place of each part that is not known. "" is no form.
const (
	AnyName   = '\uE000' // a name, like a version: letters, digits, ".", "_", "+", "~" and "-", and a letter or a digit in front
	AnyWord   = '\uE001' // a word: not empty, without blanks, wildcards and quotes, and no dash in front
	AnyDigest = '\uE003' // a digest: 56 hexadecimal digits or more
	AnyBase   = '\uE002' // what a base image sets that is not at hand, which may be any text
)

var (
	isDigest = late.Regexp(`^(\x{E003}|[0-9a-fA-F]{56,})$`)
	isName   = late.Regexp(`^[\x{E000}\x{E003}\pL\pN][\x{E000}\x{E003}\pL\pN._+~-]*$`)
	isWord   = late.Regexp("^[^-\\s*?\\[\\]\\\\'\"`$\\x{E002}][^\\s*?\\[\\]\\\\'\"`$\\x{E002}]*$")
)

// Form gives what is known of a variable whose value is not. It takes who builds to give an ARG
// no value of another kind than its default is: a name in the place of a name, a word in the
// place of a word, a digest in the place of a digest.
func (s *State) Form(name string) string {
	v, _ := s.vars.get(name)
	return v.form
}

// IsWord tells whether a form is one of a word, as that of a name is.
func IsWord(form string) bool { return isWord().MatchString(form) }

// kind is the form of an ARG with a default of this form.
func kind(form string) string {
	switch {
	case isDigest().MatchString(form):
		return string(AnyDigest)
	case isName().MatchString(form):
		return string(AnyName)
	case IsWord(form):
		return string(AnyWord)
	}
	return ""
}

// forms are variables of words: the values that are known, and the forms of others.
type forms func(name string) (string, bool)

// Get makes it variables of words.
func (f forms) Get(name string) (string, bool) { return f(name) }

// expand gives the form of a word. Replacing in what is not known may make any text of it.
func (f forms) expand(word string, lexer *words.Lexer) string {
	if strings.ContainsAny(word, string([]rune{AnyName, AnyWord, AnyDigest, AnyBase})) || replaces().MatchString(word) {
		return ""
	}
	out, err := lexer.Word(word, f)
	if err != nil || strings.Contains(out, "$") {
		return ""
	}
	return out
}

// replaces finds ${NAME/text/text}, what removes a part, of which nothing may be left, and what
// asks whether there is a value.
var replaces = late.Regexp(`\$\{\w+:?[/#%+?=-]`)

// form gives a variable of a state as words of forms have it.
func (s *State) form(name string) (string, bool) {
	switch v, ok := s.variable(name); {
	case !ok:
		return string(AnyBase), true
	case v.known:
		return v.value, true
	default:
		return v.form, v.form != ""
	}
}

// argForm is the form of an ARG of a stage.
func (s *State) argForm(d ir.Default, lexer *words.Lexer) string {
	if !d.Set {
		if s.globals == nil {
			return ""
		}
		return s.globals.forms[d.Key]
	}
	return kind(forms(s.form).expand(d.Value, lexer))
}

// newGlobals are the forms of the ARGs in front of the first FROM, and of those that need no default.
func newGlobals(m *ir.Module, lexer *words.Lexer) *globals {
	list := map[string]string{ // of which BuildKit chooses the values
		"TARGETOS": string(AnyName), "TARGETARCH": string(AnyName), "BUILDOS": string(AnyName), "BUILDARCH": string(AnyName),
		"TARGETPLATFORM": string(AnyWord), "BUILDPLATFORM": string(AnyWord),
	}
	get := forms(func(name string) (string, bool) { form := list[name]; return form, form != "" })
	for _, op := range m.Args {
		arg, ok := op.Body.(*ir.Arg)
		if !ok {
			continue
		}
		for _, d := range arg.Defaults {
			if d.Set {
				list[d.Key] = kind(get.expand(d.Value, lexer))
			}
		}
	}
	return &globals{list}
}
