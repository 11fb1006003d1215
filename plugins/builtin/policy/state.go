package policy

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// state is what the image of a stage has, apart from what it declares.
type state struct {
	places []inForce      // in front of each op, and behind the last
	last   map[string]*op // the op in force, by keyword
	layers int
}

// inForce is who runs commands, and where. "" is not known.
type inForce struct{ user, workdir string }

// end works the state out: that of the parent, and then what the ops do.
func (s *stage) end() *state {
	if s.ended != nil {
		return s.ended
	}
	st := &state{places: s.places(), last: map[string]*op{}}
	if s.parent != nil {
		maps.Copy(st.last, s.parent.end().last)
		st.layers = s.parent.end().layers
	}
	for _, o := range s.ops {
		if o.onbuild != nil {
			continue
		}
		switch o.body.(type) {
		case *ir.Entrypoint:
			if before := st.last["CMD"]; before != nil && before.stage != s {
				delete(st.last, "CMD") // as in BuildKit, an inherited one does not stay
			}
		case *ir.Run, *ir.Copy, *ir.Add:
			st.layers++
		}
		st.last[o.body.Keyword()] = o
	}
	s.ended = st
	return st
}

// at is in force at the end of a stage.
func (s *stage) at() inForce {
	list := s.end().places
	return list[len(list)-1]
}

// places takes them from the states of the ops. What depends on an ARG these do not know, and the
// host is asked: it has the arguments of this build.
func (s *stage) places() []inForce {
	states := s.states.Stage(s.number)
	now := inForce{userName(states[0]), states[0].Workdir}
	if s.parent != nil {
		behind := s.states.Stage(s.parent.number)
		before := behind[len(behind)-1]
		if !states[0].UserKnown && states[0].User == before.User { // no trigger has set it
			now.user = s.parent.at().user
		}
		if states[0].Workdir == "" && before.Workdir == "" {
			now.workdir = s.parent.at().workdir
		}
	}
	list := []inForce{now}
	for i, o := range s.ir.Ops {
		after := states[i+1]
		switch b := o.Body.(type) {
		case *ir.User:
			if now.user = userName(after); !after.UserKnown {
				now.user = s.ask(i, b.Name)
			}
		case *ir.Workdir:
			if now.workdir = after.Workdir; now.workdir == "" {
				now.workdir = joinPath(list[i].workdir, s.ask(i, b.Path))
			}
		}
		list = append(list, now)
	}
	return list
}

// userName is who is in force: "" when only the base image knows, as written when a
// variable of it is not known.
func userName(s *eval.State) string {
	if s.UserKnown && s.User == "" {
		return "root"
	}
	return s.User
}

// ask gives a word of an op as it is in this build, as far as the host knows that, or else by the
// defaults in the Dockerfile.
func (s *stage) ask(at int, word string) string {
	if !strings.Contains(word, "$") {
		return s.expand(word, nil)
	}
	if value, err := s.host.Expand(s.ctx, plugins.Place{Stage: s.number, Op: at}, word); err == nil {
		return value
	}
	text, _ := s.defaults().Stage(s.number)[at].Expand(word, s.module.ir.Escape)
	return text
}

// defaults are the states of a build in which each ARG has its default.
func (m *module) defaults() *eval.Module {
	if m.byDefault == nil {
		set := m.ir.Copy()
		for _, s := range set.Stages {
			s.Ops = slices.Clone(s.Ops)
			for i, o := range s.Ops {
				if arg, ok := o.Body.(*ir.Arg); ok {
					s.Ops[i] = &ir.Op{Body: m.byValue(arg), Origin: o.Origin}
				}
			}
		}
		m.byDefault = m.memo.Module(set, m.start)
	}
	return m.byDefault
}

// byValue is an ENV of what an ARG has by default, be it that in front of the first FROM.
func (m *module) byValue(arg *ir.Arg) *ir.Env {
	env := &ir.Env{}
	for _, d := range arg.Defaults {
		if value, ok := m.args[d.Key]; d.Set {
			env.Pairs = append(env.Pairs, ir.Pair{Key: d.Key, Value: d.Value})
		} else if ok {
			env.Pairs = append(env.Pairs, ir.Pair{Key: d.Key, Value: value})
		}
	}
	return env
}

// start is the state that the image of a stage has.
func (m *module) start(stage int) *eval.State {
	s := m.stages[stage]
	if s.ir.Base == "scratch" {
		return eval.NewState("", true, "/", nil, nil)
	}
	if state, err := eval.FromConfig(s.config(), nil); err == nil {
		return state
	}
	return eval.NewState("", false, "", nil, nil)
}

// env are the variables of ENV at the end of a stage.
func (s *stage) env() map[string]string {
	end, at := s.states.Stage(s.number), len(s.ir.Ops)
	env := end[at].Env()
	for name, value := range env {
		if top, _, known := end[at].Var(name); known || top != value { // an ARG stands over it
			continue
		}
		if inBuild, err := s.host.Expand(s.ctx, plugins.Place{Stage: s.number, Op: at}, "${"+name+"}"); err == nil {
			env[name] = inBuild
		} else {
			env[name] = s.defaults().Stage(s.number)[at].Env()[name]
		}
	}
	return env
}

// config is that of the base image, nothing when the plugin may not read it.
func (s *stage) config() json.RawMessage {
	if s.parent != nil || s.ir.Base == "scratch" {
		return nil
	}
	if !s.read {
		s.read = true
		s.data, _ = s.host.BaseConfig(s.ctx, s.number)
	}
	return s.data
}

// declared is what LABEL, EXPOSE and VOLUME leave in the image of a stage.
type declared struct {
	labels         vars
	ports, volumes []string
}

// declares works that out, from that of the parent or of the base image.
func (s *stage) declares() *declared {
	if s.declared != nil {
		return s.declared
	}
	d := &declared{labels: vars{}}
	if s.parent != nil {
		parent := s.parent.declares()
		maps.Copy(d.labels, parent.labels)
		d.ports, d.volumes = slices.Clip(parent.ports), slices.Clip(parent.volumes)
	} else if image, err := eval.ReadImage(s.config()); err == nil {
		maps.Copy(d.labels, image.Config.Labels)
		d.ports, d.volumes = keys(image.Config.ExposedPorts), keys(image.Config.Volumes)
	}
	for i, o := range s.ir.Ops {
		switch b := o.Body.(type) {
		case *ir.Label:
			for _, p := range b.Pairs {
				d.labels[s.text(i, p.Key)] = s.text(i, p.Value)
			}
		case *ir.Expose:
			for _, p := range b.Ports {
				d.ports = append(d.ports, s.text(i, p))
			}
		case *ir.Volume:
			for _, p := range b.Paths {
				d.volumes = append(d.volumes, s.text(i, p))
			}
		}
	}
	s.declared = d
	return d
}

// text is a word of an op, without quotes and with the variables that are known.
func (s *stage) text(at int, word string) string {
	text, known := s.states.Stage(s.number)[at].Expand(word, s.module.ir.Escape)
	if !known {
		return s.ask(at, word)
	}
	return text
}

// joinPath is a directory seen from another, "" when that is not known.
func joinPath(dir, to string) string {
	switch {
	case strings.Contains(to, "$"):
		return ""
	case path.IsAbs(to):
		return path.Clean(to)
	case dir == "":
		return ""
	}
	return path.Join(dir, to)
}

func keys(m map[string]struct{}) []string { return slices.Sorted(maps.Keys(m)) }
