package cli

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// VersionCommand is strake version.
func VersionCommand(p *Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Long:  "The first line is for programs: strake version VERSION.\n",
	}
	cmd.RunE = Running(func(_ context.Context, args []string) error {
		if len(args) > 0 {
			return Misuse("strake version takes no arguments")
		}
		return p.printVersion()
	})
	return cmd
}

// Version is that of the module.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// printVersion shows what the linker knows of the build.
func (p *Process) printVersion() error {
	version, commit, buildkit := Version(), "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
		for _, m := range info.Deps {
			if m.Path == "github.com/moby/buildkit" {
				buildkit = m.Version
			}
		}
	}
	err := Printf(p.Stdout, "strake version %s\n commit:    %s\n buildkit:  %s\n go:        %s\n platform:  %s/%s\n",
		version, commit, buildkit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
