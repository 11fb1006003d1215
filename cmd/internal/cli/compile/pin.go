package compile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/pin"
	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func pinCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pin [OPTIONS] [PATH]...",
		Short: "Write digests beside the tags of images, and checksums to downloads",
		Long: `Asks the registry of each image that a Dockerfile names in FROM, COPY --from and RUN --mount,
and writes its digest behind the tag: FROM debian:13@sha256:…. That of an image for several
platforms is the same for all. An ADD of a URL gets --checksum. Then a build gets tomorrow
what it got today, or fails.

With --update what has a digest or a checksum is asked for again, and what has moved is told.

The exit code is 0 when all that could be pinned is, 1 when something could not be had; then
the rest is written.
`,
		Example: `  strake pin .
  strake pin --update --diff .
`,
	}
	flags := cmd.Flags()
	f := &pinRun{fixRun: fixRun{compileRun: &compileRun{Process: p}}}
	f.declareInput(flags)
	flags.BoolVar(&f.update, "update", false, "Ask again for what has a digest")
	flags.BoolVar(&f.diff, "diff", false, "Show what would change, and write nothing")
	cmd.RunE = cli.Running(f.run)
	return cmd
}

// pinRun is one call of the command.
type pinRun struct {
	fixRun
	update bool
}

func (f *pinRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	if slices.Contains(args, "-") || f.file == "-" || slices.ContainsFunc(args, input.IsRemote) {
		return cli.Misuse("strake pin writes files: name those of this machine")
	}
	if f.offline {
		return cli.Misuse("strake pin asks registries: it has nothing to do with --offline")
	}
	if err := f.prepare(ctx, args); err != nil {
		return err
	}
	failed := false
	for _, arg := range args {
		whole, err := f.pinOne(ctx, arg)
		if err != nil {
			return err
		}
		failed = failed || !whole
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// pinOne pins the Dockerfile of one argument. It is false when something could not be had.
func (f *pinRun) pinOne(ctx context.Context, arg string) (whole bool, err error) {
	src, err := f.open(ctx, arg)
	if err != nil {
		return false, err
	}
	if _, _, err := src.Module(); err != nil {
		list, ok := diag.From(err)
		if !ok {
			return false, err
		}
		f.Report(src.Files(), list)
		return false, cli.ErrReported
	}
	tree, _ := src.AST()
	file := src.File()
	at, err := f.Target(file.Name)
	if err != nil {
		return false, err
	}
	out, err := pin.Run(ctx, tree, pin.Web{Registry: registry.New(registry.Options{})}, f.update)
	if err != nil {
		return false, err
	}
	whole = f.tell(file, out)
	switch {
	case out.Text == file.Text:
		return whole, nil
	case f.diff:
		return whole, f.PrintDiff(file.Name, "pinned", file.Text, out.Text)
	}
	if err := readBack(file.Name, out.Text); err != nil {
		return false, err
	}
	return whole, at.Replace(file.Text, out.Text)
}

// readBack holds that what is written is a Dockerfile as good as the one that was read.
func readBack(name, text string) error {
	if _, found := lang.Parse(source.NewFile(name, text)); found.HasErrors() {
		return fmt.Errorf("%s would not parse with its digests, and is left as it is: %w", name, found)
	}
	return nil
}

// tell says what became of each place. It is false when something could not be had.
func (f *pinRun) tell(file *source.File, out pin.Result) (whole bool) {
	whole = true
	for _, o := range out.Outcomes {
		line := file.Line(o.Where.Start)
		text := ""
		switch {
		case o.Err != nil:
			whole = false
			text = "error: " + message(o.Err)
		case o.Moved():
			text = "moved: " + o.Was + " → " + o.Now
		case o.Now != "":
			text = "pinned: " + o.Now
		default:
			text = "stays: " + o.Stay
		}
		name := o.Name // of a URL, what stands in front of @ is for Redacted to see
		if !o.URL {
			name, _, _ = strings.Cut(name, "@")
		}
		d := diag.Diagnostic{Message: fmt.Sprintf("%s:%d: %s %s: %s", file.Name, line, o.Keyword, name, text)}.Redacted()
		cli.Printf(f.Stderr, "%s\n", diag.Printable(d.Message))
	}
	if len(out.Outcomes) == 0 {
		cli.Printf(f.Stderr, "%s: nothing to pin\n", diag.Printable(file.Name))
	}
	return whole
}

// message is an error in one line.
func message(err error) string {
	var d diag.Diagnostic
	if errors.As(err, &d) {
		return d.Message
	}
	return err.Error()
}
