package engine

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/engine/install"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

const installLong = `It installs buildkitd and runc, and rootlesskit for who is not root, where strake's own
engine looks for them: $STRAKE_HOME/engine/programs. They are those that BuildKit and
RootlessKit publish on GitHub, of the versions that this strake was made with. What is
downloaded has to have the sha256 that GitHub lists for it, or that of --sha256. A
download that was interrupted goes on. An engine that runs is not disturbed.

--from takes the programs from elsewhere: a directory, an archive .tar.gz such as BuildKit
publishes, or the URL of one with its --sha256. Programs that are not in it stay.
`

func installCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "install [OPTIONS]", Short: "Install the programs of strake's own engine", Long: installLong,
	}
	f := cmd.Flags()
	var from install.Options
	f.StringVar(&from.From, "from", "", "`SOURCE` Directory, .tar.gz or URL of one (default the releases on GitHub)")
	f.StringVar(&from.SHA256, "sha256", "", "`DIGEST` What the archive has to have")
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake engine install takes no arguments")
		}
		home, err := p.Home()
		if err != nil {
			return err
		}
		done, err := engine.Install(ctx, new(project.EngineFlags).EngineOptions(p, home), from)
		if err != nil {
			return err
		}
		say(p, done)
		return cli.Printf(p.Stdout, "%s\n", strings.Join(done.Programs, "\n"))
	})
	return cmd
}

// say reports what the user should know after an install.
func say(p *cli.Process, done *engine.Installed) {
	if done.Instead != "" {
		cli.Printf(p.Stderr, "The next engine is %s nevertheless.\n", done.Instead)
	}
	if done.Problem == nil {
		return
	}
	list := cli.Diagnose(done.Problem)
	for i := range list {
		list[i].Severity = diag.Warning
	}
	p.Report(nil, list)
}
