package plugins

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// Needed tells for each stage whether a build of the target may run it: what a stage is
// based on, copies or mounts from, and what its triggers do. Where that is not known
// before variables have values, it does. A target of -1, which is none, needs all.
//
// Names are looked up as BuildKit does: a base among the earlier stages, the others among
// all. A named context can only take a need away. What triggers of a base image copy from
// is not known here: a plan that comes upon such a stage refuses what is not expanded.
func Needed(m *ir.Module, target int) []bool {
	list := make([]bool, len(m.Stages))
	if target < 0 || target >= len(list) {
		return slices.Repeat([]bool{true}, len(list))
	}
	names := map[string]int{}
	for i, s := range m.Stages {
		if s.Name != "" {
			names[s.Name] = i
		}
	}
	todo := []int{target}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		if todo = todo[:len(todo)-1]; list[i] {
			continue
		}
		list[i] = true
		todo = append(todo, basesOf(m, i)...)
		for _, op := range m.Stages[i].Ops {
			for _, from := range sources(op.Body, m.Escape) {
				todo = append(todo, stagesOf(names, from, len(list))...)
			}
		}
	}
	return list
}

// basesOf are the earlier stages that a stage may be based on.
func basesOf(m *ir.Module, i int) (list []int) {
	base := m.Stages[i].Base
	open := strings.ContainsAny(base, "$\"'\\`")
	for j := i - 1; j >= 0; j-- {
		switch {
		case m.Stages[j].Name == "":
		case open:
			list = append(list, j)
		case m.Stages[j].Name == base:
			return []int{j}
		}
	}
	return list
}

// stageSource is what an op reads files of.
type stageSource struct {
	name   string // "" is not known
	number bool   // a number counts as that of a stage
}

// sources are the stages and images that an op, or a trigger, reads files of.
func sources(b ir.Body, escape byte) (list []stageSource) {
	switch b := b.(type) {
	case *ir.Copy:
		if b.From != "" {
			list = append(list, stageSource{b.From, true})
		}
	case *ir.Run:
		for _, m := range b.Mounts {
			if from, ok := m.Option("from"); ok {
				list = append(list, stageSource{from, false})
			}
		}
	case *ir.Onbuild:
		trigger, err := ir.ParseBody(b.Trigger, escape)
		if _, custom := trigger.(*ir.Custom); err != nil || custom {
			return []stageSource{{}}
		}
		return sources(trigger, escape)
	}
	return list
}

// stagesOf are the stages that a source may be, by the last stage of each name.
func stagesOf(names map[string]int, from stageSource, n int) []int {
	if from.name == "" || strings.Contains(from.name, "$") {
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		return list
	}
	if i, err := strconv.Atoi(from.name); err == nil && from.number {
		if i >= 0 && i < n {
			return []int{i}
		}
		return nil
	}
	if i, ok := names[strings.ToLower(from.name)]; ok {
		return []int{i}
	}
	return nil
}
