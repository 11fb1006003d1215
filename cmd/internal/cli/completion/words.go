package completion

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// patience is how long somebody who presses a key waits for words.
const patience = time.Second

// completer finds the words that may stand at a place of a command line. What goes wrong
// is not reported: there are no words then.
type completer struct{ *cli.Process }

func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func files(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func yamlFiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// oneOf gives the same words always.
func oneOf(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// atMost gives words for the first arguments only.
func atMost(n int, words cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(cmd, args, begun)
	}
}

// orFiles gives words, and the names of files, which the shell finds.
func orFiles(words cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		found, _ := words(cmd, args, begun)
		return found, cobra.ShellCompDirectiveDefault
	}
}

// several gives words that stand behind one another, with commas between them.
func several(words cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := begun[:strings.LastIndexByte(begun, ',')+1]
		found, directive := words(cmd, args, begun[len(before):])
		var out []cobra.Completion
		for _, word := range found {
			name, _, _ := strings.Cut(word, "\t")
			if !slices.Contains(strings.Split(before, ","), name) {
				out = append(out, before+word)
			}
		}
		return out, directive | cobra.ShellCompDirectiveNoSpace
	}
}

// commands completes the names of commands.
func (c completer) commands(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var words []cobra.Completion
	if group, err := cli.LookUp(cmd.Root(), args); err == nil {
		for _, sub := range group.Commands() {
			if !sub.Hidden {
				words = append(words, cobra.CompletionWithDesc(sub.Name(), sub.Short))
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// readDockerfile reads the Dockerfile of a command line. What does not parse in it is left
// out; it is nil when there is none on this machine.
func readDockerfile(cmd *cobra.Command, args []string) *lang.File {
	name, dir := "", "."
	if f := cmd.Flags().Lookup("file"); f != nil {
		name = f.Value.String()
	}
	if len(args) > 0 {
		dir = args[0]
	}
	if name == "" && (dir == "-" || input.IsRemote(dir)) {
		return nil
	}
	data, err := regular.Read(cmp.Or(name, filepath.Join(dir, "Dockerfile")), lang.MaxSize)
	if err != nil {
		return nil
	}
	file, _ := lang.Parse(source.NewFile("Dockerfile", string(data)))
	return file
}

// stages completes the names of stages.
func (c completer) stages(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var words []cobra.Completion
	if file := readDockerfile(cmd, args); file != nil {
		for _, in := range file.Instructions() {
			if from, ok := in.(*lang.From); ok && from.As.Text != "" {
				words = append(words, described(from.As.Text, "FROM "+from.Base.Text))
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// buildArgs completes the names of build arguments.
func (c completer) buildArgs(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
	file := readDockerfile(cmd, args)
	if file == nil || strings.Contains(begun, "=") {
		return nil, directive
	}
	var words []cobra.Completion
	seen := map[string]bool{}
	for _, in := range file.Instructions() {
		arg, ok := in.(*lang.Arg)
		if !ok {
			continue
		}
		for _, pair := range arg.Pairs.List {
			if name := pair.Key.Text; !seen[name] {
				seen[name] = true
				usual := ""
				if pair.HasValue {
					usual = "default " + pair.Value.Text
				}
				words = append(words, described(name+"=", usual))
			}
		}
	}
	return words, directive
}

// described is a word with what it stands for. Both are somebody else's text.
func described(word, text string) cobra.Completion {
	if text == "" {
		return diag.Printable(word)
	}
	return cobra.CompletionWithDesc(diag.Printable(word), diag.Printable(text))
}

// images completes the names of images of the store. One that has none goes by its id.
func (c completer) images(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), patience)
	defer cancel()
	var words []cobra.Completion
	if s, err := c.HeldStore(ctx); err == nil && s != nil {
		list, _ := s.Images()
		handles := store.Handles(list)
		for i, img := range list {
			names := []string{cli.ShortID(handles[i].String(), false)}
			if len(img.Names) > 0 {
				names = nil
			}
			for _, name := range img.Names {
				names = append(names, store.Familiar(name))
			}
			for _, name := range names {
				if !slices.Contains(args, name) {
					words = append(words, name)
				}
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// containers are the names of the user's containers.
func (c completer) containers(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var words []cobra.Completion
	if home, err := c.Home(); err == nil {
		list, _ := container.Open(cli.ContainersDir(home)).List()
		for _, found := range list {
			if found.Name != "" && !slices.Contains(args, found.Name) {
				words = append(words, found.Name)
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// both gives the words of two.
func both(one, other cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		words, _ := one(cmd, args, begun)
		more, directive := other(cmd, args, begun)
		return append(words, more...), directive
	}
}

// imageFilters completes --filter of strake images.
func (c completer) imageFilters(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name, _, valued := strings.Cut(begun, "=")
	const directive = cobra.ShellCompDirectiveNoFileComp
	var values []string
	switch {
	case !valued:
		return []cobra.Completion{"before=", "dangling=", "label=", "reference=", "since="}, directive | cobra.ShellCompDirectiveNoSpace
	case name == "dangling":
		values = []string{"true", "false"}
	case name == "before" || name == "since" || name == "reference":
		values, _ = c.images(cmd, nil, "")
	}
	for i := range values {
		values[i] = name + "=" + values[i]
	}
	return values, directive
}

// programs completes the programs of strake.yaml or, to take back what was allowed, of
// the user's list.
func (c completer) programs(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), patience)
	defer cancel()
	var words []cobra.Completion
	if revoke, _ := cmd.Flags().GetBool("revoke"); revoke {
		if trusted, err := project.Trusted(c.Process, ""); err == nil {
			list, _ := trusted.List("")
			for _, a := range list {
				words = append(words, diag.Printable(a.Name))
			}
		}
	} else {
		var from project.PluginFlags
		from.Config, _ = cmd.Flags().GetString("config")
		if file, err := from.Here(ctx, c.Process); err == nil {
			for _, e := range file.Entries {
				if e.External() {
					words = append(words, described(e.Key(), e.Use))
				}
			}
		}
	}
	words = slices.DeleteFunc(words, func(word string) bool {
		name, _, _ := strings.Cut(word, "\t")
		return slices.Contains(args, name)
	})
	return words, cobra.ShellCompDirectiveNoFileComp
}

// builtins completes the names of built-in plugins.
func (c completer) builtins(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := slices.Sorted(maps.Keys(builtin.All()))
	words = slices.DeleteFunc(words, func(name string) bool { return slices.Contains(args, name) })
	return words, cobra.ShellCompDirectiveNoFileComp
}
