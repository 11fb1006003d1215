//go:build unix

package editorconfig_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/lang/format/editorconfig"
	"github.com/seed-e0495807/strake/lang/format/script"
)

// write writes files below a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOptions(t *testing.T) {
	dir := write(t, map[string]string{
		".editorconfig":      "root = true\n[*]\nindent_size = 3\n[{Dockerfile,*.dockerfile}]\nindent_style = space\nindent_size = 2\n[Containerfile]\nindent_style = tab\n",
		"sub/.editorconfig":  "[Dockerfile.big]\nindent_size = 800\n[Dockerfile.tab]\nindent_size = tab\ntab_width = 5\n",
		"root/.editorconfig": "root=true\n",
	})
	r := editorconfig.New()
	for name, want := range map[string]string{
		"Dockerfile": "  ", "sub/a.dockerfile": "  ", "sub/none/Dockerfile": "  ", "Containerfile": "\t", "other": "   ",
		"sub/Dockerfile.big": "", "sub/Dockerfile.tab": "     ", "root/Dockerfile": "",
	} {
		if o, err := r.Options(filepath.Join(dir, name)); err != nil || o.Indent != want {
			t.Errorf("%s: %q, %v; want %q", name, o.Indent, err, want)
		}
	}
}

func TestScripts(t *testing.T) {
	dir := write(t, map[string]string{".editorconfig": "root=true\n[*]\nindent_style=tab\nshell_variant=bash\nbinary_next_line=true\n" +
		"switch_case_indent=true\nspace_redirects=true\nfunction_next_line=true\n"})
	want := script.Style{Indent: "\t", Variant: "bash", BinaryNextLine: true, SwitchCaseIndent: true, SpaceRedirects: true, FunctionNextLine: true}
	if o, err := editorconfig.New().Options(filepath.Join(dir, "Dockerfile")); err != nil || *o.Scripts != want {
		t.Errorf("%+v, %v", o.Scripts, err)
	}
}

// TestBad has files that are none, which must not hang or end the program.
func TestBad(t *testing.T) {
	pipe := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(pipe, ".editorconfig"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"a pattern": write(t, map[string]string{".editorconfig": "root=true\n[[[:nope:]]*]\nindent_size=2\n"}),
		"a pipe":    pipe,
		"large":     write(t, map[string]string{".editorconfig": "root=true\n#" + string(make([]byte, 2<<20))}),
	} {
		if _, err := editorconfig.New().Options(filepath.Join(dir, "Dockerfile")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	odd := write(t, map[string]string{".editorconfig": "root=true\n[\nx\n=\n[*]\nindent_size=x\nindent_style=y\n"})
	if o, err := editorconfig.New().Options(filepath.Join(odd, "Dockerfile")); err != nil || o.Indent != "" {
		t.Errorf("odd lines: %+v, %v", o, err)
	}
}
