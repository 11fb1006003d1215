package policy

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// state is what the image of a stage has.
type state struct {
	user, workdir string // "" is not known
	env, labels   vars
	ports         []string
	volumes       []string
	last          map[string]*op // the op in force, by keyword
	layers        int
}

// end works the state out: that of the parent or of the base image, and then what the
// ops do.
func (s *stage) end() *state {
	if s.ended != nil {
		return s.ended
	}
	st := &state{env: vars{}, labels: vars{}, last: map[string]*op{}}
	switch {
	case s.parent != nil:
		*st = *s.parent.end()
		st.env, st.labels, st.last = clone(st.env), clone(st.labels), clone(st.last)
		st.ports, st.volumes = slices.Clip(st.ports), slices.Clip(st.volumes)
	case s.ir.Base == "scratch":
		st.user, st.workdir = "root", "/"
	default:
		s.baseConfig(st)
	}
	args := clone(st.env)
	for _, o := range s.ops {
		if o.user, o.workdir = st.user, st.workdir; o.onbuild == nil {
			s.apply(st, o, args)
		}
	}
	s.ended = st
	return st
}

// baseConfig starts with the config of the base image, which is there when the plugin
// may read it.
func (s *stage) baseConfig(st *state) {
	data, err := s.host.BaseConfig(s.ctx, s.number)
	if err != nil {
		return
	}
	image, err := eval.ReadImage(data)
	if err != nil {
		return
	}
	if st.user = image.Config.User; st.user == "" {
		st.user = "root"
	}
	if st.workdir = image.Config.WorkingDir; st.workdir == "" {
		st.workdir = "/"
	}
	for _, e := range image.Config.Env {
		key, value, _ := strings.Cut(e, "=")
		st.env[key] = value
	}
	st.labels = clone(vars(image.Config.Labels))
	st.ports, st.volumes = keys(image.Config.ExposedPorts), keys(image.Config.Volumes)
}

// apply does what an op does. The variables of its words are env and the arguments.
func (s *stage) apply(st *state, o *op, args vars) {
	switch b := o.body.(type) {
	case *ir.Env:
		values := make([]string, len(b.Pairs)) // one does not see the others
		for i, p := range b.Pairs {
			values[i] = s.expand(p.Value, args)
		}
		for i, p := range b.Pairs {
			st.env[p.Key], args[p.Key] = values[i], values[i]
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			s.declare(st, d, args)
		}
	case *ir.Label:
		for _, p := range b.Pairs {
			st.labels[s.expand(p.Key, args)] = s.expand(p.Value, args)
		}
	case *ir.User:
		st.user = s.expand(b.Name, args)
	case *ir.Workdir:
		st.workdir = joinPath(st.workdir, s.expand(b.Path, args))
	case *ir.Expose:
		for _, p := range b.Ports {
			st.ports = append(st.ports, s.expand(p, args))
		}
	case *ir.Volume:
		for _, p := range b.Paths {
			st.volumes = append(st.volumes, s.expand(p, args))
		}
	case *ir.Entrypoint:
		if before := st.last["CMD"]; before != nil && before.stage != s {
			delete(st.last, "CMD") // as in BuildKit, an inherited one does not stay
		}
	case *ir.Run, *ir.Copy, *ir.Add:
		st.layers++
	}
	st.last[o.body.Keyword()] = o
}

// declare gives an argument its default, or that of the global one of its name. ENV
// has precedence.
func (s *stage) declare(st *state, d ir.Default, args vars) {
	if _, ok := st.env[d.Key]; ok {
		return
	}
	if d.Set {
		args[d.Key] = s.expand(d.Value, args)
	} else if value, ok := s.args[d.Key]; ok {
		args[d.Key] = value
	}
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

// clone copies a map, and makes one of nil.
func clone[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func keys(m map[string]struct{}) []string { return slices.Sorted(maps.Keys(m)) }
