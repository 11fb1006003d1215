package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// A RUN starts in the working directory that it finds then, and it is made when it is
// missing. A shell whose directory was removed has none, in subshells, too. So what
// comes first must not remove or move the working directory.

// here is a working directory that is not known.
const here = "?"

// elsewhere are directories that no base image works in.
func elsewhere(dir string) bool {
	for _, d := range []string{"/tmp", "/var/tmp", "/var/cache", "/var/log", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/yum", "/var/lib/dnf",
		"/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale"} {
		if under(dir, d) {
			return true
		}
	}
	return strings.HasPrefix(dir, "/root/.")
}

// under tells whether a directory is another, or is in it.
func under(dir, of string) bool { return dir == of || of == "/" || strings.HasPrefix(dir, of+"/") }

// removesDir tells why a script may remove the working directory, "" when that is not
// known.
// The links are the symbolic ones of the stage.
func (s *script) removesDir(dir string, links []string) *reason {
	if s.purges && dir != "/" && (dir == "" || !local(dir)) {
		return because("workdir", "a package that is removed may have had the working directory, which the next RUN would have anew")
	}
	if !s.removes || dir == "/" {
		return nil
	}
	m := &mover{dir: one(dir), links: links, calls: s.calls}
	if dir == "" {
		m.dir = here
	}
	m.list(s.file.Stmts, places{m.dir})
	return m.bad
}

// places are the directories in which a command may run; "" is any.
type places []string

func (p places) and(q places) places {
	for _, dir := range q {
		if !slices.Contains(p, dir) {
			p = append(slices.Clip(p), dir)
		}
	}
	if len(p) > 16 {
		return places{""}
	}
	return p
}

// mover follows a script through the directories.
type mover struct {
	dir   string
	links []string // names that may lead anywhere
	calls map[syntax.Command]*shell.Command
	bad   *reason
	seen  map[*syntax.Stmt]places // where each statement runs; nil when nobody asks
}

// one is the name of a directory that several names of the base systems lead to: /var/run
// and /var/lock (Filesystem Hierarchy Standard 3.0, 5.13, 5.9), and those of a merged /usr.
func one(dir string) string {
	for _, to := range [][2]string{{"/var/run", "/run"}, {"/var/lock", "/run/lock"}, {"/bin", "/usr/bin"}, {"/sbin", "/usr/sbin"}, {"/lib", "/usr/lib"}, {"/lib64", "/usr/lib64"}} {
		if under(dir, to[0]) {
			return to[1] + strings.TrimPrefix(dir, to[0])
		}
	}
	return dir
}

// linked tells whether a directory may be another, by a link of the stage on its way.
func (m *mover) linked(dir string) bool {
	return slices.ContainsFunc(m.links, func(l string) bool {
		if l = path.Clean(l); path.IsAbs(l) {
			return l != "/" && (under(dir, l) || m.dir != here && under(m.dir, l))
		}
		name := path.Base(l)
		return name == "." || strings.Contains(dir+"/", "/"+name+"/") || m.dir != here && strings.Contains(m.dir+"/", "/"+name+"/")
	})
}

// list follows statements. done is where it stands when the last one succeeds, end
// whichever way that ends.
func (m *mover) list(stmts []*syntax.Stmt, at places) (done, end places) {
	done, end = at, at
	for _, s := range stmts {
		done, end = m.stmt(s, end)
	}
	return done, end
}

func (m *mover) stmt(s *syntax.Stmt, at places) (done, end places) {
	if m.seen != nil {
		m.seen[s] = m.seen[s].and(at)
	}
	for _, r := range s.Redirs {
		m.substitutions(r, at)
	}
	done, end = m.cmd(s.Cmd, at)
	if s.Negated {
		done = end
	}
	return done, end
}

func (m *mover) cmd(c syntax.Command, at places) (done, end places) {
	switch c := c.(type) {
	case *syntax.CallExpr:
		m.substitutions(c, at)
		return m.call(c, at)
	case *syntax.BinaryCmd:
		return m.binary(c, at)
	case *syntax.Block:
		return m.list(c.Stmts, at)
	case *syntax.IfClause:
		end = m.branch(c, at)
		return end, end
	case *syntax.CaseClause:
		end = at
		for _, item := range c.Items {
			_, e := m.list(item.Stmts, at)
			end = end.and(e)
		}
		return end, end
	case *syntax.WhileClause:
		return m.loop(c, at, c.Cond, c.Do)
	case *syntax.ForClause:
		return m.loop(c, at, nil, c.Do)
	case *syntax.Subshell:
		m.list(c.Stmts, at)
	case *syntax.FuncDecl:
		m.stmt(c.Body, places{""})
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return m.stmt(c.Stmt, at)
		}
	case nil:
	default:
		m.substitutions(c, at)
	}
	return at, at
}

func (m *mover) binary(c *syntax.BinaryCmd, at places) (done, end places) {
	done1, end1 := m.stmt(c.X, at)
	switch c.Op {
	case syntax.AndStmt:
		done2, end2 := m.stmt(c.Y, done1)
		return done2, end1.and(end2)
	case syntax.OrStmt:
		done2, end2 := m.stmt(c.Y, end1)
		return done1.and(done2), done1.and(end2)
	}
	m.stmt(c.Y, at) // both sides of a pipe are subshells
	return at, at
}

func (m *mover) branch(c *syntax.IfClause, at places) places {
	_, at = m.list(c.Cond, at)
	_, end := m.list(c.Then, at)
	if c.Else != nil {
		return end.and(m.branch(c.Else, at))
	}
	return end.and(at)
}

// loop follows a loop; in one that changes directories, any is possible.
func (m *mover) loop(c syntax.Node, at places, cond, do []*syntax.Stmt) (done, end places) {
	_, end = (&mover{dir: m.dir, links: m.links, calls: m.calls, seen: map[*syntax.Stmt]places{}}).list(slices.Concat(cond, do), at)
	if len(end.and(at)) != len(at) {
		at = places{""}
	}
	m.list(slices.Concat(cond, do), at)
	m.substitutionsIn(c, at, cond, do)
	return at, at
}

// substitutions follows the command substitutions of words.
func (m *mover) substitutions(n syntax.Node, at places) { m.substitutionsIn(n, at, nil, nil) }

func (m *mover) substitutionsIn(n syntax.Node, at places, but ...[]*syntax.Stmt) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			m.list(n.Stmts, at)
			return false
		case *syntax.Stmt:
			return !slices.ContainsFunc(but, func(list []*syntax.Stmt) bool { return slices.Contains(list, n) })
		}
		return true
	})
}

func (m *mover) call(n *syntax.CallExpr, at places) (done, end places) {
	c := m.calls[n]
	if c == nil {
		return at, at
	}
	name := c.Prog.Text
	if len(c.Via) > 0 {
		name = c.Via[0]
	}
	if m.seen == nil {
		m.check(c, at)
	}
	switch name {
	case "exit", "return":
		return nil, nil
	case "cd", "chdir":
		to := m.cd(c.Args, at)
		return to, to.and(at)
	case "pushd", "popd", "eval", ".", "source", "command", "builtin":
		return places{""}, places{""}
	}
	return at, at
}

// cd gives the places that a cd goes to.
func (m *mover) cd(args []shell.Word, at places) places {
	if len(args) != 1 {
		return places{""}
	}
	dir := args[0].Lit()
	if dir == "" || strings.HasPrefix(dir, "-") || strings.ContainsAny(dir, "~*?[{") {
		return places{""}
	}
	if path.IsAbs(dir) {
		return places{path.Clean(dir)}
	}
	var out places
	for _, p := range at {
		to := ""
		if p != "" {
			if to = path.Join(p, dir); to[0] == '.' {
				to = "" // above one that is not known
			}
		}
		out = out.and(places{to})
	}
	return out
}

// check looks at a command that removes or moves files. Behind a wrapper that is not known it may
// be any of the arguments.
func (m *mover) check(c *shell.Command, at places) {
	switch kindOf(c.Prog.Text) {
	case remover:
		if slices.Contains(c.Via, "xargs") {
			m.say("xargs " + c.Name)
			return
		}
	case wrapper, runner:
		for i, a := range c.Args {
			if head, _ := a.Ends(); strings.ContainsAny(head, " \t\n;") {
				m.say(c.Name)
			} else if kindOf(head) == remover {
				m.check(c.Runs(c.Args[i:]), at)
				return
			}
		}
		return
	default:
		return
	}
	args := filesOf(c.Args)
	switch {
	case c.Name == "find":
		m.find(c, args, at)
		return
	case c.Name == "rm" && !args.short("rRd") && !args.any("--recursive", "--dir"):
		return // without directories
	case c.Name == "mv" && len(args) > 1 && !args.short("t") && !args.any("--t*"):
		m.replaces(c.Args[len(args)-1], args, at)
		args = args[:len(args)-1] // the last one is where they go
	case c.Name == "rmdir" && (args.short("p") || args.any("--p*")):
		m.say("rmdir -p")
	}
	for i, a := range args {
		if !strings.HasPrefix(a.text, "-") && m.hits(c.Args[i], at) {
			m.say(c.Name + " " + a.shown)
		}
	}
}

// replaces looks at where mv puts things: it puts a directory in the place of an empty one
// (rename(2)), which is its last argument with -T, or one of the same name in there.
func (m *mover) replaces(last shell.Word, args words, at places) {
	if (args.short("T") || args.any("--no-t*")) && m.hits(last, at) {
		m.say("mv -T " + last.Text)
	}
	to := args[len(args)-1].text
	for _, a := range args[:len(args)-1] {
		if m.dir != here && !strings.HasPrefix(a.text, "-") && path.Base(a.text) == path.Base(m.dir) && m.hitsPath(path.Join("/", to, path.Base(a.text)), true) {
			m.say("mv " + a.shown)
		}
	}
}

func (m *mover) say(what string) {
	if m.bad == nil {
		m.bad = because("workdir", "`%s` may remove the working directory, which the next RUN would have anew", what)
	}
}

// find removes directories when it is told to, unless it looks for files only.
func (m *mover) find(c *shell.Command, args words, at places) {
	files, removes := false, false
	for i, a := range args {
		files = files || a.text == "-type" && i+1 < len(args) && (args[i+1].text == "f" || args[i+1].text == "l")
		removes = removes || a.text == "-delete" || kindOf(a.text) == remover
	}
	for i, a := range args {
		if strings.HasPrefix(a.text, "-exec") && i+1 < len(args) {
			m.check(c.Runs(slices.DeleteFunc(slices.Clone(c.Args[i+1:]), func(w shell.Word) bool { return w.Text == "{}" })), at)
		}
		if slices.Contains([]string{"-L", "-H", "-P", "-D", "-follow"}, a.text) || strings.HasPrefix(a.text, "-O") {
			files = false
			if removes {
				m.say("find " + a.text)
			}
		}
	}
	if !removes || files && !args.any("-o", "-or") {
		return
	}
	for _, root := range args {
		if strings.HasPrefix(root.text, "-") || strings.HasPrefix(root.text, "(") {
			return
		}
		for _, p := range at {
			dir, whole := root.text, root.whole
			if !path.IsAbs(dir) {
				whole = whole && p != ""
				dir = path.Join(p, dir)
			}
			if !whole || !m.outside(path.Clean(dir)) {
				m.say("find " + root.shown)
			}
		}
	}
}

// outside tells that the working directory is not in a directory.
func (m *mover) outside(dir string) bool {
	if m.linked(dir) {
		return false
	}
	if m.dir == here {
		return elsewhere(dir) || strings.HasPrefix(dir, here+"/")
	}
	return !under(m.dir, one(dir))
}

// hits tells whether a word may name the working directory or one above it.
func (m *mover) hits(w shell.Word, at places) bool {
	text, whole := w.Head(func(name string) (string, bool) { return "~", name == "HOME" })
	if strings.LastIndexByte(text, '~') > 0 {
		text, whole = w.Head(nil)
	}
	switch {
	case text == "":
		return true
	case strings.HasPrefix(text, "~"):
		return m.hitsHome(text, whole)
	case path.IsAbs(text):
		return m.hitsPath(text, whole)
	}
	return slices.ContainsFunc(at, func(p string) bool { return p == "" || m.hitsPath(p+"/"+text, whole) })
}

// hitsHome is hits for a path in a home directory, which may be any directory.
func (m *mover) hitsHome(text string, whole bool) bool {
	_, rest, ok := strings.Cut(text, "/")
	if !whole || strings.ContainsAny(rest, "*?[{") {
		if i := strings.LastIndexByte(rest, '/'); i >= 0 {
			rest = rest[:i]
		} else {
			rest = ""
		}
	}
	if rest = path.Clean(rest); !ok || rest == "." || strings.HasPrefix(rest, "..") {
		return true
	}
	if m.dir == here {
		return rest[0] != '.'
	}
	return strings.Contains(m.dir+"/", "/"+rest+"/")
}

// hitsPath is hits for a path from the root or from a place.
func (m *mover) hitsPath(text string, whole bool) bool {
	if !whole || strings.ContainsAny(text, "[{") {
		dir := path.Clean(text[:strings.LastIndexByte(text, '/')+1])
		if whole || !strings.HasSuffix(text, "/") {
			if under(dir, m.dir) && strings.Count(text, "..") == 0 {
				return false // something in the working directory
			}
		}
		return !m.outside(dir)
	}
	p := one(path.Clean(text))
	if m.linked(path.Dir(p)) || strings.HasSuffix(text, "/") && m.linked(p) {
		return true
	}
	if m.dir == here {
		if strings.HasPrefix(p, here+"/") {
			return false
		}
		dir := p
		if i := strings.IndexAny(text, "*"); i >= 0 {
			dir = path.Dir(path.Clean(text[:i] + "x"))
		}
		return !elsewhere(dir)
	}
	for dir := m.dir; dir != "/"; dir = path.Dir(dir) {
		if ok, err := path.Match(p, dir); ok || err != nil {
			return true
		}
	}
	return p == "/"
}
