package slim

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// uses tells a command of a RUN that is such a program, or names or starts one.
func uses(c *shell.Command) bool {
	_, manages := taskOf(c)
	return tool(c.Name) || squeezed(c) || !manages && slices.ContainsFunc(c.Args, func(w shell.Word) bool { return tool(path.Base(w.Text)) })
}

// squeezed tells tar(1) where it may run xz or bzip2, which come along with a toolchain: it is told to, or
// the name of an archive does not say that it need not.
func squeezed(c *shell.Command) bool {
	return c.Name == "tar" && slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		letters := w.Text == c.Args[0].Text && !strings.Contains(w.Text, "/") || strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		return letters && strings.ContainsAny(w.Text, "Jja") || strings.HasPrefix(w.Text, "--xz") || strings.HasPrefix(w.Text, "--bz") || strings.HasPrefix(w.Text, "--lz") || strings.HasPrefix(w.Text, "--auto") ||
			slices.Contains([]string{".xz", ".txz", ".lzma", ".bz2", ".tbz", ".tbz2"}, path.Ext(w.Text))
	})
}
