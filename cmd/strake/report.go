package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// report shows diagnostics, with a blank line between them.
func (p *process) report(set *source.Set, list diag.List) {
	if p.onlyErrors {
		list = list.Errors()
	}
	if len(list) == 0 {
		return
	}
	if p.reported {
		tell(p.stderr, "\n")
	}
	p.reported = true
	diag.Text(p.stderr, set, list.Redacted(), diag.TextOptions{Color: p.color(p.stderr), Width: width(p.stderr)})
}

// diagnose makes diagnostics of any error.
func diagnose(err error) diag.List {
	var (
		list diag.List
		one  diag.Diagnostic
	)
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return diag.List{one}
	}
	return diag.List{aboutFile(err)}
}

// color tells whether a stream shows colours: a terminal does, unless the user
// wants none (https://no-color.org) or it is a dumb one.
func (p *process) color(w io.Writer) bool {
	if v, _ := p.env("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := p.env("TERM"); v == "dumb" {
		return false
	}
	return isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is how many columns a terminal has, 0 when it is none.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// tell prints a text of which parts may be anybody's: a name, an error, what a plugin said.
// Nothing in it moves the cursor of a terminal.
func tell(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, diag.Screen(fmt.Sprintf(format, args...)))
	return err
}

// shown is a text for standard output, which is somebody else's, as a Dockerfile is: a
// program reads it as it is, and a terminal what prints of it.
func (p *process) shown(text string) string {
	if isTerminal(p.stdout) {
		return diag.Screen(text)
	}
	return text
}
