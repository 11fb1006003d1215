package cli

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Report shows diagnostics, with a blank line between them.
func (p *Process) Report(set *source.Set, list diag.List) {
	if p.OnlyErrors {
		list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
			return d.Severity != diag.Error && !slices.Contains(p.Always, d.Code)
		})
	}
	if len(list) == 0 {
		return
	}
	if p.reported {
		Printf(p.Stderr, "\n")
	}
	p.reported = true
	diag.Text(p.Stderr, set, list.Redacted(), diag.TextOptions{Color: p.Color(p.Stderr), Width: Width(p.Stderr)})
}

// Findings are an error with places in files of its own.
type Findings struct {
	Set  *source.Set
	List diag.List
}

func (f *Findings) Error() string { return f.List.Error() }

// Untold leaves out the findings that it had before: those of a file that is not the Dockerfile's, as a
// strake.yaml is for many.
func (p *Process) Untold(set *source.Set, list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		key := mention{span: d.Span, code: d.Code, message: d.Message}
		if f := set.File(d.Span.File); f != nil {
			key.file = f.Name
		}
		if p.mentioned[key] {
			return true
		}
		if p.mentioned == nil {
			p.mentioned = map[mention]bool{}
		}
		p.mentioned[key] = true
		return false
	})
}

// mention is a finding of a file.
type mention struct {
	file          string
	span          source.Span
	code, message string
}

// Diagnose makes diagnostics of any error.
func Diagnose(err error) diag.List {
	if list, ok := diag.From(err); ok {
		return list
	}
	return diag.List{aboutFile(err)}
}

// Color tells whether a stream shows colours: a terminal does, unless the user
// wants none (https://no-color.org) or it is a dumb one.
func (p *Process) Color(w io.Writer) bool {
	if v, _ := p.Env("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := p.Env("TERM"); v == "dumb" {
		return false
	}
	return IsTerminal(w)
}

// IsTerminal says whether a stream is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width is how many columns a terminal has, 0 when it is none.
func Width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// Printf prints a text of which parts may be anybody's: a name, an error, what a plugin said.
// Nothing in it moves the cursor of a terminal.
func Printf(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, diag.Screen(fmt.Sprintf(format, args...)))
	return err
}

// Shown is a text for standard output, which is somebody else's, as a Dockerfile is: a
// program reads it as it is, and a terminal what prints of it.
func (p *Process) Shown(text string) string {
	if IsTerminal(p.Stdout) {
		return diag.Screen(text)
	}
	return text
}
