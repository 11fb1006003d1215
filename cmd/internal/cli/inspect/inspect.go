// Package inspect shows what is known of images and containers.
package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli/image"
	"github.com/seed-e0495807/strake/lang/diag"
)

const inspectLong = `The output is that of docker inspect, with what is known here. A name that a container and an
image have is the container's. The Size of an image is what the files of its layers take
unpacked, in bytes.
`

const inspectExamples = `  strake inspect hello
  strake inspect --format '{{.Os}}/{{.Architecture}} {{json .Config.Env}}' hello
  strake inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
`

// Command shows all that is known of images and containers.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "inspect [OPTIONS] NAME...",
		Short:   "Show all that is known of images and containers, as JSON",
		Long:    inspectLong,
		Example: inspectExamples,
	}
	f := cmd.Flags()
	c := &inspectRun{Process: p}
	f.StringVarP(&c.format, "format", "f", "", "`TEMPLATE` Print with a Go template, or \"json\" for one line")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Show the image for this platform")
	f.StringVar(&c.kind, "type", "", "`KIND` Show only a container, or only an image")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// inspectRun is one call of the command.
type inspectRun struct {
	*cli.Process
	format, platform, kind string
}

// run shows what it finds, also when something else was not found.
func (c *inspectRun) run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0:
		return cli.Misuse("strake inspect takes at least one image or container")
	case c.kind != "" && c.kind != "container" && c.kind != "image":
		return cli.Misuse("invalid --type %q: expected container or image", c.kind)
	}
	w, err := containers.Open(ctx, c.Process)
	if err != nil {
		return err
	}
	found := []any{}
	var missing diag.List
	for _, name := range args {
		r, err := c.inspect(ctx, w, name)
		if err != nil {
			missing = append(missing, cli.Diagnose(err)...)
			continue
		}
		found = append(found, r)
	}
	if err := c.print(found); err != nil {
		return err
	}
	return missing.Err()
}

// inspect finds a container or an image.
func (c *inspectRun) inspect(ctx context.Context, w *containers.World, name string) (r any, err error) {
	if c.kind == "container" || c.kind == "" && c.platform == "" {
		found, err := w.Set.Find(name)
		if err == nil {
			return inspected(found), nil
		}
		if c.kind != "" || !errors.Is(err, container.ErrNotFound) {
			return nil, err
		}
	}
	err = c.WithStore(ctx, func(s *store.Store) (err error) {
		r, err = image.Inspect(ctx, s, name, c.platform)
		return err
	})
	return r, err
}

func (c *inspectRun) print(found []any) error {
	switch c.format {
	case "":
		return cli.PrintJSON(c.Stdout, found)
	case "json":
		text, err := cli.ToJSON(found)
		if err == nil {
			_, err = c.Stdout.Write([]byte(text + "\n"))
		}
		return err
	}
	t, err := cli.ParseFormat(c.format)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, r := range found {
		if err := executeInspect(&b, t, r); err != nil {
			return err
		}
	}
	_, err = io.WriteString(c.Stdout, diag.Screen(b.String()))
	return err
}

// executeInspect knows fields by their names in Go and by those in JSON, like
// docker: .ID and .Id.
func executeInspect(b *bytes.Buffer, t *template.Template, r any) error {
	before := b.Len()
	if err := cli.Execute(b, t, r); err == nil {
		return nil
	}
	b.Truncate(before)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var raw map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return err
	}
	return cli.Execute(b, t, raw)
}
