package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/optimize/page"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/repo"
	"github.com/seed-e0495807/strake/plugins/config"
)

// progress shows which build is done: on one line of a terminal, or on a line each.
func (c *run) progress(text string, build, of int) {
	line := fmt.Sprintf("[%d/%d] %s", build, of, diag.Printable(text))
	switch terminal := cli.IsTerminal(c.Stderr); {
	case c.quiet:
	case terminal && text == "":
		io.WriteString(c.Stderr, "\r\x1b[K")
	case terminal:
		if n := cli.Width(c.Stderr); n > 1 && len(line) >= n {
			line = strings.ToValidUTF8(line[:n-1], "")
		}
		io.WriteString(c.Stderr, "\r\x1b[K"+line)
	case text != "":
		cli.Printf(c.Stderr, "%s\n", line)
	}
}

// diffOf is what a report changes, "" when nothing pays.
func diffOf(r *optimize.Report) string {
	if r.After == nil {
		return ""
	}
	return udiff.Unified(r.Name, r.Name+" (optimised)", r.Old, r.New)
}

// page writes the page of the report, where one is asked for.
func (c *run) page(r *optimize.Report) error {
	if c.report == "" {
		return nil
	}
	var b bytes.Buffer
	if err := page.Write(&b, r, diffOf(r)); err != nil {
		return err
	}
	return c.WriteFile(c.report, b.Bytes())
}

// print writes the report to standard output.
func (c *run) print(r *optimize.Report) error {
	diff := diffOf(r)
	var b bytes.Buffer
	var err error
	switch {
	case c.json:
		return cli.PrintJSON(c.Stdout, struct {
			*optimize.Report
			Diff string `json:"diff,omitempty"`
		}{r, diff})
	case c.pr:
		err = r.Markdown(&b, diff)
	default:
		if err = r.Text(&b); err == nil && diff != "" {
			if b.WriteString("\n"); c.Color(c.Stdout) {
				b.WriteString(cli.ColouredDiff(diag.Screen(diff)))
				_, err = io.WriteString(c.Stdout, b.String())
				return err
			}
			b.WriteString(diff)
		}
	}
	if err == nil {
		_, err = io.WriteString(c.Stdout, c.Shown(b.String()))
	}
	return err
}

// place looks where a result is to go, before anything is built, and gives what writes it.
func (c *run) place(ctx context.Context, o optimize.Options) (func(*optimize.Report) error, error) {
	home, _ := c.Env("HOME")
	name := o.Request.Input.Dockerfile()
	switch {
	case c.write:
		at, err := repo.Locate(name, home)
		if err == nil && at.Outside {
			err = at.Left(name, "optimize the file itself: strake optimize -f "+at.Real)
		}
		return func(r *optimize.Report) error { return c.replace(at, r) }, err
	case c.plugins:
		return c.config(ctx, filepath.Dir(name), home)
	}
	return func(*optimize.Report) error { return nil }, nil
}

// replace writes the Dockerfile.
func (c *run) replace(at repo.Place, r *optimize.Report) error {
	if r.After == nil {
		return nil
	}
	err := regular.Replace(at.Root, at.Real, r.Old, r.New)
	if errors.Is(err, regular.ErrChanged) {
		err = diag.Diagnostic{Code: "changed", Message: at.Real + " is no longer the file that was read", Hint: "run strake optimize again"}
	}
	if err == nil {
		cli.Printf(c.Stderr, "%s is written\n", r.Name)
	}
	return err
}

// config writes a strake.yaml beside the Dockerfile. One that is there, or above, stays as it
// is: what to add to it is shown.
func (c *run) config(ctx context.Context, dir, home string) (func(*optimize.Report) error, error) {
	there, err := config.Find(ctx, dir, home)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, config.FileName)
	return func(r *optimize.Report) error {
		if r.After == nil {
			return nil
		}
		text, err := r.Row.YAML()
		if err != nil {
			return err
		}
		if there != "" {
			return c.beside(there, text, r.Row)
		}
		if _, err := os.Lstat(name); err == nil {
			return diag.Diagnostic{Code: "config-exists", Message: name + " has come meanwhile", Hint: "run strake optimize again"}
		}
		if err := c.WriteFile(name, []byte(text)); err != nil {
			return err
		}
		cli.Printf(c.Stderr, "%s is written\n", name)
		return nil
	}, nil
}

// beside shows what a strake.yaml that is there lacks: nothing when it is the text.
func (c *run) beside(there, text string, row optimize.Row) error {
	if data, err := regular.Read(there, int64(len(text))); err == nil && string(data) == text {
		cli.Printf(c.Stderr, "%s has these plugins already\n", there)
		return nil
	}
	entries, err := row.Entries()
	if err != nil {
		return err
	}
	cli.Printf(c.Stderr, "what pays, for the plugins of %s:\n\n%s\n", there, entries)
	return diag.Diagnostic{Code: "config-exists", Message: "there is a " + config.FileName + " already, " + there + ", and it is not changed",
		Hint: "put the lines above behind its plugins"}
}
