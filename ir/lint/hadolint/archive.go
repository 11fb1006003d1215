package hadolint

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// copiedArchive: one that stays packed is wanted so. What comes from a stage ADD cannot bring.
func copiedArchive() lint.Rule {
	r := rule("DL3010", "ADD unpacks an archive of the context, which needs no RUN then", diag.Info, "size")
	r.View = func(v *lint.View, r *lint.Report) {
		for _, stage := range v.Stages {
			copied := map[string]*lint.Step{} // by the name of the archive
			for _, s := range stage.Steps {
				if b, ok := s.Body.(*ir.Copy); ok && b.From == "" {
					for _, name := range archives(s, b) {
						copied[name] = s
					}
				} else if len(copied) > 0 {
					for _, name := range unpacks(s) {
						if from := copied[name]; from != nil {
							f := r.Step(from, "the archive "+name+" is copied only to be unpacked by a RUN: ADD does both, and leaves no layer with the archive")
							f.Fix("use ADD", diag.Intent, addFor(from, s)...)
							for _, other := range archives(from, from.Body.(*ir.Copy)) {
								delete(copied, other) // once is enough
							}
						}
					}
				}
			}
		}
	}
	return r
}

// archives are the names that the archives of a COPY have in the image.
func archives(s *lint.Step, b *ir.Copy) (names []string) {
	base := func(word string) string {
		if text, known := s.Expand(word); known {
			word = text
		}
		word = unquote(word)
		return word[strings.LastIndexAny(word, `/\`)+1:]
	}
	if dest := base(b.Dest); isArchive(dest) {
		return []string{dest}
	}
	for _, word := range b.Sources {
		if name := base(word); isArchive(name) {
			names = append(names, name)
		}
	}
	return names
}

// unpacks are the names of files that a RUN unpacks, without their directories.
func unpacks(step *lint.Step) (names []string) {
	s := step.Script()
	if s == nil {
		return nil
	}
	for _, c := range commands(s) {
		args := flat(s, c)
		whole := false // it may be any compressed file, and no tar
		switch c.Name {
		case "tar", "bsdtar":
			if !extracts(args) {
				continue
			}
		case "gzip", "bzip2", "xz", "lzma", "zstd":
			if !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") && strings.Contains(a, "d") }) {
				continue
			}
			whole = true
		case "gunzip", "bunzip2", "unlzma", "unxz", "unzstd", "uncompress", "zcat", "gzcat", "bzcat", "xzcat":
			whole = true
		default:
			continue
		}
		for _, w := range c.Reads {
			args = append(args, w.Text)
		}
		for _, arg := range args {
			arg = strings.TrimPrefix(arg, "--file=")
			if name := arg[strings.LastIndexAny(arg, `/\`)+1:]; isArchive(name) && (!whole || isTar(name)) {
				names = append(names, name)
			}
		}
	}
	return names
}

// isTar tells a name that says that tar made the file.
func isTar(name string) bool {
	return strings.Contains(name, ".tar") || slices.Contains([]string{".tZ", ".tb2", ".tbz", ".tbz2", ".tgz", ".tlz", ".tpz", ".txz", ".tzst"}, path.Ext(name))
}

// extracts tells whether tar(1) is given x, by a letter or by its name.
func extracts(args []string) bool {
	for i, arg := range args {
		letters, dash := strings.CutPrefix(arg, "-")
		switch {
		case arg == "--extract" || arg == "--get":
			return true
		case strings.HasPrefix(letters, "-"), !dash && i > 0:
			continue
		}
		if end := strings.IndexAny(letters, "fCTXbgIHKNVF"); end >= 0 && dash {
			letters = letters[:end]
		}
		if strings.Contains(letters, "x") && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
			return true
		}
	}
	return false
}

// addFor puts an ADD in the place of a COPY of one archive and of the RUN behind it, which does no more
// than unpack it.
func addFor(from, run *lint.Step) []diag.Edit {
	in, ok := from.Node.(*lang.Copy)
	b, s := from.Body.(*ir.Copy), run.Script()
	if !ok || from.Onbuild || run.Onbuild || run.Index != from.Index+1 || len(b.Sources) != 1 || !addUnpacks(b.Sources[0]) || b.Parents || len(run.Body.(*ir.Run).Mounts) > 0 {
		return nil
	}
	dir := ""
	for _, c := range commands(s) {
		args := flat(s, c)
		switch {
		case c.Nested || len(c.Env)+len(c.Via)+len(c.Reads)+len(c.Writes) > 0:
			return nil
		case c.Name == "tar" && dir == "" && len(args) == 2:
			dir = run.State().Workdir
		case c.Name == "tar" && dir == "" && len(args) == 4 && (args[2] == "-C" || args[2] == "--directory"):
			dir = args[3]
		case c.Name == "mkdir", c.Name == "rm" && len(args) > 0 && slices.Equal(unpacks(run), []string{path.Base(args[len(args)-1])}):
			continue
		default:
			return nil
		}
		if letters := strings.TrimPrefix(args[0], "-"); strings.Trim(letters, "xzjJvf") != "" || !strings.HasSuffix(letters, "f") {
			return nil
		}
	}
	if !strings.HasPrefix(dir, "/") || strings.ContainsAny(dir, " \t$\"'\\*?[") {
		return nil
	}
	keyword := diag.Edit{Span: in.Keyword.At, New: lint.Like(in.Keyword.Text, "ADD")}
	dest := diag.Edit{Span: in.Paths.Dest.At, New: strings.TrimSuffix(dir, "/") + "/"}
	if text := from.Stage.View.Text.File.Source.Text[in.Paths.Dest.At.Start:in.Paths.Dest.At.End]; strings.ContainsAny(text, "\"'") {
		return nil
	}
	return append([]diag.Edit{keyword, dest}, from.Stage.View.Text.Remove(run.Outer)...)
}

// addUnpacks tells an archive that ADD knows how to unpack.
func addUnpacks(name string) bool {
	return slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"}, func(end string) bool { return strings.HasSuffix(name, end) })
}
