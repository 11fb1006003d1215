// Package config reads strake.yaml, which says what plugins a build runs and which rules look,
// and makes the pipeline of it. It stands above package plugins; what programs may run is decided
// in package trust below it. It may import plugins and lang.
package config

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
)

// FileName is the name of the config.
const FileName = "strake.yaml"

// File is a strake.yaml.
type File struct {
	Path           string // absolute, links followed
	Root           string // the directory that the repository begins at
	RequireSandbox bool
	Entries        []Entry
	Lint           *Lint // nil when it says nothing of rules
}

// Dir is the directory that the file's paths start from.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// LockPath is where its strake.lock is.
func (f *File) LockPath() string { return filepath.Join(f.Dir(), "strake.lock") }

// Entry is a plugin of the file.
type Entry struct {
	Span   source.Span // of what use names
	Use    string
	Name   string // "" is what the plugin calls itself or, for a program, its file name
	Args   []string
	Files  []string
	Config json.RawMessage // nil when there is none
	Grants []plugins.Grant
	Levels map[string]plugins.Level
	Only   *Selection
	Except *Selection

	node *yamltree.Node // for messages about the config
}

// commandPrefix begins a use that names a program of PATH.
const commandPrefix = "command:"

// External tells whether the plugin is a program.
func (e *Entry) External() bool { return strings.ContainsAny(e.Use, "/:") }

// Key is the name of a program's entry, in strake.lock and on the command line.
func (e *Entry) Key() string {
	if e.Name != "" || !e.External() {
		return e.Name
	}
	base := filepath.Base(strings.TrimPrefix(e.Use, commandPrefix))
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// configSpan is where a message about the plugin's config points.
func (e *Entry) configSpan() source.Span {
	if f := e.node.Field("config"); f != nil {
		return f.Span
	}
	return e.Span
}
