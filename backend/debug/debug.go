// Package debug opens a shell where a step of a build runs: in a container of BuildKit's
// gateway, with the state that the step starts from, its mounts, environment, user,
// directory, network and security mode. What is needed beside that comes by a mount below
// /dev, which is no part of an image.
package debug

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/system"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Tools is where the container has what is ours. It is in a file system in memory.
const Tools = "/dev/strake"

// Run is the name of the program in the container that runs the step.
const Run = "step"

// Mark is how the names of vertices begin that are no part of a build.
const Mark = "[debug] "

// Step is where a build stops.
type Step struct {
	Exec     *pb.ExecOp
	Platform *pb.Platform // that it runs on; nil is the engine's
	// Mounts are the states that the mounts of Exec start from, one for each; nil is an empty one.
	Mounts []gwclient.Reference
	Shell  []string // of the stage, as SHELL says; nil is the default
}

// Able tells whether a BuildKit can do what this package needs: an error says what it lacks.
func Able(o gwclient.BuildOpts) error {
	if err := o.Caps.Supports(gwpb.CapGatewayExec); err != nil {
		return err
	}
	return o.Caps.Supports(gwpb.CapGatewayEvaluate)
}

// meta is what the shell runs with.
func (s *Step) meta() *pb.Meta {
	m := s.Exec.Meta.CloneVT()
	m.Env = append(m.Env, proxies(m.ProxyEnv)...)
	if m.Cwd == "" {
		m.Cwd = "/"
	}
	if variable(m.Env, "PATH") == "" {
		m.Env = with(m.Env, "PATH", system.DefaultPathEnvUnix)
	}
	return m
}

// proxies are the variables that BuildKit gives to a step, in both spellings.
func proxies(p *pb.ProxyEnv) (env []string) {
	values := map[string]string{
		"http_proxy": p.GetHttpProxy(), "https_proxy": p.GetHttpsProxy(), "ftp_proxy": p.GetFtpProxy(),
		"no_proxy": p.GetNoProxy(), "all_proxy": p.GetAllProxy(),
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; v != "" {
			env = append(env, name+"="+v, strings.ToUpper(name)+"="+v)
		}
	}
	return env
}

// variable is the value of a variable, the last one.
func variable(env []string, name string) string {
	for _, e := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// with gives an environment in which a variable has a value.
func with(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(e string) bool { return strings.HasPrefix(e, name+"=") })
	return append(env, name+"="+value)
}

// root is the state that the step starts from; nil is an empty one.
func (s *Step) root() gwclient.Reference {
	for i, m := range s.Exec.Mounts {
		if m.Dest == pb.RootMount {
			return s.Mounts[i]
		}
	}
	return nil
}

// mounts are those of the step.
func (s *Step) mounts() []gwclient.Mount {
	var list []gwclient.Mount
	for i, m := range s.Exec.Mounts {
		dest := m.Dest
		if !path.IsAbs(dest) {
			dest = path.Join("/", s.Exec.Meta.Cwd, dest)
		}
		list = append(list, gwclient.Mount{
			Dest: dest, Selector: m.Selector, Ref: s.Mounts[i], Readonly: m.Readonly, MountType: m.MountType,
			CacheOpt: m.CacheOpt, SecretOpt: m.SecretOpt, SSHOpt: m.SSHOpt,
		})
	}
	return list
}

// Container is one in which a shell can run.
type Container struct {
	Runs bool // Run is there, which runs the step

	step   *Step
	c      gwclient.Container
	meta   *pb.Meta
	shell  []string
	helper *Helper // nil when nobody asks for changes, and so is holder
	holder *holder
}

// Open makes the container of a step, in which shell is to run; nil is that of the stage. With a
// helper, what the shell changes can be had. An error that the user can do something about is a
// diag.Diagnostic. Close ends the container.
func Open(ctx context.Context, gateway gwclient.Client, s *Step, shell []string, helper *Helper) (*Container, error) {
	c := &Container{step: s, meta: s.meta(), shell: shell}
	files := &files{s, c.meta}
	sh, err := files.shell(ctx)
	if err != nil {
		return nil, err
	}
	if len(c.shell) == 0 {
		if sh == "" {
			return nil, errNoShell
		}
		c.shell = []string{sh}
	} else if name, err := files.find(ctx, c.shell[0]); name == "" || err != nil {
		return nil, cmp.Or(err, errNoProgram(c.shell[0]))
	}
	request := gwclient.NewContainerRequest{
		Mounts: s.mounts(), Platform: s.Platform, Hostname: c.meta.Hostname, ExtraHosts: c.meta.ExtraHosts,
		NetMode: s.Exec.Network,
	}
	if sh != "" && len(c.meta.Args) > 0 {
		tools, err := toolbox(ctx, gateway, script(c.meta, sh))
		if err != nil {
			return nil, err
		}
		request.Mounts = append(request.Mounts, gwclient.Mount{Dest: Tools, Ref: tools, Readonly: true})
		c.Runs = true
	}
	if helper != nil {
		m, err := helper.mount(ctx, gateway)
		if err != nil {
			return nil, err
		}
		request.Mounts = append(request.Mounts, m)
	}
	if c.c, err = gateway.NewContainer(ctx, request); err != nil {
		return nil, fmt.Errorf("the container of the step: %w", err)
	}
	if helper != nil {
		if err := c.hold(ctx, helper); err != nil {
			c.Close(context.WithoutCancel(ctx))
			return nil, err
		}
	}
	return c, nil
}

var errNoShell = diag.Diagnostic{
	Code: "no-shell", Message: "there is no shell where the step runs",
	Hint: "name a program that is there: --invoke PROGRAM; or copy a shell into the stage for a while, as by COPY --from=busybox:musl /bin/busybox /bin/sh",
}

// NoProgram is the code of the diagnostic for a shell that is not there.
const NoProgram = "no-program"

func errNoProgram(name string) error {
	return diag.Diagnostic{
		Code: NoProgram, Message: fmt.Sprintf("there is no program %s where the step runs", name),
		Hint: "--invoke names one that the stage has, by its path or as PATH finds it; without --invoke the shell of the stage is taken",
	}
}

// Close ends the container, and all that runs in it.
func (c *Container) Close(ctx context.Context) error { return c.c.Release(ctx) }

// toolbox is the directory that is mounted at Tools.
func toolbox(ctx context.Context, gateway gwclient.Client, run string) (gwclient.Reference, error) {
	state := bk.Scratch().File(bk.Mkfile("/"+Run, 0o755, []byte(run)), bk.WithCustomName(Mark+"what runs the step"))
	return solve(ctx, gateway, state)
}

// solve has the engine make a state that runs nothing.
func solve(ctx context.Context, gateway gwclient.Client, state bk.State) (gwclient.Reference, error) {
	var where []bk.ConstraintsOpt
	if w := gateway.BuildOpts().Workers; len(w) > 0 && len(w[0].Platforms) > 0 {
		where = append(where, bk.Platform(w[0].Platforms[0])) // not that of this machine
	}
	def, err := state.Marshal(ctx, where...)
	if err != nil {
		return nil, err
	}
	res, err := gateway.Solve(ctx, gwclient.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// script runs the command of a step in its directory and with its PATH. All else is as the
// shell has it, so that variables can be tried.
func script(meta *pb.Meta, shell string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!%s\ncd %s || exit\nPATH=%s\nexport PATH\nexec", shell, quote(meta.Cwd), quote(variable(meta.Env, "PATH")))
	for _, a := range meta.Args {
		b.WriteString(" " + quote(a))
	}
	return b.String() + "\n"
}

// quote makes a text one word of a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
