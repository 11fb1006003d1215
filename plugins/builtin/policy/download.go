package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// substituted is a word that is what a download prints, or a file that has it.
var substituted = late.Regexp("^\"?([$][(]|<[(]|`)\\s*(?:sudo\\s+)?(curl|wget)\\s")

// markDownloads tells of the commands that run what curl or wget fetched, in the order of
// the text: from a pipe, a substitution, or a file that nothing verified in between.
func markDownloads(list []*command) {
	files := map[string]string{} // fetched and not verified, and by what
	for _, c := range list {
		saved, fetches := effects.Downloads(c.Command)
		switch {
		case fetches:
			for _, f := range saved {
				files[path.Clean(f)] = c.Name
			}
			for _, w := range c.Writes {
				files[path.Clean(w.Text)] = c.Name
			}
		case verifies(c.Name):
			clear(files)
		default:
			c.runs = c.download(files)
		}
	}
}

func isFetcher(name string) bool {
	_, ok := effects.Downloads(&shell.Command{Name: name})
	return ok
}

// verifies tells programs that look at what was fetched: sums and signatures.
func verifies(name string) bool {
	return strings.HasSuffix(name, "sum") || slices.Contains([]string{"shasum", "gpg", "gpgv", "gpg2", "cosign", "minisign", "openssl", "slsa-verifier"}, name)
}

// interprets tells programs that run a text that they are given.
func interprets(name string) bool {
	return isShell(name) || slices.Contains([]string{"python", "python2", "python3", "perl", "ruby", "node", "php"}, name)
}

// download is what fetched the text that a command runs, "" when it runs none.
func (c *command) download(files map[string]string) string {
	if by := files[path.Clean(c.Prog.Text)]; by != "" && strings.Contains(c.Prog.Text, "/") {
		return by
	}
	reads := slices.Contains([]string{"eval", "source", "."}, c.Name)
	if !reads && !interprets(c.Name) {
		return ""
	}
	for _, w := range slices.Concat(c.Args, c.Reads) {
		if m := substituted().FindStringSubmatch(w.Text); m != nil {
			return m[2]
		}
	}
	scripts := c.Reads
	if operands := c.Operands(); len(operands) > 0 && !c.inline() {
		scripts = append(slices.Clone(scripts), operands[0])
	}
	for _, w := range scripts {
		if by := files[path.Clean(w.Text)]; by != "" {
			return by
		}
	}
	if i := slices.IndexFunc(c.inputs, isFetcher); i >= 0 && c.readsInput() {
		return c.inputs[i]
	}
	return ""
}

// inline tells whether the program is given in a word: -c of shells, -e of others.
func (c *command) inline() bool {
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool {
		if !isShell(c.Name) {
			return w.Text == "-c" || w.Text == "-e"
		}
		return strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--") && strings.HasSuffix(w.Text, "c")
	})
}

// readsInput tells whether a command runs what is piped into it. From xargs it comes as
// words: the first behind -c is the script, or has it where "{}" stands.
func (c *command) readsInput() bool {
	args := c.args()
	if c.Fed() {
		return c.inline() && (strings.HasSuffix(args[len(args)-1], "c") && strings.HasPrefix(args[len(args)-1], "-") ||
			slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(strings.Trim(a, `"'`), "{}") }))
	}
	if slices.Contains(args, "/dev/stdin") || slices.Contains(args, "-s") && isShell(c.Name) {
		return true
	}
	return c.Name != "eval" && !c.inline() && !slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
}
