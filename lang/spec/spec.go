// Package spec is the table of the language: a row for each instruction, with how it is
// written, what its flags are and where it may stand. The lexer, the parser, the printer,
// the IR and the reference page read it. What an instruction does is not its business. It
// imports nothing of this project.
//
// The language is that of Dockerfiles as docker/dockerfile 1 reads them, with what its
// labs channel has besides (https://docs.docker.com/reference/dockerfile/).
package spec

import (
	"slices"
	"strings"
	"unicode/utf8"
)

//go:generate go test -run ^TestPage$ -count=1 -update

// Keyword stands for an instruction of the language.
type Keyword uint8

const (
	Unknown Keyword = iota // no instruction of the language; a plugin may claim it
	Add
	Arg
	Cmd
	Copy
	Entrypoint
	Env
	Expose
	From
	Healthcheck
	Label
	Maintainer
	Onbuild
	Run
	Shell
	StopSignal
	User
	Volume
	Workdir
)

// String is the keyword in upper case; that of Unknown is empty.
func (k Keyword) String() string { return table[k].Name }

// Instruction is the row of an instruction.
type Instruction struct {
	Keyword  Keyword
	Name     string // its text, in upper case
	Usage    string // how it is written: forms with ", or " between them
	Doc      string // what it does, a sentence
	Form     Form
	Heredocs bool   // here documents may follow it, when it is not in JSON form
	Global   bool   // it may stand before the first FROM
	Trigger  bool   // it may stand behind ONBUILD
	Flags    []Flag // in the order in which they are printed
	// Ignores is set where BuildKit lets any flag pass and never looks at it.
	Ignores bool
}

// Form is how the arguments of an instruction, which stand behind its flags, are cut.
type Form uint8

const (
	Text   Form = iota // the rest of the line
	Script             // the rest of the line, or a JSON array
	List               // words, or a JSON array
	Words              // words
	Names              // words that quotes hold together, some of them name=value
	Pairs              // name=value …, or a name and the rest of the line
	Health             // a word, then the rest of the line or a JSON array
	Nested             // another instruction
)

// JSON reports whether a JSON array may stand in place of the arguments, or of the command
// among them.
func (f Form) JSON() bool { return f == Script || f == List || f == Health }

// Flag is "--name=value" or "--name".
type Flag struct {
	Name    string // without the dashes
	Type    Type
	Many    bool     // it may be given more than once
	Values  []string // of a Choice
	Options []Option // of a Record
	Doc     string   // what it does, a sentence
}

// Type is what the value of a flag or an option is.
type Type uint8

const (
	String   Type = iota // text
	Bool                 // true or false; the name alone is true
	Choice               // one of Values
	Duration             // like 1m30s, of at least 1ms; 0s is the default
	Count                // a number that is not negative
	Octal                // a number in octal digits
	Size                 // bytes; k, m and g multiply
	Record               // key=value,key=value…
)

// String names a type as the reference page does.
func (t Type) String() string {
	return [...]string{"text", "true or false", "one of", "duration", "number", "octal", "size", "options"}[t]
}

// Option is a key of a flag that is a Record.
type Option struct {
	Name    string
	Aliases []string
	Type    Type
	Values  []string // of a Choice
	Only    []string // the values of "type" that it is for; none is all
	Doc     string   // what it does, a sentence
}

// Of gives the row of a keyword. That of Unknown takes no flags that anybody knows.
func Of(k Keyword) *Instruction { return &table[k] }

// Instructions lists the rows, sorted by name.
func Instructions() []Instruction { return slices.Clone(table[1:]) }

// Keywords lists the keywords in upper case, sorted.
func Keywords() []string {
	out := make([]string, 0, len(table)-1)
	for _, in := range table[1:] {
		out = append(out, in.Name)
	}
	return out
}

// Lookup finds a keyword in any case.
func Lookup(word string) Keyword {
	for i := 0; i < len(word); i++ {
		if word[i] >= utf8.RuneSelf { // U+212A lowers to "k", and BuildKit lowers
			word = strings.ToLower(word)
			break
		}
	}
	for i := range table[1:] {
		if name := table[i+1].Name; len(name) == len(word) && strings.EqualFold(name, word) {
			return Keyword(i + 1)
		}
	}
	return Unknown
}

// Flag finds a flag by its name; nil is that there is none.
func (in *Instruction) Flag(name string) *Flag {
	for i := range in.Flags {
		if in.Flags[i].Name == name {
			return &in.Flags[i]
		}
	}
	return nil
}

// FlagNames lists the names of the flags, in the order of the table.
func (in *Instruction) FlagNames() []string {
	var out []string
	for _, f := range in.Flags {
		out = append(out, f.Name)
	}
	return out
}

// Option finds an option by its name or an alias; nil is that there is none.
func (f *Flag) Option(name string) *Option {
	for i := range f.Options {
		if o := &f.Options[i]; o.Name == name || slices.Contains(o.Aliases, name) {
			return o
		}
	}
	return nil
}

// OptionNames lists the names of the options, aliases behind them.
func (f *Flag) OptionNames() []string {
	var out, aliases []string
	for _, o := range f.Options {
		out, aliases = append(out, o.Name), append(aliases, o.Aliases...)
	}
	return append(out, aliases...)
}
