// Package lang turns the text of a Dockerfile into a syntax tree and back,
// losslessly. It is the first room of the pipeline: it knows what instructions
// look like and nothing of what they do. What they are is in package spec.
//
// What an instruction looks like is in the tags of its node: there is one
// participle parser a keyword, for what stands between its flags and its here
// documents. grammar.ebnf is printed from these parsers.
package lang

import "github.com/seed-e0495807/strake/lang/source"

// Node is anything that has a place in the file.
type Node interface{ Span() source.Span }

// Item is what a file is a list of: *Comment, *Directive or an Instruction.
type Item interface {
	Node
	item()
}

// Instruction is one of *From, *Run, *Cmd, *Entrypoint, *Shell, *Copy, *Add,
// *Env, *Label, *Arg, *Expose, *Volume, *Workdir, *User, *StopSignal,
// *Maintainer, *Healthcheck, *Onbuild or *Custom.
type Instruction interface {
	Item
	// Head is what all instructions have. It is never nil.
	Head() *Header
}

// File is a whole Dockerfile. Its items tile the source: what lies between two
// of them is blank.
type File struct {
	Source *source.File
	Escape byte // '\\' or '`'
	Items  []Item
}

// Span covers the whole file.
func (f *File) Span() source.Span {
	return source.Span{File: f.Source.ID, End: uint32(len(f.Source.Text))}
}

// Instructions are the items that are instructions, in order.
func (f *File) Instructions() []Instruction {
	out := make([]Instruction, 0, len(f.Items))
	for _, item := range f.Items {
		if in, ok := item.(Instruction); ok {
			out = append(out, in)
		}
	}
	return out
}

// Place is the span of a node; embedding it makes a Node.
type Place struct{ At source.Span }

// Span is where the node stands in the file.
func (p Place) Span() source.Span { return p.At }

// Comment is a line that starts with "#", without its line ending. Comments
// inside a continued instruction belong to the text of that instruction.
type Comment struct {
	Place
	Text string // behind the "#", blanks kept
}

// Directive is "# name=value" at the top of the file.
type Directive struct {
	Place
	Name  string // syntax, escape or check
	Value string
}

// Word is a piece of an instruction: the text that counts, with continuations
// taken out, and where it came from. Quotes, escapes and variables are kept,
// except in a word of a JSON array, which is decoded.
type Word struct {
	Text string
	Place
}

// Words are one or more words, or an array of them.
type Words struct{ List []Word }

// Paths are the arguments of COPY and ADD.
type Paths struct {
	Sources []Word // none where an error reports that a path is missing
	Dest    Word
}

// Flag is "--name=value" or "--name".
type Flag struct {
	Name     string // without the dashes
	Value    string
	HasValue bool
	Place
}

// Flags are those of an instruction, if any.
type Flags struct{ List []Flag }

// Pair is "name=value". In ARG the value may be missing; Legacy marks the form
// "ENV name value".
type Pair struct {
	Key, Value Word
	HasValue   bool
	Legacy     bool
}

// Pairs are one or more pairs, all with values.
type Pairs struct{ List []Pair }

// Declarations are one or more pairs, with values or without.
type Declarations struct{ List []Pair }

// Heredoc is a here document that an instruction announces.
type Heredoc struct {
	Name   string
	Expand bool // the name is not quoted
	Chomp  bool // <<-
	Body   Word // every line with its line ending
	End    Word // the line of the terminator
}

// Heredocs are the here documents of an instruction, if any.
type Heredocs struct{ List []Heredoc }

// Header is the part that all instructions share. An Instruction that was made by hand,
// rather than by Parse, or changed since, prints in canonical form.
type Header struct {
	// Place is every line of it, here documents included, without the last line
	// ending; with it where an empty line or an unterminated here document is last.
	Place
	Keyword  Word   // as spelled
	Code     string // the instruction as one logical line, without here documents; Print has no use for it
	Flags    []Flag
	Heredocs []Heredoc
}

// Head gives the head itself; instructions embed it.
func (h *Header) Head() *Header { return h }

// Command is what RUN, CMD, ENTRYPOINT, SHELL and HEALTHCHECK CMD run: a line
// for a shell, or the words of a JSON array.
type Command struct {
	Exec bool
	Line Word   // shell form; empty when there is none
	Args []Word // exec form
}

type (
	// From is FROM base [AS name].
	From struct {
		Header
		Base Word `parser:"@@"`
		// As is the stage's name as spelled; empty when it has none.
		As Word `parser:"('AS':Word @@)?"`
	}
	// Run is RUN with a command.
	Run struct {
		Header
		Command Command `parser:"@@"`
	}
	// Cmd is CMD with a command.
	Cmd struct {
		Header
		Command Command `parser:"@@"`
	}
	// Entrypoint is ENTRYPOINT with a command.
	Entrypoint struct {
		Header
		Command Command `parser:"@@"`
	}
	// Shell is SHELL with a JSON array.
	Shell struct {
		Header
		Command Command `parser:"(?= JSON String) @@"`
	}
	// Copy is COPY sources… destination.
	Copy struct {
		Header
		Paths Paths `parser:"@@"`
	}
	// Add is ADD sources… destination.
	Add struct {
		Header
		Paths Paths `parser:"@@"`
	}
	// Env is ENV with one or more variables.
	Env struct {
		Header
		Pairs Pairs `parser:"@@"`
	}
	// Label is LABEL with one or more labels.
	Label struct {
		Header
		Pairs Pairs `parser:"@@"`
	}
	// Arg is ARG with one or more declarations.
	Arg struct {
		Header
		Pairs Declarations `parser:"@@"`
	}
	// Expose is EXPOSE with ports as written.
	Expose struct {
		Header
		Ports Words `parser:"@@"`
	}
	// Volume is VOLUME with paths.
	Volume struct {
		Header
		Paths Words `parser:"@@"`
	}
	// Workdir is WORKDIR.
	Workdir struct {
		Header
		Path Word `parser:"@@"`
	}
	// User is USER.
	User struct {
		Header
		Name Word `parser:"@@"`
	}
	// StopSignal is STOPSIGNAL.
	StopSignal struct {
		Header
		Signal Word `parser:"@@"`
	}
	// Maintainer is the deprecated MAINTAINER.
	Maintainer struct {
		Header
		Name Word `parser:"@@"`
	}
	// Healthcheck is HEALTHCHECK CMD … or HEALTHCHECK NONE.
	Healthcheck struct {
		Header
		Kind    Word    `parser:"(?= 'CMD':Word (Text | JSON String) | 'NONE':Word (EOF | JSON EOF)) @@"` // as spelled
		Command Command `parser:"@@"`
	}
	// Onbuild is ONBUILD with the instruction that a later build runs, nil where there is
	// none. Here documents are the trigger's: the Onbuild has the same list, and prints
	// with that of the trigger.
	Onbuild struct {
		Header
		Trigger Instruction
	}
	// Custom is an instruction whose keyword the language does not know. A
	// plugin may claim it; left unclaimed it is an error.
	Custom struct {
		Header
		Args Word `parser:"@@?"` // everything behind the flags
	}
)

func (*Comment) item()     {}
func (*Directive) item()   {}
func (*From) item()        {}
func (*Run) item()         {}
func (*Cmd) item()         {}
func (*Entrypoint) item()  {}
func (*Shell) item()       {}
func (*Copy) item()        {}
func (*Add) item()         {}
func (*Env) item()         {}
func (*Label) item()       {}
func (*Arg) item()         {}
func (*Expose) item()      {}
func (*Volume) item()      {}
func (*Workdir) item()     {}
func (*User) item()        {}
func (*StopSignal) item()  {}
func (*Maintainer) item()  {}
func (*Healthcheck) item() {}
func (*Onbuild) item()     {}
func (*Custom) item()      {}
