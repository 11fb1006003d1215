package parallelise

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/lang/late"
)

// mostTrees is how many COPYs a RUN may become.
const mostTrees = 4

// refusal is why a RUN stays: a code, which the page of the plugin explains, and a text.
type refusal struct{ code, why string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// own are the files and directories that a RUN leaves, when it leaves nothing else.
func (l *line) own(i int) ([]string, *refusal) {
	run, step, at := l.ops[i].Body.(*ir.Run), l.steps[i], l.states[i]
	e := step.Effects
	switch {
	case len(run.Mounts) > 0:
		return nil, refuse("mounts", "it has mounts, and the engine may leave the places of them")
	case run.Security == "insecure" || len(run.Devices) > 0:
		return nil, refuse("mounts", "it has rights that have it do anything")
	case !l.inherits(i):
		return nil, refuse("config", "a CMD, ENTRYPOINT or HEALTHCHECK stands in front of it")
	case len(e.Capabilities) > 0 || len(e.Services) > 0:
		return nil, refuse("files", "it makes more than files")
	case slices.ContainsFunc(e.Shell, func(s effects.Leaving) bool { return s.Kind == "umask" }):
		return nil, refuse("files", "it sets the umask")
	}
	if why := l.certain(run, step, i); why != "" {
		return nil, refuse("script", "%s", why)
	}
	f := &files{gone: map[string]bool{}, sure: map[string]bool{}}
	for _, c := range step.Commands {
		if why := f.add(c); why != "" {
			return nil, refuse("files", "%s", why)
		}
	}
	trees, why := f.trees()
	if why == "" && !at.Root() && f.way {
		why = "it makes directories on the way, which are another user's than those of a COPY"
	}
	for _, t := range trees {
		if why == "" {
			why = l.alone(i, t)
		}
	}
	if why != "" {
		return nil, refuse("files", "%s", why)
	}
	return trees, nil
}

// certain tells why it is not sure that every command of a RUN has run, and has succeeded, when the
// RUN has.
func (l *line) certain(run *ir.Run, step effects.Step, i int) string {
	script, err := l.States.Script(run, l.states[i].Shell)
	if err != nil || !l.states[i].ShellKnown && !l.job.states.Official(l.stage) {
		return "its shell is not known"
	}
	if script.Tree() != nil && !straight(script.Tree().Stmts) {
		return "it goes several ways"
	}
	for _, lost := range step.Effects.Lost {
		if lost.How != "|" || slices.ContainsFunc(step.Commands, func(c effects.Command) bool {
			return c.Text == lost.Command && !(c.Effects.Writes.Empty() && c.Effects.Removes.Empty())
		}) {
			return "it goes on when `" + lost.Command + "` fails"
		}
	}
	return ""
}

// straight tells statements that are run one after the other, each once.
func straight(list []*syntax.Stmt) bool {
	return !slices.ContainsFunc(list, func(s *syntax.Stmt) bool {
		if s.Negated || s.Background || s.Coprocess || s.Disown {
			return true
		}
		switch c := s.Cmd.(type) {
		case *syntax.CallExpr, *syntax.DeclClause:
			return false
		case *syntax.BinaryCmd:
			return c.Op != syntax.AndStmt && c.Op != syntax.Pipe || !straight([]*syntax.Stmt{c.X, c.Y})
		}
		return true
	})
}

// files are what a script leaves, command by command.
type files struct {
	written []effects.Path
	made    []effects.Path  // directories that are there behind it
	gone    map[string]bool // removed, and not made again
	sure    map[string]bool // there behind it
	way     bool            // some directories are only on the way to others
}

// add notes what a command does. It tells why that is not known well enough.
func (f *files) add(c effects.Command) string {
	for _, p := range c.Effects.Writes.List {
		switch {
		case strings.HasPrefix(p.Name, "/dev/"): // it has one of its own
			continue
		case p.Grade == effects.Unknown:
			return "what `" + c.Text + "` writes is not known"
		}
		delete(f.gone, p.Name)
		if !p.Glob && (p.Grade == effects.Precise || p.Made || p.Tree && clones(c)) {
			f.sure[p.Name] = true
		}
		if p.Made {
			f.made = append(f.made, p)
		}
		f.written = append(f.written, p)
	}
	for _, p := range c.Effects.Removes.List {
		if p.Grade == effects.Precise && !p.Glob {
			f.gone[p.Name] = true
			delete(f.sure, p.Name)
		} else if slices.ContainsFunc(f.written, func(w effects.Path) bool { return p.Covers(w.Name) && p.Name != w.Name }) && !f.within(p.Name) {
			return "`" + c.Text + "` may remove what others have made"
		}
	}
	return ""
}

// clones tells a command that succeeds only when it has made its directory.
func clones(c effects.Command) bool {
	return c.Name == "git" && strings.Contains(" "+c.Text+" ", " clone ")
}

// within tells whether a path is in a directory that is made, or is one: that stays.
func (f *files) within(name string) bool {
	return slices.ContainsFunc(f.made, func(m effects.Path) bool { return below(name, m.Name) && !f.gone[m.Name] })
}

// below tells whether a path is another, or is in it.
func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// isGone tells whether a path, or a directory that it is in, is removed.
func (f *files) isGone(name string) bool {
	for ; name != "/" && name != "."; name = path.Dir(name) {
		if f.gone[name] {
			return true
		}
	}
	return false
}

// trees are what is to be copied.
func (f *files) trees() (list []string, why string) {
	var left []effects.Path
	for _, p := range f.written {
		if !f.isGone(p.Name) {
			left = append(left, p)
		}
	}
	onWay := func(p effects.Path) bool {
		return p.Made && p.Grade == effects.Over && slices.ContainsFunc(left, func(q effects.Path) bool { return q.Name != p.Name && below(q.Name, p.Name) })
	}
	var roots []string
	for _, p := range left {
		switch {
		case onWay(p):
			f.way = true
		case !p.Glob && f.sure[p.Name]:
			roots = append(roots, p.Name)
		}
	}
	slices.Sort(roots)
	for _, r := range slices.Compact(roots) {
		if len(list) == 0 || !below(r, list[len(list)-1]) {
			list = append(list, r)
		}
	}
	for _, p := range left {
		if !onWay(p) && !slices.ContainsFunc(list, func(r string) bool { return below(p.Name, r) }) {
			return nil, "it is not sure that " + p.String() + " is there behind it"
		}
	}
	switch {
	case len(list) == 0:
		return nil, "it leaves no files"
	case len(list) > mostTrees:
		return nil, "it leaves files in too many places"
	}
	return list, ""
}

var plainName = late.Regexp(`^(/[A-Za-z0-9_@+.][A-Za-z0-9_@+.-]*)+$`)

// shared are directories that are there, or that others use; those of devices are in no image; and names
// that are links in many distributions, which COPY follows.
var (
	shared = strings.Fields(`/ /boot /etc /home /media /mnt /opt /root /srv /tmp /usr /usr/bin /usr/include /usr/lib /usr/libexec /usr/local /usr/local/bin /usr/local/etc /usr/local/games
		/usr/local/include /usr/local/lib /usr/local/libexec /usr/local/man /usr/local/sbin /usr/local/share /usr/local/src /usr/sbin /usr/share /usr/src /var /var/backups /var/cache /var/lib /var/local
		/var/log /var/mail /var/opt /var/spool /var/tmp /var/www`)
	elsewhere = strings.Fields("/bin /sbin /lib /lib32 /lib64 /libx32 /usr/sbin /usr/tmp /var/run /var/lock /run /proc /sys /dev")
)

// alone tells why a file or a directory is not a step's alone.
func (l *line) alone(i int, name string) string {
	switch {
	case !plainName().MatchString(name):
		return "a name of what it writes would need quotes"
	case slices.Contains(shared, name):
		return name + " is not its own"
	case slices.ContainsFunc(elsewhere, func(dir string) bool { return below(name, dir) }):
		return name + " may be a link, or in no image"
	}
	for _, s := range slices.Concat(l.before, l.steps[:i]) {
		for _, p := range slices.Concat(s.Effects.Writes.List, s.Effects.Removes.List) {
			if p.Grade != effects.Unknown && (p.Covers(name) || below(p.Name, name) || p.Glob && effects.Paths{List: []effects.Path{p}}.Overlap(name)) {
				return "an earlier step writes " + p.String() + ", too"
			}
		}
	}
	return ""
}
