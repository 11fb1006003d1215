// Package plugin has the commands about plugins: strake plugin.
package plugin

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
	"github.com/seed-e0495807/strake/plugins/scaffold"
)

const groupLong = `Plugins check and rewrite Dockerfiles, and add instructions. Those that run are in
strake.yaml, beside the Dockerfile or above it in the repository.

A plugin that is a program runs only when strake.lock pins it and you have allowed it:
no repository can run a program by being built.
`

// Command is strake plugin.
func Command(p *cli.Process) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "plugin COMMAND",
		Short: "Manage plugins",
		Long:  groupLong,
	},
		allowCommand(p),
		docsCommand(p),
		doctorCommand(p),
		listCommand(p),
		lockCommand(p),
		newCommand(p),
		testCommand(p),
	)
}

// configRun is a command about the plugins of one strake.yaml.
type configRun struct {
	*cli.Process
	project.PluginFlags
}

// configCommand is a command that works on a strake.yaml.
func configCommand(p *cli.Process, cmd *cobra.Command, do configRunner) *cobra.Command {
	cmd.RunE = cli.Running(do.setup(p, cmd.Flags()))
	return cmd
}

// configRunner does the work of such a command.
type configRunner func(ctx context.Context, p *configRun, file *config.File, env config.Env, args []string) error

func (do configRunner) setup(p *cli.Process, flags *pflag.FlagSet) cli.Runner {
	o := &configRun{Process: p}
	flags.StringVar(&o.Config, "config", "", "`FILE` Use FILE (default: strake.yaml here or above)")
	return func(ctx context.Context, args []string) error {
		file, err := o.Here(ctx, p)
		if err != nil {
			return err
		}
		env, err := o.Environment(p, file)
		if err != nil {
			return err
		}
		return do(ctx, o, file, env, args)
	}
}

func listCommand(p *cli.Process) *cobra.Command {
	return configCommand(p, &cobra.Command{
		Use:   "list [OPTIONS]",
		Short: "List the plugins of strake.yaml",
		Long:  "Lists the plugins of strake.yaml in the order in which they run, and whether they can.\n",
	}, func(ctx context.Context, p *configRun, file *config.File, env config.Env, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake plugin list takes no arguments")
		}
		list, err := file.List(ctx, env)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 8, 3, ' ', 0)
		fmt.Fprintln(w, "NAME\tVERSION\tKIND\tSTATE\tUSE")
		for _, s := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", diag.Printable(s.Name), diag.Printable(orDash(s.Info.Version)), orDash(kinds(s.Info)), s.State, diag.Printable(s.Entry.Use))
		}
		return w.Flush()
	})
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// kinds are the words for what a plugin does.
func kinds(i plugins.Info) string {
	var list []string
	for _, p := range i.Phases {
		list = append(list, p.String())
	}
	return strings.Join(list, ",")
}

func lockCommand(p *cli.Process) *cobra.Command {
	return configCommand(p, &cobra.Command{
		Use:   "lock [OPTIONS]",
		Short: "Pin the programs of strake.yaml in strake.lock",
		Long: `Writes strake.lock beside strake.yaml: the digest of each program, and what it says
of itself, as far as that is known: from NAME.info.json beside the program, or from a
run that you have allowed. No program is run. Commit strake.lock.
`,
	}, func(ctx context.Context, p *configRun, file *config.File, env config.Env, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake plugin lock takes no arguments")
		}
		lock, diags, err := file.Lock(ctx, env)
		switch {
		case err != nil:
			return err
		case diags.HasErrors():
			set, _, err := project.LoadConfig(ctx, file.Path)
			if err != nil {
				return err
			}
			return &cli.Findings{Set: set, List: diags}
		}
		if err := lock.Write(file.LockPath()); err != nil {
			return err
		}
		cli.Printf(p.Stderr, "%s: %s\n", file.LockPath(), cli.Plural(len(lock.Plugins), "program"))
		for _, name := range slices.Sorted(maps.Keys(lock.Plugins)) {
			if !trust.Known(lock.Plugins[name].Info) {
				cli.Printf(p.Stderr, "%s says what it is when it first runs; once it is allowed and has run, lock again to keep that in strake.lock\n", diag.Printable(name))
			}
		}
		return nil
	})
}

func allowCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "allow [OPTIONS] [NAME]...",
		Short: "Allow the programs of strake.yaml to run",
		Long: `Allows the programs of these names to run on this machine, or all of strake.yaml: as
strake.lock pins them, with what strake.yaml grants them. Look at both before.
In CI, set STRAKE_ALLOW_PLUGINS to locked, or to digests. Where the kernel has no whole
sandbox a program does not run, unless you allow that here, or by weak-sandbox or
no-sandbox in STRAKE_ALLOW_PLUGINS.
`,
	}
	flags := cmd.Flags()
	revoke := flags.Bool("revoke", false, "Allow no program of these names, or digests, any more")
	weak := flags.Bool("weak-sandbox", false, "Let them run without namespaces, too: the kernel's Landlock and a filter are left")
	none := flags.Bool("no-sandbox", false, "Let them run without any sandbox, too: they can do what you can")
	allow := configRunner(func(ctx context.Context, p *configRun, file *config.File, env config.Env, args []string) error {
		least := trust.Full
		switch {
		case *none:
			least = trust.None
		case *weak:
			least = trust.Weak
		}
		return allowPlugins(ctx, p, file, env, least, args)
	}).setup(p, flags)
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if *revoke {
			return revokePlugins(p, args)
		}
		return allow(ctx, args)
	})
	return cmd
}

func allowPlugins(ctx context.Context, p *configRun, file *config.File, env config.Env, least trust.Sandbox, args []string) error {
	allowed, err := file.Allow(ctx, env, least, args...)
	for _, s := range allowed {
		cli.Printf(p.Stderr, "allowed %s (%s)%s\n", diag.Printable(s.Name), s.Program.Digest, grants(s.Entry.Grants))
	}
	if err == nil && len(allowed) == 0 {
		cli.Printf(p.Stderr, "There is nothing to allow: strake.yaml names no programs.\n")
	}
	return err
}

// revokePlugins takes programs off the list, of whatever strake.yaml they are.
func revokePlugins(p *cli.Process, names []string) error {
	if len(names) == 0 {
		return cli.Misuse("strake plugin allow --revoke takes names or digests")
	}
	store, err := project.Trusted(p, "")
	if err != nil {
		return err
	}
	list, err := store.List("")
	if err != nil {
		return err
	}
	for _, name := range names {
		found := false
		for _, a := range list {
			if a.Name != name && a.Digest != name {
				continue
			}
			found = true
			if err := store.Revoke(a.Digest); err != nil {
				return err
			}
			cli.Printf(p.Stderr, "no longer allowed: %s (%s)\n", diag.Printable(a.Name), a.Digest)
		}
		if !found {
			return diag.Diagnostic{Code: "plugin-unknown", Message: fmt.Sprintf("no program %s is allowed", name)}
		}
	}
	return nil
}

// grants tells what a program is granted.
func grants(list []plugins.Grant) string {
	if len(list) == 0 {
		return ""
	}
	var names []string
	for _, g := range list {
		names = append(names, string(g))
	}
	return ", granted: " + strings.Join(names, ", ")
}

func docsCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "docs [NAME]...",
		Short: "Print the reference of built-in plugins",
		Long:  "Prints, in Markdown, what built-in plugins do and how they are configured.\n",
	}
	cmd.RunE = cli.Running(func(_ context.Context, args []string) error {
		text, err := builtin.Reference(args...)
		if err != nil {
			return cli.Misuse("%v", err)
		}
		err = cli.Printf(p.Stdout, "%s", text)
		return err
	})
	return cmd
}

func newCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new [OPTIONS] NAME",
		Short: "Make the directory of a new plugin in Go",
		Long:  "Makes the directory NAME with a plugin that works, and tests that pass.\n",
		Example: `  strake plugin new acme-labels
  strake plugin new --module example.com/team/acme-labels acme-labels
`,
	}
	var v scaffold.Values
	flags := cmd.Flags()
	dir := flags.String("dir", "", "`DIR` Make DIR instead")
	flags.StringVar(&v.Module, "module", "", "`PATH` Path of the Go module (default example.com/NAME)")
	flags.StringVar(&v.Replace, "replace", "", "`DIR` Use the working copy of strake in DIR")
	cmd.RunE = cli.Running(func(_ context.Context, args []string) error {
		if len(args) != 1 {
			return cli.Misuse("strake plugin new takes one name")
		}
		return newPlugin(p, v, args[0], *dir)
	})
	return cmd
}

func newPlugin(p *cli.Process, v scaffold.Values, name, dir string) error {
	v.Name = name
	if v.Module == "" {
		v.Module = "example.com/" + name
	}
	if dir == "" {
		dir = name
	}
	if v.Replace != "" {
		abs, err := filepath.Abs(v.Replace)
		if err != nil {
			return err
		}
		v.Replace = abs
	}
	v.Version = moduleVersion()
	v.Go = strings.TrimPrefix(runtime.Version(), "go")
	if parts := strings.Split(v.Go, "."); len(parts) > 2 {
		v.Go = strings.Join(parts[:2], ".")
	}
	if err := p.Output(dir); err != nil {
		return err
	}
	if err := scaffold.New(dir, v); err != nil {
		return err
	}
	if v.Version == "v0.0.0" && v.Replace == "" {
		cli.Printf(p.Stderr, "This strake is a working copy, which go cannot download: add --replace DIR, its directory, or edit go.mod.\n")
	}
	cli.Printf(p.Stderr, "%s is there. Next:\n  cd %s\n  go mod tidy\n  go test ./...\n", dir, dir)
	return nil
}

// moduleVersion is the version of strake's Go module, for the go.mod of plugins. A
// working copy has none that can be had: v0.0.0 stands for it.
func moduleVersion() string {
	if v := cli.Version(); strings.HasPrefix(v, "v") && !strings.Contains(v, "+") {
		return v
	}
	return "v0.0.0"
}
