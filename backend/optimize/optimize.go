// Package optimize tries the optimising plugins on a project, and keeps those that pay: a row of
// them is measured by a replay of commits, and holds only when it is shown by experiment that the
// image is the same. Nothing of the user's is written here.
//
//	history ─ replay ─ before ─ passes, one by one ─ proof ─ Report
//
// It stands on the packages build and verify; who calls it writes the result where it belongs.
package optimize

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-e0495807/strake/backend/validate"
)

// Builder is what a search needs of an engine.
type Builder interface {
	// Expand gives what a row makes of the Dockerfile.
	Expand(ctx context.Context, row Row) (*Expansion, error)
	// Start begins a replay of a Dockerfile, with a cache that no other has.
	Start(ctx context.Context, text string) (Trial, error)
	// Verify compares the images of no passes and of a row, which may lack files of patterns.
	Verify(ctx context.Context, row Row, dropped []string) (*validate.Verdict, error)
}

// Expansion is a Dockerfile behind the plugins of the project and a row.
type Expansion struct {
	Text     string
	Remade   bool      // it is not the Dockerfile as it is written
	Refusals []Refusal // what the passes leave alone, and why
	Dropped  []string  // patterns of files that its image lacks on purpose
}

// Refusal is something that a pass leaves as it is.
type Refusal struct {
	Pass string `json:"pass"`
	Code string `json:"code"`
	Line int    `json:"line,omitempty"` // of the Dockerfile, from 1
	Text string `json:"text"`
}

// Failed is the error for a Dockerfile that does not build.
type Failed struct {
	What string // which build
	Err  error
}

func (f *Failed) Error() string { return f.What + " does not build: " + f.Err.Error() }
func (f *Failed) Unwrap() error { return f.Err }

// Result is what became of a pass.
type Result string

// The results.
const (
	Kept    Result = "kept"
	Idle    Result = "changes nothing"
	Unpaid  Result = "does not pay"
	Unbuilt Result = "does not build"
	Wrong   Result = "builds another image"
	Barred  Result = "not tried"
	Dropped Result = "left out" // with another that was wrong, without which it does not pay
)

// Outcome is what became of a pass that was tried.
type Outcome struct {
	Pass   Pass         `json:"pass"`
	Result Result       `json:"result"`
	Why    string       `json:"why,omitempty"`
	Before *Measurement `json:"before,omitempty"` // of the row in front of it
	After  *Measurement `json:"after,omitempty"`  // with it
}

// search is one search for the row that pays.
type search struct {
	Builder  Builder
	Passes   []Pass
	Bars     func(name string) string    // why the plugins of the project leave no room for a pass, "" when they do; nil is none
	Rebuilds int                         // of a replay
	Key      string                      // of what a measurement depends on besides the text
	Say      func(text string, done int) // is told what is done next, of how many builds
	Added    func(more int)              // is told of more builds to come
	shelf    shelf
	kept     int // measurements that were there before

	before *Measurement
	first  *Expansion
	row    Row
	out    []Outcome
	refuse []Refusal
}

func (x *search) say(text string, builds int) {
	if x.Say != nil {
		x.Say(text, builds)
	}
}

// run finds the row, with the verdict on it. The row is empty when nothing pays.
func (x *search) run(ctx context.Context) (*Measurement, *Expansion, *validate.Verdict, error) {
	after := x.before
	made := x.first
	for i := range x.Passes {
		if why := x.barred(x.Passes[i].Name); why != "" {
			x.out = append(x.out, Outcome{Pass: x.Passes[i], Result: Barred, Why: why})
			x.say(x.Passes[i].Name+": not tried", x.Rebuilds+1)
			continue
		}
		for p := &x.Passes[i]; p != nil; {
			o, e, err := x.try(ctx, *p, after, made)
			if err != nil {
				return nil, nil, nil, err
			}
			x.out = append(x.out, o)
			if o.Result == Kept {
				x.row, after, made = x.row.with(*p), o.After, e
			}
			if p = p.Safer; o.Result != Unbuilt {
				break
			}
		}
	}
	return x.prove(ctx, after, made)
}

func (x *search) barred(name string) string {
	if x.Bars == nil {
		return ""
	}
	return x.Bars(name)
}

// try has a pass join the row, and says whether it pays.
func (x *search) try(ctx context.Context, p Pass, before *Measurement, made *Expansion) (Outcome, *Expansion, error) {
	o := Outcome{Pass: p, Before: before}
	row := x.row.with(p)
	e, err := x.Builder.Expand(ctx, row)
	if err != nil {
		return o, nil, err
	}
	for _, r := range e.Refusals {
		if r.Pass == p.Name && !slices.Contains(x.refuse, r) {
			x.refuse = append(x.refuse, r)
		}
	}
	if e.Text == made.Text {
		o.Result = Idle
		x.say(p.Name+": changes nothing", x.Rebuilds+1)
		return o, e, nil
	}
	o.After, err = x.measure(ctx, p.Name, e.Text)
	var failed *Failed
	if errors.As(err, &failed) {
		o.Result, o.Why = Unbuilt, failed.Error()
		return o, e, nil
	}
	if err == nil {
		err = x.settle(ctx, p.Name, before, o.After)
	}
	switch {
	case err != nil:
		return o, nil, err
	case o.After.pays(before):
		o.Result = Kept
	default:
		o.Result = Unpaid
	}
	return o, e, nil
}

// prove has the row verified, and takes out of it what makes another image until there is none.
func (x *search) prove(ctx context.Context, after *Measurement, made *Expansion) (*Measurement, *Expansion, *validate.Verdict, error) {
	for len(x.row) > 0 {
		x.say("proof", 4)
		v, err := x.Builder.Verify(ctx, x.row, made.Dropped)
		if err != nil {
			return nil, nil, nil, err
		}
		if v.Answer != validate.NotEqual {
			return after, made, v, nil
		}
		x.blame(v)
		if len(x.row) == 0 {
			break
		}
		if made, err = x.Builder.Expand(ctx, x.row); err != nil {
			return nil, nil, nil, err
		}
		if made.Text == x.first.Text {
			x.drop("what is left changes nothing")
			break
		}
		if x.Added != nil {
			x.Added(x.Rebuilds + 5)
		}
		after, err = x.measure(ctx, "what is left", made.Text)
		var failed *Failed
		if errors.As(err, &failed) {
			x.drop(failed.Error())
			break
		}
		if err == nil {
			err = x.settle(ctx, "what is left", x.before, after)
		}
		switch {
		case err != nil:
			return nil, nil, nil, err
		case !after.pays(x.before):
			x.drop("what is left does not pay")
		}
	}
	return nil, nil, nil, nil
}

// blame takes the pass out of the row that a verdict is about; all when it names none.
func (x *search) blame(v *validate.Verdict) {
	if v.Guilty == nil || !slices.Contains(x.row.names(), v.Guilty.Plugin) {
		x.mark(x.row.names(), Wrong, "it is not known which pass it was")
		x.row = nil
		return
	}
	name := v.Guilty.Plugin
	x.mark([]string{name}, Wrong, differs(v))
	i := slices.Index(x.row.names(), name)
	if p := x.row[i].Safer; p != nil {
		x.out = append(x.out, Outcome{Pass: *p, Result: Kept, Why: "in the place of the one that was wrong"})
	}
	x.row = x.row.without(name)
}

// drop empties the row.
func (x *search) drop(why string) {
	x.mark(x.row.names(), Dropped, why)
	x.row = nil
}

// mark says what became of passes that were kept so far.
func (x *search) mark(names []string, r Result, why string) {
	for i, o := range x.out {
		if o.Result == Kept && slices.Contains(names, o.Pass.Name) {
			x.out[i].Result, x.out[i].Why = r, why
		}
	}
}

// differs says the first of what is different.
func differs(v *validate.Verdict) string {
	switch {
	case len(v.Files) > 0:
		d := v.Files[0]
		text := fmt.Sprintf("%s is %s", d.Path, d.Change)
		if n := len(v.Files) - 1; n > 0 {
			text += fmt.Sprintf(", and %d more", n)
		}
		return text
	case len(v.Config) > 0:
		return fmt.Sprintf("the setting %s is %s", v.Config[0].Name, v.Config[0].Change)
	case len(v.Runs) > 0:
		return "a command ends in another way"
	}
	return ""
}
