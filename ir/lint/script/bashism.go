package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/diag"
)

// foreign says that the shell of a script need not know what is at a place.
func (c *scan) foreign(code string, start, end int, what string) *problem {
	return c.place(code, start, end, what+" is not of POSIX, and "+c.shell+" need not know it: write it for sh, or have SHELL name bash")
}

func (c *scan) foreignNode(code string, n syntax.Node, what string) *problem {
	return c.foreign(code, offset(n.Pos()), offset(n.End()), what)
}

// dash tells whether the shell is one of those that have some more than POSIX.
func (c *scan) dash() bool { return c.shell == "dash" || c.shell == "ash" }

// bashism looks for what bash has and POSIX does not, in a script that another shell reads.
func (c *scan) bashism(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.ProcSubst:
		c.foreignNode("SC3001", n, "process substitution")
	case *syntax.ExtGlob:
		c.foreignNode("SC3002", n, "an extended wildcard")
	case *syntax.SglQuoted:
		if n.Dollar {
			c.foreignNode("SC3003", n, "$'…'")
		}
	case *syntax.DblQuoted:
		if n.Dollar {
			c.foreignNode("SC3004", n, `$"…"`)
		}
	case *syntax.ForClause:
		if _, ok := n.Loop.(*syntax.CStyleLoop); ok {
			c.foreignNode("SC3005", n, "for ((…))")
		}
		if n.Select {
			c.foreignNode("SC3008", n, "select")
		}
	case *syntax.ArithmCmd:
		c.foreignNode("SC3006", n, "((…))")
	case *syntax.ArithmExp:
		if n.Bracket {
			c.foreignNode("SC3007", n, "$[…]")
		}
	case *syntax.TestClause:
		c.foreignNode("SC3010", n, "[[ ]]")
	case *syntax.CoprocClause:
		c.foreignNode("SC3032", n, "coproc")
	case *syntax.LetClause:
		c.foreignNode("SC3039", n, "let")
	case *syntax.FuncDecl:
		if !posixName(n.Name.Value) {
			c.foreignNode("SC3033", n, "the name "+n.Name.Value+" of a function")
		}
	case *syntax.CmdSubst:
		if len(n.Stmts) == 1 && n.Stmts[0].Cmd == nil && len(n.Stmts[0].Redirs) == 1 && n.Stmts[0].Redirs[0].Op == syntax.RdrIn {
			c.foreignNode("SC3034", n, "$(<file)")
		}
	case *syntax.BinaryCmd:
		if n.Op == syntax.PipeAll {
			c.foreign("SC3029", offset(n.OpPos), offset(n.OpPos)+2, "|&")
		}
	case *syntax.Assign:
		if n.Append {
			c.foreignNode("SC3024", n, "+=")
		}
		if n.Array != nil {
			c.foreignNode("SC3030", n.Array, "an array")
		}
	case *syntax.UnaryArithm:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			c.foreign("SC3018", offset(n.OpPos), offset(n.OpPos)+2, n.Op.String())
		}
	case *syntax.BinaryArithm:
		if n.Op == syntax.Pow {
			c.foreign("SC3019", offset(n.OpPos), offset(n.OpPos)+2, "**")
		}
	case *syntax.Redirect:
		c.foreignRedirect(n)
	case *syntax.Word:
		c.foreignWord(n)
	case *syntax.ParamExp:
		c.foreignParameter(n)
	case *syntax.DeclClause:
		c.foreignDeclaration(n)
	case *syntax.CallExpr:
		if len(n.Args) == 0 {
			return
		}
		cmd := newCommand(n)
		if cmd.name == "echo" {
			c.foreignEcho(cmd)
		} else if !strings.Contains(n.Args[0].Lit(), "/") {
			c.foreignCommand(cmd)
		}
	}
}

func posixName(name string) bool { return syntax.ValidName(name) }

func (c *scan) foreignRedirect(r *syntax.Redirect) {
	switch r.Op {
	case syntax.WordHdoc:
		c.foreignNode("SC3011", r, "<<<")
	case syntax.RdrAll:
		at := offset(r.OpPos)
		c.foreignNode("SC3020", r, "&>").
			fix = &fix{"write > … 2>&1", diag.Intent, []edit{{at, at + 2, ">"}, {offset(r.End()), offset(r.End()), " 2>&1"}}}
	case syntax.DplOut:
		if text := r.Word.Lit(); r.N == nil && text != "" && text != "-" && !number(strings.TrimSuffix(text, "-")) {
			c.foreignNode("SC3021", r, ">& with a file")
		}
	}
	if r.N != nil {
		switch n := r.N.Value; {
		case strings.HasPrefix(n, "{"):
			c.foreignNode("SC3022", r, "a name for a file descriptor")
		case len(n) > 1:
			c.foreignNode("SC3023", r, "a file descriptor above 9")
		}
	}
	if text := sketch(r.Word); strings.HasPrefix(text, "/dev/tcp/") || strings.HasPrefix(text, "/dev/udp/") {
		c.foreignNode("SC3025", r, "/dev/tcp")
	}
}

func number(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func (c *scan) foreignWord(w *syntax.Word) {
	if c.isDocument(w) {
		return
	}
	for _, b := range braces(w) {
		c.foreign("SC3009", b.start, b.end, "a list or range in braces")
	}
	for _, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || !strings.Contains(lit.Value, "[^") {
			continue
		}
		for start, end := range globs(lit.Value) {
			if strings.HasPrefix(lit.Value[start:end], "[^") {
				at := offset(lit.Pos()) + start
				c.foreign("SC3026", at, at+end-start, "^ in brackets")
			}
		}
	}
	if name := w.Lit(); ofBash(name) && c.inArithmetic() {
		c.foreignNode("SC3028", w, name)
	}
}

func (c *scan) inArithmetic() bool {
	_, ok := c.parent(0).(syntax.ArithmExpr)
	_, top := c.parent(0).(*syntax.ArithmExp)
	return ok || top
}

// ofBash tells the variables that only bash sets.
func ofBash(name string) bool {
	switch name {
	case "_", "BASHOPTS", "BASHPID", "BASH_REMATCH", "BASH_SOURCE", "BASH_SUBSHELL", "DIRSTACK", "EPOCHSECONDS", "EPOCHREALTIME", "EUID", "FUNCNAME",
		"GROUPS", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE", "PIPESTATUS", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "UID":
		return true
	}
	return false
}

func (c *scan) foreignParameter(p *syntax.ParamExp) {
	if p.Param == nil {
		return
	}
	if p.Excl {
		c.foreignNode("SC3053", p, "${!…}")
	}
	index := ""
	if w, ok := p.Index.(*syntax.Word); ok {
		index = w.Lit()
	}
	switch {
	case p.Excl && (index == "@" || index == "*"):
		c.foreignNode("SC3055", p, "${!…[@]}")
	case p.Names != 0:
		c.foreignNode("SC3056", p, "${!…*}")
	case p.Index != nil && !p.Length:
		c.foreignNode("SC3054", p, "an element of an array")
	}
	if p.Slice != nil {
		c.foreignNode("SC3057", p, "${…:…}")
	}
	if p.Repl != nil {
		c.foreignNode("SC3060", p, "${…/…/…}")
	}
	if p.Exp != nil {
		switch p.Exp.Op {
		case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
			c.foreignNode("SC3059", p, "${…^}")
		}
	}
	if name := p.Param.Value; ofBash(name) && !(name == "_" && c.dash()) && !c.assignedAbove(name) {
		c.foreignNode("SC3028", p, name)
	}
}

// assignedAbove tells whether a script or the image assigns a variable.
func (c *scan) assignedAbove(name string) bool {
	_, set := c.sets[name]
	return set || c.given(name)
}

func (c *scan) foreignDeclaration(d *syntax.DeclClause) {
	switch name := d.Variant.Value; name {
	case "local":
		if !c.dash() {
			c.foreignNode("SC3043", d, "local")
		}
	case "declare", "typeset", "nameref":
		c.foreignNode("SC3044", d, name)
	case "export", "readonly":
		for _, a := range d.Args {
			if a.Name != nil || a.Value == nil {
				continue
			}
			if letters, ok := strings.CutPrefix(a.Value.Lit(), "-"); ok && strings.Trim(letters, "p") != "" {
				c.foreignNode("SC3045", a, name+" "+a.Value.Lit())
			}
		}
	}
}

// posixFlags are the options of commands of the shell that POSIX has.
var posixFlags = map[string]string{"cd": "LP", "hash": "r", "jobs": "lp", "printf": "", "read": "r", "trap": "", "type": "", "ulimit": "f", "umask": "S", "unset": "fv", "wait": ""}

// dashFlags are those that dash has, where they are more.
var dashFlags = map[string]string{"hash": "rv", "read": "rp", "ulimit": "HSacdflmnprstvw"}

func (c *scan) foreignCommand(cmd command) {
	first := cmd.call.Args[0]
	switch cmd.name {
	case "exec":
		if len(cmd.args) > 0 && strings.HasPrefix(sketch(cmd.args[0]), "-") && sketch(cmd.args[0]) != "--" {
			c.foreignNode("SC3038", cmd.args[0], "an option of exec")
		}
	case "set":
		c.foreignSet(cmd)
	case "source":
		c.foreignNode("SC3046", cmd.call, "source").fix = &fix{"write .", diag.Intent, []edit{{offset(first.Pos()), offset(first.End()), "."}}}
	case "trap":
		c.foreignTrap(cmd)
	case "caller", "complete", "compgen", "dirs", "disown", "enable", "mapfile", "readarray", "pushd", "popd", "shopt", "suspend":
		c.foreignNode("SC3044", cmd.call, cmd.name)
	case "printf":
		if len(cmd.args) > 0 && strings.Contains(known(cmd.args[0]), "%q") {
			c.foreignNode("SC3050", cmd.args[0], "%q")
		}
	}
	c.foreignFlags(cmd)
}

func (c *scan) foreignEcho(cmd command) {
	switch {
	case len(cmd.args) == 0 || !echoFlag(sketch(cmd.args[0])):
	case !c.dash():
		c.foreignNode("SC3037", cmd.args[0], "an option of echo").hint = "use printf"
	case sketch(cmd.args[0]) != "-n":
		c.foreignNode("SC3036", cmd.args[0], "an option of echo but -n").hint = "use printf"
	}
}

func echoFlag(text string) bool {
	letters, ok := strings.CutPrefix(text, "-")
	return ok && letters != "" && strings.Trim(letters, "eEsn") == ""
}

func (c *scan) foreignFlags(cmd command) {
	allowed, ok := posixFlags[cmd.name]
	if more, has := dashFlags[cmd.name]; has && c.dash() {
		allowed = more
	}
	if !ok {
		return
	}
	for _, w := range cmd.args {
		letters, ok := strings.CutPrefix(sketch(w), "-")
		if !ok || letters == "" || letters == "-" {
			return // options stand in front
		}
		if strings.HasPrefix(letters, "-") || strings.HasPrefix(letters, "$") {
			continue
		}
		for i := range len(letters) {
			if strings.IndexByte(allowed, letters[i]) < 0 && !number(letters[i:i+1]) {
				c.foreignNode("SC3045", w, cmd.name+" -"+letters[i:i+1])
			}
		}
	}
}

// foreignSet looks at the options of set.
func (c *scan) foreignSet(cmd command) {
	for i := 0; i < len(cmd.args); i++ {
		w := cmd.args[i]
		text := sketch(w)
		if len(text) < 2 || text[0] != '-' && text[0] != '+' || text == "--" {
			return
		}
		letters := text[1:]
		if strings.HasPrefix(letters, "-") {
			c.foreignNode("SC3042", w, "set "+text)
			continue
		}
		for j := range len(letters) {
			if strings.IndexByte("abCefhmnuvxo", letters[j]) < 0 && !c.dash() {
				c.foreignNode("SC3041", w, "set -"+letters[j:j+1])
			}
		}
		if strings.HasSuffix(letters, "o") && i+1 < len(cmd.args) {
			i++
			name, ok := literal(cmd.args[i])
			if ok && !slices.Contains(posixOptions, name) && !c.dash() {
				c.foreignNode("SC3040", cmd.args[i], "the option "+name+" of set")
			}
		}
	}
}

var posixOptions = []string{"allexport", "errexit", "ignoreeof", "monitor", "noclobber", "noexec", "noglob", "nolog", "notify", "nounset", "verbose", "vi", "xtrace"}

func (c *scan) foreignTrap(cmd command) {
	for _, w := range cmd.args[min(1, len(cmd.args)):] {
		name, ok := literal(w)
		upper := strings.ToUpper(name)
		switch {
		case !ok || name == "":
		case upper == "ERR" || upper == "DEBUG" || upper == "RETURN":
			c.foreignNode("SC3047", w, "trap of "+upper)
		case strings.HasPrefix(upper, "SIG"):
			c.foreignNode("SC3048", w, "SIG in front of the name of a signal")
		case upper != name && !c.dash():
			c.foreignNode("SC3049", w, "a signal in small letters")
		}
	}
}

// bashTest looks at operators of [ ].
func (c *scan) bashTest(op string, w *syntax.Word) {
	switch op {
	case `\<`, `\>`:
		if !c.dash() {
			c.foreignNode("SC3012", w, op)
		}
	case "-nt", "-ot", "-ef":
		if !c.dash() {
			c.foreignNode("SC3013", w, op)
		}
	case "==":
		c.foreignNode("SC3014", w, "== in [ ]").fix = &fix{"write =", diag.Intent, []edit{{offset(w.Pos()), offset(w.End()), "="}}}
	case "=~":
		c.foreignNode("SC3015", w, "=~")
	}
}

// braces are where the lists and ranges in braces of a word stand, those in others included.
func braces(w *syntax.Word) (list []edit) {
	type open struct {
		start    int
		at       int // of what is in it, in its part
		part     int
		separate bool
	}
	var stack []open
	for i, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || !strings.ContainsAny(lit.Value, "{,}.") {
			continue
		}
		base := offset(lit.Pos())
		for j := 0; j < len(lit.Value); j++ {
			switch lit.Value[j] {
			case '\\':
				j++
			case '{':
				stack = append(stack, open{base + j, j + 1, i, false})
			case ',':
				if len(stack) > 0 {
					stack[len(stack)-1].separate = true
				}
			case '}':
				if len(stack) == 0 {
					continue
				}
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				if top.separate || top.part == i && strings.Contains(lit.Value[top.at:j], "..") {
					list = append(list, edit{start: top.start, end: base + j + 1})
				}
			}
		}
	}
	return list
}
