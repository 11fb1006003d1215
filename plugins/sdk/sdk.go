// Package sdk is what the author of a plugin needs: a Plugin made of functions, and Serve,
// which makes a program of any plugin. The same value runs in-process in tests.
//
// Authors also import ir for ops, and at times plugins and lang/diag.
package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
)

// Plugin is a plugin made of functions, and satisfies plugins.Plugin. Those that are
// nil stand for phases that it has no part in. An error of one says that the plugin
// is broken; what is wrong with a Dockerfile is for Call.Error and the like.
type Plugin struct {
	Name    string // lower case words with dashes
	Version string // semantic, without "v"
	Summary string // one line
	URL     string // of its documentation

	Instructions []Instruction
	Rewrite      func(c *Call) error
	Check        func(c *Call) error
	Finish       func(c *Call) error

	Filter plugins.Filter  // modules that the functions above are called for; the zero value is all
	Schema json.RawMessage // JSON schema of the config; nil when there is none
	After  []string        // plugins it must stand behind, when they are there
	Needs  []plugins.Grant // what it cannot work without
}

// Instruction is a new instruction. Expand is called for each of its uses, and replaces
// it by Call.Replace at its place.
type Instruction struct {
	plugins.Instruction
	Expand func(c *Call, u *plugins.Use) error
}

// Info says what the plugin is.
func (p *Plugin) Info() plugins.Info {
	i := plugins.Info{
		Name: p.Name, Version: p.Version, Summary: p.Summary, URL: p.URL,
		Filter: p.Filter, Schema: p.Schema, After: p.After, Needs: p.Needs,
	}
	for _, in := range p.Instructions {
		i.Instructions = append(i.Instructions, in.Instruction)
	}
	for phase := plugins.Expand; phase <= plugins.Finish; phase++ {
		if p.phase(phase) != nil {
			i.Phases = append(i.Phases, phase)
		}
	}
	return i
}

// phase is the function of a phase.
func (p *Plugin) phase(phase plugins.Phase) func(*Call) error {
	switch {
	case phase == plugins.Expand && len(p.Instructions) > 0:
		return p.expand
	case phase == plugins.Rewrite:
		return p.Rewrite
	case phase == plugins.Check:
		return p.Check
	case phase == plugins.Finish:
		return p.Finish
	}
	return nil
}

// Run does a call.
func (p *Plugin) Run(ctx context.Context, h plugins.Host, call *plugins.Call) (*plugins.Result, error) {
	do := p.phase(call.Phase)
	if do == nil {
		return nil, fmt.Errorf("%s has no part in the phase %s", p.Name, call.Phase)
	}
	c := &Call{Call: call, Context: ctx, host: h}
	if err := do(c); err != nil {
		return nil, err
	}
	return c.result(), nil
}

func (p *Plugin) expand(c *Call) error {
	for i := range c.Uses {
		u := &c.Uses[i]
		at := slices.IndexFunc(p.Instructions, func(in Instruction) bool { return in.Keyword == u.Keyword })
		if at < 0 {
			return fmt.Errorf("%s has no instruction %s", p.Name, u.Keyword)
		}
		if err := p.Instructions[at].Expand(c, u); err != nil {
			return err
		}
	}
	return nil
}

// Serve is the main function of a plugin in a program of its own. It does not return.
func Serve(p plugins.Plugin) {
	fmt.Fprintln(os.Stderr, remote.Serve(p))
	os.Exit(1)
}
