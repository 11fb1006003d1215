package input

import (
	"bytes"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/regular"
)

// Ignore is a .dockerignore file.
type Ignore struct {
	Name     string   // for messages: .dockerignore, or that of the Dockerfile
	Patterns []string // as BuildKit gets them
	Lines    []int    // of the patterns, from 1

	mu    sync.Mutex // matchers compile their patterns at first use
	whole *patternmatcher.PatternMatcher
	each  []*patternmatcher.PatternMatcher // of Patterns, nil for exceptions
}

// ParseIgnore reads a .dockerignore file. An error that the user can fix is a
// diag.Diagnostic.
func ParseIgnore(name string, text []byte) (*Ignore, error) {
	all, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, fail("bad-ignore-file", "break its long lines", "cannot read %s: %v", name, err)
	}
	g := &Ignore{Name: name, Patterns: all, Lines: make([]int, 0, len(all))}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if number > 1 {
			line = append([]byte("\n"), line...) // only the first line of a file may have a mark of UTF-8
		}
		if one, _ := ignorefile.ReadAll(bytes.NewReader(line)); len(one) > 0 {
			g.Lines = append(g.Lines, number)
		}
	}
	return g, nil
}

// Ignore gives the file that says what is left out of the main context: that of the
// Dockerfile comes before that of the context. It is nil when there is none, or
// when the context is not a directory of this machine.
func (in *Input) Ignore() (*Ignore, error) {
	context, ok := in.trees[dockerui.DefaultLocalNameContext]
	if !ok {
		return nil, nil
	}
	own := in.filename() + dockerui.DefaultDockerignoreName
	if files, ok := in.trees[dockerui.DefaultLocalNameDockerfile]; ok {
		if text, err := files.read(own, lang.MaxSize); err == nil {
			return ParseIgnore(path.Base(own), text)
		}
	}
	text, err := context.read(dockerui.DefaultDockerignoreName, lang.MaxSize)
	if err != nil {
		return nil, nil // as in BuildKit, which goes on without it
	}
	return ParseIgnore(dockerui.DefaultDockerignoreName, text)
}

// checkIgnore makes sure that the file which says what is left out is one. BuildKit goes on
// without one that it cannot read, but a pipe or a device is a mistake or an attack, and
// what it was to leave out would be sent. A directory of that name is passed over, as by
// BuildKit.
func (in *Input) checkIgnore() error {
	for _, at := range []struct{ local, name string }{
		{dockerui.DefaultLocalNameDockerfile, in.filename() + dockerui.DefaultDockerignoreName},
		{dockerui.DefaultLocalNameContext, dockerui.DefaultDockerignoreName},
	} {
		files := in.trees[at.local]
		if files == nil {
			continue
		}
		if _, err := files.size(at.name); errors.Is(err, regular.ErrKind) {
			return fail("bad-ignore-file", "make it a file, or remove it", "cannot read %s: %v",
				filepath.Join(in.Locals[at.local], at.name), cause(err))
		}
	}
	return nil
}

// Line gives the line that drops a path of the context, which is the last one
// that matches it or a directory that it is in, and its pattern. It is 0 when
// nothing drops the path. The path is relative.
func (g *Ignore) Line(name string) (int, string) {
	if g == nil {
		return 0, ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.whole == nil {
		g.compile()
	}
	if !matchesPath(g.whole, name) {
		return 0, ""
	}
	for i, m := range slices.Backward(g.each) {
		if m != nil && matchesPath(m, name) {
			return g.Lines[i], g.Patterns[i]
		}
	}
	return 0, ""
}

// compile makes the matchers, once for all paths that are asked for. What is no pattern
// matches nothing.
func (g *Ignore) compile() {
	g.whole, g.each = matcher(g.Patterns), make([]*patternmatcher.PatternMatcher, len(g.Patterns))
	for i, pattern := range g.Patterns {
		if !strings.HasPrefix(pattern, "!") {
			g.each[i] = matcher([]string{pattern})
		}
	}
}

// excepts tells whether a pattern takes something back in.
func (g *Ignore) excepts() bool {
	return slices.ContainsFunc(g.Patterns, func(pattern string) bool { return strings.HasPrefix(pattern, "!") })
}

// dropped tells whether patterns drop a path.
func dropped(patterns []string, name string) bool { return matchesPath(matcher(patterns), name) }

// matcher is that of patterns, or one of none when they are not valid.
func matcher(patterns []string) *patternmatcher.PatternMatcher {
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return &patternmatcher.PatternMatcher{}
	}
	return m
}

func matchesPath(m *patternmatcher.PatternMatcher, name string) bool {
	ok, _ := m.MatchesOrParentMatches(filepath.FromSlash(name))
	return ok
}

// ignoreLine is the line of .dockerignore that drops a path, and no other one
// where that can be said. The path has slashes.
func ignoreLine(name string) string {
	var b strings.Builder
	for i, r := range name {
		end := i == 0 || i+utf8.RuneLen(r) == len(name)
		switch {
		case r == utf8.RuneError, r == '\n', r == '\r', r == '\ufeff', unicode.IsSpace(r) && end:
			b.WriteByte('?') // what is invalid, or would be trimmed
		case strings.ContainsRune(`*?[]\^{|}`, r), r == '!' && i == 0: // beside a wildcard, those behind ] are special, too
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '#' && i == 0:
			b.WriteString("/#") // or it would be a comment
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
