// Package scaffold makes the directory of a new plugin in Go, with tests that pass. It
// may import nothing of this module.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/seed-e0495807/strake/lang/late"
)

// Templates have names that go's tools do not take for code of this module.
//
//go:embed template
var files embed.FS

// Values are what the files of a plugin are made with.
type Values struct {
	Name    string // of the plugin: lower case words with dashes
	Module  string // path of its Go module
	Version string // of strake's module, like v1.2.3
	Replace string // directory of a working copy of strake, absolute; "" is none
	Go      string // version of the language, like 1.26
}

var nameForm = late.Regexp(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// New makes a directory, which must not be there. It appears whole or not at all.
func New(dir string, v Values) error {
	if !nameForm().MatchString(v.Name) {
		return fmt.Errorf("%q is no name for a plugin: lower case words with dashes, like no-latest", v.Name)
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s is there already: name another directory, or move it away: %w", dir, fs.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*.tmp")
	if err != nil {
		return err
	}
	if err = errors.Join(os.Chmod(temp, 0o755), fill(temp, v)); err == nil {
		err = os.Rename(temp, dir)
	}
	if err != nil {
		os.RemoveAll(temp)
	}
	return err
}

func fill(dir string, v Values) error {
	root, err := fs.Sub(files, "template")
	if err != nil {
		return err
	}
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		t, err := template.New(path).Delims("«", "»").Parse(string(text))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, v); err != nil {
			return err
		}
		name := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(path, ".tmpl")))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		return os.WriteFile(name, b.Bytes(), 0o666)
	})
}
