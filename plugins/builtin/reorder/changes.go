package reorder

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// weights are how often the steps of a module change, as shares of builds. That of a RUN is 0: its
// own text seldom changes, and what it reads of others is for those to say.
type weights struct {
	module  *ir.Module
	changes map[string]float64
	ops     [][]float64
	stages  []float64 // the largest of a stage and those that it goes back to
}

func newWeights(m *ir.Module, changes map[string]float64) *weights {
	w := &weights{module: m, changes: changes, stages: make([]float64, len(m.Stages))}
	for i, s := range m.Stages {
		list := make([]float64, len(s.Ops))
		if p := eval.Parent(m, i); p >= 0 {
			w.stages[i] = w.stages[p]
		}
		for k, op := range s.Ops {
			list[k] = w.of(op.Body)
			w.stages[i] = max(w.stages[i], list[k])
		}
		w.ops = append(w.ops, list)
	}
	return w
}

// heaviest is that of a stage's own ops.
func (w *weights) heaviest(stage int) float64 {
	return slices.Max(append([]float64{0}, w.ops[stage]...))
}

// of is that of an op of a stage behind those that are weighed.
func (w *weights) of(body ir.Body) float64 {
	switch b := body.(type) {
	case *ir.Copy:
		if b.From != "" {
			return w.from(b.From)
		}
		return w.paths(b.Sources)
	case *ir.Add:
		return w.paths(slices.DeleteFunc(slices.Clone(b.Sources), func(s string) bool { return strings.Contains(s, "://") || strings.HasPrefix(s, "git@") }))
	case *ir.Run:
		for _, m := range b.Mounts {
			if kind, set := m.Option("type"); set && kind != "bind" {
				continue
			} else if from, ok := m.Option("from"); ok {
				return w.from(from)
			}
			return 1 // of the context
		}
	}
	return 0
}

// from is that of an earlier stage; an image or a named context does not change.
func (w *weights) from(name string) float64 {
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(w.ops) {
		return w.stages[i]
	}
	for i := len(w.ops) - 1; i >= 0; i-- {
		if w.module.Stages[i].Name != "" && strings.EqualFold(w.module.Stages[i].Name, name) {
			return w.stages[i]
		}
	}
	return 0
}

// paths is that of paths of the context: the largest of all patterns that may be of one.
func (w *weights) paths(sources []string) (most float64) {
	if len(sources) == 0 {
		return 0
	}
	if len(w.changes) == 0 {
		return 1
	}
	for pattern, share := range w.changes {
		if slices.ContainsFunc(sources, func(s string) bool { return meets(pattern, s) }) {
			most = max(most, share)
		}
	}
	return most
}

// meets tells whether a source of a COPY may have a path of a pattern in it. One with a variable or
// a wildcard may, and one that has no extension may be a directory.
func meets(pattern, source string) bool {
	folder := strings.HasSuffix(source, "/") || path.Ext(source) == ""
	pattern, source = path.Clean("/" + pattern)[1:], path.Clean("/" + source)[1:]
	if source == "" || pattern == "" || strings.ContainsAny(source, "$*?[") {
		return true
	}
	if strings.HasPrefix(pattern+"/", source+"/") || folder && below(pattern, source) {
		return true
	}
	ok, err := patternmatcher.MatchesOrParentMatches(source, []string{pattern})
	return ok || err != nil
}

// below tells whether a pattern may be of a path in a directory.
func below(pattern, dir string) bool {
	parts := strings.Split(pattern, "/")
	for i, name := range strings.Split(dir, "/") {
		if i == len(parts) {
			return false
		}
		if strings.Contains(parts[i], "**") {
			return true
		}
		if ok, err := path.Match(parts[i], name); !ok && err == nil {
			return false
		}
	}
	return true
}
