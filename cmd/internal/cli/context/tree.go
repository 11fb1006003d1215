package context

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	depthUnset   = -1
	defaultDepth = 2
	maxSiblings  = 20 // entries of a directory that are shown when no depth was given
	maxReads     = 5  // paths that are shown of those that the Dockerfile reads
)

// show lists a directory.
func (c *run) show(l input.Local, size *input.Size) error {
	t := &tree{run: c, out: bufio.NewWriter(c.Stdout), local: l, color: c.Color(c.Stdout)}
	t.depth, t.siblings = c.depth, math.MaxInt
	if c.depth == depthUnset && !c.json {
		t.depth, t.siblings = defaultDepth, maxSiblings
	}
	c.unread(l, size)
	if c.json {
		t.object(".", &size.Entry)
		t.objects("", &size.Entry, 1)
		return t.out.Flush()
	}
	fmt.Fprintf(t.out, "%8s  .\n", cli.Human(size.Size))
	t.entries("", "", &size.Entry, 1)
	fmt.Fprintf(t.out, "\n%s\n", c.sum(l, size))
	return t.out.Flush()
}

// unread warns of what could not be read: the build would fail on it.
func (c *run) unread(l input.Local, size *input.Size) {
	var list diag.List
	for _, u := range size.Unread {
		list = append(list, diag.Diagnostic{Severity: diag.Warning, Code: "unreadable",
			Message: fmt.Sprintf("cannot read %s: %v", cli.Quote(filepath.Join(l.Dir, u.Path)), u.Err),
			Hint:    "the build would fail; make it readable, or drop it in .dockerignore"})
	}
	c.Report(nil, list)
}

// sum is the last line.
func (c *run) sum(l input.Local, size *input.Size) string {
	what := cli.Human(size.Size) + " in " + cli.Plural(size.Files, "file")
	switch {
	case c.ignored && c.ignore == nil:
		return "There is no .dockerignore"
	case c.ignored:
		return c.ignore.Name + " drops " + what
	}
	what += " and " + cli.Plural(size.Dirs, "directory", "directories")
	if c.all {
		return what + ": the whole context"
	}
	return what + " would be sent: the Dockerfile reads " + reads(l)
}

// reads says what the Dockerfile reads of a context.
func reads(l input.Local) string {
	var names []string
	for _, name := range l.Follow {
		names = append(names, cli.Quote(name))
	}
	switch n := len(names); {
	case l.Follow == nil:
		return "the whole context"
	case n > maxReads:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxReads], ", "), n-maxReads)
	}
	return strings.Join(names, ", ")
}

// tree writes the listing of a directory.
type tree struct {
	*run
	out             *bufio.Writer
	local           input.Local
	color           bool
	depth, siblings int // 0 is all levels
}

// entries writes what is in a directory, each line behind indent.
func (t *tree) entries(indent, dir string, e *input.Entry, level int) {
	if t.depth > 0 && level > t.depth {
		return
	}
	list := t.sorted(e)
	shown := list[:min(len(list), t.siblings)]
	for i, c := range shown {
		branch, next := "├── ", "│   "
		if i == len(list)-1 {
			branch, next = "└── ", "    "
		}
		name := path.Join(dir, c.Name)
		note := ""
		if !e.Whole {
			note = t.note(name, c)
		}
		fmt.Fprintf(t.out, "%8s  %s%s%s%s\n", cli.Human(c.Size), indent, branch, t.label(c), note)
		t.entries(indent+next, name, c, level+1)
	}
	if left := list[len(shown):]; len(left) > 0 {
		var size int64
		for _, c := range left {
			size += c.Size
		}
		fmt.Fprintf(t.out, "%8s  %s└── … %s more\n", cli.Human(size), indent, cli.Plural(len(left), "entry", "entries"))
	}
}

// label is the name of an entry.
func (t *tree) label(e *input.Entry) string {
	switch name := cli.Quote(e.Name); {
	case !e.Type.IsDir():
		return name
	case t.color:
		return "\x1b[1;34m" + name + "/\x1b[0m"
	default:
		return name + "/"
	}
}

// note tells which line of .dockerignore drops an entry.
func (t *tree) note(name string, e *input.Entry) string {
	line, pattern := t.droppedBy(name, e)
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("   %s:%d: %s", t.ignore.Name, line, cli.Quote(pattern))
}

func (t *tree) droppedBy(name string, e *input.Entry) (line int, pattern string) {
	if !e.Whole {
		return 0, ""
	}
	return t.ignore.Line(name)
}

// sorted gives the entries of a directory in the order they are shown.
func (t *tree) sorted(e *input.Entry) []*input.Entry {
	list := make([]*input.Entry, len(e.Entries)) // they have the order of names
	for i := range e.Entries {
		list[i] = &e.Entries[i]
	}
	if t.sort == "size" {
		slices.SortStableFunc(list, func(a, b *input.Entry) int { return cmp.Compare(b.Size, a.Size) })
	}
	return list
}

// entry is an entry as JSON.
type entry struct {
	Context string `json:"context"` // "context", or the name of a named one
	Path    string `json:"path"`    // in it, "." is the whole
	Type    string `json:"type"`    // file, directory, symlink or other
	Size    int64  `json:"size"`    // bytes
	Files   int    `json:"files"`   // below it, 1 for a file
	Line    int    `json:"line,omitempty"`
	Pattern string `json:"pattern,omitempty"` // of .dockerignore, with its line
}

func (t *tree) object(name string, e *input.Entry) {
	o := entry{Context: t.local.Name, Path: name, Type: typeName(e.Type), Size: e.Size, Files: e.Files}
	o.Line, o.Pattern = t.droppedBy(name, e)
	text, _ := cli.ToJSON(o)         // of strings and numbers
	io.WriteString(t.out, text+"\n") // the writer keeps its first error
}

func (t *tree) objects(dir string, e *input.Entry, level int) {
	if t.depth > 0 && level > t.depth {
		return
	}
	for _, c := range t.sorted(e) {
		name := path.Join(dir, c.Name)
		t.object(name, c)
		t.objects(name, c, level+1)
	}
}

func typeName(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeSymlink != 0:
		return "symlink"
	case mode.IsRegular():
		return "file"
	}
	return "other"
}
