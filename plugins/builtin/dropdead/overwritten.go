package dropdead

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// later is what instructions behind a place say of the config.
type later struct {
	said  map[string]bool // CMD and its like, "LABEL key", "EXPOSE port", "VOLUME path"
	user  bool            // USER comes before anything that runs or makes files
	shell bool            // SHELL comes before anything that has the shell read a line
}

// overwritten drops what a later instruction of the stage says anew, before anything reads it.
//
// That a later CMD, ENTRYPOINT, HEALTHCHECK, STOPSIGNAL and MAINTAINER stands in the place of an
// earlier one, whole, and that LABEL, EXPOSE and VOLUME add to maps, is what BuildKit's
// dockerfile2llb does. An ENTRYPOINT takes away the CMD of the base image; so does the later one.
func (j *job) overwritten(stage int) {
	ops := j.Module.Stages[stage].Ops
	l := &later{said: map[string]bool{}}
	for i := len(ops) - 1; i >= 0; i-- {
		if j.ops[stage][i] {
			continue
		}
		if l.dead(ops[i].Body) && j.fine(stage, i) {
			j.drop(stage, i, "a later %s of the stage says so anew, and nothing reads it before", ops[i].Body.Keyword())
			continue
		}
		l.note(ops[i].Body)
	}
	j.variables(stage)
}

// dead tells whether all that an instruction says is said later.
func (l *later) dead(body ir.Body) bool {
	switch b := body.(type) {
	case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.StopSignal, *ir.Maintainer:
		return l.said[b.Keyword()]
	case *ir.User:
		return l.user
	case *ir.Shell:
		return l.shell
	}
	list := entries(body)
	for _, e := range list {
		if !l.said[e] {
			return false
		}
	}
	return len(list) > 0
}

// note takes in what an instruction says, for those in front of it.
func (l *later) note(body ir.Body) {
	switch b := body.(type) {
	case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck:
		l.said[b.Keyword()] = true
		l.shell = false
	case *ir.StopSignal, *ir.Maintainer:
		l.said[b.Keyword()] = true
	case *ir.User:
		l.user = true
	case *ir.Shell:
		l.shell = true
	case *ir.Label, *ir.Expose, *ir.Volume:
		for _, e := range entries(body) {
			l.said[e] = true
		}
	case *ir.Env, *ir.Arg:
	default: // what runs, makes files, or waits for another build
		l.user, l.shell = false, false
	}
}

// entries are the entries of the config's maps that an instruction makes, none when one of them
// is not known from its text.
func entries(body ir.Body) (list []string) {
	var words []string
	switch b := body.(type) {
	case *ir.Label:
		for _, p := range b.Pairs {
			words = append(words, p.Key)
		}
	case *ir.Expose:
		words = b.Ports
	case *ir.Volume:
		words = b.Paths
	}
	for _, w := range words {
		if !plain(w) {
			return nil
		}
		list = append(list, body.Keyword()+" "+w)
	}
	return list
}

// fine tells an instruction whose words surely expand, to something that BuildKit takes: one that
// fails is not dropped, for the build would not fail any more.
func (j *job) fine(stage, op int) bool {
	at := j.states.Stage(stage)[op]
	expands := func(words ...string) bool {
		return !slices.ContainsFunc(words, func(w string) bool {
			_, ok := at.Expand(w, j.Module.Escape)
			return !ok || strings.Contains(w, "${") && strings.Contains(w, "?") // ${x?message} fails
		})
	}
	switch b := j.Module.Stages[stage].Ops[op].Body.(type) {
	case *ir.Label:
		return expands(texts(b.Pairs)...)
	case *ir.Env:
		return expands(texts(b.Pairs)...)
	case *ir.Arg:
		return !slices.ContainsFunc(b.Defaults, func(d ir.Default) bool { return !expands(d.Key, d.Value) })
	case *ir.User:
		name, _ := at.Expand(b.Name, j.Module.Escape)
		return expands(b.Name) && name != ""
	case *ir.StopSignal:
		return slices.Contains([]string{"SIGTERM", "SIGKILL", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "9", "15"}, b.Signal)
	case *ir.Volume:
		return !slices.ContainsFunc(b.Paths, func(p string) bool { return !plain(p) })
	case *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.Shell, *ir.Maintainer:
		return true
	case *ir.Expose: // a port may be none
		return !slices.ContainsFunc(b.Ports, func(p string) bool { return !isPort(p) })
	case *ir.Onbuild:
		return true // it is read when it runs
	}
	return false
}

func isPort(text string) bool {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "/tcp"), "/udp")
	n, err := strconv.Atoi(text)
	return err == nil && 0 < n && n < 1<<16
}

func texts(pairs []ir.Pair) (list []string) {
	for _, p := range pairs {
		list = append(list, p.Key, p.Value)
	}
	return list
}

// variables drops ENVs whose variables later ones of the stage set anew. Those that stand between
// must set no others, which would come to stand in front of them in the config.
func (j *job) variables(stage int) {
	ops := j.Module.Stages[stage].Ops
	for i, op := range slices.Backward(ops) { // behind one that is dropped another may be the next
		env, ok := op.Body.(*ir.Env)
		if !ok || j.ops[stage][i] {
			continue
		}
		at, reader := j.setAgain(stage, i+1, keys(env))
		switch {
		case at < 0 && reader == nil || !j.fine(stage, i):
		case reader != nil:
			j.leave("read", op.Origin, op.Text(), "%s reads what it sets, before it is set anew", reader.Body.Keyword())
		default:
			j.drop(stage, i, "the ENV behind it sets the same variables anew, and nothing reads them before")
		}
	}
}

// keys are the variables that an ENV sets, in the order in which they come into the config.
func keys(env *ir.Env) (list []string) {
	for _, p := range env.Pairs {
		if !slices.Contains(list, p.Key) {
			list = append(list, p.Key)
		}
	}
	return list
}

// setAgain looks for the next ENV, if that sets the same variables first, and in the same order.
// It gives its place, -1 when there is none, and what reads one of them before.
func (j *job) setAgain(stage, from int, names []string) (at int, reader *ir.Op) {
	ops := j.Module.Stages[stage].Ops
	for i := from; i < len(ops); i++ {
		if j.ops[stage][i] {
			continue
		}
		if reader == nil && j.reads(ops[i], names) {
			reader = ops[i]
		}
		switch b := ops[i].Body.(type) {
		case *ir.Arg:
			return -1, nil // it is in the environment, too, and the order would be another
		case *ir.Env:
			if later := keys(b); len(later) >= len(names) && slices.Equal(later[:len(names)], names) {
				return i, reader
			}
			return -1, nil
		}
	}
	return -1, nil
}

// reads tells whether an instruction may read one of some variables. What runs has all of them in
// its environment, and ARG is about the variable of a name.
func (j *job) reads(op *ir.Op, names []string) bool {
	switch b := op.Body.(type) {
	case *ir.Run, *ir.Onbuild, *ir.Custom:
		return true
	case *ir.Arg:
		for _, d := range b.Defaults {
			if slices.Contains(names, d.Key) || !plain(d.Key) {
				return true
			}
		}
	}
	text := j.full(op)
	for _, name := range names {
		if !plain(name) || mentions(text, name) {
			return true
		}
	}
	return false
}
