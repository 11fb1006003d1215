package cli

import (
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Home is the directory of the user's images and of the embedded engine.
func (p *Process) Home() (string, error) {
	for _, v := range []struct{ name, sub string }{
		{"STRAKE_HOME", ""},
		{"XDG_DATA_HOME", "strake"},
		{"HOME", ".local/share/strake"},
	} {
		if dir, _ := p.Env(v.name); dir != "" {
			return filepath.Abs(filepath.Join(dir, v.sub))
		}
	}
	return "", diag.Diagnostic{
		Code: "no-home", Message: "there is no place for images: none of STRAKE_HOME, XDG_DATA_HOME and HOME is set",
		Hint: "set STRAKE_HOME to a directory",
	}
}
