package compile

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

const effectsLong = `Says what each step of a Dockerfile does, after the plugins of strake.yaml: what it
installs and fetches, and which files it reads, writes and removes. A step that changes
nothing but the image's config has no line. Behind the place of a step stands how well
what it writes is known:

  precise  these paths and no others, and each where its command runs and succeeds
  over     these paths and no others, of which some may stay as they are
  unknown  any path

Nothing is built, and no registry is asked: a base image counts as far as its config is
in the local store, in the cache, or given by --image-config.
`

func effectsCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "effects [OPTIONS] [PATH | URL | -]...",
		Short: "Say what each step reads, writes, installs and fetches",
		Long:  effectsLong,
		Example: `  strake effects .
  strake effects --json . | jq -r '.effects.network[]?.url'
  strake effects -f build/Dockerfile .
`,
	}
	flags := cmd.Flags()
	c := &effectsRun{compileRun: compileRun{Process: p, form: output.Output{Whole: true}}}
	c.declareInput(flags)
	flags.BoolVar(&c.json, "json", false, "Write an object for each step, one a line")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// effectsRun is one call of the command.
type effectsRun struct {
	compileRun
	json bool
}

func (c *effectsRun) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	if err := c.prepare(ctx, args); err != nil {
		return err
	}
	failed := false
	for r, err := range c.each(ctx, args, c.examine) {
		if err != nil {
			return err
		}
		c.tell(r)
		failed = failed || r.diags.HasErrors()
		for _, p := range r.parts {
			if _, err := c.Stdout.Write(p.data); err != nil {
				return err
			}
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

// step is what --json writes of one; docs/effects.md says what its fields are.
type step struct {
	File        string `json:"file"`
	Line        int    `json:"line"`
	Stage       int    `json:"stage"`
	Name        string `json:"name,omitempty"`
	By          string `json:"by,omitempty"`
	Instruction string `json:"instruction"`
	Grade       string `json:"grade"`
	effects.Step
}

// examine writes the steps of one Dockerfile.
func (c *effectsRun) examine(ctx context.Context, src *compile.Snapshot, r *result) error {
	m, list, found, err := src.Effects(ctx)
	r.diags = append(r.diags, found...)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for i, steps := range list {
		for j, s := range steps {
			op := m.Stages[i].Ops[j]
			at := place(src.Files(), op.Origin)
			if c.json {
				if err := writeJSON(&b, m, i, op, at, s); err != nil {
					return err
				}
			} else if text := s.Effects.String(); text != "" {
				by := ""
				if op.Origin.By != "" {
					by = " by " + op.Origin.By
				}
				fmt.Fprintf(&b, "%s:%d: %s%s (%s): %s\n", diag.Printable(at.Filename), at.Line, op.Body.Keyword(), diag.Printable(by), s.Effects.Grade(), diag.Printable(text))
			}
		}
	}
	r.parts = []part{{data: b.Bytes()}}
	return nil
}

// place is where an op comes from.
func place(files *source.Set, origin *ir.Origin) source.Position {
	spans := origin.Spans()
	if len(spans) == 0 {
		return source.Position{Filename: files.File(0).Name}
	}
	return files.File(spans[0].File).Position(spans[0].Start)
}

func writeJSON(b *bytes.Buffer, m *ir.Module, stage int, op *ir.Op, at source.Position, s effects.Step) error {
	out := step{File: at.Filename, Line: at.Line, Stage: stage, Name: m.Stages[stage].Name, By: op.Origin.By,
		Instruction: op.Text(), Grade: s.Effects.Grade().String(), Step: s}
	text, err := cli.ToJSON(out)
	b.WriteString(text + "\n")
	return err
}
