// Package sshserver is the built-in plugin ssh-server: it adds an OpenSSH server to the
// image that is built, which otherwise does what it did.
//
// The server stands beside the image's own program: a script in front of the ENTRYPOINT
// starts the server and then becomes that program. So signals, its exit code and its
// being process 1 are as before. For that the ENTRYPOINT and the CMD have to be known,
// also where they are those of the base image (command.go). What is put into the image
// is in image.go.
package sshserver

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/packages/install"
)

// Name is the plugin's name in strake.yaml.
const Name = "ssh-server"

const auto = "auto" // the package manager that the image has

//go:embed schema.json
var schema []byte

// config is what strake.yaml says.
type config struct {
	Stage      string    `json:"stage"`
	Port       int       `json:"port"` // 0 is that which suits the user
	User       string    `json:"user"` // "" is whom the image runs as
	Keys       []string  `json:"authorized-keys"`
	KeysFile   string    `json:"authorized-keys-file"`
	KeysSecret string    `json:"authorized-keys-secret"`
	Manager    string    `json:"manager"`
	LogLevel   string    `json:"log-level"`
	Entrypoint *[]string `json:"entrypoint"`
	Cmd        *[]string `json:"cmd"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "adds an OpenSSH server to the image",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/ssh-server.md",
		Phases:  []plugins.Phase{plugins.Rewrite},
		After:   []string{"include"}, // which puts stages in
		Schema:  schema,
	}
}

// Run adds the server to one stage.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	j := &job{Call: c, ctx: ctx, host: h, index: c.Target, config: config{Manager: auto, LogLevel: "INFO"}}
	if err := c.Decode(&j.config); err != nil {
		return nil, err
	}
	if j.config.Stage != "" {
		if j.index = plugins.Target(c.Module, j.config.Stage); j.index < 0 {
			j.noStage()
			return &j.result, nil
		}
	}
	if j.index < 0 || !c.Stages[j.index] || j.done() {
		return nil, nil
	}
	j.stage = install.NewStage(ctx, h, c, j.index)
	j.run()
	return &j.result, ctx.Err()
}

// job is one call at work.
type job struct {
	*plugins.Call
	ctx     context.Context
	host    plugins.Host
	config  config
	index   int // of the stage
	stage   *install.Stage
	family  distro.Family
	manager string
	result  plugins.Result
}

// run tells all that stands in the way at once, and works when nothing does.
func (j *job) run() {
	j.keys()
	j.distribution()
	who := j.who()
	p, ok := j.program()
	if ok && len(p.entrypoint) > 0 && p.entrypoint[0] == startFile { // the base image has the server
		return
	}
	if ok && !j.result.Diags.HasErrors() {
		j.add(who, p)
	}
}

// done tells whether the stage, or one that it starts from, has the server.
func (j *job) done() bool {
	for i := j.index; i >= 0; i = eval.Parent(j.Module, i) {
		if slices.ContainsFunc(j.Module.Stages[i].Ops, func(op *ir.Op) bool {
			e, ok := op.Body.(*ir.Entrypoint)
			return op.Origin.By == j.By || ok && e.Command.Exec && len(e.Command.Args) > 0 && e.Command.Args[0] == startFile
		}) {
			return true
		}
	}
	return false
}

// errorf tells an error about the stage.
func (j *job) errorf(code, format string, args ...any) *diag.Diagnostic {
	var at source.Span
	if j.index >= 0 {
		if spans := j.Module.Stages[j.index].Origin.Spans(); len(spans) > 0 {
			at = spans[0]
		}
	}
	d := j.result.Diags.Errorf(at, code, format, args...)
	d.URL = New().Info().URL + "#" + code
	return d
}

func (j *job) noStage() {
	var names []string
	for _, s := range j.Module.Stages {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	d := j.errorf("stage", "there is no stage %q to add an SSH server to", j.config.Stage)
	if near := diag.Suggest(j.config.Stage, names); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	}
}

// distribution finds out how to install the server.
func (j *job) distribution() {
	d, known := distro.Detect(j.ctx, j.host, j.States, j.Module, j.index)
	j.family, j.manager = d.Family, d.Manager
	if m := j.config.Manager; m != auto {
		j.family, j.manager, known = distro.FamilyOf(m), m, true
	}
	base, ok := distro.BaseImage(j.Module, j.index)
	if !ok {
		base = j.Module.Stages[j.index].Base
	}
	switch {
	case base == "scratch":
		j.errorf("distribution", "an image FROM scratch has nothing that an SSH server could run on").
			Hint = "name another stage: `stage` in the config of ssh-server"
	case !known:
		j.errorf("distribution", "the distribution of `%s` is not known, and so not how to install an SSH server", base).
			Hint = "name its package manager: `manager` in the config of ssh-server"
	case !slices.Contains([]distro.Family{distro.Debian, distro.Alpine, distro.RedHat}, j.family):
		j.errorf("distribution", "%s is none of the distributions that ssh-server knows: those with apt, apk, dnf, microdnf or yum", d.ID)
	}
}

// account is who runs the server, and who logs in.
type account struct {
	root  bool   // the image runs as root
	login string // who may log in; of an image of somebody else's, whom it runs as
}

// who finds out whom the image runs as.
func (j *job) who() account {
	at := len(j.stage.States) - 1
	word := j.stage.User(at)
	if word == "" {
		login := j.config.User
		if login == "" {
			login = "root"
		}
		return account{true, login}
	}
	name := word
	if state := j.stage.States[at]; state.UserKnown {
		name = state.User
	} else if text, err := j.host.Expand(j.ctx, plugins.Place{Stage: j.index, Op: at}, word); err == nil {
		name = text
	}
	name, _, _ = strings.Cut(name, ":")
	switch want := j.config.User; {
	case !userName().MatchString(name):
		j.errorf("user", "the image runs as `%s`, and it is not known who that is", word).
			Hint = "write the user out: the server has to be made ready for one"
	case want != "" && want != name:
		j.errorf("user", "%s cannot log in: the image runs as %s, and a server that does not run as root lets in nobody else", want, name).
			Hint = "leave out `user` in the config of ssh-server, or end the stage with USER root"
	case j.config.Port != 0 && j.config.Port < 1024:
		j.errorf("port", "the image runs as %s, who cannot listen on port %d everywhere", name, j.config.Port).
			Hint = "take a port from 1024 on: `port` in the config of ssh-server"
	}
	return account{false, name}
}

// userName is a name or a number as it is in /etc/passwd.
var userName = late.Regexp(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
