package optimize

import (
	"bytes"
	"context"
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
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/yamltree"
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
	switch {
	case c.json:
		return cli.PrintJSON(c.Stdout, struct {
			*optimize.Report
			Diff string `json:"diff,omitempty"`
		}{r, diff})
	case c.pr:
		if err := r.Markdown(&b, diff); err != nil {
			return err
		}
		diff = "" // it has it
	default:
		if err := r.Text(&b); err != nil {
			return err
		}
		if diff != "" {
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(c.Stdout, c.Shown(b.String())+c.ShownDiff(diff))
	return err
}

// place looks where a result is to go, before anything is built, and gives what writes it.
func (c *run) place(ctx context.Context, o optimize.Options) (func(*optimize.Report) error, error) {
	name := o.Request.Input.Dockerfile()
	switch {
	case c.write:
		at, err := c.Target(name)
		return func(r *optimize.Report) error { return c.replace(at, r) }, err
	case c.plugins:
		return c.config(ctx, o)
	}
	return func(*optimize.Report) error { return nil }, nil
}

// replace writes the Dockerfile.
func (c *run) replace(at *cli.Target, r *optimize.Report) error {
	if r.After == nil {
		return nil
	}
	if r.Unwritten != "" {
		return diag.Diagnostic{Code: "plugins-remake", Message: r.Name + " is not written, as it would not be what was proved: " + r.Unwritten,
			Hint: "--plugins puts the plugins that pay behind those of strake.yaml"}
	}
	if err := at.Replace(r.Old, r.New); err != nil {
		return err
	}
	cli.Printf(c.Stderr, "%s is written\n", r.Name)
	return nil
}

// config writes a strake.yaml beside the Dockerfile, or adds to the one that the build has.
func (c *run) config(ctx context.Context, o optimize.Options) (func(*optimize.Report) error, error) {
	there, err := c.Find(ctx, c.Process, o.Request.Input)
	if err != nil {
		return nil, err
	}
	if there != "" {
		return c.addTo(there, o.Request.Input.Dockerfile())
	}
	name := filepath.Join(filepath.Dir(o.Request.Input.Dockerfile()), config.FileName)
	return func(r *optimize.Report) error {
		if r.After == nil {
			return nil
		}
		text, err := r.Row.YAML()
		if err != nil {
			return err
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

// addTo adds to a strake.yaml. In one that is elsewhere, what is added is for this Dockerfile alone.
func (c *run) addTo(name, dockerfile string) (func(*optimize.Report) error, error) {
	at, err := c.Target(name)
	if err != nil {
		return nil, err
	}
	old, err := regular.Read(at.Real, yamltree.MaxSize)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(dockerfile))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	path, err := filepath.Rel(filepath.Dir(at.Real), filepath.Join(dir, filepath.Base(dockerfile)))
	return func(r *optimize.Report) error {
		if r.After == nil {
			return nil
		}
		row := r.Row
		if path != filepath.Base(path) {
			row = row.For(filepath.ToSlash(path))
		}
		entries, err := row.Entries()
		if err != nil {
			return err
		}
		text, err := config.Append(string(old), entries)
		if err != nil {
			cli.Printf(c.Stderr, "what pays, for the plugins of %s:\n\n%s\n", name, entries)
			return diag.Diagnostic{Code: "config-form", Message: name + " is not changed: " + err.Error(), Hint: "put the lines above behind its plugins"}
		}
		if err := at.Replace(string(old), text); err != nil {
			return err
		}
		cli.Printf(c.Stderr, "%s has them behind its plugins\n", name)
		return nil
	}, err
}
