package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/cmd/internal/launch"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
	"github.com/seed-e0495807/strake/plugins/plugintest/annotated"
)

func doctorCommand(p *cli.Process) *cobra.Command {
	return configCommand(p, &cobra.Command{
		Use:   "doctor [OPTIONS]",
		Short: "Find out what is wrong with the plugins",
		Long: `Starts each program of strake.yaml that is allowed to run, and tells of each plugin
whether it works, and what its sandbox lacks on this machine. The exit code is 1 when
a plugin cannot run.
`,
	}, func(ctx context.Context, p *configRun, file *config.File, env config.Env, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake plugin doctor takes no arguments")
		}
		return p.doctor(ctx, file, env)
	})
}

func (p *configRun) doctor(ctx context.Context, file *config.File, env config.Env) error {
	list, err := file.List(ctx, env)
	if err != nil {
		return err
	}
	cli.Printf(p.Stdout, "%s\n", file.Path)
	sick := 0
	for _, s := range list {
		if !p.examinePlugin(ctx, file, env, s) {
			sick++
		}
	}
	if sick > 0 {
		return diag.Diagnostic{Code: "plugin-trouble", Message: fmt.Sprintf("%d of %s cannot run", sick, cli.Plural(len(list), "plugin"))}
	}
	found, diags, err := file.Pipeline(ctx, env) // their configs, and their order
	if err != nil {
		return err
	}
	if diags.HasErrors() {
		set, _, err := project.LoadConfig(ctx, file.Path)
		if err != nil {
			return err
		}
		return &cli.Findings{Set: set, List: diags}
	}
	return found.Close()
}

// examinePlugin tells of one plugin. It gives false when that cannot run.
func (p *configRun) examinePlugin(ctx context.Context, file *config.File, env config.Env, s config.Status) bool {
	say := func(mark, format string, args ...any) {
		cli.Printf(p.Stdout, "%-4s %s: %s\n", mark, diag.Printable(s.Name), fmt.Sprintf(format, args...))
	}
	switch {
	case s.Err != nil:
		for _, d := range cli.Diagnose(s.Err) {
			say("bad", "%s", d.Message)
			if d.Hint != "" {
				cli.Printf(p.Stdout, "     help: %s\n", d.Hint)
			}
		}
		return false
	case s.State == config.Builtin:
		say("ok", "built in")
		return true
	}
	started, err := launch.Starter{}.Launch(ctx, config.Program{Program: *s.Program, Name: s.Name, Grants: s.Entry.Grants, Sandbox: s.Sandbox})
	if err != nil {
		say("bad", "%v", err)
		return false
	}
	defer started.Close()
	say("ok", "%s, %s%s", diag.Printable(started.Info().Version), kinds(started.Info()), grants(s.Entry.Grants))
	for _, lacks := range started.Sandbox() {
		cli.Printf(p.Stdout, "     its sandbox lacks: %s\n", lacks)
	}
	return true
}

func testCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test [OPTIONS] PROGRAM|NAME CASE...",
		Short: "Hold a plugin against annotated Dockerfiles",
		Long: `Takes each case, a txtar archive with an annotated Dockerfile, through a program or a
built-in plugin, and tells what is not as the case has it. docs/plugins/sdk.md describes
the cases. It is for plugins in other languages than Go; those in Go have the package
plugintest. The program runs in a sandbox, granted what it needs.
`,
		Example: `  strake plugin test ./my-plugin testdata/*.txtar
  strake plugin test --update ./my-plugin testdata/*.txtar
`,
	}
	update := cmd.Flags().Bool("update", false, "Write what the plugin makes into the cases")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) < 2 {
			return cli.Misuse("strake plugin test takes a plugin and its cases")
		}
		return testPlugin(ctx, p, args[0], args[1:], *update)
	})
	return cmd
}

func testPlugin(ctx context.Context, p *cli.Process, name string, cases []string, update bool) error {
	plugin, end, err := openPlugin(ctx, p, name)
	if err != nil {
		return err
	}
	defer end()
	failed := 0
	for _, file := range cases {
		problems, err := testCase(ctx, p, plugin, file, update)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if len(problems) == 0 {
			cli.Printf(p.Stdout, "ok   %s\n", file)
			continue
		}
		failed++
		cli.Printf(p.Stdout, "FAIL %s\n", file)
		for _, text := range problems {
			cli.Printf(p.Stdout, "     %s\n", strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n     "))
		}
	}
	if failed > 0 {
		return diag.Diagnostic{Code: "plugin-test", Message: fmt.Sprintf("%d of %s failed", failed, cli.Plural(len(cases), "case"))}
	}
	return nil
}

func testCase(ctx context.Context, p *cli.Process, plugin plugins.Plugin, file string, update bool) ([]string, error) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	r, err := annotated.Run(ctx, plugin, archive)
	if err != nil {
		return nil, err
	}
	if !update {
		return r.Problems, nil
	}
	if err := p.WriteFile(file, txtar.Format(r.Golden)); err != nil {
		return nil, err
	}
	if r, err = annotated.Run(ctx, plugin, r.Golden); err != nil {
		return nil, err
	}
	return r.Problems, nil
}

// openPlugin gives a built-in plugin, or starts a program: whoever tests it has named it
// on the command line, so it needs no lock.
func openPlugin(ctx context.Context, p *cli.Process, name string) (plugins.Plugin, func(), error) {
	if open := builtin.All()[name]; open != nil {
		return open(), func() {}, nil
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, nil, err
	}
	store, err := project.Trusted(p, "")
	if err != nil {
		return nil, nil, err
	}
	program, err := store.Pin(ctx, trust.Source{Path: path, Root: filepath.Dir(path)})
	if err != nil {
		return nil, nil, err
	}
	started, err := launch.Starter{}.Start(ctx, config.Program{Program: *program, Name: filepath.Base(path), Sandbox: store.Given.Sandbox})
	if err != nil {
		return nil, nil, err
	}
	return started, func() { started.Close() }, nil
}
