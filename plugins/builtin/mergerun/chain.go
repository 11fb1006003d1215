package mergerun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// chain is RUNs that follow one another.
type chain struct {
	*job
	stage, first int // of the first op
	state        *state
	shared       map[int]bool // places at which other stages leave this one
	dialect      dialect
	scripts      []*script // of the RUNs; those behind one after which nothing is merged are not read
	pasts        []past    // in front of each script, and behind the last
}

// merge joins as many ops as it can, from the first on, and tells the reasons of the
// boundaries that stay; one that is not chosen is only read. It gives the state behind.
func (c *chain) merge(ops []*ir.Op, chosen bool) *state {
	c.read(ops)
	next := *c.state
	next.past = c.pasts[len(c.scripts)]
	if !chosen || len(ops) < 2 {
		return &next
	}
	from := 0
	for i := 1; i <= len(ops); i++ {
		if i < len(ops) {
			why := c.apart(from, i)
			if why == nil {
				continue
			}
			c.refuse(ops[i-1], ops[i], why)
		}
		c.replace(ops, from, i)
		from = i
	}
	return &next
}

// read reads the scripts, as far as that may be of use.
func (c *chain) read(ops []*ir.Op) {
	d, why := c.state.dialect()
	c.dialect = d
	now := c.state.past
	c.pasts = []past{now}
	for _, op := range ops {
		if c.settled(now) {
			return
		}
		run := op.Body.(*ir.Run)
		s := &script{run: run, never: why}
		if why == nil || c.config.Explain {
			s = read(c.States, run, d, surroundings{dir: c.state.Workdir, links: now.symbolic}, c.config.Unknown.accepts)
		}
		if why != nil {
			s.never = why
		}
		if c.state.settings && !c.config.Unknown.all {
			s.refuse(because("opaque", "a variable of the stage gives programs options"))
		}
		now = now.with(s)
		c.scripts, c.pasts = append(c.scripts, s), append(c.pasts, now)
	}
}

// settled tells that nothing behind is merged, and that nobody asks why of each RUN: what is there
// need not be read.
func (j *job) settled(now past) bool {
	return now.lost != nil && !j.config.Unknown.all && !j.config.Explain
}

// replace puts one op in the place of several.
func (c *chain) replace(ops []*ir.Op, from, to int) {
	if to-from < 2 {
		return
	}
	body := join(c.scripts[from:to])
	if back, err := ir.ParseBody(ir.Format(body, c.Module.Escape), c.Module.Escape); err != nil || !ir.Equal(back, body) {
		c.refuse(ops[from], ops[from+1], because("syntax", "a Dockerfile reads the merged line in another way"))
		return
	}
	origins := make([]*ir.Origin, 0, to-from)
	for _, op := range ops[from:to] {
		origins = append(origins, op.Origin)
	}
	op := c.Op(body, fmt.Sprintf("merged %d RUNs into one layer", to-from), origins...)
	c.result.Edits = append(c.result.Edits, plugins.Edit{Stage: c.stage, Op: c.first + from, Delete: to - from, Insert: []*ir.Op{op}})
}

// apart tells why a RUN is not merged with those from one on that are merged before it.
func (c *chain) apart(from, i int) *reason {
	list := c.scripts
	if i >= len(list) {
		return c.pasts[len(list)].lost
	}
	a, b := list[i-1], list[i]
	for _, ask := range []func() *reason{
		func() *reason { return a.never },
		func() *reason { return b.never },
		func() *reason { return differ(a.run, b.run) },
		func() *reason { return ends(a.run) },
		func() *reason { return a.last },
		func() *reason { return c.user(a) },
		func() *reason { return a.removesDir(c.state.Workdir, c.pasts[i].symbolic) },
		func() *reason { return c.links(from, i) },
		func() *reason { return c.programs(from, i) },
		func() *reason { return c.errexit(a) },
		func() *reason { return c.layer(a, c.first+i) },
	} {
		if why := ask(); why != nil {
			return why
		}
	}
	for at, s := range list[from:i] {
		if s.negate && s.wrapped(list[from+at+1:i+1]) {
			return because("negation", "bash forgets that a `!` in a subshell ended in an error")
		}
		if s.status && s.wrapped(list[from+at+1:i+1]) {
			return because("status", "bash gives some failures another status in a subshell, and the script looks at $?")
		}
	}
	merged := join(list[from : i+1])
	if n := len(ir.Format(merged, c.Module.Escape)); n > c.config.MaxLength {
		return because("length", "the merged RUN would have %d bytes, more than %d", n, c.config.MaxLength)
	}
	return nil
}

// programs is about those that the stage makes or sets up, and names that lead out of it.
func (c *chain) programs(from, i int) *reason {
	for at := from; at <= i; at++ {
		behind := c.pasts[at+1]
		if behind.shared != nil {
			return behind.shared
		}
		if behind.lost != nil && !c.config.Unknown.all {
			return behind.lost
		}
		if why := c.pasts[at].runs(c.scripts[at], behind.made, c.config.Unknown.accepts); why != nil {
			return why
		}
	}
	return nil
}

// links is about files with several names.
func (c *chain) links(from, i int) *reason {
	s := c.scripts[i]
	var before naming
	before.aliases = slices.Clip(c.pasts[from].aliases)
	root := c.state.Root()
	for _, name := range []string{"sudo", "doas", "gosu", "su-exec"} {
		root = root && !s.ran[name]
	}
	for _, e := range c.scripts[from:i] {
		before.add(e.effects)
		if s.moves && (e.attrs || !root && !c.config.Unknown.all) {
			return because("links", "a directory of an earlier layer is copied when it is renamed, which may fail or lose attributes")
		}
	}
	if before.apart(&s.effects, c.state.Workdir) {
		return because("links", "a file may have several names, and be changed under one of them: a layer in between keeps the others as they are")
	}
	return nil
}

// user is about programs that make users or members of groups: root stays root, and
// anybody else needs more rights to do that than their RUN has by itself, as by sudo.
func (c *chain) user(s *script) *reason {
	if c.state.Root() || !c.state.UserKnown && !s.ran["sudo"] && !s.ran["doas"] {
		return nil
	}
	return s.rights
}

// errexit is about set -e, which counts for nothing on the left of && (POSIX 2.14, set):
// a list would go on where it stopped.
func (c *chain) errexit(s *script) *reason {
	switch {
	case !s.listed || !s.setE && c.dialect.errexit == off:
		return nil
	case s.setE || c.dialect.errexit == on:
		return because("errexit", "set -e does not end a list that has `&&` behind it")
	}
	return because("base-shell", "the SHELL of the base image may have -e, which does not end a list that has `&&` behind it")
}

// layer is about caches: who else needs the state in front of op number at.
func (c *chain) layer(s *script, at int) *reason {
	if c.shared[at] {
		return because("cache", "another stage shares the layers up to here")
	}
	for i, re := range c.keep {
		if re.MatchString(s.run.Command.Line) {
			return because("apart", "the RUN above is to keep its layer: it matches %q", c.config.Apart[i])
		}
	}
	return nil
}

// differ tells in which flags two RUNs differ.
func differ(a, b *ir.Run) *reason {
	network := func(r *ir.Run) string { return strings.TrimPrefix(r.Network, "default") }
	security := func(r *ir.Run) string { return strings.TrimPrefix(r.Security, "sandbox") }
	switch {
	case network(a) != network(b):
		return because("flags", "the --network of the two differs")
	case security(a) != security(b):
		return because("flags", "the --security of the two differs")
	case !slices.Equal(a.Devices, b.Devices):
		return because("flags", "the --device of the two differs")
	case !slices.EqualFunc(a.Mounts, b.Mounts, func(x, y ir.Mount) bool { return slices.Equal(x, y) }):
		return because("mounts", "the --mount of the two differs")
	}
	return nil
}

// ends tells why nothing of a RUN's container may be left for another.
func ends(r *ir.Run) *reason {
	if r.Security == "insecure" {
		return because("flags", "with --security=insecure it can change more than files")
	}
	for _, m := range r.Mounts {
		kind, ok := m.Option("type")
		switch {
		case strings.Contains(kind, "$"):
			return because("mounts", "the type of a mount is a variable")
		case kind == "tmpfs":
			return because("mounts", "a tmpfs is empty at the start of each RUN")
		case (!ok || kind == "" || kind == "bind") && slices.ContainsFunc(m, writable):
			return because("mounts", "what is written to a bind mount is gone at the end of its RUN")
		}
	}
	return nil
}

func writable(o ir.MountOption) bool {
	switch o.Key {
	case "rw", "readwrite":
		return true
	case "ro", "readonly":
		return o.HasValue && !strings.EqualFold(o.Value, "true") && o.Value != "1"
	}
	return false
}

// boundaries are, for each stage, the places behind ops that it has in common with another
// stage on the same base. Two consecutive RUNs with the same flags are out of date by
// the same changes: they see the same files, arguments and mounts. So a layer between
// them is of use only to a build that has the first and not the second: one of another
// stage, which is what counts here, or of another version of the Dockerfile.
func boundaries(m *ir.Module, chosen []bool, keep bool) []map[int]bool {
	all := make([]map[int]bool, len(m.Stages))
	for i := range all {
		for j := 0; j < i && keep; j++ {
			n := prefix(m, i, j)
			if n == 0 {
				continue
			}
			for _, k := range []int{i, j} {
				if all[k] == nil {
					all[k] = map[int]bool{}
				}
			}
			all[i][n], all[j][n] = true, true
			for at := 1; at < n && chosen[i] != chosen[j]; at++ { // one of them stays as it is
				all[i][at], all[j][at] = true, true
			}
		}
	}
	return all
}

// prefix is how many ops two stages have in common.
func prefix(m *ir.Module, i, j int) int {
	a, b := m.Stages[i], m.Stages[j]
	if a.Base != b.Base || a.Platform != b.Platform || eval.Parent(m, i) != eval.Parent(m, j) {
		return 0
	}
	n := 0
	for n < min(len(a.Ops), len(b.Ops)) && ir.Equal(a.Ops[n].Body, b.Ops[n].Body) {
		n++
	}
	return n
}
