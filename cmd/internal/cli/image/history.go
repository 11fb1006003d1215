package image

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	digest "github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const historyLong = `The newest step comes first. SIZE is what the files of the step's layer take
unpacked. For an image that strake built, --verbose shows the line of the
Dockerfile and the instruction as it is written there, and the plugin when one made
it; --json has all of that, and whole digests.
`

const historyExamples = `  strake history hello
  strake history --verbose hello
  strake history --json hello | jq '.[] | select(.size > 10000000) | .instruction'
`

func historyCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history [OPTIONS] IMAGE",
		Short:   "Show the steps that made an image",
		Long:    historyLong,
		Example: historyExamples,
	}
	f := cmd.Flags()
	c := &historyRun{Process: p}
	f.StringVar(&c.format, "format", "", cli.FormatUsage)
	f.BoolVarP(&c.human, "human", "H", true, "Print sizes and times for people")
	f.BoolVar(&c.json, "json", false, "Print all that is known, as JSON")
	f.BoolVar(&c.noTrunc, "no-trunc", false, "Show whole ids and commands")
	f.StringVar(&c.platform, "platform", "", "`PLATFORM` Show the image for this platform")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Show ids only")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "Show layers, lines and instructions")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// historyRun is one call of the command.
type historyRun struct {
	*cli.Process
	human, json, noTrunc, quiet, verbose bool
	format, platform                     string
}

// historyRow is a step. The first six fields are docker's, in its order.
type historyRow struct {
	Comment      string `header:"COMMENT"`
	CreatedAt    string `header:"CREATED AT"`
	CreatedBy    string `header:"CREATED BY"`
	CreatedSince string `header:"CREATED"`
	ID           string `header:"IMAGE"`
	Size         string `header:"SIZE"`

	Layer       string `header:"LAYER"` // the digest of the plain tar
	Line        string `header:"LINE"`  // like Dockerfile:3
	Instruction string `header:"INSTRUCTION"`
	By          string `header:"BY"` // a plugin
}

// historyStep is a step as --json prints it.
type historyStep struct {
	ID          digest.Digest `json:"id,omitempty"` // of the image, with its last step
	Created     *time.Time    `json:"created,omitempty"`
	CreatedBy   string        `json:"createdBy"`
	Comment     string        `json:"comment,omitempty"`
	EmptyLayer  bool          `json:"emptyLayer"`
	Size        int64         `json:"size"` // bytes
	Layer       digest.Digest `json:"layer,omitempty"`
	DiffID      digest.Digest `json:"diffId,omitempty"`
	Dockerfile  string        `json:"dockerfile,omitempty"`
	Line        int           `json:"line,omitempty"`
	Instruction string        `json:"instruction,omitempty"`
	By          string        `json:"by,omitempty"`
}

func (c *historyRun) run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return cli.Misuse("strake history takes one image")
	}
	if c.json && (c.format != "" || c.quiet || c.verbose) {
		return cli.Misuse("--json prints everything: it does not go with --format, --quiet and --verbose")
	}
	return c.WithStore(ctx, func(s *store.Store) error {
		steps, err := c.steps(ctx, s, args[0])
		if err != nil {
			return err
		}
		if c.json {
			return cli.PrintJSON(c.Stdout, steps)
		}
		return c.print(steps)
	})
}

// steps gives the steps, the newest first.
func (c *historyRun) steps(ctx context.Context, s *store.Store, name string) ([]historyStep, error) {
	img, err := s.Find(name)
	if err != nil {
		return nil, err
	}
	v, err := img.Variant(c.platform)
	if err != nil {
		return nil, err
	}
	list, err := s.History(ctx, img, v)
	if err != nil {
		return nil, err
	}
	rec, err := s.Record(img)
	if err != nil {
		return nil, err
	}
	steps := []historyStep{}
	for _, step := range slices.Backward(list) {
		h := historyStep{
			Created: step.Created, CreatedBy: step.CreatedBy, Comment: step.Comment, EmptyLayer: step.EmptyLayer,
			Size: step.Size, Layer: step.Layer, DiffID: step.DiffID, Line: step.Line, Instruction: step.Text, By: step.By,
		}
		if rec != nil && step.Line > 0 {
			h.Dockerfile = rec.Dockerfile
		}
		steps = append(steps, h)
	}
	if len(steps) > 0 {
		steps[0].ID = img.ID
	}
	return steps, nil
}

func (c *historyRun) print(steps []historyStep) error {
	usual := `{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`
	if c.verbose {
		usual = `{{.Layer}}\t{{.CreatedSince}}\t{{.Line}}\t{{.Instruction}}\t{{.Size}}\t{{.By}}`
	}
	if !c.human {
		usual = strings.Replace(usual, "CreatedSince", "CreatedAt", 1)
	}
	if c.quiet {
		usual, c.format = "", "{{.ID}}"
	}
	rows := make([]historyRow, len(steps))
	for i, step := range steps {
		rows[i] = c.row(step)
	}
	return cli.Listing[historyRow]{Usual: usual}.Print(c.Stdout, c.format, rows)
}

func (c *historyRun) row(s historyStep) historyRow {
	if c.format == "" || strings.HasPrefix(c.format, "table") { // a line for each step
		s.CreatedBy, s.Comment, s.Dockerfile = oneLine(s.CreatedBy), oneLine(s.Comment), oneLine(s.Dockerfile)
	}
	row := historyRow{
		ID: "<missing>", Comment: s.Comment, CreatedSince: "N/A", CreatedBy: c.cut(strings.ReplaceAll(s.CreatedBy, "\t", " ")),
		Size: strconv.FormatInt(s.Size, 10), By: s.By, Instruction: c.cut(firstOf(s.Instruction, s.CreatedBy)),
		Layer: cli.ShortID(s.DiffID.String(), c.noTrunc),
	}
	if s.ID != "" {
		row.ID = cli.ShortID(s.ID.String(), c.noTrunc)
	}
	if s.Created != nil {
		row.CreatedAt = s.Created.Format(time.RFC3339)
		row.CreatedSince = units.HumanDuration(time.Since(*s.Created)) + " ago"
	}
	if c.human {
		row.Size = cli.HumanSize(s.Size)
	}
	if s.Line > 0 {
		row.Line = fmt.Sprintf("%s:%d", s.Dockerfile, s.Line)
	}
	return row
}

func oneLine(text string) string { return diag.Printable(strings.ReplaceAll(text, "\t", " ")) }

// firstOf gives the first text that is one, in one line.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return strings.Join(strings.Fields(strings.ReplaceAll(text, "\\\n", " ")), " ")
		}
	}
	return ""
}

// cut shortens a text to what docker history shows of one.
func (c *historyRun) cut(text string) string {
	const most = 45
	if runes := []rune(text); !c.noTrunc && len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
