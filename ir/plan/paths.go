package plan

import (
	"path"
	"path/filepath"
	"slices"
)

// pathSet collects the paths that are read from a context, so that no more of it
// is sent. The zero value is empty.
type pathSet struct{ set map[string]struct{} }

func (s *pathSet) add(p string) {
	if s.set == nil {
		s.set = map[string]struct{}{}
	}
	s.set[path.Join("/", filepath.ToSlash(p))] = struct{}{}
}

// list gives the paths in order, relative to the context; nil stands for all of
// it.
func (s *pathSet) list() []string {
	if len(s.set) == 0 {
		return nil
	}
	if _, all := s.set["/"]; all {
		return nil
	}
	out := make([]string, 0, len(s.set))
	for p := range s.set {
		out = append(out, path.Join(".", p))
	}
	slices.Sort(out)
	return out
}
