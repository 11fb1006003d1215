package build

import (
	"github.com/google/shlex"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/commit"
)

// debugging reads the flags of --debug. The path is that of the build context.
func (b *run) debugging(r *build.Request, path string) error {
	if !b.debug && b.on == "" && b.invoke == "" {
		return nil
	}
	switch {
	case r.Call != "":
		return cli.Misuse("--debug is for a build, and --call=%s asks a question", b.call)
	case path == "-" || b.file == "-":
		return cli.Misuse("--debug reads what is typed into the shell from standard input, and so does -")
	case b.progress == "rawjson":
		return cli.Misuse("--debug is for people, and --progress=rawjson for programs")
	}
	for _, o := range r.Outputs {
		if o.Dest == "-" {
			return cli.Misuse("--debug shows what the shell prints on standard output, and -o - writes the result there")
		}
	}
	shell, err := shlex.Split(b.invoke)
	if err != nil {
		return cli.Misuse("invalid --invoke %q: %v", b.invoke, err)
	}
	var at *build.Line
	if b.on != "" && b.on != "error" {
		line, err := build.ParseLine(b.on)
		if err != nil {
			return cli.Misuse("invalid --on %q: %v", b.on, err)
		}
		at = &line
	}
	term, _ := b.Env("TERM")
	r.Debug = &build.Debug{
		At:      at,
		Shell:   shell,
		Streams: debug.Streams{Stdin: b.Stdin, Stdout: b.Stdout, Stderr: b.Stderr, Term: term},
		Failed:  func(f *build.Failure) { b.Report(f.Set, f.Diags) },
		Say:     func(text string) { cli.Printf(b.Stderr, "%s", text) },
		Keeper:  commit.Keeper(b.Process),
	}
	return nil
}
