// Package ir is the intermediate representation: a Dockerfile as typed values
// that passes and plugins rewrite. It comes behind lang in the pipeline, whose
// trees it is built from, and before plugins and backends. It may import lang.
//
// A Module says what the author wrote, variables unexpanded; package plan works
// out what one build of it does.
package ir

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/spec"
)

// Module is one Dockerfile.
type Module struct {
	Files  []File // that origins point into; the Dockerfile is the first
	Escape byte   // '\\' or '`': how words are quoted
	Syntax string // value of the syntax directive, "" when there is none
	Check  string // value of the check directive
	Args   []*Op  // ARG before the first FROM; every body is an *Arg
	Stages []*Stage
}

// HasCustom tells whether there is an instruction that a plugin must expand.
func (m *Module) HasCustom() bool {
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			if _, ok := op.Body.(*Custom); ok {
				return true
			}
		}
	}
	return false
}

// File is a source text.
type File struct{ Name, Text string }

// Stage is FROM and what follows it.
type Stage struct {
	Name     string // lower case; "" when it has none
	Base     string // an image, the name of an earlier stage, or "scratch"; a word
	Platform string // of --platform; a word, "" when not given
	Code     string // the FROM as one line
	Comments []string
	Ops      []*Op
	Origin   *Origin
}

// Op is one instruction.
type Op struct {
	Body   Body
	Code   string // the instruction as one line, which names its step; "" stands for Format of the body
	Origin *Origin
}

// Text is the instruction as one line.
func (o *Op) Text() string {
	if o.Code != "" {
		return o.Code
	}
	line, _, _ := strings.Cut(Format(o.Body, '\\'), "\n")
	return line
}

// Origin says where an op or a stage came from. It is never nil in a verified
// module.
type Origin struct {
	Span source.Span // zero for what was made by a plugin or an option
	By   string      // the pass or plugin that made it; "" for the author
	Why  string      // its reason
	From []*Origin   // out of what it was made
}

// Spans are the places in the source that the origin goes back to: its own, or
// those of what it was made from.
func (o *Origin) Spans() []source.Span {
	if o != nil && !o.Span.IsZero() {
		return []source.Span{o.Span}
	}
	var out []source.Span
	seen := map[*Origin]bool{nil: true} // origins share, and broken ones go round
	var visit func(*Origin)
	visit = func(o *Origin) {
		if seen[o] {
			return
		}
		seen[o] = true
		if !o.Span.IsZero() {
			out = append(out, o.Span)
			return
		}
		for _, from := range o.From {
			visit(from)
		}
	}
	visit(o)
	return out
}

// Body is what an op does: *Run, *Copy, *Add, *Env, *Label, *Arg, *Cmd,
// *Entrypoint, *Shell, *Workdir, *User, *Expose, *Volume, *StopSignal,
// *Maintainer, *Healthcheck, *Onbuild or *Custom.
//
// Bodies are immutable once in a module: to change one, put another in its
// place. Strings documented as a word may hold quotes, escapes and variables.
type Body interface {
	Keyword() string
	body()
}

// Command is a line for the stage's shell, or an argument vector.
type Command struct {
	Exec bool
	Line string   // shell form; has no line breaks
	Args []string // exec form, literal
}

// Heredoc is a here document of a RUN, whose line names it and whose shell reads it, or
// of a *Custom.
type Heredoc struct {
	Name  string
	Data  string // every line with its line ending
	Chomp bool
}

// Inline is a file that a COPY or ADD makes out of a here document.
type Inline struct {
	Word   string // as spelled, like <<-"EOF"
	Name   string // of the file
	Data   string // without the leading tabs that <<- drops
	Expand bool   // variables in Data count
}

// MountOption is one field of --mount: "key=value", or a bare key.
type MountOption struct {
	Key      string // lower case
	Value    string // a word
	HasValue bool
}

// Mount is a --mount of RUN. The order of its options counts: BuildKit checks
// each against those before it.
type Mount []MountOption

// Option gives the last value of an option, also of one that is spelled by an alias.
func (m Mount) Option(name string) (string, bool) {
	row := spec.Of(spec.Run).Flag("mount").Option(name)
	for i := len(m) - 1; i >= 0; i-- {
		if o := m[i]; o.Key == name || row != nil && (o.Key == row.Name || slices.Contains(row.Aliases, o.Key)) {
			return o.Value, true
		}
	}
	return "", false
}

// Device is a --device of RUN: a CDI device name.
type Device struct {
	Name     string
	Required bool
}

// Pair is a name and its value.
type Pair struct {
	Key    string // a word
	Value  string // a word
	Legacy bool   // ENV and LABEL: written without "="
}

// Default is one declaration of ARG.
type Default struct {
	Key   string
	Value string // a word
	Set   bool   // there is a default
}

// The tags of bodies say which field a flag of the instruction sets, by its name in package
// spec, and what other fields are called in the textual form: the first of a body has no
// name there. Building, printing and comparing go by them.
type (
	// Run executes a command.
	Run struct {
		Command  Command
		Mounts   []Mount   `flag:"mount"`
		Network  string    `flag:"network"`  // "", "default", "none" or "host"
		Security string    `flag:"security"` // "", "sandbox" or "insecure"
		Devices  []Device  `flag:"device"`
		Heredocs []Heredoc `ir:"heredoc"`
	}
	// Copy copies from the build context, a stage or an image.
	Copy struct {
		Sources  []string // words
		Inline   []Inline `ir:"inline"`
		Dest     string   `ir:"to"`      // a word
		From     string   `flag:"from"`  // a stage, its number, or an image; literal, "" is the build context
		Chown    string   `flag:"chown"` // a word
		Chmod    string   `flag:"chmod"` // a word
		Link     bool     `flag:"link"`
		Parents  bool     `flag:"parents"`
		Excludes []string `flag:"exclude"`
	}
	// Add is Copy that also takes archives, URLs and git repositories.
	Add struct {
		Sources    []string // words
		Inline     []Inline `ir:"inline"`
		Dest       string   `ir:"to"`         // a word
		Chown      string   `flag:"chown"`    // a word
		Chmod      string   `flag:"chmod"`    // a word
		Checksum   string   `flag:"checksum"` // a word
		Link       bool     `flag:"link"`
		KeepGitDir *bool    `flag:"keep-git-dir"`
		Unpack     *bool    `flag:"unpack"`
		Excludes   []string `flag:"exclude"`
	}
	// Env sets variables of the image.
	Env struct{ Pairs []Pair }
	// Label sets labels of the image.
	Label struct{ Pairs []Pair }
	// Arg declares build arguments.
	Arg struct{ Defaults []Default }
	// Cmd sets what the image runs.
	Cmd struct{ Command Command }
	// Entrypoint sets what the image always runs.
	Entrypoint struct{ Command Command }
	// Shell sets the shell of the shell form.
	Shell struct{ Args []string }
	// Workdir sets and makes the working directory.
	Workdir struct{ Path string }
	// User sets the user, a word.
	User struct{ Name string }
	// Expose documents ports, words sorted as BuildKit sorts them.
	Expose struct{ Ports []string }
	// Volume declares volumes, words.
	Volume struct{ Paths []string }
	// StopSignal sets the signal that stops a container, a word.
	StopSignal struct{ Signal string }
	// Maintainer sets the author.
	Maintainer struct{ Name string }
	// Healthcheck sets or, with None, removes the health check. A zero duration
	// or count leaves the engine's default.
	Healthcheck struct {
		Command       Command
		None          bool          `ir:"none"`
		Interval      time.Duration `flag:"interval"`
		Timeout       time.Duration `flag:"timeout"`
		StartPeriod   time.Duration `flag:"start-period"`
		StartInterval time.Duration `flag:"start-interval"`
		Retries       int           `flag:"retries"`
	}
	// Onbuild leaves an instruction to builds that start from this image. The
	// trigger is text, here documents included: it is read when it runs.
	Onbuild struct{ Trigger string }
	// Custom is an instruction that a plugin must expand before lowering.
	Custom struct {
		Name     string    // upper case
		Flags    []string  `ir:"flags"`
		Args     string    `ir:"args"`    // with the words that name here documents
		Heredocs []Heredoc `ir:"heredoc"` // all that the line names, or none: not every instruction takes them
	}
)

func (*Run) body()         {}
func (*Copy) body()        {}
func (*Add) body()         {}
func (*Env) body()         {}
func (*Label) body()       {}
func (*Arg) body()         {}
func (*Cmd) body()         {}
func (*Entrypoint) body()  {}
func (*Shell) body()       {}
func (*Workdir) body()     {}
func (*User) body()        {}
func (*Expose) body()      {}
func (*Volume) body()      {}
func (*StopSignal) body()  {}
func (*Maintainer) body()  {}
func (*Healthcheck) body() {}
func (*Onbuild) body()     {}
func (*Custom) body()      {}

// Keyword is the instruction's name in upper case.
func (*Run) Keyword() string         { return "RUN" }
func (*Copy) Keyword() string        { return "COPY" }
func (*Add) Keyword() string         { return "ADD" }
func (*Env) Keyword() string         { return "ENV" }
func (*Label) Keyword() string       { return "LABEL" }
func (*Arg) Keyword() string         { return "ARG" }
func (*Cmd) Keyword() string         { return "CMD" }
func (*Entrypoint) Keyword() string  { return "ENTRYPOINT" }
func (*Shell) Keyword() string       { return "SHELL" }
func (*Workdir) Keyword() string     { return "WORKDIR" }
func (*User) Keyword() string        { return "USER" }
func (*Expose) Keyword() string      { return "EXPOSE" }
func (*Volume) Keyword() string      { return "VOLUME" }
func (*StopSignal) Keyword() string  { return "STOPSIGNAL" }
func (*Maintainer) Keyword() string  { return "MAINTAINER" }
func (*Healthcheck) Keyword() string { return "HEALTHCHECK" }
func (*Onbuild) Keyword() string     { return "ONBUILD" }
func (c *Custom) Keyword() string    { return c.Name }
