package input

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/tonistiigi/fsutil"
)

const separator = string(filepath.Separator)

// filter decides what of a directory is sent, as fsutil does, by which BuildKit's
// clients send files. It must not be used by two goroutines at once.
type filter struct {
	include, exclude *patternmatcher.PatternMatcher // nil when there are no patterns

	// Prefixes of the paths that may be in, when no pattern has a wildcard but at
	// its end: what starts differently need not be walked. nil is unknown.
	includes, exceptions []string
}

// matches is what is known of a directory that a path is in.
type matches struct{ include, exclude patternmatcher.MatchInfo }

// verdict is what becomes of a path.
type verdict struct {
	sent    bool
	dropped bool    // it would be sent but for the exclude patterns
	walk    bool    // of a directory: something in it may be sent
	known   matches // for what is in it
}

// newFilter makes a filter of patterns.
func newFilter(include, exclude []string) (*filter, error) {
	f := &filter{}
	var err error
	if len(include) > 0 {
		if f.include, err = patternmatcher.New(include); err != nil {
			return nil, err
		}
		f.includes = prefixes(f.include, false)
	}
	if len(exclude) > 0 {
		if f.exclude, err = patternmatcher.New(exclude); err != nil {
			return nil, err
		}
		f.exceptions = prefixes(f.exclude, true)
	}
	return f, nil
}

// prefixes are the patterns of one kind, each ending in a separator; nil when one
// has a wildcard that is not its last element.
func prefixes(m *patternmatcher.PatternMatcher, exceptions bool) []string {
	special := "*[]?^"
	if separator != `\` {
		special += `\`
	}
	list := []string{}
	for _, p := range m.Patterns() {
		if p.Exclusion() != exceptions {
			continue
		}
		text := strings.TrimSuffix(p.String(), separator+"**")
		text = strings.TrimSuffix(text, separator+"*")
		if strings.ContainsAny(text, special) {
			return nil
		}
		list = append(list, text+separator)
	}
	return list
}

// check decides about a path; parent is what is known of the directory that it is
// in. An error is that of a bad pattern.
func (f *filter) check(name string, isDir bool, parent matches) (verdict, error) {
	v := verdict{sent: true, walk: true}
	if f.include != nil {
		ok, known, err := f.include.MatchesUsingParentResults(name, parent.include)
		if err != nil {
			return v, err
		}
		v.known.include = known
		if !ok {
			v.sent, v.walk = false, mayHold(f.includes, name)
			if !isDir || !v.walk {
				return v, nil
			}
		}
	}
	if f.exclude != nil {
		ok, known, err := f.exclude.MatchesUsingParentResults(name, parent.exclude)
		if err != nil {
			return v, err
		}
		v.known.exclude = known
		if ok {
			v.dropped = v.sent
			v.sent, v.walk = false, mayHold(f.exceptions, name)
		}
	}
	return v, nil
}

// mayHold tells whether a directory may have in it what starts with a prefix.
func mayHold(prefixes []string, name string) bool {
	return prefixes == nil || slices.ContainsFunc(prefixes, func(p string) bool {
		return strings.HasPrefix(p, name) && p[len(name)] == filepath.Separator
	})
}

// follow gives the include patterns that paths stand for, with the links among
// them and what those lead to; nil is everything.
func follow(root string, paths []string) ([]string, error) {
	if paths == nil {
		return nil, nil
	}
	tree, err := fsutil.NewFS(root)
	if err != nil {
		return nil, err
	}
	return fsutil.FollowLinks(tree, paths)
}

// badPattern says which pattern BuildKit would not take; it gives err when that
// has another cause.
func badPattern(include, exclude []string, err error) error {
	for _, list := range []struct {
		patterns   []string
		what, hint string
	}{
		{include, "the path", "write `\\[` in the Dockerfile for a bracket"},
		{exclude, "the .dockerignore pattern", "write `\\[` for a bracket"},
	} {
		for _, p := range list.patterns {
			if err := checkPattern(p); err != nil {
				return fail("bad-pattern", list.hint, "%s %s is not valid: %v", list.what, p, err)
			}
		}
	}
	return err
}

// checkPattern tells what is wrong with a pattern; some of it shows only when the
// pattern is used.
func checkPattern(pattern string) error {
	if _, err := patternmatcher.New([]string{pattern}); err != nil {
		return err
	}
	m, err := patternmatcher.New([]string{strings.TrimPrefix(pattern, "!")})
	if err == nil {
		_, err = m.MatchesOrParentMatches("x")
	}
	return err
}
