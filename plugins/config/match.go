package config

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// Selection says which stages of which Dockerfiles. What is not given is all.
type Selection struct {
	Paths  []string // patterns, from the directory of strake.yaml
	Stages []string // patterns of names, or numbers
}

// match makes the function of a step: nil when an entry is for all stages. Relative
// names of Dockerfiles start at workDir.
func (e *Entry) match(dir, workDir string) func(*ir.Module, *ir.Stage) bool {
	if e.Only == nil && e.Except == nil {
		return nil
	}
	return func(m *ir.Module, s *ir.Stage) bool {
		return (e.Only == nil || e.Only.has(m, s, dir, workDir)) && (e.Except == nil || !e.Except.has(m, s, dir, workDir))
	}
}

func (sel *Selection) has(m *ir.Module, s *ir.Stage, dir, workDir string) bool {
	return (len(sel.Stages) == 0 || sel.hasStage(m, s)) && (len(sel.Paths) == 0 || sel.hasPath(m, dir, workDir))
}

func (sel *Selection) hasStage(m *ir.Module, s *ir.Stage) bool {
	at := slices.Index(m.Stages, s)
	for _, p := range sel.Stages {
		if n, err := strconv.Atoi(p); err == nil && (n == at || n < 0 && n+len(m.Stages) == at) {
			return true
		}
		if ok, err := path.Match(strings.ToLower(p), s.Name); err == nil && ok && s.Name != "" {
			return true
		}
	}
	return false
}

func (sel *Selection) hasPath(m *ir.Module, dir, workDir string) bool {
	if len(m.Files) == 0 {
		return false
	}
	return sel.hasFile(m.Files[0].Name, dir, workDir)
}

// hasFile tells whether a Dockerfile is one of the paths.
func (sel *Selection) hasFile(name, dir, workDir string) bool {
	return sel.hasName(relative(name, dir, workDir))
}

// hasName is hasFile for a name from the directory of strake.yaml.
func (sel *Selection) hasName(name string) bool {
	return slices.ContainsFunc(sel.Paths, func(p string) bool { return MatchPath(p, name) })
}

// MatchPath tells whether a path with slashes is of a pattern of path.Match, in which a part that is **
// stands for any number of parts, and a slash at the end for all below.
func MatchPath(pattern, name string) bool {
	if strings.HasSuffix(pattern, "/") {
		pattern += "**/*"
	}
	return glob(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

// relative is the path of a Dockerfile from the directory of strake.yaml, with slashes.
// One outside of it begins with "..".
func relative(name, dir, workDir string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(workDir, name)
	}
	// The directory has its links followed, so the name must have, too.
	if real, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		name = filepath.Join(real, filepath.Base(name))
	}
	if rel, err := filepath.Rel(dir, name); err == nil {
		name = rel
	}
	return filepath.ToSlash(name)
}

// glob matches the parts of a path. Only the last ** so far can need to take more, so
// the time is bounded by the product of the lengths.
func glob(pattern, name []string) bool {
	p, n, backP, backN := 0, 0, -1, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == "**" {
			backP, backN = p, n
			p++
			continue
		}
		if p < len(pattern) {
			if ok, err := path.Match(pattern[p], name[n]); ok && err == nil && (name[n] != ".." || pattern[p] == "..") {
				p, n = p+1, n+1
				continue
			}
		}
		if backP < 0 || name[backN] == ".." {
			return false
		}
		backN++
		p, n = backP+1, backN
	}
	for p < len(pattern) && pattern[p] == "**" {
		p++
	}
	return p == len(pattern)
}
