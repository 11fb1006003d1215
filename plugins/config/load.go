package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/repo"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// counted writes a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Load reads a strake.yaml, puts it into the set, and tells all that is wrong with it.
// The file is nil when it cannot be read; with errors, it has what could be understood.
func Load(ctx context.Context, name string, set *source.Set) (*File, diag.List) {
	var diags diag.List
	fail := func(err error) (*File, diag.List) {
		d := diags.Errorf(source.Span{}, "config", "%s cannot be read: %v", name, err)
		if errors.Is(err, fs.ErrNotExist) {
			d.Message, d.Hint = "there is no file "+name, "strake plugin new makes a plugin and its strake.yaml; a relative name starts at the directory that strake runs in"
		}
		return nil, diags
	}
	if err := context.Cause(ctx); err != nil {
		return fail(err)
	}
	real, err := filepath.Abs(name)
	if err == nil {
		// Its paths start from where it really is: a link to it changes nothing.
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return fail(err)
	}
	text, err := readSmall(real)
	if err != nil {
		return fail(err)
	}
	root, _ := repo.Root(filepath.Dir(real), "")
	f, diags := parse(set.Add(name, text))
	f.Path, f.Root = real, root
	// A repository can call a link to any file strake.yaml, and errors would show that file.
	if at, err := repo.Locate(name, ""); diags.HasErrors() && (err != nil || at.Outside) {
		return nil, diag.List{{Code: "config", Hint: "name the file itself to see what is wrong with it: --config " + real,
			Message: fmt.Sprintf("%s is a link out of the repository, to %s, which is no strake.yaml; its text is not shown", name, real)}}
	}
	return f, diags
}

// readSmall reads a file; one larger than YAML may be is cut behind that, for the parser
// to tell.
func readSmall(name string) (string, error) {
	f, err := regular.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, yamltree.MaxSize+1))
	return string(data), err
}

// parse reads the text of a strake.yaml.
func parse(file *source.File) (*File, diag.List) {
	f := &File{}
	root, diags := yamltree.Parse(file)
	if diags.HasErrors() {
		return f, diags
	}
	s, err := compileSchema([]byte(fileSchema))
	if err != nil {
		diags.Errorf(source.Span{}, "config", "the schema of strake.yaml is wrong: %v", err)
		return f, diags
	}
	top := source.Span{File: file.ID, End: 1}
	if root != nil {
		top = root.Span
	}
	l := loader{f: f, diags: s.check(root, top)}
	if n := root.Get("require-sandbox"); n != nil {
		f.RequireSandbox = n.Bool
	}
	if list := root.Get("plugins"); list != nil {
		for _, n := range list.Items {
			l.entry(n)
		}
	}
	l.lint(root.Get("lint"))
	l.unique()
	l.diags.Sort()
	return f, l.diags
}

// loader gathers what a schema cannot say. What has a wrong type is passed over here, as
// the schema has told of it.
type loader struct {
	f     *File
	diags diag.List
}

func (l *loader) errorf(span source.Span, format string, args ...any) *diag.Diagnostic {
	return l.diags.Errorf(span, "config", format, args...)
}

func (l *loader) entry(n *yamltree.Node) {
	use := n.Get("use")
	if use.Str() == "" {
		return
	}
	e := Entry{
		Span: use.Span, Use: use.Str(), Name: n.Get("name").Str(), node: n,
		Args: texts(n.Get("args")), Files: texts(n.Get("files")), Levels: l.levels(n.Get("severity"), n),
		Only: l.selection(n.Get("only")), Except: l.selection(n.Get("except")),
	}
	for _, g := range texts(n.Get("grants")) {
		e.Grants = append(e.Grants, plugins.Grant(g))
	}
	if c := n.Get("config"); c != nil && c.Kind == yamltree.Map {
		data, err := json.Marshal(c.Data())
		if err != nil {
			l.errorf(c.Span, "the config cannot be JSON: %v", err)
		}
		e.Config = data
	}
	l.program(&e, n)
	l.f.Entries = append(l.f.Entries, e)
}

var nameForm = late.Regexp(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// program checks what only programs have.
func (l *loader) program(e *Entry, n *yamltree.Node) {
	if !e.External() {
		for _, key := range []string{"args", "files"} {
			if f := n.Field(key); f != nil {
				d := l.errorf(f.Span, "a built-in plugin has no `%s`", key)
				d.Hint = "a program is written with its path, like ./" + e.Use
			}
		}
		return
	}
	if e.Name == "" && !nameForm().MatchString(e.Key()) {
		l.errorf(e.Span, "the program %s needs a `name`", e.Use).Hint = "its file name is not lower case words with dashes"
	}
	list := n.Get("files")
	for i, name := range e.Files {
		if i < len(list.Items) && !filepath.IsLocal(filepath.FromSlash(name)) {
			l.errorf(list.Items[i].Span, "the file %s is not below the folder of strake.yaml", name)
		}
	}
}

// unique tells of names that are there twice.
func (l *loader) unique() {
	seen := map[string]source.Span{}
	for i := range l.f.Entries {
		e := &l.f.Entries[i]
		name := e.Key()
		if name == "" {
			name = e.Use
		}
		if first, ok := seen[name]; ok {
			d := l.errorf(e.Span, "the plugin %s is there twice", name)
			d.Hint = "give one of them a `name` of its own"
			d.Related = []diag.Related{{Span: first, Message: "it is here, too"}}
			continue
		}
		seen[name] = e.Span
	}
}

// levels reads severities by code.
func (l *loader) levels(n, entry *yamltree.Node) map[string]plugins.Level {
	if n == nil || len(n.Fields) == 0 {
		return nil
	}
	name := entry.Get("name").Str()
	if name == "" {
		name = entry.Get("use").Str()
	}
	out := map[string]plugins.Level{}
	for _, f := range n.Fields {
		if code, ok := strings.CutPrefix(f.Key, name+"/"); ok {
			l.errorf(f.Span, "the code `%s` has the plugin's name", f.Key).Hint = "write `" + code + "`"
			continue
		}
		if s, ok := diag.SeverityOf(f.Value.Str()); ok {
			out[f.Key] = plugins.Level{Severity: s}
		}
		if f.Value.Str() == "off" {
			out[f.Key] = plugins.Level{Off: true}
		}
	}
	return out
}

// selection reads only or except.
func (l *loader) selection(n *yamltree.Node) *Selection {
	if n == nil || n.Kind != yamltree.Map {
		return nil
	}
	s := &Selection{Paths: texts(n.Get("paths"))}
	if list := n.Get("paths"); list != nil {
		for _, item := range list.Items {
			l.glob(item, true)
		}
	}
	if list := n.Get("stages"); list != nil {
		for _, item := range list.Items {
			l.glob(item, false)
			if item.Kind == yamltree.String || item.Kind == yamltree.Number {
				s.Stages = append(s.Stages, item.Text)
			}
		}
	}
	return s
}

// glob checks a pattern.
func (l *loader) glob(n *yamltree.Node, isPath bool) {
	if isPath && strings.HasPrefix(n.Str(), "!") {
		l.errorf(n.Span, "the path %s begins with a !, which brings nothing back here", n.Str()).Hint = "name what is meant alone, or write a name that begins with ! as \\!"
		return
	}
	l.pattern(n, n.Str(), isPath)
}

// pattern checks the text of a pattern.
func (l *loader) pattern(n *yamltree.Node, text string, isPath bool) {
	if _, err := path.Match(text, ""); err != nil {
		l.errorf(n.Span, "%q is no pattern", text).Hint = "a [ must be closed, or stand behind a backslash"
		return
	}
	if !isPath || text == "" {
		return
	}
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") {
		l.errorf(n.Span, "the path %s starts with a slash or ./", text).Hint = "write it as it is from the folder of strake.yaml"
	}
}

// texts gives the strings of a list.
func texts(n *yamltree.Node) []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, item := range n.Items {
		if item.Kind == yamltree.String {
			out = append(out, item.Text)
		}
	}
	return out
}
