package cli

import (
	"context"
	"os"
	"slices"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/buildkit"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/diag"
)

// BuildRules has the rules look at a build that its strake.yaml asks to see there: those whose
// findings are as severe as lint.build says, beside BuildKit's checks. Without that only these do.
func (f *PluginFlags) BuildRules(ctx context.Context, p *Process, in *input.Input, c *compile.Config) error {
	if f.off {
		return nil
	}
	file, err := f.File(ctx, p, in)
	if err != nil || file == nil {
		return err
	}
	section := file.File.Lint
	least := diag.Hint + 1
	for s := diag.Error; s <= diag.Hint; s++ {
		if s.String() == section.Build {
			least = s
		}
	}
	if least > diag.Hint {
		return nil
	}
	all := rules.All()
	if bad := file.File.CheckRules(all); len(bad) > 0 {
		return &Findings{file.Set, bad}
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	looking, _ := lint.Config{Settings: file.File.Levels(in.Known(), dir)}.Choose(all) // the names are checked
	looking = slices.DeleteFunc(looking, func(r lint.Rule) bool { return r.Severity > least || slices.Contains(r.Tags, "buildkit") })
	c.Lint = &compile.Lint{Rules: slices.Concat(buildkit.Rules(), looking), All: rules.Names(), Options: section.Options}
	return nil
}
