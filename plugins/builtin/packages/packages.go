// Package packages is the built-in plugin packages: the instruction PACKAGES installs
// packages with whatever package manager the image has, in one clean layer.
package packages

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/packages/install"
)

// Name is the plugin's name in strake.yaml.
const Name = "packages"

const auto = "auto" // the package manager that the image has

//go:embed schema.json
var schema []byte

// config is what strake.yaml says: what holds where an instruction says nothing.
type config struct {
	Manager    string `json:"manager"`
	Recommends bool   `json:"recommends"`
	Cache      bool   `json:"cache"`
}

type plugin struct{}

// New gives the plugin.
func New() plugins.Plugin { return plugin{} }

// Info says what the plugin is.
func (plugin) Info() plugins.Info {
	return plugins.Info{
		Name: Name, Version: "1.0.0",
		Summary: "adds the instruction PACKAGES, for whatever package manager an image has",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/packages.md",
		Phases:  []plugins.Phase{plugins.Expand},
		Schema:  schema,
		Instructions: []plugins.Instruction{{
			Keyword: "PACKAGES",
			Usage:   "PACKAGES [--manager=NAME] [--recommends] [--cache] NAME[=VERSION]...",
			Summary: "installs packages in one clean layer",
			Min:     1,
			Flags: []plugins.Flag{
				{Name: "manager", Values: append([]string{auto}, install.Managers()...), Summary: "the package manager, in place of that of the image's distribution"},
				{Name: "recommends", Type: plugins.BoolFlag, Summary: "install what the packages recommend, too"},
				{Name: "cache", Type: plugins.BoolFlag, Summary: "keep what is downloaded in a cache of the builder"},
			},
		}},
	}
}

// Run expands the uses.
func (plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	e := &expander{Call: c, host: h, config: config{Manager: auto}, stages: map[int]*install.Stage{}}
	if err := c.Decode(&e.config); err != nil {
		return nil, err
	}
	for i := range c.Uses {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e.expand(ctx, &c.Uses[i])
	}
	return &e.result, nil
}

// expander is one call at work.
type expander struct {
	*plugins.Call
	host   plugins.Host
	config config
	stages map[int]*install.Stage
	result plugins.Result
}

// expand puts a RUN in the place of a use.
func (e *expander) expand(ctx context.Context, u *plugins.Use) {
	d, known := distro.Detect(ctx, e.host, e.States, e.Module, u.Stage)
	manager := e.config.Manager
	if m := u.Flag("manager"); m != "" {
		manager = m
	}
	if manager == auto {
		if manager = d.Manager; !known {
			e.unknown(u)
			return
		}
	}
	list, ok := e.packages(u, manager)
	if !ok {
		return
	}
	o := install.Options{Recommends: flag(u, "recommends", e.config.Recommends)}
	if flag(u, "cache", e.config.Cache) {
		o.Cache = cacheID(manager, d)
	}
	line, mounts, err := install.Line(manager, list, o)
	if err != nil { // a distribution whose manager is not known here
		e.errorf(u, "unknown-manager", "%v", err)
		return
	}
	op := func(body ir.Body, why string) *ir.Op { return e.Op(body, why, u.Origin) }
	s := e.stage(ctx, u.Stage)
	if s.Lost(u.Op) {
		e.errorf(u, "user-lost", "who USER says cannot be brought back behind PACKAGES: a variable in it has been set again").Hint =
			"put PACKAGES in front of that, or write the user's name in USER"
		return
	}
	run := op(s.Run(u.Op, line, mounts...), why(list, manager, d, u))
	e.result.Edits = append(e.result.Edits, plugins.Edit{Stage: u.Stage, Op: u.Op, Delete: 1, Insert: s.AsRoot(u.Op, op, run)})
}

// packages reads the arguments of a use.
func (e *expander) packages(u *plugins.Use, manager string) ([]install.Package, bool) {
	var list []install.Package
	bad := false
	for _, word := range u.Args {
		p, err := install.Parse(manager, word)
		if err != nil {
			d := e.errorf(u, "bad-package", "%v", err)
			d.Hint = "packages are written as NAME or NAME=VERSION"
			if strings.HasPrefix(word, "--") {
				d.Hint = "flags stand in front of the packages"
			}
			bad = true
		}
		list = append(list, p)
	}
	list, err := install.Sort(list)
	if err != nil && !bad {
		e.errorf(u, "two-versions", "%v", err)
	}
	return list, !bad && err == nil
}

func (e *expander) unknown(u *plugins.Use) {
	base := e.Module.Stages[u.Stage].Base
	if ref, ok := distro.BaseImage(e.Module, u.Stage); ok {
		base = ref
	}
	d := e.errorf(u, "unknown-distribution", "the distribution of `%s` is not known, and so not how to install packages", base)
	d.Hint = "name its package manager: --manager=" + strings.Join(install.Managers(), "|") + ", or `manager` in the config of packages"
	d.Notes = []diag.Note{{Label: "looked at", Text: "/etc/os-release of the image, when it is at hand; its name; package managers that RUNs call"}}
}

func (e *expander) errorf(u *plugins.Use, code, format string, args ...any) *diag.Diagnostic {
	var at source.Span
	if spans := u.Origin.Spans(); len(spans) > 0 {
		at = spans[0]
	}
	d := e.result.Diags.Errorf(at, code, format, args...)
	d.URL = New().Info().URL + "#" + code
	return d
}

// stage looks at a stage once.
func (e *expander) stage(ctx context.Context, i int) *install.Stage {
	if e.stages[i] == nil {
		e.stages[i] = install.NewStage(ctx, e.host, e.Call, i)
	}
	return e.stages[i]
}

// flag is a flag of a use, or what the config says.
func flag(u *plugins.Use, name string, def bool) bool {
	if v := u.Flag(name); v != "" {
		return v == "true"
	}
	return def
}

// cacheID names the caches of a manager: packages of two releases do not mix.
func cacheID(manager string, d distro.Distro) string {
	parts := []string{Name, manager, d.ID, d.Release}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "-")
}

func why(list []install.Package, manager string, d distro.Distro, u *plugins.Use) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	by := map[distro.Source]string{distro.OSRelease: "os-release says", distro.ImageName: "the name of the image says",
		distro.Commands: "other RUNs use"}[d.Source]
	if m := u.Flag("manager"); by == "" || d.Manager != manager || m != "" && m != auto {
		by = "it is told"
	}
	return fmt.Sprintf("installs %s with %s, as %s", strings.Join(names, ", "), manager, by)
}
