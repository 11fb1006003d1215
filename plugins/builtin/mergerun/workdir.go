package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
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
	m := &mover{dir: one(dir), links: links}
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
	_, end = (&mover{dir: m.dir, links: m.links}).list(slices.Concat(cond, do), at)
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

func (m *mover) call(c *syntax.CallExpr, at places) (done, end places) {
	if len(c.Args) == 0 {
		return at, at
	}
	name, _ := static(c.Args[0])
	switch name {
	case "exit", "return":
		return nil, nil
	case "cd", "chdir":
		to := m.cd(c.Args, at)
		return to, to.and(at)
	case "pushd", "popd", "eval", ".", "source", "command", "builtin":
		m.check(c.Args, at)
		return places{""}, places{""}
	}
	m.check(c.Args, at)
	return at, at
}

// cd gives the places that a cd goes to.
func (m *mover) cd(args []*syntax.Word, at places) places {
	if len(args) != 2 {
		return places{""}
	}
	dir, whole := static(args[1])
	if !whole || dir == "" || strings.HasPrefix(dir, "-") || strings.ContainsAny(dir, "~*?[{") {
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

// check looks at a command that removes or moves files. Behind a wrapper it may be any of
// the arguments.
func (m *mover) check(words []*syntax.Word, at places) {
	args := make([]string, len(words))
	for i, w := range words {
		args[i], _ = static(w)
	}
	switch kindOf(args[0]) {
	case remover:
	case wrapper, runner:
		for i := 1; i < len(args); i++ {
			switch {
			case path.Base(args[0]) == "xargs" && kindOf(args[i]) == remover, strings.ContainsAny(args[i], " \t\n;"):
				m.say(args[0])
			case kindOf(args[i]) == remover:
				m.check(words[i:], at)
				return
			}
		}
		return
	default:
		return
	}
	name := path.Base(args[0])
	switch {
	case name == "find":
		m.find(args, words, at)
		return
	case name == "rm" && !slices.ContainsFunc(args[1:], func(a string) bool {
		return a == "--recursive" || a == "--dir" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "rRd")
	}):
		return // without directories
	case name == "mv" && len(words) > 2 && !slices.ContainsFunc(args, func(a string) bool { return letter(a, "t") || strings.HasPrefix(a, "--t") }):
		m.replaces(args, words, at)
		args, words = args[:len(args)-1], words[:len(words)-1] // the last one is where they go
	case name == "rmdir" && slices.ContainsFunc(args[1:], func(a string) bool { return letter(a, "p") || strings.HasPrefix(a, "--p") }):
		m.say("rmdir -p")
	}
	for i := 1; i < len(words); i++ {
		if !strings.HasPrefix(args[i], "-") && m.hits(words[i], at) {
			m.say(args[0] + " " + print(words[i]))
		}
	}
}

// letter tells whether an argument may be this option, alone or among others.
func letter(arg, option string) bool {
	return strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.Contains(arg, option)
}

// replaces looks at where mv puts things: it puts a directory in the place of an empty one
// (rename(2)), which is its last argument with -T, or one of the same name in there.
func (m *mover) replaces(args []string, words []*syntax.Word, at places) {
	last := len(words) - 1
	if slices.ContainsFunc(args[1:], func(a string) bool {
		return strings.HasPrefix(a, "--no-t") || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.Contains(a, "T")
	}) && m.hits(words[last], at) {
		m.say("mv -T " + print(words[last]))
	}
	for _, a := range args[1:last] {
		if m.dir != here && !strings.HasPrefix(a, "-") && path.Base(a) == path.Base(m.dir) && m.hitsPath(path.Join("/", args[last], path.Base(a)), true) {
			m.say("mv " + a)
		}
	}
}

func (m *mover) say(what string) {
	if m.bad == nil {
		m.bad = because("workdir", "`%s` may remove the working directory, which the next RUN would have anew", what)
	}
}

// find removes directories when it is told to, unless it looks for files only.
func (m *mover) find(args []string, words []*syntax.Word, at places) {
	files, removes := false, false
	for i, a := range args {
		files = files || a == "-type" && i+1 < len(args) && (args[i+1] == "f" || args[i+1] == "l")
		removes = removes || a == "-delete" || kindOf(a) == remover && i > 0
		if i > 0 && kindOf(a) == wrapper && strings.HasPrefix(args[i-1], "-exec") {
			m.say("find " + args[i-1] + " " + a)
		}
	}
	for i, a := range args {
		if strings.HasPrefix(a, "-exec") && i+1 < len(args) {
			m.check(slices.DeleteFunc(slices.Clone(words[i+1:]), braces), at)
		}
		if slices.Contains([]string{"-L", "-H", "-P", "-D", "-follow"}, a) || strings.HasPrefix(a, "-O") {
			files = false
			if removes {
				m.say("find " + a)
			}
		}
	}
	if !removes || files && !slices.Contains(args, "-o") && !slices.Contains(args, "-or") {
		return
	}
	for i := 1; i < len(args) && !strings.HasPrefix(args[i], "-") && !strings.HasPrefix(args[i], "("); i++ {
		root, whole := static(words[i])
		for _, p := range at {
			dir := root
			if !path.IsAbs(dir) {
				if p == "" {
					whole = false
				}
				dir = path.Join(p, dir)
			}
			dir = path.Clean(dir)
			if !whole || !m.outside(dir) {
				m.say("find " + print(words[i]))
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
func (m *mover) hits(w *syntax.Word, at places) bool {
	text, whole := static(homeWord(w))
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

// homeWord writes $HOME at the start of a word as ~.
func homeWord(w *syntax.Word) *syntax.Word {
	if len(w.Parts) == 0 {
		return w
	}
	switch p := w.Parts[0].(type) {
	case *syntax.ParamExp:
		if p.Param != nil && p.Param.Value == "HOME" && p.Exp == nil && p.Repl == nil && p.Slice == nil && !p.Length && !p.Excl {
			return &syntax.Word{Parts: append([]syntax.WordPart{&syntax.Lit{Value: "~"}}, w.Parts[1:]...)}
		}
	case *syntax.DblQuoted:
		inner := homeWord(&syntax.Word{Parts: p.Parts})
		return &syntax.Word{Parts: append(slices.Clone(inner.Parts), w.Parts[1:]...)}
	}
	return w
}
