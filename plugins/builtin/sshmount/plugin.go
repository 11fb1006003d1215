// Package sshmount is the built-in plugin ssh-mount: it lends the ssh agent to the RUNs
// that fetch something over ssh, and warns of private keys that go into the image
// instead.
package sshmount

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "ssh-mount"

//go:embed schema.json
var schema []byte

const url = "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/ssh-mount.md"

// config is what strake.yaml says.
type config struct {
	ID       string   `json:"id"`
	Required bool     `json:"required"`
	Always   []string `json:"always"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "lends the ssh agent to RUNs that fetch over ssh",
		URL:     url,
		Phases:  []plugins.Phase{plugins.Rewrite, plugins.Check},
		Filter:  plugins.Filter{Keywords: []string{"RUN", "COPY", "ADD", "ARG", "ENV"}},
		After:   []string{"include", "ssh-server"}, // which put RUNs and stages in
		Schema:  schema,
	}
}

func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	if c.Phase == plugins.Check {
		return &plugins.Result{Diags: checkKeys(c)}, nil
	}
	var conf config
	if err := c.Decode(&conf); err != nil {
		return nil, err
	}
	p := &pass{call: c, host: h, config: conf}
	for _, text := range conf.Always {
		re, err := regexp.Compile(text)
		if err != nil {
			res := &plugins.Result{}
			res.Diags.Errorf(c.Module.Stages[0].Origin.Span, "config", "the config's `always` has a bad regular expression: %v", err)
			return res, nil
		}
		p.always = append(p.always, re)
	}
	return p.rewrite(ctx)
}

// pass is a run over a module.
type pass struct {
	call   *plugins.Call
	host   plugins.Host
	config config
	always []*regexp.Regexp
	seen   []*known // behind each stage
}

// rewrite adds the mounts.
func (p *pass) rewrite(ctx context.Context) (*plugins.Result, error) {
	res, m := &plugins.Result{}, p.call.Module
	all := p.call.States.Module(m, func(i int) *eval.State { return distro.Base(ctx, p.host, p.call.States, m, i) })
	for i, s := range m.Stages {
		k := &known{}
		if parent := all.Parent(i); parent >= 0 {
			k = p.seen[parent].clone()
		}
		p.seen = append(p.seen, k)
		states := all.Stage(i)
		for n, op := range s.Ops {
			run, ok := op.Body.(*ir.Run)
			if !ok {
				continue
			}
			why, ok := p.needs(k, run, states[n])
			if !ok || !p.call.Stages[i] || hasMount(run) {
				continue
			}
			body := *run
			body.Mounts = append(slices.Clone(run.Mounts), p.mount(states[n]))
			res.Edits = append(res.Edits, plugins.Edit{Stage: i, Op: n, Delete: 1, Insert: []*ir.Op{p.call.Op(&body, why, op.Origin)}})
		}
	}
	return res, ctx.Err()
}

// needs tells whether a RUN uses ssh, and why. What it sets up for later ones goes to k.
func (p *pass) needs(k *known, run *ir.Run, state *eval.State) (string, bool) {
	why, found := "", false
	for _, re := range p.always {
		bare := *run
		bare.Mounts = nil // the ids of caches are no commands
		if re.MatchString(ir.Format(&bare, '\\')) {
			why, found = fmt.Sprintf("the config says so of `%s`", re), true
		}
	}
	script, err := p.call.States.Script(run, state.Shell)
	if err != nil {
		return why, found
	}
	for _, v := range script.Sets {
		k.set(v.Name, v.Value.Lit())
	}
	for _, c := range script.Commands {
		if text, ok := k.command(c, state); ok && !found {
			why, found = text, true
		}
	}
	return why, found
}

// hasMount tells whether the author has lent an agent. A second one would not be used:
// BuildKit gives SSH_AUTH_SOCK the socket of the first.
func hasMount(run *ir.Run) bool {
	return slices.ContainsFunc(run.Mounts, func(m ir.Mount) bool {
		kind, _ := m.Option("type")
		return kind == "ssh"
	})
}

// mount is the --mount. The socket belongs to root: others in force have to be told, and
// where it is not known who that is, everybody in the RUN may use it.
func (p *pass) mount(state *eval.State) ir.Mount {
	m := ir.Mount{option("type", "ssh")}
	if p.config.ID != "" {
		m = append(m, option("id", p.config.ID))
	}
	if p.config.Required {
		m = append(m, option("required", "true"))
	}
	switch a, ok := state.Account(); {
	case state.Root():
	case ok:
		m = append(m, option("uid", fmt.Sprint(a.UID)), option("gid", fmt.Sprint(a.GID)))
	default:
		m = append(m, option("mode", "0666"))
	}
	return m
}

func option(key, value string) ir.MountOption {
	return ir.MountOption{Key: key, Value: value, HasValue: true}
}
