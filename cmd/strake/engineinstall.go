package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/engine/install"
	"github.com/seed-e0495807/strake/lang/diag"
)

const engineInstallLong = `It installs buildkitd and runc, and rootlesskit for who is not root, where strake's own
engine looks for them: $STRAKE_HOME/engine/programs. They are those that BuildKit and
RootlessKit publish on GitHub, of the versions that this strake was made with. What is
downloaded has to have the sha256 that GitHub lists for it, or that of --sha256. A
download that was interrupted goes on. An engine that runs is not disturbed.

--from takes the programs from elsewhere: a directory, an archive .tar.gz such as BuildKit
publishes, or the URL of one with its --sha256. Programs that are not in it stay.
`

func engineInstallCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use: "install [OPTIONS]", Short: "Install the programs of strake's own engine", Long: engineInstallLong,
	}
	f := cmd.Flags()
	var from install.Options
	f.StringVar(&from.From, "from", "", "`SOURCE` Directory, .tar.gz or URL of one (default the releases on GitHub)")
	f.StringVar(&from.SHA256, "sha256", "", "`DIGEST` What the archive has to have")
	cmd.RunE = running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return misuse("strake engine install takes no arguments")
		}
		home, err := p.home()
		if err != nil {
			return err
		}
		done, err := engine.Install(ctx, new(engineFlags).engineOptions(p, home), from)
		if err != nil {
			return err
		}
		p.say(done)
		return tell(p.stdout, "%s\n", strings.Join(done.Programs, "\n"))
	})
	return cmd
}

// say reports what the user should know after an install.
func (p *process) say(done *engine.Installed) {
	if done.Instead != "" {
		tell(p.stderr, "The next engine is %s nevertheless.\n", done.Instead)
	}
	if done.Problem == nil {
		return
	}
	list := diagnose(done.Problem)
	for i := range list {
		list[i].Severity = diag.Warning
	}
	p.report(nil, list)
}
