// Package format has strake fmt, which lays out Dockerfiles.
package format

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/format/editorconfig"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/source"
)

const long = `Lays out Dockerfiles: keywords in one case, one blank between words, lines that go on
indented by four blanks or as .editorconfig says, an empty line above each FROM, no blanks
at the ends of lines. What is built stays the same, and so does the build cache: the text
of a RUN keeps its bytes.

With --shell the scripts of RUNs, also in here documents, are laid out as shfmt does. They do
the same, but for the build cache they are other steps, which run again.

In a directory, files with a name like Dockerfile, Dockerfile.dev, dev.dockerfile or
Containerfile are looked for. The names of those that change are printed. A file with errors
is reported and left as it is.

The exit code is 0; 1 when --check finds what is to change; 2 when a file could not be laid
out.
`

// Command makes strake fmt.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt [OPTIONS] [PATH | -]...",
		Short: "Lay out Dockerfiles, with the build cache kept",
		Long:  long,
		Example: `  strake fmt .
  strake fmt --diff docker/Dockerfile.dev
  strake fmt --check .
`,
	}
	f := &run{Process: p, editor: editorconfig.New(), seen: map[string]bool{}}
	flags := cmd.Flags()
	f.PluginFlags.Declare(flags)
	flags.BoolVar(&f.check, "check", false, "Write nothing, and fail when a file is to change")
	flags.BoolVar(&f.diff, "diff", false, "Show what would change, and write nothing")
	flags.BoolVarP(&f.list, "list", "l", false, "Print the names of the files that would change, and write nothing")
	flags.BoolVar(&f.shell, "shell", false, "Lay out the scripts of RUNs, too: their steps run again in the next build")
	flags.StringVar(&f.stdinName, "stdin-filename", "", "`FILE` Name of what is read from standard input, for .editorconfig and strake.yaml")
	cmd.SetFlagErrorFunc(cli.ExplainAbsent(otherFlags()))
	cmd.RunE = cli.Running(f.run)
	return cmd
}

// otherFlags are those that dockerfmt and shfmt have and strake fmt has not.
func otherFlags() []cli.Absent {
	return []cli.Absent{
		{Names: []string{"w", "write"}, Say: "Files are written unless --check, --diff or --list is given: leave the flag out."},
		{Names: []string{"c"}, Say: "dockerfmt's -c is --check; how scripts are laid out, shfmt's -ci too, says .editorconfig."},
		{Names: []string{"d"}, Say: "What would change is shown by --diff."},
		{Names: []string{"i", "indent"}, Say: "The indent is that of .editorconfig: indent_style and indent_size."},
		{Names: []string{"n", "newline"}, Say: "A file always ends with a line ending; shfmt's -ln is shell_variant in .editorconfig."},
		{Names: []string{"s", "b", "k", "space-redirects", "binary-next-line", "case-indent", "keep-padding", "func-next-line", "simplify"},
			Say: "How scripts are laid out says .editorconfig: space_redirects, binary_next_line, switch_case_indent and function_next_line."},
		{Names: []string{"p", "posix", "language-dialect"}, Say: "The language of scripts is that of SHELL, or shell_variant in .editorconfig."},
		{Names: []string{"f", "find"}, Say: "Dockerfiles are looked for below each directory that is named; --list prints those that would change."},
		{Names: []string{"filename"}, Say: "What is read from standard input is named by --stdin-filename."},
		{Names: []string{"v", "version"}, Say: "The version is shown by `strake version`."},
	}
}

// Exit codes, as those of diff.
const (
	exitDifferent = 1
	exitTrouble   = 2
)

// laidOut is what diffs call the text that comes out.
const laidOut = "laid out"

// run is one call of the command.
type run struct {
	*cli.Process
	project.PluginFlags
	check, diff, list, shell bool
	stdinName                string

	editor          *editorconfig.Reader
	seen            map[string]bool // files, by where they really are: links may lead to one twice
	changed, failed bool            // a file is
	scripts         bool            // the script of a RUN is another one for the build cache
}

func (f *run) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	switch stdin := slices.Contains(args, "-"); {
	case stdin && len(args) > 1:
		return cli.Misuse("standard input is laid out by itself: - stands alone")
	case stdin && f.list:
		return cli.Misuse("standard input has no name that --list could print")
	case !stdin && f.stdinName != "":
		return cli.Misuse("--stdin-filename is for standard input: strake fmt --stdin-filename %s -", f.stdinName)
	case stdin:
		f.tell(f.stdin(ctx))
		args = nil
	}
	for _, arg := range args {
		if err := f.path(ctx, arg); err != nil {
			return err
		}
	}
	if f.scripts {
		cli.Printf(f.Stderr, "scripts of RUNs are laid out: they do the same, and run again in the next build\n")
	}
	switch {
	case f.failed:
		return cli.Exit(exitTrouble, nil)
	case f.check && f.changed:
		return cli.Exit(exitDifferent, nil)
	}
	return nil
}

// tell reports the error of one file; the others are gone on with.
func (f *run) tell(err error) {
	if err == nil {
		return
	}
	f.failed = true
	var found *cli.Findings
	if errors.As(err, &found) {
		f.Report(found.Set, f.Untold(found.Set, found.List))
	} else {
		f.Report(nil, cli.Diagnose(err))
	}
}

// path lays out a file, or those below a directory. The error is that of the context: others
// are told.
func (f *run) path(ctx context.Context, arg string) error {
	list := []string{arg}
	info, err := os.Stat(arg)
	if err == nil && info.IsDir() {
		if list, err = project.Dockerfiles(ctx, f.Process, arg); err == nil && len(list) == 0 {
			err = diag.Diagnostic{Code: "no-dockerfile", Message: "there is no Dockerfile below " + arg,
				Hint: "name a file that is called otherwise"}
		}
	}
	if err != nil {
		f.tell(err)
		return context.Cause(ctx)
	}
	for _, name := range list {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.tell(f.file(ctx, name))
	}
	return nil
}

// stdin lays out standard input, to standard output.
func (f *run) stdin(ctx context.Context) error {
	data, err := io.ReadAll(io.LimitReader(f.Stdin, lang.MaxSize+1))
	if err != nil {
		return err
	}
	name := f.stdinName
	if name == "" {
		name = "Dockerfile"
	}
	old := string(data)
	text, err := f.layout(ctx, name, old)
	if err != nil {
		return err
	}
	f.changed = text != old
	switch {
	case f.diff:
		return f.PrintDiff(name, laidOut, old, text)
	case f.check:
		return nil
	}
	_, err = io.WriteString(f.Stdout, f.Shown(text))
	return err
}

// file lays out a file, in its place.
func (f *run) file(ctx context.Context, name string) error {
	if err := cli.Rewritable(name, "name the file itself; `strake fmt -` lays out standard input, to standard output"); err != nil {
		return err
	}
	at, err := f.Target(name)
	if err != nil || f.seen[at.Real] {
		return err
	}
	f.seen[at.Real] = true
	data, err := regular.Read(at.Real, lang.MaxSize)
	if err != nil {
		return err
	}
	old := string(data)
	text, err := f.layout(ctx, name, old)
	if err != nil || text == old {
		return err
	}
	f.changed = true
	if f.diff {
		return f.PrintDiff(name, laidOut, old, text)
	}
	if !f.check && !f.list {
		if err := at.Replace(old, text); err != nil {
			return err
		}
	}
	return cli.Printf(f.Stdout, "%s\n", diag.Printable(at.String()))
}

// layout gives the text of a Dockerfile laid out. What another frontend reads stays as it is.
func (f *run) layout(ctx context.Context, name, text string) (string, error) {
	set := &source.Set{}
	src := set.Add(name, text)
	if ref, _, ok := gateway.Foreign(text, nil); ok {
		d := diag.Diagnostic{Severity: diag.Warning, Span: gateway.SyntaxSpan(src), Code: "foreign-frontend",
			Message: "the frontend " + ref + " reads this file, by rules of its own: it stays as it is"}
		f.Report(set, diag.List{d})
		return text, nil
	}
	o, err := f.editor.Options(name)
	if err != nil {
		return "", err
	}
	if !f.shell {
		o.Scripts = nil
	}
	claims, err := f.claims(ctx, src)
	if err != nil {
		return "", err
	}
	out, found := format.Source(src, o, claims...)
	if found.HasErrors() {
		return "", &cli.Findings{Set: set, List: slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })}
	}
	if f.shell && out != text {
		o.Scripts = nil
		plain, _ := format.Source(src, o, claims...)
		f.scripts = f.scripts || plain != out
	}
	return out, nil
}

// claims are the instructions of plugins, if a file has any that are not of the language. Those
// of plugins that strake.yaml leaves out are known all the same.
func (f *run) claims(ctx context.Context, src *source.File) ([]lang.Claim, error) {
	file, _ := lang.Parse(src)
	custom := func(in lang.Instruction) bool { _, ok := in.(*lang.Custom); return ok }
	if !slices.ContainsFunc(file.Instructions(), custom) {
		return nil, nil
	}
	config := compile.Config{Name: src.Name, Text: src.Text, Without: "no plugins run"}
	if in, err := input.Find(ctx, input.Request{Path: src.Name, Outside: f.Outside}); err == nil {
		if err := f.Plugins(ctx, f.Process, in, &config); err != nil {
			return nil, err
		}
	}
	claims := compile.New(config).Claims()
	for i := range claims {
		claims[i].Missing = ""
	}
	return claims, nil
}
