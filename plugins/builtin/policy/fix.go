package policy

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint/ignore"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// own tells whether an op stands in the source as it is: nobody rewrote it, and it is
// not in an ONBUILD.
func (o *op) own() bool {
	return o.onbuild == nil && o.ir.Origin.By == "" && !o.ir.Origin.Span.IsZero() && o.spelled() != ""
}

// spelled is the instruction as the source has it.
func (o *op) spelled() string {
	at := o.ir.Origin.Span
	if int(at.File) >= len(o.module.ir.Files) || int(at.End) > len(o.module.ir.Files[at.File].Text) {
		return ""
	}
	return o.module.ir.Files[at.File].Text[at.Start:at.End]
}

// replace puts a text in the place of the instruction.
func (o *op) replace(text string) diag.Edit { return diag.Edit{Span: o.ir.Origin.Span, New: text} }

// brokenFixError is why a template gave no instruction to put in the place of another.
type brokenFixError struct{ error }

// replaceable tells whether a text can stand where the instruction does: it is one
// instruction, of a plugin only where the old one is, and what follows stays what it is.
func (o *op) replaceable(text string) error {
	body, err := ir.ParseBody(text, o.module.ir.Escape)
	if err == nil {
		if custom, ok := body.(*ir.Custom); ok && custom.Keyword() != o.body.Keyword() {
			err = fmt.Errorf("there is no instruction %s", custom.Keyword())
		}
	}
	if last := strings.TrimRight(text, " \t"); err == nil && (strings.HasPrefix(text, "#") || strings.HasSuffix(last, string(rune(o.module.ir.Escape)))) {
		err = errors.New("a comment or a line that goes on is in it")
	}
	if err != nil {
		return &brokenFixError{fmt.Errorf("the template of this rule gives no instruction here: %w", err)}
	}
	return nil
}

// remove takes the instruction out, with its line ending, and the comments that ignore
// something of it, which would be about the next one then.
func (o *op) remove() []diag.Edit {
	at := o.ir.Origin.Span
	text := o.module.ir.Files[at.File].Text
	if i := strings.IndexByte(text[at.End:], '\n'); i >= 0 && strings.TrimSpace(text[at.End:][:i]) == "" {
		at.End += uint32(i) + 1
	}
	line := strings.LastIndexByte(text[:at.Start], '\n') + 1
	if strings.TrimSpace(text[line:at.Start]) == "" {
		at.Start = uint32(line)
	}
	edits := []diag.Edit{{Span: at}}
	for end := line; end > 0; {
		start := strings.LastIndexByte(text[:end-1], '\n') + 1
		line := strings.TrimSpace(text[start:end])
		if line != "" && line[0] != '#' {
			break
		}
		if ignore.Is(line) {
			edits = append(edits, diag.Edit{Span: source.Span{File: at.File, Start: uint32(start), End: uint32(end)}})
		}
		end = start
	}
	return edits
}

// edit replaces a part of the instruction, offsets in its spelling.
func (o *op) edit(start, end int, text string) diag.Edit {
	at := o.ir.Origin.Span
	return diag.Edit{Span: source.Span{File: at.File, Start: at.Start + uint32(start), End: at.Start + uint32(end)}, New: text}
}

// keyword is how many bytes of the instruction are its keyword.
func (o *op) keyword() int { return len(o.body.Keyword()) }

// sameImage is what a safe fix says that it keeps.
const sameImage = "the image stays the same but for the history"

// removeFix takes an instruction out that does nothing.
func removeFix(o *op) []diag.Fix {
	return []diag.Fix{{Message: "remove it: " + sameImage, Edits: o.remove(), Safe: true}}
}

// copyFix makes an ADD a COPY. ADD unpacks a file that is an archive, whatever its name,
// so the fix is safe where none can be: see copies.
func copyFix(o *op) []diag.Fix {
	safe := true
	for _, s := range o.transfer().Sources {
		safe = safe && o.copies(s)
	}
	message := "use COPY, unless a source is an archive, which ADD unpacks"
	if safe {
		message = "use COPY: none is an archive, and " + sameImage
	}
	return []diag.Fix{{Message: message, Edits: []diag.Edit{o.edit(0, o.keyword(), "COPY")}, Safe: safe}}
}

// copies tells whether ADD does with a local source what COPY does: it is a file that is
// here and no archive, or, where none can be read, a directory or a text by its name.
func (o *op) copies(source string) bool {
	name := strings.TrimPrefix(path.Clean("/"+source), "/")
	if name == "" {
		return true
	}
	if data, err := o.module.host.ReadFile(o.module.ctx, name); err == nil {
		return !isArchive(data)
	}
	return strings.HasSuffix(source, "/") && path.Ext(name) == "" || slices.Contains(textExtensions(), path.Ext(name))
}

// isArchive tells what ADD may unpack: BuildKit looks at the content as containerd's
// archive/compression does, and then for the header of a tar.
func isArchive(data []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} { // gzip, bzip2, xz, zstd
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	if len(data) >= 8 && data[0]&0xf0 == 0x50 && bytes.HasPrefix(data[1:], []byte("\x2a\x4d\x18")) {
		return true // a skippable frame of zstd
	}
	_, err := tar.NewReader(bytes.NewReader(data)).Next()
	return err == nil
}

func textExtensions() []string {
	return []string{".c", ".cfg", ".cnf", ".conf", ".css", ".go", ".h", ".html", ".ini", ".java", ".js", ".json", ".list", ".md",
		".php", ".properties", ".py", ".rb", ".repo", ".service", ".sh", ".sql", ".toml", ".ts", ".txt", ".xml", ".yaml", ".yml"}
}

// maintainerFix makes a MAINTAINER a label, which is not where old tools look.
func maintainerFix(o *op) []diag.Fix {
	b, ok := o.body.(*ir.Maintainer)
	if !ok {
		return nil
	}
	label := &ir.Label{Pairs: []ir.Pair{{Key: "org.opencontainers.image.authors", Value: strconv.Quote(b.Name)}}}
	if strings.ContainsAny(b.Name, "\"'$\\`") {
		return nil
	}
	return []diag.Fix{{Message: "make it a label", Edits: []diag.Edit{o.replace(ir.Format(label, o.module.ir.Escape))}}}
}

// execFix writes a shell form that is one program with its arguments as JSON. The
// process is another one then, so a person has to look.
func execFix(o *op) []diag.Fix {
	s := o.commands()
	if sh := o.shell(); len(s.commands) != 1 || len(sh) > 0 && !slices.Equal(sh, shell.Default()) {
		return nil
	}
	c := s.commands[0]
	if strings.TrimSpace(o.source()) != c.Text || len(c.Via) > 0 || len(c.Env) > 0 || c.Name == "" ||
		strings.ContainsAny(c.Text, "$`*?[]{}~<>|&;()#!\\") {
		return nil
	}
	args := append([]string{strings.Fields(c.Text)[0]}, c.args()...)
	body := &ir.Entrypoint{Command: ir.Command{Exec: true, Args: args}}
	return []diag.Fix{{Message: "use the exec form", Edits: []diag.Edit{o.replace(ir.Format(body, o.module.ir.Escape))}}}
}
