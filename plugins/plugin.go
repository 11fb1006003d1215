// Package plugins runs plugins over modules. It stands between the IR, which it
// rewrites, and the backends. It may import lang and ir.
//
// A plugin is a value of this process or a program behind a connection (package
// host); both satisfy Plugin, and a Pipeline treats them alike.
package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Plugin sees modules as typed values, reports on them and rewrites them. Its methods
// may be called by several goroutines at once.
type Plugin interface {
	// Info says what the plugin is. The answer is the same every time.
	Info() Info
	// Run does one phase for one module. What is wrong with the Dockerfile or the
	// config are diagnostics of the result; an error says that the plugin itself
	// is broken.
	Run(ctx context.Context, h Host, c *Call) (*Result, error)
}

// Info says what a plugin is.
type Info struct {
	Name         string // lower case words with dashes; the codes of its diagnostics start with it
	Version      string // semantic, without "v"
	Summary      string // one line
	URL          string // of its documentation
	Phases       []Phase
	Instructions []Instruction   // that it expands
	Filter       Filter          // of Rewrite, Check and Finish
	Schema       json.RawMessage // JSON schema of its config; nil when it has none
	After        []string        // plugins it must stand behind, when they are there
	Needs        []Grant         // that it cannot work without
}

// Phase is a part of the pipeline.
type Phase uint8

// The phases. Expand comes first, for all plugins, until no claimed instruction is left.
// Then each plugin, in order, does Rewrite and Check. Finish is for all at the end.
const (
	Expand  Phase = 1 + iota // instructions of the plugin become ordinary ops
	Rewrite                  // a module becomes another
	Check                    // the module is reported on
	Finish                   // the final module is reported on
)

var phaseNames = [...]string{Expand: "expand", Rewrite: "rewrite", Check: "check", Finish: "finish"}

// String gives the phase in lower case.
func (p Phase) String() string {
	if int(p) < len(phaseNames) && p > 0 {
		return phaseNames[p]
	}
	return fmt.Sprintf("phase %d", uint8(p))
}

// Grant is what a plugin may do beyond seeing the module. It is given in strake.yaml.
type Grant string

// The grants.
const (
	GrantContext Grant = "context" // list and read files of the build context
	GrantImages  Grant = "images"  // read configs and files of base images
	GrantNetwork Grant = "network" // use the network, for a program in a sandbox
)

// Call is what a plugin is asked to do.
type Call struct {
	Phase  Phase
	Module *ir.Module // to be left as it is: Copy gives one to change
	Target int        // the stage that is built, an index of Module.Stages
	Stages []bool     // for each stage: the plugin may change and report on it
	Needed []bool     // for each stage: what is asked for may need it, so that it has to stay; nil is all
	// Numbered says that the target is named by its number, which another stage has when one is put in
	// or goes. A plugin behind a connection is not told.
	Numbered bool
	Config   json.RawMessage // an object that the plugin's schema accepts; nil when there is none
	By       string          // the plugin's name, for origins
	Uses     []Use           // Expand: the instructions to replace, in order
	Claims   []lang.Claim    // instructions that some plugin expands, which a rewrite may put in, too
	States   *eval.Memo      // remembers the states of modules from call to call; nil where there is nothing to share
}

// Decode reads the config into v, a pointer to a struct, which keeps its values where
// the config says nothing.
func (c *Call) Decode(v any) error {
	if len(c.Config) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(c.Config))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("config of %s: %w", c.By, err)
	}
	return nil
}

// Made is the origin of what the plugin makes, and why, out of other things.
func (c *Call) Made(why string, from ...*ir.Origin) *ir.Origin {
	return &ir.Origin{By: c.By, Why: why, From: slices.Clone(from)}
}

// Op makes an op of the plugin.
func (c *Call) Op(body ir.Body, why string, from ...*ir.Origin) *ir.Op {
	return &ir.Op{Body: body, Origin: c.Made(why, from...)}
}

// Result is what a plugin answers. The zero value changes nothing.
type Result struct {
	Module  *ir.Module // Expand and Rewrite: in place of the module; or
	Edits   []Edit     // changes to it
	Diags   diag.List
	Reports []Report // Finish
}

// Edit puts ops in the place of others. Places are those of the module of the call.
type Edit struct {
	Stage  int
	Op     int // index of the first op to go, or of that to stand behind what is put in
	Delete int // how many go
	Insert []*ir.Op
}

// Report is a file that a plugin makes about a build.
type Report struct {
	Name string // a file name
	Data []byte
}

// Place is an op of the module of a call. An Op of -1 is the FROM.
type Place struct{ Stage, Op int }

// Host is what a plugin may ask for while it runs. A service that is not there gives
// ErrUnavailable, one that was not granted ErrDenied.
type Host interface {
	// Log writes a line for people who look for what a plugin does.
	Log(ctx context.Context, text string)
	// Expand expands the variables of a word as they stand in front of an op. One
	// whose value only the base image has counts when that is known.
	Expand(ctx context.Context, at Place, word string) (string, error)
	// ReadFile reads a file of the build context, a path with slashes. Of what is
	// not there, or ignored, the error is fs.ErrNotExist.
	ReadFile(ctx context.Context, path string) ([]byte, error)
	// ListFiles lists the paths of the build context that match one of some patterns, sorted,
	// without what is ignored. In a pattern each element is one of path.Match, or "**", which
	// stands for any number of directories, also none; at the end for all that is below. A
	// directory that matches is listed by itself, not with what is in it; one of which
	// .dockerignore takes parts back in counts as there. Links are not followed. The error is
	// another when there are too many files to tell.
	ListFiles(ctx context.Context, patterns []string) ([]File, error)
	// BaseConfig gives the image config, as JSON, of the image that a stage
	// goes back to.
	BaseConfig(ctx context.Context, stage int) (json.RawMessage, error)
	// Facts tells what is known of a stage's base without looking into it, for which no
	// grant is needed.
	Facts(ctx context.Context, stage int) (Facts, error)
	// Effects tells for each op of a stage what is in force in front of it, and what it does, as
	// far as that is known without building. Base images count when their configs are at hand,
	// for which no grant is needed.
	Effects(ctx context.Context, stage int) ([]OpEffects, error)
	// BaseFile reads a file of that image, up to 1 MiB.
	BaseFile(ctx context.Context, stage int, path string) ([]byte, error)
	// ParseShell gives the syntax tree of a script as JSON, in the form of
	// mvdan.cc/sh's typedjson. The dialect is "posix", "bash" or "mksh".
	ParseShell(ctx context.Context, dialect, script string) (json.RawMessage, error)
}

// Facts are what a build tells of the image that a stage goes back to.
type Facts struct {
	// Platforms are those that the stage is built for, like "linux/amd64"; none when
	// they are left to who builds.
	Platforms []string `json:"platforms,omitempty"`
	// Shell is the SHELL of the image, where its config is at hand; nil when not, or
	// when the config has none.
	Shell []string `json:"shell,omitempty"`
	// Strict is that a warning of a build check ends the build: the check directive says
	// error=true, or the build argument that takes its place.
	Strict bool `json:"strict,omitempty"`
}

// Why a service of the host is not there.
var (
	ErrUnavailable = errors.New("not available here")
	ErrDenied      = errors.New("not granted in strake.yaml")
)
