package input

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/diag"
)

const (
	nearTime    = time.Second
	nearEntries = 200_000
	nearShown   = 3
)

// Near says why a path is not in the main build context, or what is like it there:
// the hint of an error about a missing COPY source. The path may start with a
// slash, as in errors of BuildKit. The hint is "" when there is nothing to say, or
// when the context is not a directory of this machine.
func (s *Source) Near(ctx context.Context, name string) string {
	n := missing{dir: s.input.Locals[Context], name: strings.TrimPrefix(path.Join("/", filepath.ToSlash(name)), "/")}
	if n.dir == "" || n.name == "" {
		return ""
	}
	n.ignore, _ = s.input.Ignore()
	return n.hint(ctx)
}

// missing is a path that BuildKit did not find.
type missing struct {
	dir    string // of the context
	name   string // relative, with slashes
	ignore *Ignore
}

func (m *missing) hint(ctx context.Context) string {
	if info, err := os.Lstat(m.real(m.name)); err == nil {
		return m.present(info)
	}
	steps := []func(context.Context) string{m.spelling, m.elsewhere, m.outside}
	if strings.Contains(m.name, "/") { // a path says more than a mere name
		steps = []func(context.Context) string{m.spelling, m.outside, m.elsewhere}
	}
	for _, step := range steps {
		if hint := step(ctx); hint != "" {
			return hint
		}
	}
	return ""
}

// real is the place of a path of the context.
func (m *missing) real(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

// present explains a path that is there after all.
func (m *missing) present(info fs.FileInfo) string {
	if line, pattern := m.ignore.Line(m.name); line > 0 {
		return fmt.Sprintf("it is there, but line %d of %s drops it from the context: `%s`; add the line `!%s` below it",
			line, m.ignore.Name, pattern, ignoreLine(m.name))
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return ""
	}
	target, err := os.Readlink(m.real(m.name))
	if err != nil {
		return ""
	}
	inside := filepath.ToSlash(target) // a path from the root starts at the context, as in BuildKit
	if !path.IsAbs(inside) {
		inside = path.Join("/", path.Dir(m.name), inside)
	}
	inside = strings.TrimPrefix(path.Clean(inside), "/")
	if _, err := os.Lstat(m.real(inside)); err != nil {
		return fmt.Sprintf("it is a link to `%s`, which is not in the build context: links that lead out of it are not followed", target)
	}
	if line, pattern := m.ignore.Line(inside); line > 0 {
		return fmt.Sprintf("it is a link to `%s`, which line %d of %s drops from the context: `%s`", target, line, m.ignore.Name, pattern)
	}
	return ""
}

// spelling looks for a path that is spelt almost like that.
func (m *missing) spelling(context.Context) string {
	found := ""
	for element := range strings.SplitSeq(m.name, "/") {
		if !exists(m.real(path.Join(found, element))) {
			if element = diag.Spelt(element, entries(m.real(found))); element == "" {
				return ""
			}
		}
		found = path.Join(found, element)
	}
	return m.suggest(found)
}

// suggest asks whether a path was meant.
func (m *missing) suggest(found string) string {
	hint := "did you mean `" + found + "`?"
	if line, pattern := m.ignore.Line(found); line > 0 {
		hint += fmt.Sprintf(" But line %d of %s drops it from the context: `%s`", line, m.ignore.Name, pattern)
	}
	return hint
}

// outside looks for the path where a build cannot see it.
func (m *missing) outside(context.Context) string {
	where := ""
	parent := filepath.Join(resolve(m.dir), "..", filepath.FromSlash(m.name))
	if exists(parent) {
		where = "it is in the directory above: "
	} else if strings.Contains(m.name, "/") && exists(separator+filepath.FromSlash(m.name)) {
		where = "`/" + m.name + "` is on this machine, but "
	} else {
		return ""
	}
	return where + "a build sees only its context, " + m.dir +
		"; copy the file there, or give its directory a name with --build-context NAME=DIR and use COPY --from=NAME"
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// elsewhere looks for the name in other directories of the context.
func (m *missing) elsewhere(ctx context.Context) string {
	l := Local{Dir: m.dir}
	if m.ignore != nil {
		l.Exclude = m.ignore.Patterns
	}
	size, err := Measure(ctx, l, MeasureOptions{Time: nearTime, Entries: nearEntries})
	if err != nil {
		return ""
	}
	base := path.Base(m.name)
	byName := map[string][]string{}
	size.collect("", byName)
	found := byName[base]
	if found == nil {
		var names []string
		for name := range byName {
			names = append(names, name)
		}
		found = byName[diag.Suggest(base, names)]
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(m.alike(b), m.alike(a)), strings.Count(a, "/")-strings.Count(b, "/"), strings.Compare(a, b))
	})
	if len(found) == 0 {
		return ""
	}
	return "did you mean `" + strings.Join(found[:min(len(found), nearShown)], "` or `") + "`? Paths are relative to the build context, " + m.dir
}

// alike is how many of the last elements of a path are those of the missing one.
func (m *missing) alike(name string) int {
	a, b := strings.Split(name, "/"), strings.Split(m.name, "/")
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// collect gathers the paths below a directory by their last elements.
func (e *Entry) collect(name string, byName map[string][]string) {
	for i := range e.Entries {
		c := &e.Entries[i]
		p := path.Join(name, c.Name)
		byName[c.Name] = append(byName[c.Name], p)
		c.collect(p, byName)
	}
}
