package effects

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// download is a file that a command fetches.
type download struct {
	url, by, file string
	sums          int // that were compared before
	note          int // where its own is, or those behind it
}

// sum is a file whose digest a script compares with one that stands in it.
type sum struct {
	file string
	at   *syntax.BinaryCmd
	note int // where those behind it are
}

// downloads notes the file that the only URL of a command goes to.
func (k *call) downloads(file field, dirs []string) {
	p := file.paths(dirs, false)
	if len(k.operands) != 1 || len(p.List) != 1 || p.Grade != Precise {
		return
	}
	k.w.downloads = append(k.w.downloads, download{k.operands[0].show(), k.Name, p.List[0].Name, len(k.w.sums), len(k.w.notes)})
}

// digest gives a variable of a script. Of one that has a digest whatever value a build gives it that
// is some digest: which one does not count.
func (w *walker) digest(name string) (string, bool) {
	if v := w.variable(name); v.known && len(v.list) == 1 && !wild(v.list[0]) {
		return text(v.list[0])
	}
	if _, own := w.vars[name]; own || w.blind || w.state.Form == nil || w.state.Form(name) != string(eval.AnyDigest) {
		return "", false
	}
	return strings.Repeat("0", 64), true
}

// touched tells whether the script may have made one of some files so far.
func (w *walker) touched(p Paths) bool {
	return slices.ContainsFunc(p.List, func(f Path) bool {
		return slices.ContainsFunc(w.notes, func(n Command) bool { return n.Effects.Touches(f.Name) })
	})
}

// compares notes `echo "DIGEST FILE" | sha256sum -c`. MD5 and SHA-1 say too little.
func (w *walker) compares(c *syntax.BinaryCmd) {
	from, to := w.calls[c.X.Cmd], w.calls[c.Y.Cmd]
	if c.Op != syntax.Pipe || from == nil || to == nil || from.Name != "echo" || len(c.X.Redirs) > 0 || len(w.dirs) != 1 ||
		!slices.Contains([]string{"sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum"}, to.Name) {
		return
	}
	k := &call{w: w, Command: to}
	if !k.parse(w.rows.find(to.Name)) || !k.has("--check") || k.has("--ignore-missing") || k.loose || slices.ContainsFunc(k.operands, func(f field) bool { return !f.is("-") }) {
		return
	}
	var words []string
	for _, a := range from.Args {
		if t, ok := a.Value(w.digest); ok && len(a.Variables()) > 0 && !strings.Contains(t, "\n") && (strings.HasPrefix(a.Text, `"`) || !strings.ContainsAny(t, "*?[")) {
			words = append(words, t)
			continue
		}
		for _, f := range w.fields(a) {
			t := f.plain()
			if t == "" || f.over {
				return
			}
			words = append(words, t)
		}
	}
	for line := range strings.Lines(strings.Join(words, " ")) {
		digest, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		if len(digest) >= 56 && strings.Trim(digest, "0123456789abcdefABCDEF") == "" {
			file = strings.TrimPrefix(strings.TrimSpace(file), "*")
			for _, p := range (field{text: literal(file), known: true}).paths(w.dirs, false).List {
				w.sums = append(w.sums, sum{p.Name, c, len(w.notes)})
			}
		}
	}
}

// pin marks what is fetched into a file whose digest is compared behind that, where the script
// fails when it is another.
func (w *walker) pin(stmts []*syntax.Stmt, errexit bool) {
	if len(w.sums) == 0 || evades(stmts) {
		return
	}
	must := map[syntax.Command]bool{}
	needs(stmts, errexit, must)
	pinned := func(d download) bool {
		return slices.ContainsFunc(w.sums[d.sums:], func(s sum) bool { return must[s.at] && s.file == d.file && !w.changed(d, s) })
	}
	for _, d := range w.downloads {
		for i, n := range w.notes {
			list := slices.Clone(n.Effects.Network)
			for j, f := range list {
				same := func(o download) bool { return o.url == f.URL && o.by == f.By }
				list[j].Pinned = f.Pinned || same(d) && !slices.ContainsFunc(w.downloads, func(o download) bool { return same(o) && !pinned(o) })
			}
			w.notes[i].Effects.Network = list
		}
	}
}

// changed tells whether something else may change what was fetched before it is looked at.
func (w *walker) changed(d download, s sum) bool {
	return slices.ContainsFunc(w.notes[d.note:s.note], func(n Command) bool {
		own := slices.ContainsFunc(n.Effects.Network, func(f Fetch) bool { return f.URL == d.url && f.By == d.by })
		return !own && n.Effects.Touches(d.file)
	})
}

// evades tells a script that may end well in its middle, or has names of its own for programs.
func evades(stmts []*syntax.Stmt) (found bool) {
	for _, s := range stmts {
		shell.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				found = true
			case *syntax.CallExpr:
				found = found || len(n.Args) > 0 && slices.Contains([]string{"exit", "exec", "return", "trap", "kill", "alias", "eval", ".", "source", "break", "continue"}, n.Args[0].Lit())
			}
			return !found
		})
	}
	return found
}

// needs collects the commands without which a list of statements surely fails.
func needs(stmts []*syntax.Stmt, errexit bool, must map[syntax.Command]bool) {
	for i, s := range stmts {
		last := i+1 == len(stmts)
		if call, ok := s.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 1 && call.Args[0].Lit() == "set" {
			option := call.Args[1].Lit()
			errexit = errexit && !strings.HasPrefix(option, "+") || strings.HasPrefix(option, "-") && strings.Contains(option, "e")
		}
		if last || errexit {
			need(s, errexit, last, must)
		}
	}
}

func need(s *syntax.Stmt, errexit, last bool, must map[syntax.Command]bool) {
	if s.Negated || s.Background || s.Coprocess {
		return
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		if must[c] = true; c.Op == syntax.AndStmt {
			if last { // `set -e` looks away where another command follows
				need(c.X, errexit, last, must)
			}
			need(c.Y, errexit, last, must)
		}
	case *syntax.Block:
		if last || errexit {
			needs(c.Stmts, errexit, must)
		}
	case *syntax.Subshell:
		needs(c.Stmts, errexit, must)
	}
}
