package compile

import (
	"context"
	"fmt"
	"strings"

	"github.com/containerd/platforms"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/output"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

// outputLines are the lines of the help about the outputs.
func outputLines() string {
	var b strings.Builder
	for _, o := range output.All() {
		fmt.Fprintf(&b, "  %-10s  %s\n", o.Name, strings.ReplaceAll(o.Doc, "\n", "\n"+strings.Repeat(" ", 14)))
	}
	return b.String()
}

// choose finds the output that --emit names.
func (c *compileRun) choose() error {
	var ok bool
	if c.form, ok = output.Named(c.emit); !ok {
		e := &cli.UsageError{Message: "unknown form: --emit=" + c.emit, Hint: "it may be " + project.Either(project.OutputNames(nil))}
		if near := diag.Suggest(c.emit, project.OutputNames(nil)); near != "" {
			e.Hint = "--emit=" + near
		}
		return e
	}
	if c.configOut != "" && !c.form.Platforms {
		return cli.Misuse("--config-out needs --emit=%s", project.Either(project.OutputNames(func(o output.Output) bool { return o.Platforms })))
	}
	return nil
}

// lower makes the output of a snapshot, for each platform if it has one for each.
func (c *compileRun) lower(ctx context.Context, s *compile.Snapshot, r *result) error {
	list := []int{compile.Default}
	if c.form.Platforms {
		list = s.Platforms()
	}
	for _, i := range list {
		data, found, err := c.form.Lower(ctx, s, i)
		if i <= 0 { // it is the same for all
			r.diags = append(r.diags, found...)
		}
		if err != nil {
			return err
		}
		p := part{data: data}
		if i != compile.Default {
			p.platform = platforms.FormatAll(s.Config().Platforms[i])
		}
		if c.configOut != "" {
			if p.config, err = imageConfig(ctx, s, i); err != nil {
				return err
			}
		}
		r.parts = append(r.parts, p)
	}
	return nil
}

func imageConfig(ctx context.Context, s *compile.Snapshot, platform int) ([]byte, error) {
	r, err := s.LLB(ctx, platform)
	if err != nil {
		return nil, err
	}
	return r.Config()
}
