// Package context has the command that lists what a build would send: strake context.
package context

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

const commandLong = `Shows which files a build would send to the build engine, as a tree with sizes:
those that COPY, ADD and bind mounts of the Dockerfile read, less those that
.dockerignore drops. PATH is the build context, as for "strake build"; without it, it
is the current directory. Nothing is sent, and no registry is asked: a path that has
a variable of the base image in it is not known, nor are ONBUILD triggers.

Small entries are left out unless --depth is given. The last line is the sum.
`

const commandExamples = `  strake context
  strake context --depth 0 --sort name .
  strake context --all -f docker/Dockerfile.dev .
  strake context --ignored
  strake context --limit 20MB
  strake context --json | jq 'select(.size > 1000000)'
`

// Command is strake context.
func Command(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "context [OPTIONS] [PATH]",
		Short:   "List what a build would send",
		Long:    commandLong,
		Example: commandExamples,
	}
	c := &run{Process: p}
	c.declare(cmd.Flags())
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// run is one call of the command.
type run struct {
	*cli.Process
	project.BuildFlags
	file, sort, limit  string
	contexts           []string
	all, ignored, json bool
	depth              int

	input  *input.Input
	ignore *input.Ignore
}

func (c *run) declare(f *pflag.FlagSet) {
	c.BuildFlags.Declare(f, c.Env)
	f.VisitAll(func(flag *pflag.Flag) { // the others mean nothing here, but may be left in a command line
		flag.Hidden = !slices.Contains([]string{"target", "build-arg", "platform"}, flag.Name)
	})
	f.StringVarP(&c.file, "file", "f", "", "`FILE` Name of the Dockerfile, - for standard input (default PATH/Dockerfile)")
	f.StringArrayVar(&c.contexts, "build-context", nil, "`NAME=VALUE` Add a build context: a directory, a URL or docker-image://REF")
	f.BoolVar(&c.all, "all", false, "Show the whole context, whatever the Dockerfile reads of it")
	f.BoolVar(&c.ignored, "ignored", false, "Show what .dockerignore drops, and which of its lines")
	f.IntVar(&c.depth, "depth", depthUnset, "`N` Show N levels of directories; 0 is all (default 2)")
	f.StringVar(&c.sort, "sort", "size", "`KEY` Sort by size or name")
	f.StringVar(&c.limit, "limit", "", "`SIZE` Fail when more than this would be sent, like 20MB")
	f.BoolVar(&c.json, "json", false, "Write a JSON object for each file and directory")
}

func (c *run) run(ctx context.Context, args []string) error {
	limit, err := c.check(args)
	if err != nil {
		return err
	}
	if err := c.find(ctx, append(args, ".")[0]); err != nil {
		return err
	}
	list, err := c.locals(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(l input.Local) bool { return l.Dir == "" }) // of a Dockerfile without a context
	if len(list) == 0 && !c.json {
		cli.Printf(c.Stdout, "Nothing would be sent: the Dockerfile reads nothing of this machine\n")
	}
	var sum int64
	for i, l := range list {
		size, err := input.Measure(ctx, l, input.MeasureOptions{Dropped: c.ignored})
		if err != nil {
			return err
		}
		if len(list) > 1 && !c.json {
			cli.Printf(c.Stdout, "%s%s: %s\n", strings.Repeat("\n", min(i, 1)), cli.Quote(l.Name), cli.Quote(l.Dir))
		}
		if err := c.show(l, size); err != nil {
			return err
		}
		sum += size.Size
	}
	if limit > 0 && sum > limit {
		return diag.Diagnostic{Code: "large-context", Hint: "`strake context --depth 0` shows everything; drop what is not needed in .dockerignore",
			Message: fmt.Sprintf("%s would be sent, more than %s", cli.Human(sum), cli.Human(limit))}
	}
	return nil
}

// check checks the command line, and gives the limit, 0 for none.
func (c *run) check(args []string) (limit int64, err error) {
	switch {
	case len(args) > 1:
		return 0, cli.Misuse("strake context takes one argument, %d were given", len(args))
	case c.sort != "size" && c.sort != "name":
		return 0, cli.Misuse("invalid --sort %q: expected size or name", c.sort)
	case c.depth < 0 && c.depth != depthUnset:
		return 0, cli.Misuse("invalid --depth %d: expected 0 or more", c.depth)
	case c.ignored && (c.all || c.limit != ""):
		return 0, cli.Misuse("--ignored shows what is not sent: drop --all and --limit")
	case c.limit == "":
		return 0, nil
	}
	return cli.ByteSize("--limit", c.limit)
}

// find finds the Dockerfile and its context.
func (c *run) find(ctx context.Context, path string) error {
	options, err := c.Options(c.Env)
	if err != nil {
		return err
	}
	if err := input.Check(options); err != nil {
		return cli.Misuse("%v", err)
	}
	named, err := project.NamedContexts(c.contexts)
	if err != nil {
		return err
	}
	c.input, err = input.Find(ctx, input.Request{
		Path: path, File: c.file, Stdin: c.Stdin, Options: options, Contexts: named, Outside: c.Outside,
	})
	if err == nil && c.input.Remote() {
		err = diag.Diagnostic{Code: "remote-context", Message: "the context is not on this machine: the build engine fetches it, and nothing is sent",
			Hint: "list a local copy"}
	}
	return err
}

// locals are the directories to list.
func (c *run) locals(ctx context.Context) (list []input.Local, err error) {
	if c.ignore, err = c.input.Ignore(); err != nil {
		return nil, err
	}
	whole := input.Local{Name: input.Context, Dir: c.input.Locals[input.Context]}
	if c.ignore != nil {
		whole.Exclude = c.ignore.Patterns
	}
	if c.all || c.ignored {
		return []input.Local{whole}, nil
	}
	seen, err := compile.OpenBlind(ctx, c.input, compile.Config{})
	if err != nil {
		return nil, err
	}
	list, err = seen.Reads(ctx, c.input.Locals)
	var diags diag.List
	if errors.As(err, &diags) {
		c.Report(seen.Files(), diags)
		return nil, cli.ErrReported
	}
	return list, err
}
