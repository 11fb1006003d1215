package image

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"text/template"
	"time"

	"github.com/moby/moby/api/types/image"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const inspectExamples = `  strake inspect hello
  strake inspect --format '{{.Os}}/{{.Architecture}} {{json .Config.Env}}' hello
`

func inspectCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "inspect [OPTIONS] IMAGE...",
		Short:   "Show all that is known of images, as JSON",
		Long:    "The output is that of docker image inspect. Size is what the files of the layers\ntake unpacked, in bytes.\n",
		Example: inspectExamples,
	}
	f := cmd.Flags()
	c := &inspectRun{Process: p}
	f.StringVarP(&c.format, "format", "f", "", "`TEMPLATE` Print with a Go template, or \"json\" for one line")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Show the image for this platform")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// inspectRun is one call of the command.
type inspectRun struct {
	*cli.Process
	format, platform string
}

// run shows what it finds, also when something else was not found.
func (c *inspectRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return cli.Misuse("strake inspect takes at least one image")
	}
	return c.WithStore(ctx, func(s *store.Store) error {
		found := []image.InspectResponse{}
		var missing diag.List
		for _, name := range args {
			r, err := c.inspect(ctx, s, name)
			if err != nil {
				missing = append(missing, cli.Diagnose(s.Explain(err))...)
				continue
			}
			found = append(found, r)
		}
		if err := c.print(found); err != nil {
			return err
		}
		return missing.Err()
	})
}

func (c *inspectRun) inspect(ctx context.Context, s *store.Store, name string) (image.InspectResponse, error) {
	var r image.InspectResponse
	img, err := s.Find(name)
	if err != nil {
		return r, err
	}
	v, err := img.Variant(c.platform)
	if err != nil {
		return r, err
	}
	size, err := s.Size(ctx, v)
	if err != nil {
		return r, err
	}
	r = image.InspectResponse{
		ID: img.ID.String(), RepoTags: []string{}, RepoDigests: []string{}, Author: v.Config.Author, Config: &v.Config.Config,
		Architecture: v.Config.Architecture, Variant: v.Config.Variant, Os: v.Config.OS, OsVersion: v.Config.OSVersion,
		Size: size, RootFS: image.RootFS{Type: v.Config.RootFS.Type}, Descriptor: &img.Descriptor,
	}
	for _, name := range img.Names {
		r.RepoTags = append(r.RepoTags, store.Familiar(name))
	}
	for _, name := range img.Digests {
		r.RepoDigests = append(r.RepoDigests, store.Familiar(name))
	}
	for _, d := range v.Config.RootFS.DiffIDs {
		r.RootFS.Layers = append(r.RootFS.Layers, d.String())
	}
	if t := v.Config.Created; t != nil {
		r.Created = t.Format(time.RFC3339Nano)
	}
	if h := v.Config.History; len(h) > 0 {
		r.Comment = h[len(h)-1].Comment
	}
	return r, nil
}

func (c *inspectRun) print(found []image.InspectResponse) error {
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
func executeInspect(b *bytes.Buffer, t *template.Template, r image.InspectResponse) error {
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
