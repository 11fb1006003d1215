package validate

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const diffLong = `Each of A and B is an image of the local store, an archive of docker save or strake save,
a directory with an OCI layout, or docker-image://NAME for an image of a registry.

Compared are all paths of the merged layers: kind, mode, owner, extended attributes, links,
devices and content; and all parts of the config. Times, the texts of the history, and
contents that say the same in other bytes (JSON, archives, ELF but for its build id, package
databases) are listed, and do not count without --strict. For each difference there is the
layer, and the instruction that wrote it.

The exit code is 0 when the images are the same, 1 when they are not, 2 when that is not
known, 125 when the command line is wrong, and 130 when it was interrupted.
`

const diffExamples = `  strake diff-image hello hello.tar.gz
  strake diff-image --json hello hello.tar.gz | jq -r '.files[]? | .change + " " + .path'
  strake diff-image debian:13 docker-image://debian:13
`

func diffCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "diff-image [OPTIONS] A B",
		Short:   "Show how two images differ, by layer, package and file",
		Long:    diffLong,
		Example: diffExamples,
	}
	f := cmd.Flags()
	c := &diffRun{Process: p}
	f.BoolVar(&c.json, "json", false, "Print all that differs, as JSON")
	f.IntVar(&c.limit, "limit", 40, "`LINES` Show so many of each kind of difference; 0 is all")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Compare the images for this platform")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Print nothing: the exit code is the answer")
	f.BoolVar(&c.strict, "strict", false, "Let everything count, also times and histories")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// diffRun is one call of the command.
type diffRun struct {
	*cli.Process
	json, quiet, strict bool
	limit               int
	platform            string
}

func (c *diffRun) run(ctx context.Context, args []string) error {
	switch {
	case len(args) != 2:
		return cli.Misuse("strake diff-image takes two images")
	case c.limit < 0:
		return cli.Misuse("invalid --limit %d: expected a number of lines, 0 for all", c.limit)
	case c.json && c.quiet:
		return cli.Misuse("--json and --quiet do not go together")
	}
	report, err := c.compare(ctx, args)
	if err == nil {
		err = c.print(report)
	}
	if err != nil {
		return trouble(err)
	}
	if report.Answer == validate.Different || c.strict && report.Answer != validate.Identical {
		return cli.Exit(exitDifferent, nil)
	}
	return nil
}

func (c *diffRun) compare(ctx context.Context, args []string) (report *validate.Report, err error) {
	find, err := c.finder(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, find.close()) }()
	var images [2]*validate.Image
	for i, arg := range args {
		if images[i], err = find.find(ctx, arg); err != nil {
			return nil, err
		}
	}
	return validate.Compare(ctx, validate.NewReader(validate.Usual()), images[0], images[1])
}

func (c *diffRun) print(r *validate.Report) error {
	switch {
	case c.quiet:
		return nil
	case c.json:
		return cli.PrintJSON(c.Stdout, r)
	}
	var text bytes.Buffer
	if err := r.Text(&text, c.limit); err != nil {
		return err
	}
	_, err := io.WriteString(c.Stdout, diag.Screen(text.String()))
	return err
}
