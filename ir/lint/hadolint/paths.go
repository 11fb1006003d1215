package hadolint

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// relativeDir: behind a variable anything may stand.
func relativeDir() lint.Rule {
	r := rule("DL3000", "WORKDIR has an absolute path", diag.Error, "correctness")
	r.Same = "WorkdirRelativePath"
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		in, ok := s.Node.(*lang.Workdir)
		if !ok {
			return
		}
		dir := unquote(in.Path.Text)
		if dir == "" || dir[0] == '/' || dir[0] == '$' || dir[0] == '\\' || isDrive(dir) {
			return
		}
		f := r.Step(s, "WORKDIR "+dir+" is relative, and where it leads is up to what stands in front of it: write the path from the root")
		if strings.ContainsAny(dir, "\"'\\$` \t") {
			return
		}
		keeps, before := diag.Intent, "/"
		if !s.Onbuild && s.State().Workdir != "" {
			before = s.State().Workdir
			if setsDir(s) {
				keeps = diag.Graph // as the same directory is made
			}
		}
		f.Fix("write the whole path", keeps, diag.Edit{Span: in.Path.At, New: path.Join(before, dir)})
	}, "WORKDIR")
	return r
}

// isDrive tells a path of Windows that starts with a drive.
func isDrive(dir string) bool {
	return len(dir) > 1 && dir[1] == ':' && (dir[0]|0x20) >= 'a' && (dir[0]|0x20) <= 'z'
}

// setsDir tells whether the file itself says in which directory a step stands, and no image.
func setsDir(s *lint.Step) bool {
	for o := range s.Before() {
		if dir, ok := o.Body.(*ir.Workdir); ok && strings.HasPrefix(unquote(dir.Path), "/") {
			return true
		}
	}
	return false
}

// changedDir: one finding a RUN is enough, as one WORKDIR may end all of them.
func changedDir() lint.Rule {
	r := rule("DL3003", "WORKDIR changes the directory, and not cd in a RUN", diag.Warning, "readability")
	r.View = eachScript(func(s *lint.Script, r *lint.Report) {
		list := commands(s)
		c := list[slices.IndexFunc(list, func(c *shell.Command) bool { return c.Name == "cd" })]
		f := r.Command(s, c, "cd changes the directory for the rest of this script only: use WORKDIR")
		f.Fix("have WORKDIR change the directory", diag.Intent, workdirFor(s, c)...)
	}, "cd")
	return r
}

// workdirFor puts a WORKDIR in front of a RUN that starts with cd, and behind it one that goes back:
// no later step may stand elsewhere than before. It gives none where it is not known where that is.
func workdirFor(s *lint.Script, c *shell.Command) []diag.Edit {
	run, ok := s.Step.Outer.(*lang.Run)
	dir := c.Arg(0)
	if !ok || c != s.Commands[0] || c.Nested || len(c.Args) != 1 || len(run.Heredocs) > 0 || !strings.HasPrefix(dir, "/") ||
		strings.ContainsAny(dir, "*?[{}\"'\\ \t$~") || c.Stmt() == nil || !s.Step.Stage.View.Text.Whole {
		return nil
	}
	start, text := int(c.Pos().Offset()), s.Text
	rest := strings.TrimLeft(text[c.Args[0].End:], " \t")
	if strings.TrimSpace(text[:start]) != "" || rest != "" && !strings.HasPrefix(rest, "&&") {
		return nil
	}
	at := run.Span()
	if rest == "" {
		return []diag.Edit{{Span: at, New: "WORKDIR " + dir}}
	}
	back := s.Step.State().Workdir
	if back == "" || hasCd(s, c) {
		return nil
	}
	then := len(text) - len(strings.TrimLeft(rest[2:], " \t")) // what stands behind "&&"
	cut := s.Edit(start, then, "")
	if and := s.Edit(len(text)-len(rest), then, ""); cut == nil && and != nil { // on another line
		cut = append(s.Edit(start, c.Args[0].End, ""), and...)
	}
	if cut == nil {
		return nil
	}
	line := s.Step.Stage.View.Text.Newline()
	return append([]diag.Edit{lint.Before(at, "WORKDIR "+dir+line)}, append(cut, lint.Insert(at, line+"WORKDIR "+back))...)
}

// hasCd tells whether a script changes its directory besides by one command.
func hasCd(s *lint.Script, but *shell.Command) bool {
	for _, c := range s.Commands {
		if c != but && c.Name == "cd" {
			return true
		}
	}
	return false
}
