package splitcopy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// install is what the installs of a RUN have to do with the directory of the COPY, relative to it.
type install struct {
	reads []string // files that are there
	locks []string // of these, those that it may write anew
}

// step tells whether an op may stand in front of the COPY, and what of that it installs; nil is
// nothing.
func (s *split) step(i int, body ir.Body, at *eval.State) (*install, *refusal) {
	switch b := body.(type) {
	case *ir.Env, *ir.Arg, *ir.Label, *ir.Expose, *ir.User, *ir.Shell, *ir.Cmd, *ir.Entrypoint, *ir.Healthcheck, *ir.StopSignal, *ir.Maintainer, *ir.Volume, *ir.Onbuild:
		return nil, nil // of the config
	case *ir.Workdir:
		dir := s.states.Stage(s.stage)[i+1].Workdir
		if dir == "" || below(dir, s.to) && dir != s.to { // it would be made, with another mode
			return nil, refuse("between", "WORKDIR may make a directory that it copies")
		}
		return nil, nil
	case *ir.Run:
		return s.run(i, b, at)
	}
	if !s.disjoint(s.effectsOf(i).Effects) {
		return nil, refuse("between", "%s in front of the install may have to do with %s", body.Keyword(), s.to)
	}
	return nil, nil
}

// effectsOf are the effects of an op.
func (s *split) effectsOf(i int) effects.Step {
	if s.steps == nil {
		s.steps = effects.Stage(s.Module, s.stage, s.states.Stage(s.stage), false)
	}
	return s.steps[i]
}

// effectsAs are those of an op with another body.
func (s *split) effectsAs(i int, body ir.Body) effects.Step {
	m := s.Module.Copy()
	ops := slices.Clone(m.Stages[s.stage].Ops)
	ops[i] = &ir.Op{Body: body, Origin: ops[i].Origin}
	m.Stages[s.stage].Ops = ops
	return effects.Stage(m, s.stage, s.states.Stage(s.stage), false)[i]
}

// below tells whether a path is a directory, or in it.
func below(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}

// overlap tells whether one of two paths is in the other.
func overlap(a, b string) bool { return below(a, b) || below(b, a) }

// disjoint tells whether effects have nothing to do with what the COPY brings: with the directory,
// but for paths of it that are not in the context. What is done to the directory itself stays done.
func (s *split) disjoint(e effects.Effects) bool {
	if len(e.Unknown) > 0 || e.Reads.Grade == effects.Unknown || e.Grade() == effects.Unknown {
		return false
	}
	if s.copied.named() && (e.Touches("/etc/passwd") || e.Touches("/etc/group")) {
		return false // the owner may be another behind it
	}
	for _, p := range slices.Concat(e.Reads.List, e.Removes.List) {
		if s.meets(p) {
			return false
		}
	}
	return !slices.ContainsFunc(e.Writes.List, func(p effects.Path) bool { return s.meets(p) && (p.Name != s.to || p.Tree || p.Glob) })
}

// meets tells whether a path may be one that the COPY brings, or what that is in.
func (s *split) meets(p effects.Path) bool {
	switch {
	case p.Grade == effects.Unknown:
		return true
	case p.Glob:
		return s.mayMatch(p.Name)
	case below(p.Name, s.to):
		return !s.made(p.Name)
	}
	return p.Tree && below(s.to, p.Name)
}

// installer is a command that installs, and where it stands.
type installer struct {
	*shell.Command
	project *effects.Project
	dir     string // absolute; "" is not known
	root    bool   // the RUN is root's
}

// run is step for a RUN: all of it, or what installs in front of an "&&".
func (s *split) run(i int, r *ir.Run, at *eval.State) (*install, *refusal) {
	all, no := s.whole(i, r, s.effectsOf(i), at)
	if no == nil || no.code != "between" && no.code != "script" {
		return all, no
	}
	for _, parts := range s.cuts(r, at) {
		in, other := s.whole(i, parts[0], s.effectsAs(i, parts[0]), at)
		if other == nil && in != nil && len(s.reads)+len(in.reads) > 0 {
			s.cut = parts
			return in, nil
		}
		if other != nil && other.code != "between" && other.code != "script" {
			no = other // why the install cannot stand in front, cut or not
		}
	}
	return nil, no
}

// whole is run for all of a script.
func (s *split) whole(i int, r *ir.Run, step effects.Step, at *eval.State) (*install, *refusal) {
	if no := s.mounts(r, at); no != nil {
		return nil, no
	}
	script, err := s.States.Script(r, at.Shell)
	if err != nil {
		return nil, refuse("shell", "a RUN in front of the install has a shell that is not known")
	}
	found, no := installers(script, at.Workdir)
	if no == nil {
		no = s.others(step, script, found)
	}
	if no != nil || len(found) == 0 {
		return nil, no
	}
	if no := s.surroundings(i, script, found, at); no != nil {
		return nil, no
	}
	all := &install{}
	for _, f := range found {
		f.root = at.Root()
		one, no := s.reading(f)
		if no != nil {
			return nil, no
		}
		all.reads, all.locks = join(all.reads, one.reads), join(all.locks, one.locks)
	}
	return all, nil
}

// installers are the commands of a script that install, for who starts in a directory.
func installers(script *shell.Script, dir string) (list []*installer, no *refusal) {
	commands, flat := sequence(script)
	if !flat {
		commands = script.Commands
	}
	for _, c := range commands {
		if c.Name == "cd" {
			dir = changed(dir, c)
			continue
		}
		switch p, why := effects.ProjectOf(c); {
		case p == nil:
		case why != "":
			return nil, refuse("install", "what `%s` reads is not known: %s", c.Text, why)
		case !flat:
			return nil, refuse("script", "`%s` is on one of several ways that a script may go", c.Text)
		case len(c.Writes) > 0 || len(c.Reads) > 0:
			return nil, refuse("script", "`%s` has its input or output in a file", c.Text)
		default:
			list = append(list, &installer{Command: c, project: p, dir: dir})
		}
	}
	return list, nil
}

// changed is the directory behind a cd, "" when that is not known.
func changed(dir string, c *shell.Command) string {
	if len(c.Args) != 1 || len(c.Env) > 0 {
		return ""
	}
	switch to := c.Args[0].Lit(); {
	case !safeName().MatchString(strings.TrimPrefix(to, "/")):
		return ""
	case path.IsAbs(to):
		return path.Clean(to)
	case dir == "":
		return ""
	default:
		return path.Join(dir, to)
	}
}

// sequence are the commands of a script that runs one after the other, and goes no other way but
// that it may end. It is false for others.
func sequence(script *shell.Script) (list []*shell.Command, ok bool) {
	if script.Tree() == nil {
		return script.Commands, len(script.Commands) == 1
	}
	calls := script.Calls()
	var add func(*syntax.Stmt) bool
	add = func(stmt *syntax.Stmt) bool {
		if stmt.Negated || stmt.Background || stmt.Coprocess {
			return false
		}
		switch cmd := stmt.Cmd.(type) {
		case *syntax.CallExpr:
			if c := calls[cmd]; c != nil {
				list = append(list, c)
			}
			return true
		case *syntax.DeclClause: // export A=b
			return true
		case *syntax.BinaryCmd:
			return cmd.Op == syntax.AndStmt && add(cmd.X) && add(cmd.Y)
		}
		return false
	}
	for _, stmt := range script.Tree().Stmts {
		if !add(stmt) {
			return nil, false
		}
	}
	return list, true
}

// others makes sure that what a script does besides installing has nothing to do with the
// directory, and leaves the shell as it is.
func (s *split) others(step effects.Step, script *shell.Script, found []*installer) *refusal {
	skipped := 0
	if len(step.Commands) == 0 && len(found) == 0 && !s.disjoint(step.Effects) {
		return refuse("between", "a RUN in front of the install may have to do with %s", s.to)
	}
	for _, c := range step.Commands {
		switch {
		case slices.ContainsFunc(found, func(f *installer) bool { return f.Text == c.Text }):
			skipped++
		case slices.Contains([]string{"alias", "trap", "exec", "eval", ".", "source", "hash", "enable"}, c.Name):
			return refuse("script", "`%s` changes what other commands do", c.Text)
		case slices.Contains([]string{"ln", "mv", "mount", "umount", "chroot"}, c.Name) && slices.ContainsFunc(slices.Concat(c.Effects.Writes.List, c.Effects.Removes.List), func(p effects.Path) bool { return below(s.to, p.Name) }):
			return refuse("between", "behind `%s` %s may be another directory", c.Text, s.to)
		case c.Name != "cd" && !s.disjoint(s.does(c)):
			return refuse("between", "`%s` may have to do with %s", c.Text, s.to)
		}
	}
	if skipped != len(found) {
		return refuse("script", "the script of a RUN is not understood")
	}
	for _, w := range script.Globs() {
		if pattern, known := w.Pattern(func(string) (string, bool) { return "", false }); !known || !path.IsAbs(pattern) || s.mayMatch(pattern) {
			return refuse("script", "`%s` stands for files that may be those of %s", w.Text, s.to)
		}
	}
	return nil
}

// does are the effects of a command, without what packages of distributions may do where they are
// taken to do nothing.
func (s *split) does(c effects.Command) effects.Effects {
	if s.config.Packages == "trust" && effects.Aside(s.to) {
		return c.WithoutPackages()
	}
	return c.Effects
}

// mayMatch tells whether a pattern may match something in the directory.
func (s *split) mayMatch(pattern string) bool {
	head := pattern[:strings.IndexAny(pattern+"*", `*?[\`)]
	return overlap(path.Dir(head+"x"), s.to)
}

// mounts makes sure that a RUN mounts nothing over the directory, and nothing of the context.
func (s *split) mounts(r *ir.Run, at *eval.State) *refusal {
	for _, m := range r.Mounts {
		kind, _ := m.Option("type")
		from, _ := m.Option("from")
		target, ok := m.Option("target")
		target, known := at.Expand(target, s.Module.Escape)
		if !path.IsAbs(target) {
			target, known = path.Join(at.Workdir, target), known && at.Workdir != ""
		}
		switch {
		case ok && !known:
			return refuse("mounts", "where a RUN mounts something is not known")
		case (kind == "" || kind == "bind") && from == "":
			return refuse("mounts", "a RUN mounts the build context")
		case ok && overlap(path.Clean(target), s.to):
			return refuse("mounts", "a RUN mounts something at %s", target)
		}
	}
	return nil
}
