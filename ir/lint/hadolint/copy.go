package hadolint

import (
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// unpacked are the ends of names of files that ADD unpacks, or may: those of tar, and of the
// compressions that go with it.
const unpacked = ".tar .Z .bz2 .gz .lz .lzma .tZ .tb2 .tbz .tbz2 .tgz .tlz .tpz .txz .xz .zst .tzst"

func isArchive(name string) bool {
	for end := range strings.FieldsSeq(unpacked) {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// addForCopy: a source of which nothing is known may be an archive or a URL.
func addForCopy() lint.Rule {
	r := rule("DL3020", "COPY brings files and directories, and not ADD", diag.Error, "correctness")
	r.View = lint.OnBody(func(s *lint.Step, add *ir.Add, r *lint.Report) {
		plain, only := "", true
		for _, word := range add.Sources {
			name, known := text(s, word)
			name = unquote(name)
			if isRemote(name) || isArchive(name) || !known {
				only = false
				continue
			}
			plain = name
		}
		if plain == "" {
			return
		}
		f := r.Step(s, "ADD may unpack or fetch what it is given: use COPY, which brings "+plain+" as it is")
		in, ok := s.Node.(*lang.Add)
		if ok && only && add.Checksum == "" && add.KeepGitDir == nil && add.Unpack == nil {
			f.Fix("use COPY", diag.Intent, diag.Edit{Span: in.Keyword.At, New: lint.Like(in.Keyword.Text, "COPY")})
		}
	})
	return r
}

// isRemote tells what ADD fetches: by HTTP, or with git.
func isRemote(name string) bool {
	for _, start := range []string{"http://", "https://", "git://", "git@", "ssh://", "ftp://"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

func severalFiles() lint.Rule {
	r := rule("DL3021", "Where COPY has several sources the destination ends with a slash", diag.Error, "correctness")
	r.View = lint.OnBody(func(s *lint.Step, b *ir.Copy, r *lint.Report) {
		dest, known := text(s, b.Dest)
		if len(b.Sources)+len(b.Inline) < 2 || !known || strings.HasSuffix(dest, "/") || strings.HasSuffix(dest, `\`) {
			return
		}
		f := r.Step(s, "several sources go to "+dest+", which has to be a directory: end it with a slash")
		if in, ok := s.Node.(*lang.Copy); ok {
			at := in.Paths.Dest.At
			if text := s.Stage.View.Text.File.Source.Text[at.Start:at.End]; text != "" && (text[len(text)-1] == '"' || text[len(text)-1] == '\'') {
				at.End--
			}
			f.Fix("end it with a slash", diag.Intent, lint.Insert(at, "/"))
		}
	})
	return r
}

// unknownStage: a tag or a digest tells that an image is meant, and no stage.
func unknownStage() lint.Rule {
	r := rule("DL3022", "COPY --from names an earlier stage", diag.Warning, "correctness")
	r.View = lint.OnBody(func(s *lint.Step, b *ir.Copy, r *lint.Report) {
		from := strings.ToLower(unquote(b.From))
		if from == "" || s.Onbuild || strings.Contains(from, ":") || from == s.Stage.Name || s.Stage.View.Given(from) {
			return
		}
		number := from
		if n := stageNumber(from); n >= 0 {
			number = strconv.Itoa(n) // of 01
		}
		if len(s.Stage.Called(from)) > 0 || len(s.Stage.Called(number)) > 0 {
			return
		}
		var names []string
		for _, stage := range s.Stage.Above() {
			if stage.Name != "" {
				names = append(names, stage.Name)
			}
		}
		f := r.Step(s, "no stage in front of this one is called "+b.From+": an image would be fetched under that name")
		if near := diag.Suggest(from, names); near != "" {
			f.Hint = "did you mean " + near + "?"
			f.Fix("copy from "+near, diag.Intent, flagValue(s.Node, "from", near)...)
		}
	})
	return r
}

// stageNumber is the stage that a number stands for, -1 of another word.
func stageNumber(word string) int {
	if n, err := strconv.Atoi(word); err == nil && n >= 0 {
		return n
	}
	return -1
}

// flagValue puts a value in the place of that of a flag.
func flagValue(in lang.Instruction, name, value string) []diag.Edit {
	if flag, ok := lint.Flag(in, name); ok {
		return []diag.Edit{{Span: flag.At, New: "--" + name + "=" + value}}
	}
	return nil
}

func ownStage() lint.Rule {
	r := rule("DL3023", "COPY --from names another stage than its own", diag.Error, "correctness")
	r.View = lint.OnBody(func(s *lint.Step, b *ir.Copy, r *lint.Report) {
		from := strings.ToLower(unquote(b.From))
		if from != "" && !s.Onbuild && from == s.Stage.Name {
			r.Step(s, "this copies out of the stage that it is in: name another")
		}
	})
	return r
}
