package policy

import (
	"path"
	"slices"
	"strings"

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
		switch {
		case isFetcher(c.Name):
			for _, f := range fetched(c.Command) {
				files[path.Clean(f)] = c.Name
			}
		case verifies(c.Name):
			clear(files)
		default:
			c.runs = c.download(files)
		}
	}
}

func isFetcher(name string) bool { return name == "curl" || name == "wget" }

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
	if slices.Contains(c.Via, "xargs") {
		return c.inline() && (strings.HasSuffix(args[len(args)-1], "c") && strings.HasPrefix(args[len(args)-1], "-") ||
			slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(strings.Trim(a, `"'`), "{}") }))
	}
	if slices.Contains(args, "/dev/stdin") || slices.Contains(args, "-s") && isShell(c.Name) {
		return true
	}
	return c.Name != "eval" && !c.inline() && !slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
}

// fetched are the files that curl(1) 7.88 or wget(1) 1.21 write.
func fetched(c *shell.Command) (list []string) {
	for _, w := range c.Writes {
		list = append(list, w.Text)
	}
	output, long := "o", "--output"
	if c.Name == "wget" {
		output, long = "O", "--output-document"
	}
	named, remote := false, c.Name == "wget"
	for i, w := range c.Args {
		name, value, joined := strings.Cut(w.Text, "=")
		short := strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		switch {
		case joined && name == long:
			list, named = append(list, value), true
		case (name == long || short && strings.HasSuffix(w.Text, output)) && i+1 < len(c.Args):
			list, named = append(list, c.Args[i+1].Text), true
		case short && strings.Contains(w.Text, output):
			_, file, _ := strings.Cut(w.Text, output)
			list, named = append(list, file), true
		case name == "--remote-name" || short && strings.Contains(w.Text, "O"):
			remote = true
		}
	}
	for _, w := range c.Operands() {
		if remote && !named && strings.Contains(w.Text, "/") {
			url, _, _ := strings.Cut(w.Text, "?")
			list = append(list, strings.Trim(path.Base(url), `"'`))
		}
	}
	return list
}
