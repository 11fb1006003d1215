package plan

import (
	"github.com/seed-e0495807/strake/lang"
)

// Limits of what a plan may come to. BuildKit has none: a name that doubles itself
// forty times takes the memory of the machine. A single word may gain
// words.MaxSize bytes.
const (
	// MaxCost bounds, in bytes or so, all that expansion makes: words, names of
	// steps, history, and the environments that commands and stages get. It is
	// sixteen times the 16 MiB of a message that a BuildKit daemon takes.
	MaxCost = 256 << 20
	// MaxSteps bounds the ops of all stages, with the triggers of their bases.
	MaxSteps = lang.MaxInstructions
	// MaxReference bounds, in bytes, the name of an image: reading a long one takes as long
	// as the rest of the build.
	MaxReference = 4 << 10
	// MaxRounds bounds a chain of base images each of which is named by a trigger of
	// the one before.
	MaxRounds = 100
)

// What the parts of an op count for beside their text.
const (
	argCost    = 32
	mountCost  = 2 << 10
	sourceCost = 2 << 10
	portCost   = 64
)

var errSpent = wrong("too-costly", "do variables double themselves, or are there thousands of sources or mounts?",
	"what is to be built takes more than %d MiB to describe", MaxCost>>20)

// spent tells that the build came to more than MaxCost.
func (p *planner) spent() bool { return p.budget.Left < 0 }

// cost is about how many bytes it takes to go on from the config of a base.
func (s *Stage) cost() int {
	c := &s.Image.Config
	n := 64 * (len(c.Env) + len(c.Labels) + len(c.ExposedPorts) + len(c.Volumes) + len(c.OnBuild) + len(s.declared))
	for _, e := range c.Env {
		n += len(e)
	}
	return n
}
