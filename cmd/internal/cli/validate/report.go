package validate

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const reportLong = `IMAGE is an image of the local store, an archive of docker save or strake save, a directory
with an OCI layout, or docker-image://NAME for an image of a registry.

For each layer there is what it has and which instruction wrote it. Then come the files that
no container sees, as a later layer removes them or has others in their place, with both
instructions and what would keep them out; and what package managers have left behind.

With -o the report is one HTML file, which needs no server, loads nothing and runs no script.
`

const reportExamples = `  strake report hello
  strake report -o hello.html hello
  strake report --json hello | jq .wasted
`

func reportCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "report [OPTIONS] IMAGE",
		Short:   "Show what the layers of an image have that it does not need, and why",
		Long:    reportLong,
		Example: reportExamples,
	}
	f := cmd.Flags()
	c := &reportRun{Process: p}
	f.BoolVar(&c.json, "json", false, "Print the report as JSON")
	f.IntVar(&c.limit, "limit", 20, "`LINES` Show so many entries of each list; 0 is all")
	f.StringVarP(&c.output, "output", "o", "", "`FILE` Write the report as HTML")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Read the image for this platform")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// reportRun is one call of the command.
type reportRun struct {
	*cli.Process
	json             bool
	limit            int
	output, platform string
}

func (c *reportRun) run(ctx context.Context, args []string) error {
	switch {
	case len(args) != 1:
		return cli.Misuse("strake report takes one image")
	case c.limit < 0:
		return cli.Misuse("invalid --limit %d: expected a number of lines, 0 for all", c.limit)
	case c.json && c.output != "":
		return cli.Misuse("--json and --output do not go together")
	}
	r, err := c.read(ctx, args[0])
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch {
	case c.json:
		return cli.PrintJSON(c.Stdout, r)
	case c.output != "":
		if err := r.HTML(&out); err != nil {
			return err
		}
		return c.WriteFile(c.output, out.Bytes())
	}
	if err := r.Text(&out, c.limit); err != nil {
		return err
	}
	_, err = io.WriteString(c.Stdout, diag.Screen(out.String()))
	return err
}

func (c *reportRun) read(ctx context.Context, arg string) (r *report.Report, err error) {
	home, err := c.HeldStore(ctx)
	if err != nil {
		return nil, err
	}
	find := &finder{Process: c.Process, platform: c.platform, home: home}
	defer func() { err = errors.Join(err, find.close()) }()
	img, err := find.find(ctx, arg)
	if err != nil {
		return nil, err
	}
	return report.New(ctx, validate.NewReader(validate.Usual()), img)
}
