// Package completion finds the words that a shell completes: strake completion.
package completion

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
)

const commandLong = `Prints what a shell runs to complete the words of strake: commands and flags, stages and
arguments of the Dockerfile, images of the local store, and plugins. For every new shell:

  bash        strake completion bash >~/.local/share/bash-completion/completions/strake
  zsh         strake completion zsh >"${fpath[1]}/_strake"
  fish        strake completion fish >~/.config/fish/completions/strake.fish
  powershell  strake completion powershell | Out-String | Invoke-Expression

Bash needs the package bash-completion, and zsh compinit.
`

// shells are those that words are completed in.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// Command is strake completion.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "completion bash|zsh|fish|powershell",
		Short:   "Print the completion of a shell",
		Long:    commandLong,
		Example: "  source <(strake completion bash)\n",
	}
	cmd.RunE = cli.Running(func(_ context.Context, args []string) error {
		root := cmd.Root()
		switch strings.Join(args, " ") {
		case "bash":
			return root.GenBashCompletionV2(p.Stdout, true)
		case "zsh":
			return root.GenZshCompletion(p.Stdout)
		case "fish":
			return root.GenFishCompletion(p.Stdout, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(p.Stdout)
		}
		return cli.Misuse("strake completion takes the name of a shell: %s", strings.Join(shells(), ", "))
	})
	return cmd
}

// Complete gives every command and flag below a command what its words may be.
func Complete(p *cli.Process, cmd *cobra.Command) { completer{p}.below(cmd) }

func (c completer) below(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		c.below(sub)
	}
	if cmd.HasSubCommands() {
		return
	}
	cmd.ValidArgsFunction = c.arguments(cmd)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, text, ok := strings.Cut(strings.TrimPrefix(f.Usage, "`"), "` "); ok {
			f.Usage = text // without what the value is called, which the help shows elsewhere
		}
		if words := c.values(cmd, f.Name); words != nil {
			cmd.RegisterFlagCompletionFunc(f.Name, words) // fails for a flag that there is not
		}
	})
}

// arguments are the words of a command that are no flags.
func (c completer) arguments(cmd *cobra.Command) cobra.CompletionFunc {
	switch cli.NameOf(cmd) {
	case "build", "compile", "lint", "fix", "expand", "diff", "pin", "context", "optimize":
		return directories
	case "rmi", "save":
		return c.images
	case "inspect":
		return both(c.containers, c.images)
	case "stop", "kill", "rm":
		return c.containers
	case "exec", "logs", "commit":
		return atMost(1, c.containers)
	case "run":
		return atMost(1, c.images)
	case "images", "history", "push", "pull":
		return atMost(1, c.images)
	case "tag":
		return atMost(2, c.images)
	case "diff-image":
		return atMost(2, orFiles(c.images))
	case "report":
		return atMost(1, orFiles(c.images))
	case "import":
		return atMost(1, files)
	case "plugin test", "verify":
		return files
	case "plugin allow":
		return c.programs
	case "plugin docs":
		return c.builtins
	case "completion":
		return atMost(1, oneOf(shells()...))
	case "help":
		return c.commands
	}
	return oneOf()
}

// values are those of a flag, nil when they are names of files.
func (c completer) values(cmd *cobra.Command, flag string) cobra.CompletionFunc {
	switch flag {
	case "target":
		return c.stages
	case "no-cache-filter":
		return several(c.stages)
	case "build-arg":
		return c.buildArgs
	case "tag":
		return c.images
	case "config":
		return yamlFiles
	case "platform":
		if _, many := cmd.Flags().Lookup(flag).Value.(pflag.SliceValue); many {
			return several(oneOf(commonPlatforms()...))
		}
		return oneOf(commonPlatforms()...)
	case "filter":
		if cli.NameOf(cmd) == "images" {
			return c.imageFilters
		}
	case "file", "output", "iidfile", "metadata-file", "config-out", "image-config", "input", "plugin", "dir", "replace",
		"tlscacert", "tlscert", "tlskey", "from", "build-context", "cache-from", "cache-to", "secret", "ssh":
		return nil
	}
	if words := Enumerated()[cli.NameOf(cmd)+" --"+flag]; words != nil {
		return oneOf(words...)
	}
	return oneOf(Enumerated()["--"+flag]...)
}

// Enumerated are the values of flags that have few, by the flag, and where several
// commands have it with other values, by the command too.
func Enumerated() map[string][]string {
	return map[string][]string{
		"--progress":       {"auto", "plain", "tty", "rawjson", "quiet"},
		"--call":           project.Questions(),
		"--network":        {"default", "none", "host"},
		"--allow":          {"network.host", "security.insecure", "device"},
		"--allow-plugins":  {"locked"},
		"--emit":           project.OutputNames(nil),
		"--fail-on":        {"error", "warning", "info", "hint", "never"},
		"--sort":           {"size", "name"},
		"--format":         {"table", "json"},
		"lint --format":    {"text", "tty", "json", "sarif", "github", "gitlab", "checkstyle", "junit"},
		"inspect --format": {"json"},
		"inspect --type":   {"container", "image"},
		"run --network":    {"host", "none", "private"},
		"run --pull":       {"always", "missing", "never"},
		"--tail":           {"all"},
	}
}

// commonPlatforms are those that images are often for.
func commonPlatforms() []string {
	return []string{"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x"}
}
