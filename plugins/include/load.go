package include

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/redact"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// loader reads files for one call. Its errors are diagnostics.
type loader struct {
	ctx     context.Context
	host    plugins.Host
	fetcher Fetcher
	call    *plugins.Call
	files   []ir.File // of the module, and those that were read
	diags   diag.List
}

// reading is a file that is wanted.
type reading struct {
	ref      Ref
	checksum string
	at       source.Span // of the instruction that wants it
	chain    []string    // the names of the files that lead there, the Dockerfile first
}

// chain lists the files that an instruction comes out of, the outermost first.
func (l *loader) chain(o *ir.Origin) []string {
	var names []string
	for o != nil {
		if !o.Span.IsZero() && int(o.Span.File) < len(l.files) {
			if name := l.files[o.Span.File].Name; len(names) == 0 || names[0] != name {
				names = slices.Insert(names, 0, name)
			}
		}
		if len(o.From) == 0 {
			break
		}
		o = o.From[0]
	}
	return names
}

// read gives a file, which then is one of l.files. It reports false when there is an
// error, which is told.
func (l *loader) read(r reading) (*source.File, bool) {
	name, text, ok := l.text(r)
	if !ok {
		return nil, false
	}
	if slices.Contains(r.chain, name) {
		l.diags.Errorf(r.at, "cycle", "%s includes itself: %s", name, strings.Join(append(slices.Clone(r.chain), name), " → "))
		return nil, false
	}
	if len(r.chain) > MaxDepth {
		l.diags.Errorf(r.at, "too-deep", "more than %d files include one another: %s", MaxDepth, strings.Join(r.chain, " → "))
		return nil, false
	}
	if i := slices.Index(l.files, ir.File{Name: name, Text: text}); i > 0 {
		return &source.File{ID: source.FileID(i), Name: name, Text: text}, true
	}
	total := len(text)
	for _, f := range l.files[min(1, len(l.files)):] {
		total += len(f.Text)
	}
	if total > MaxTotal || len(l.files) > MaxFiles {
		l.diags.Errorf(r.at, "too-large", "more than %d files or %d bytes are included", MaxFiles, MaxTotal)
		return nil, false
	}
	l.files = append(slices.Clip(l.files), ir.File{Name: name, Text: text})
	return &source.File{ID: source.FileID(len(l.files) - 1), Name: name, Text: text}, true
}

// text gets a file and looks at its checksum.
func (l *loader) text(r reading) (name, text string, ok bool) {
	if r.checksum != "" && !digest().MatchString(r.checksum) {
		l.diags.Errorf(r.at, "bad-checksum", "%q is no checksum", r.checksum).Expected = "sha256: and 64 hexadecimal digits"
		return "", "", false
	}
	var data []byte
	var err error
	if r.ref.Kind == Path {
		name, data, err = l.local(r)
	} else if name = redact.URLs(r.ref.Text); l.fetcher == nil {
		err = errors.New("only files of the build context can be had here")
	} else {
		data, err = l.fetcher.Fetch(l.ctx, r.ref)
	}
	switch {
	case err == nil && len(data) > MaxSize:
		err = fmt.Errorf("it has more than %d bytes", MaxSize)
	case err == nil && bytes.IndexByte(data, 0) >= 0:
		err = errors.New("it is no text")
	}
	if err != nil {
		l.unreadable(r, err)
		return "", "", false
	}
	return name, string(data), l.checked(r, data)
}

func (l *loader) unreadable(r reading, err error) {
	d := l.diags.Errorf(r.at, "unreadable", "cannot read %s: %v", r.ref.Text, err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.Message = fmt.Sprintf("there is no %s in the build context", r.ref.Text)
		d.Hint = "a path starts at the folder of the file that has it; .dockerignore may leave the file out"
	case errors.Is(err, plugins.ErrDenied):
		d.Hint = "give the plugin the grant `context` in strake.yaml"
	case errors.Is(err, plugins.ErrUnavailable):
		d.Message = fmt.Sprintf("cannot read %s: the files of the build context are not here", r.ref.Text)
	}
}

// local reads a file of the build context. A path is one of the folder of the file that
// has it. Where that is the Dockerfile, which may be outside of the context, it is looked
// for from the root, too.
func (l *loader) local(r reading) (name string, data []byte, err error) {
	from := ""
	if len(r.chain) > 0 {
		from = r.chain[len(r.chain)-1]
	}
	for _, name = range candidates(from, r.ref.Path, len(r.chain) < 2) {
		if data, err = l.host.ReadFile(l.ctx, name); !errors.Is(err, fs.ErrNotExist) {
			return name, data, err
		}
	}
	if err == nil {
		err = errors.New("it is outside of the build context")
	}
	return name, nil, err
}

// candidates are the names that a path in a file can stand for.
func candidates(from, file string, dockerfile bool) (list []string) {
	add := func(name string) {
		if fs.ValidPath(name) && name != "." && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	switch {
	case strings.HasPrefix(file, "/"):
		add(path.Clean(file)[1:])
	case !scheme().MatchString(from):
		add(path.Join(path.Dir(from), file))
		if dockerfile {
			add(path.Clean(file))
		}
	}
	return list
}

var digest = late.Regexp(`^sha256:[0-9a-f]{64}$`)

// checked makes sure that a file is what the Dockerfile says it is.
func (l *loader) checked(r reading, data []byte) bool {
	got := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	switch {
	case r.checksum == "" && r.ref.Pinned(), r.checksum == got:
		return true
	case r.checksum != "":
		l.diags.Errorf(r.at, "checksum", "%s has the checksum %s, not %s", r.ref.Text, got, r.checksum).
			Hint = "look at what has changed before you write the new one"
		return false
	}
	flag := "--checksum=" + got
	d := l.diags.Errorf(r.at, "not-pinned", "%s may be another file tomorrow: pin it with %s", r.ref.Text, flag)
	if at, ok := l.behindKeyword(r.at); ok {
		d.Fixes = []diag.Fix{{Message: "add the checksum", Safe: true, Edits: []diag.Edit{{Span: at, New: " " + flag}}}}
	}
	return false
}

// behindKeyword is the place behind the INCLUDE of an instruction, where flags start.
func (l *loader) behindKeyword(at source.Span) (source.Span, bool) {
	const keyword = "INCLUDE"
	if int(at.File) >= len(l.files) {
		return source.Span{}, false
	}
	text := source.NewFile("", l.files[at.File].Text).Slice(at)
	if len(text) < len(keyword) || !strings.EqualFold(text[:len(keyword)], keyword) {
		return source.Span{}, false
	}
	at.Start += uint32(len(keyword))
	at.End = at.Start
	return at, true
}

// parsed tells the errors of a file that was read, and whether it can be used.
func (l *loader) parsed(file *lang.File, diags diag.List) bool {
	if claims := l.call.Claims; len(claims) > 0 {
		diags = append(diags, lang.Unclaimed(file, claims...)...)
	}
	if want := l.call.Module.Escape; file.Escape != want {
		diags.Errorf(source.Span{File: file.Source.ID, End: 1}, "escape", "the escape character is %c here, and %c in %s",
			file.Escape, want, l.files[0].Name).Hint = fmt.Sprintf("start the file with `# escape=%c`", want)
	}
	l.diags = append(l.diags, diags...)
	return !diags.HasErrors()
}

// result is what became of the module. With errors, it has the files that they are in.
func (l *loader) result(m *ir.Module) *plugins.Result {
	if len(l.files) == len(l.call.Module.Files) && l.diags.HasErrors() {
		return &plugins.Result{Diags: l.diags}
	}
	m.Files = l.files
	return &plugins.Result{Module: m, Diags: l.diags}
}

// place is where an instruction stands.
func place(o *ir.Origin) source.Span {
	if spans := o.Spans(); len(spans) > 0 {
		return spans[0]
	}
	return source.Span{}
}
