package mergerun

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// walker gathers what a tree does to its shell and its container. What it does not
// know is never harmless.
type walker struct {
	*script
	in       *shell.Script // whose tree it walks
	calls    map[syntax.Command]*shell.Command
	stack    []syntax.Node
	sub      int             // subshells around
	funcs    int             // functions around
	inside   int             // scripts in arguments around: of another shell, so that only the container counts
	finds    int             // find around, which runs the command in the order of directories
	outer    *walker         // of the script around
	declared map[string]bool // functions
	blanks   map[string]bool // variables whose values are several words, or patterns
	places   map[*syntax.Stmt]places
}

// walk looks at the script, which starts in one of these directories.
func (w *walker) walk(at places) {
	n := w.in.Tree()
	w.declared, w.blanks = map[string]bool{}, map[string]bool{}
	m := &mover{dir: here, links: w.links, calls: w.calls, seen: map[*syntax.Stmt]places{}}
	m.list(n.Stmts, at)
	w.places = m.seen
	read := map[*syntax.Lit]bool{} // names of variables that are read only
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.WhileClause, *syntax.ForClause:
			w.repeats = true
		case *syntax.BinaryCmd:
			w.repeats = w.repeats || n.Op == syntax.Pipe || n.Op == syntax.PipeAll
		case *syntax.FuncDecl:
			w.repeats = true
			w.declare(n)
		case *syntax.ParamExp:
			read[n.Param] = n.Exp == nil
		case *syntax.Redirect:
			if n.Hdoc != nil { // text for a program; a shell that reads it is refused elsewhere
				for _, part := range n.Hdoc.Parts {
					if lit, ok := part.(*syntax.Lit); ok {
						read[lit] = true
					}
				}
			}
		case *syntax.Lit:
			w.elsewhere = w.elsewhere || !read[n] && programVariable().MatchString(n.Value)
		case *syntax.Assign:
			w.elsewhere = w.elsewhere || n.Name != nil && changesPrograms(n.Name.Value)
			if n.Name != nil {
				w.value(n.Name.Value, n.Value)
			}
		case *syntax.WordIter:
			for _, item := range n.Items {
				w.value(n.Name.Value, item)
			}
		}
		return true
	})
	syntax.Walk(n, func(n syntax.Node) bool {
		step := 1
		if n == nil {
			n, step = w.stack[len(w.stack)-1], -1
			w.stack = w.stack[:len(w.stack)-1]
		} else {
			w.stack = append(w.stack, n)
			w.node(n)
		}
		switch n.(type) {
		case *syntax.Subshell, *syntax.CmdSubst:
			w.sub += step
		case *syntax.FuncDecl:
			w.funcs += step
		}
		return true
	})
}

// programVariable finds variables that say where programs come from in words of export,
// read and other commands that may set them.
var programVariable = late.Regexp(`\b(PATH|LD_[A-Z_]+|BASH_ENV|TAR_OPTIONS|GIT_(SSH|EXEC|TEMPLATE|CONFIG|PROXY|ASKPASS|EDITOR|PAGER|EXTERNAL|DIR|ALLOW|TRACE)[A-Z0-9_]*|APT_CONFIG|WGETRC|SYSTEM_WGETRC|CURL_HOME|PERL5(OPT|LIB)|PYTHON(PATH|HOME|STARTUP|USERBASE|WARNINGS|BREAKPOINT|PYCACHEPREFIX|PLATLIBDIR|EXECUTABLE)|OPENSSL_(CONF|CONF_INCLUDE|MODULES|ENGINES)|SSLKEYLOGFILE|GNUPGHOME|RPM_CONFIGDIR|ZYPP_[A-Z_]+|DPKG_(ROOT|ADMINDIR)|GCONV_PATH|LOCPATH|SIMPLE_BACKUP_SUFFIX|TAPE|UNZIP|UNZIPOPT|BZIP2?|HOME|XDG_CONFIG_[A-Z]+|SSH_ASKPASS|SUDO_ASKPASS|GZIP|XZ_OPT|XZ_DEFAULTS|CDPATH|DEBCONF_[A-Z_]+|ENV|SHELLOPTS|BASHOPTS)\b`)

func (w *walker) declare(f *syntax.FuncDecl) {
	if f.Name == nil {
		w.refuse(because("syntax", "a function without one name is not modelled"))
		return
	}
	w.declared[f.Name.Value] = true
	if isKnown(f.Name.Value) || kindOf(f.Name.Value) != program || len(effects.Deals(f.Name.Value)) > 0 {
		w.refuse(because("syntax", "a function takes the place of `%s`", f.Name.Value))
	}
}

// captured tells whether what a command prints goes to a file or another command.
func (w *walker) captured() bool {
	for _, n := range w.stack {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.FuncDecl:
			return true
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				return true
			}
		case *syntax.Stmt:
			if slices.ContainsFunc(n.Redirs, func(r *syntax.Redirect) bool { return r.Op != syntax.RdrIn && r.Op != syntax.DplOut }) {
				return true
			}
		}
	}
	return w.redirects || w.outer != nil && w.outer.captured()
}

// leak notes a change of the shell, which a subshell around it keeps in.
func (w *walker) leak() { w.leaks = w.leaks || w.sub == 0 && w.inside == 0 }

// list notes statements of which set -e could end the shell after any but the last.
func (w *walker) list(stmts []*syntax.Stmt) {
	w.listed = w.listed || w.inside == 0 && len(stmts) > 1
}

// node looks at a node. One of a kind that it does not name ends all merging.
func (w *walker) node(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.File, *syntax.Comment, *syntax.Lit, *syntax.DblQuoted, *syntax.BinaryCmd, *syntax.CaseClause, *syntax.WordIter, *syntax.Assign:
	case *syntax.Stmt:
		if n.Background || n.Coprocess || n.Disown {
			w.background()
		}
		w.negate = w.negate || n.Negated && w.inside == 0
	case *syntax.ProcSubst:
		w.background()
	case *syntax.CallExpr:
		w.call(n)
	case *syntax.DeclClause:
		w.declClause(n)
	case *syntax.ArithmCmd, *syntax.LetClause, *syntax.CStyleLoop, *syntax.ArrayExpr, *syntax.ArrayElem, *syntax.TimeClause:
		w.leak()
	case *syntax.FuncDecl:
		w.leak()
		w.listed = true
		if _, list := n.Body.Cmd.(*syntax.BinaryCmd); list {
			w.refuse(because("syntax", "the parser takes what follows a function for a part of it"))
		}
	case *syntax.ForClause:
		w.leak()
		w.listed = true
		if n.Select || n.Braces {
			w.notModelled(n)
		}
	case *syntax.WhileClause:
		w.listed = true
	case *syntax.Subshell:
		w.list(n.Stmts)
		if in, ok := n.Stmts[0].Cmd.(*syntax.Subshell); ok && in.Lparen.Offset() == n.Lparen.Offset()+1 {
			w.leak() // to a bash called sh it is arithmetic, which may assign
		}
	case *syntax.Block:
		w.list(n.Stmts)
	case *syntax.CmdSubst:
		w.list(n.Stmts)
		if n.TempFile || n.ReplyVar {
			w.notModelled(n)
		}
	case *syntax.IfClause:
		w.list(n.Then)
	case *syntax.CaseItem:
		w.list(n.Stmts)
		if n.Op != syntax.Break {
			w.notModelled(n)
		}
	default:
		w.part(n)
	}
}

// part looks at what commands are made of.
func (w *walker) part(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Word:
		w.word(n)
	case *syntax.SglQuoted, *syntax.ParenArithm, *syntax.TestClause, *syntax.ParenTest, *syntax.UnaryTest:
	case *syntax.ParamExp:
		w.parameter(n)
	case *syntax.ArithmExp:
		if named(n.X) {
			w.leak() // the value of a variable is arithmetic, too, and may assign
		}
	case *syntax.BinaryArithm:
		if strings.HasSuffix(n.Op.String(), "=") && !slices.Contains([]string{"==", "!=", "<=", ">="}, n.Op.String()) {
			w.leak()
		}
	case *syntax.UnaryArithm:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			w.leak()
		}
	case *syntax.BinaryTest:
		if n.Op != syntax.TsMatch && n.Op != syntax.TsNoMatch && n.Op != syntax.AndTest && n.Op != syntax.OrTest {
			w.leak() // BASH_REMATCH, or arithmetic
		}
	case *syntax.Redirect:
		w.redirect(n)
	default:
		w.notModelled(n)
	}
}

// notModelled refuses a construct of a shell.
func (w *walker) notModelled(n syntax.Node) {
	w.refuse(because("syntax", "a construct of the shell that is not modelled (%s)", strings.TrimPrefix(fmt.Sprintf("%T", n), "*syntax.")))
}

// named tells whether arithmetic has a variable in it.
func named(x syntax.ArithmExpr) bool {
	found := false
	syntax.Walk(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Lit:
			found = found || strings.Trim(n.Value, "0123456789") != ""
		case *syntax.ParamExp, *syntax.CmdSubst:
			found = true
		}
		return true
	})
	return found
}

func (w *walker) parameter(n *syntax.ParamExp) {
	w.status = w.status || n.Param != nil && n.Param.Value == "?" && w.inside == 0
	if n.Param != nil && volatile(n.Param.Value) && w.inside == 0 {
		w.special(n.Param.Value)
	}
	switch {
	case n.Excl || n.Names != 0 || n.Exp != nil && n.Exp.Op == syntax.OtherParamOps:
		w.notModelled(n) // it may name any variable, or run what one holds
	case n.Slice != nil || n.Index != nil:
		w.leak() // arithmetic
	case n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull):
		w.leak()
	}
}

// declClause is export, local and the like where bash has them as words of its language.
func (w *walker) declClause(n *syntax.DeclClause) {
	w.leak()
	if v := n.Variant.Value; len(n.Args) == 0 && v != "export" && v != "readonly" {
		w.refuse(because("process", "`%s` shows what differs in a shell of several RUNs", v))
	}
	for _, a := range n.Args {
		text := shell.WordOf(a.Value)
		if a.Naked && a.Name == nil && (!text.Known || strings.ContainsAny(strings.TrimPrefix(text.Text, "-"), "ifnFtAup")) {
			w.refuse(because("syntax", "`%s %s` changes how a variable is read", n.Variant.Value, text.Text))
		}
	}
}

// value notes one that a variable may have.
func (w *walker) value(name string, value *syntax.Word) {
	if text, _ := shell.WordOf(value).Ends(); strings.ContainsAny(text, " \t\n*?[") {
		w.blanks[name] = true
	}
}

// splits tells whether the shell makes other words of one (POSIX 2.6.5, 2.6.6), by a variable.
func (w *walker) splits(n *syntax.Word) bool {
	return slices.ContainsFunc(n.Parts, func(p syntax.WordPart) bool {
		x, ok := p.(*syntax.ParamExp)
		return ok && x.Param != nil && w.blanks[x.Param.Value]
	})
}

func (w *walker) word(n *syntax.Word) {
	w.dollarQuote(n.Parts)
	name := fileOf(shell.WordOf(n))
	text := name.text
	if name.whiteout() {
		w.refuse(because("syntax", "a file named .wh.… removes another one of a layer below"))
	}
	if len(w.stack) > 1 {
		if _, arg := w.stack[len(w.stack)-2].(*syntax.CallExpr); arg && w.splits(n) {
			w.refuse(because("syntax", "a variable of several words makes others of `%s`", w.source(n)))
		}
	}
	if !w.in.Bash && descriptor().MatchString(text) {
		w.leak() // bash names a variable so in front of a redirection
	}
	if why := shared(text); why != nil {
		w.follow(why)
	}
	if c := w.simple(); c != nil && len(c.Args) > 0 && c.Args[0] == n {
		return
	}
	if i := strings.LastIndexByte(text, '/'); i >= 0 && i+1 < len(text) {
		w.made[text[i+1:]] = true
	}
}

var descriptor = late.Regexp(`^\{[A-Za-z_][A-Za-z0-9_]*\}$`)

func (w *walker) redirect(n *syntax.Redirect) {
	if n.Hdoc != nil && w.substituted() {
		w.refuse(because("here-document", "a here document in a command substitution is read at another time"))
	}
	if n.N != nil && strings.HasPrefix(n.N.Value, "{") {
		w.leak()
	}
	name := fileOf(shell.WordOf(n.Word))
	switch n.Op {
	case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return
	case syntax.DplOut, syntax.DplIn:
		if !name.whole || strings.Trim(name.text, "0123456789-") != "" {
			w.refuse(because("syntax", "`>& %s` is read in another way by some shells", w.source(n.Word)))
		}
		return
	}
	if c := w.simple(); c != nil && len(c.Args) > 0 && c.Args[0].Lit() == "exec" {
		w.redirects = true
	}
	if w.met() && (!name.whole || !outside(name.text)) {
		w.refuse(becauseOrder("> " + w.source(n.Word)))
	}
	w.effects.change(name)
	w.touch(name)
}

// source is the text of a node.
func (w *walker) source(n syntax.Node) string { return w.in.Text[n.Pos().Offset():n.End().Offset()] }

// simple is the simple command that a redirection belongs to.
func (w *walker) simple() *syntax.CallExpr {
	for _, n := range slices.Backward(w.stack) {
		if s, ok := n.(*syntax.Stmt); ok {
			c, _ := s.Cmd.(*syntax.CallExpr)
			return c
		}
	}
	return nil
}

// substituted tells whether a node stands in a command substitution.
func (w *walker) substituted() bool {
	return slices.ContainsFunc(w.stack, func(n syntax.Node) bool { _, ok := n.(*syntax.CmdSubst); return ok })
}

// special is a variable that differs between one shell and two. That of the last
// background job is empty where there is none, and nothing follows where there is.
func (w *walker) special(name string) {
	if name != "!" {
		w.refuse(because("process", "$%s differs in a shell of several RUNs", name))
	}
}

// dollarQuote refuses $'...' and $"..." for a shell that may or may not know them: the
// two read different words.
func (w *walker) dollarQuote(parts []syntax.WordPart) {
	for i := 1; i < len(parts); i++ {
		lit, ok := parts[i-1].(*syntax.Lit)
		_, single := parts[i].(*syntax.SglQuoted)
		_, double := parts[i].(*syntax.DblQuoted)
		if ok && (single || double) && strings.HasSuffix(lit.Value, "$") && !strings.HasSuffix(lit.Value, `\$`) {
			w.refuse(because("syntax", "sh of some systems reads $'…' in another way"))
		}
	}
}

func (w *walker) background() {
	w.follow(because("background", "a process in the background ends with its RUN, and would live on"))
}

func becauseShell() *reason {
	return because("shell-file", "it may change the shell that the next RUN starts")
}
