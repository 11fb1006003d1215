package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Long:  "The first line is for programs: strake version VERSION.\n",
	}
	cmd.RunE = running(func(_ context.Context, args []string) error {
		if len(args) > 0 {
			return misuse("strake version takes no arguments")
		}
		return p.version()
	})
	return cmd
}

// version is that of the module.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// version shows what the linker knows of the build.
func (p *process) version() error {
	version, commit, buildkit := version(), "unknown", "unknown"
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
	err := tell(p.stdout, "strake version %s\n commit:    %s\n buildkit:  %s\n go:        %s\n platform:  %s/%s\n",
		version, commit, buildkit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
