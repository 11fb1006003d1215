package compile

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// patience is how long one rule may look at one file: the slowest takes milliseconds for a large
// one.
const patience = 20 * time.Second

// patiently has rules look, and goes on without one that hangs. Nobody can end that: it is left
// to itself.
func patiently(rules []lint.Rule, in lint.Input) lint.Result { return within(patience, rules, in) }

// grow has the stack of a goroutine be what rules need, while there is nothing on it: it would grow by
// copies of what they have there.
//
//go:noinline
func grow(at int) byte {
	var room [32 << 10]byte
	return room[at]
}

func within(limit time.Duration, rules []lint.Rule, in lint.Input) lint.Result {
	var hung diag.List
	for {
		var now atomic.Pointer[lint.Rule]
		now.Store(&lint.Rule{})
		in.Now = &now
		done := make(chan lint.Result, 1)
		go func() {
			grow(0)
			out, _ := lint.Run(rules, in) // Ready reports a bad directive
			done <- out
		}()
		last := ""
		for waiting := true; waiting; {
			select {
			case out := <-done:
				out.Bad = append(out.Bad, hung...)
				return out
			case <-time.After(limit):
				name := now.Load().Name
				waiting, last = name != last, name
			}
		}
		hung.Add(diag.Diagnostic{Severity: diag.Warning, Code: "rule-broken", Span: source.Span{File: in.File.Source.ID},
			Message: fmt.Sprintf("the rule %s hangs, and was left out", last),
			Hint:    "this is a mistake in the rule, not in the Dockerfile: tell its author; --rule " + last + "=off leaves it out"})
		rest := make([]lint.Rule, 0, len(rules))
		for _, r := range rules {
			if r.Name != last {
				rest = append(rest, r)
			}
		}
		if len(rest) == len(rules) {
			return lint.Result{Bad: hung}
		}
		rules = rest
	}
}
