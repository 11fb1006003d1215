package build

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// exited is a RUN whose command failed.
func (j *job) exited(ctx context.Context, f *failure, code int) diag.Diagnostic {
	d := runFailed(f, code)
	c := j.command(ctx, f, code)
	d.Hint = c.hint(ctx)
	j.blame(f, c, &d)
	if d.Hint == "" && f.log != nil {
		d.Hint = j.Progress.more(f.log)
	}
	return d
}

// command is a command that failed. What is said of it is read from its output, but held
// against the instruction and the files that it found, where these are known: programs
// print much, and what they mean is theirs.
type command struct {
	code   int
	output string
	run    *ir.Run    // nil when it is not known
	exec   *pb.ExecOp // the same
	arch   string     // that it was to run on, "" when not known
	stage  *plan.Stage
	files  *tree    // nil when they are not known
	lacks  []string // ids of optional secrets that it mounts and was not given
}

func (j *job) command(ctx context.Context, f *failure, code int) *command {
	c := &command{code: code}
	if f.log != nil {
		c.output = strings.Join(f.log.tail(), "\n")
	}
	v := f.vertex
	if v == nil || v.op.GetExec() == nil {
		return c
	}
	c.exec, c.stage, c.arch = v.op.GetExec(), v.stage, v.op.GetPlatform().GetArchitecture()
	if st := f.plan(); st != nil {
		c.run, _ = st.Op.Body.(*ir.Run)
	}
	for _, m := range c.exec.Mounts {
		if m.Dest == "/" {
			c.files = f.scene.input(ctx, v, m.Input)
		}
		if id := m.SecretOpt.GetID(); m.MountType == pb.MountType_SECRET && !j.gives(id) {
			c.lacks = append(c.lacks, id)
		}
	}
	for _, s := range c.exec.Secretenv {
		if !j.gives(s.ID) {
			c.lacks = append(c.lacks, s.ID)
		}
	}
	return c
}

// gives tells whether the build has a secret.
func (j *job) gives(id string) bool { return j.given(compile.Need{Flag: "secret", ID: id}) }

// hint says what to do about it, "" when nothing is known.
func (c *command) hint(ctx context.Context) string {
	for _, h := range []func(context.Context) string{
		c.diskFull, c.notJSON, c.hidden, c.noShell, c.noPackage, c.noNetwork, c.noSecret, c.noFormat, c.denied, c.notFound, c.byCode, c.mayLack,
	} {
		if hint := h(ctx); hint != "" {
			return hint
		}
	}
	return ""
}

func (c *command) diskFull(context.Context) string {
	if !strings.Contains(c.output, "No space left on device") {
		return ""
	}
	return "the disk of the build engine is full: `strake engine prune` frees some"
}

// listStart is how a list in JSON starts, or what was meant to be one: a bare bracket is
// the shell's command for tests.
var listStart = late.Regexp(`^\[\s*["'“]`)

// notJSON is a list that the shell got, as it is none. BuildKit takes what does not parse
// as JSON for the shell form.
func (c *command) notJSON(context.Context) string {
	if c.run == nil || c.run.Command.Exec || !listStart().MatchString(c.run.Command.Line) || !strings.Contains(c.output, "[") {
		return ""
	}
	return `the list is not valid JSON, so the shell got it as it stands: write ["program", "argument"], with double quotes and a comma between any two`
}

var (
	noProgram = late.Regexp(`exec: "([^"]+)": (?:executable file not found|stat \S+: no such file)`)
	noPackage = late.Regexp(`Unable to locate package (\S+)`)
)

// noShell is a RUN in an image without a shell.
func (c *command) noShell(context.Context) string {
	m := noProgram().FindStringSubmatch(c.output)
	if m == nil || c.run == nil || c.stage == nil {
		return ""
	}
	empty := c.stage.FromScratch()
	switch shell := !c.run.Command.Exec && len(c.exec.Meta.Args) > 0 && m[1] == c.exec.Meta.Args[0]; {
	case shell && empty:
		return "the stage starts from scratch, which is empty, so there is no " + m[1] + " to run a command in: start from an image that has a shell, or do this in another stage and take its files with COPY --from"
	case shell:
		return "this image has no " + m[1] + ", which RUN uses: do this in a stage of an image that has a shell and take its files with COPY --from, or write RUN [\"program\", \"argument\"] for a program that is here"
	case empty:
		return "the stage starts from scratch, which is empty but for what was copied into it, and `" + m[1] + "` was not"
	}
	return ""
}

func (c *command) noPackage(context.Context) string {
	m := noPackage().FindStringSubmatch(c.output)
	if m == nil {
		return ""
	}
	if strings.Contains("\n"+c.output, "\nGet:") || strings.Contains(c.output, "Hit:") {
		return "there is no package `" + m[1] + "`: check its name"
	}
	return "run `apt-get update` in the same RUN, in front of `apt-get install`; and check the name of the package " + m[1]
}

func (c *command) noNetwork(context.Context) string {
	if !strings.Contains(c.output, "Temporary failure resolving") && !strings.Contains(c.output, "Could not resolve host") {
		return ""
	}
	if c.exec != nil && c.exec.Network == pb.NetMode_NONE {
		return "the step has no network, as --network=none says: drop that, or fetch the files in an earlier step"
	}
	return "the step may have no network: check the name of the host, --network, and the DNS of this machine"
}

// noSecret is a secret that was not given, and whose file the output names.
func (c *command) noSecret(context.Context) string {
	if c.exec == nil {
		return ""
	}
	for _, m := range c.exec.Mounts {
		if id := m.SecretOpt.GetID(); m.MountType == pb.MountType_SECRET && slices.Contains(c.lacks, id) && strings.Contains(c.output, m.Dest) {
			return fmt.Sprintf("the secret %s was not given, so there is no %s: give it with --secret id=%s,src=FILE; required=true on the mount says so before the command runs", id, m.Dest, id)
		}
	}
	return ""
}

// mayLack names secrets that were not given when nothing else is known.
func (c *command) mayLack(context.Context) string {
	if len(c.lacks) == 0 {
		return ""
	}
	return fmt.Sprintf("the step can have the secret %s, which was not given; if that is why, give it with --secret id=%s,src=FILE", c.lacks[0], c.lacks[0])
}

var denied = late.Regexp(`(?m)(?:^|: |exec: "|exec )([^\s:"]+)"?: [Pp]ermission denied\s*$`)

func (c *command) denied(ctx context.Context) string {
	m := denied().FindStringSubmatch(c.output)
	if m == nil {
		return ""
	}
	user := c.user()
	if c.code == 126 || strings.Contains(c.output, "exec") {
		if name, st := c.program(ctx, m[1]); st != nil {
			switch {
			case isDir(st):
				return "`" + name + "` is a directory, which cannot be run"
			case st.Mode&0o111 == 0:
				return "`" + name + "` is not executable: copy it with COPY --chmod=755, or make it so with RUN chmod +x"
			}
		}
		if user == "" {
			return "`" + m[1] + "` may not be executable: a script needs COPY --chmod=755"
		}
	}
	if user == "" {
		return ""
	}
	return fmt.Sprintf("the step runs as the user %s, by the last USER instruction or that of the base image: that user may lack the right; do this before USER, or give the files away with COPY --chown", user)
}

// user is who the command ran as; "" for root, or when it is not known.
func (c *command) user() string {
	if c.exec == nil {
		return ""
	}
	user := c.exec.Meta.GetUser()
	if name, _, _ := strings.Cut(user, ":"); name == "root" || name == "0" {
		return ""
	}
	return user
}

var commandNotFound = late.Regexp(`(?m)(?:^|: )([^\s:]+): (?:command |inaccessible or )?not found\s*$|exec: "([^"]+)": (?:executable file not found|stat)|exec ([^\s:]+): no such file or directory|(?:^|: )([^\s:]+): (?:cannot execute: required file not found|bad interpreter)`)

// missing is the program that the output says is not there; "" is none.
func (c *command) missing() string {
	all := commandNotFound().FindAllStringSubmatch(c.output, -1)
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all[len(all)-1][1:], "")
}

// notFound is a program that is not there, or so it says: the same words are printed for
// one that is there, but whose interpreter is not.
func (c *command) notFound(ctx context.Context) string {
	name := c.missing()
	if name == "" {
		return ""
	}
	where, st := c.program(ctx, name)
	if st != nil {
		if why := c.cannotRun(ctx, where); why != "" {
			return why
		}
	}
	switch {
	case st != nil:
		return fmt.Sprintf("`%s` is there, but it may need an interpreter or a library that is not in this image", where)
	case where == "" && strings.Contains(name, "/"):
		return fmt.Sprintf("`%s` may not be there, or the interpreter that its first line names: check its path; line ends of Windows (CRLF) do that, too", name)
	case where == "":
		return fmt.Sprintf("`%s` may not be in this image: install it in an earlier step, or check its spelling", name)
	case strings.Contains(name, "/"):
		return fmt.Sprintf("`%s` is not in this image: copy or install it in an earlier step, or check its path", where)
	}
	return fmt.Sprintf("`%s` is not in this image: install it in an earlier step, or check its spelling", name)
}

var badFormat = late.Regexp(`(?m)exec (?:format error: )?"?([^\s:"]+)"?: exec format error|(?:^|: )([^\s:]+): (?:cannot execute binary file|Exec format error|line \d+: syntax error|\d+: Syntax error|line \d+: .?ELF)`)

// noFormat is a file that the kernel does not take for a program, so that a shell may
// have tried to read it.
func (c *command) noFormat(ctx context.Context) string {
	m := badFormat().FindStringSubmatch(c.output)
	if m == nil && !strings.Contains(c.output, "\x7fELF") && !strings.Contains(c.output, "ELF\x02") {
		return ""
	}
	if m != nil {
		if where, st := c.program(ctx, m[1]+m[2]); st != nil {
			if why := c.cannotRun(ctx, where); why != "" {
				return why
			}
		}
		if strings.Contains(strings.ToLower(m[0]), "syntax error") {
			return "" // of a script, most likely
		}
	}
	return "this may be a program for another processor: build for that platform, install an emulator (qemu-user-static, binfmt-support), or compile on the builder with FROM --platform=$BUILDPLATFORM; or a script without `#!` in its first line"
}

func (c *command) byCode(context.Context) string {
	switch c.code {
	case 126:
		return "most often the file is there but cannot be run: it must be executable, and for this processor"
	case 127:
		return "most often a command was not found: install it in an earlier step, or check its spelling"
	case 137:
		return "the command was killed, most often as memory ran out: give the machine more, or let it do less at once"
	case 139:
		return "the command crashed (segmentation fault); under emulation that happens: build on a machine of that platform"
	}
	return ""
}

// program finds a program as the command did: its path, and what is there. The path is ""
// when it is not known whether there is one: files of mounts, and what the command makes
// or where it goes itself, are not looked at. A name that is on no PATH is its own path.
func (c *command) program(ctx context.Context, name string) (where string, st *stat) {
	if c.exec == nil || c.files == nil {
		return "", nil
	}
	var tried []string
	switch {
	case path.IsAbs(name):
		tried = []string{name}
	case strings.Contains(name, "/"):
		tried = []string{path.Join("/", c.exec.Meta.GetCwd(), name)}
	default:
		for _, dir := range strings.Split(c.variable("PATH"), ":") {
			if path.IsAbs(dir) {
				tried = append(tried, path.Join(dir, name))
			}
		}
	}
	for _, p := range tried {
		if c.mounted(p) {
			return "", nil
		}
		st, known := c.files.stat(ctx, p)
		if !known {
			return "", nil
		}
		if st != nil {
			return p, st
		}
	}
	if strings.Contains(name, "/") && !path.IsAbs(name) {
		return "", nil // the command may have gone to another directory
	}
	return name, nil
}

// variable is what a variable of the environment was set to.
func (c *command) variable(name string) string {
	for _, e := range slices.Backward(c.exec.Meta.GetEnv()) {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// mounted tells whether a mount hides what the image has at a path.
func (c *command) mounted(p string) bool {
	return slices.ContainsFunc(c.exec.Mounts, func(m *pb.Mount) bool {
		return m.Dest != "/" && covers(m.Dest, p)
	})
}
