package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/sys/signal"
	"github.com/seed-e0495807/strake/ir"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// historyComment marks the history entries of a Dockerfile build. It is
// BuildKit's, so that a config is the same whoever made it.
const historyComment = "buildkit.dockerfile.v0"

// history adds an entry to the image's history.
func (p *planner) history(s *Stage, createdBy string, layer bool) {
	s.history = append(s.history, ocispecs.History{
		CreatedBy: createdBy, Comment: historyComment, EmptyLayer: !layer, Created: p.epoch,
	})
	s.origins = append(s.origins, s.at)
	_ = p.budget.Take(len(createdBy)) // runOp looks
}

// wholeHistory is the history of a stage behind those that it is based on, and the
// origin of each entry. Stages keep their own only: a chain of thousands would copy
// it thousands of times.
func (s *Stage) wholeHistory() ([]ocispecs.History, []*ir.Origin) {
	var chain []*Stage
	n := 0
	for ; s != nil; s = s.base {
		chain = append(chain, s)
		n += len(s.history)
	}
	if n == 0 {
		return nil, nil
	}
	out, origins := make([]ocispecs.History, 0, n), make([]*ir.Origin, 0, n)
	for _, s := range slices.Backward(chain) {
		out = append(out, s.history...)
		origins = append(origins, make([]*ir.Origin, len(s.history)-len(s.origins))...)
		origins = append(origins, s.origins...)
	}
	return out, origins
}

// layerMark ends the history of steps that run or copy.
const layerMark = " # buildkit"

func joinPairs(vars []Variable) string {
	var b strings.Builder
	for _, v := range vars {
		b.WriteString(" " + v.Key + "=" + v.Value)
	}
	return b.String()
}

func sprintList(list []string) string { return fmt.Sprint(list) }

func hasEnv(env []string, key string) bool {
	return slices.ContainsFunc(env, func(e string) bool {
		k, _, _ := strings.Cut(e, "=")
		return k == key
	})
}

// setConfigEnv sets a variable of the config in its place; the state's
// environment is ordered otherwise.
func (s *Stage) setConfigEnv(v Variable) {
	env := &s.Image.Config.Env
	i := s.findConfigEnv(v.Key)
	if i < 0 {
		i = len(*env)
		*env = append(*env, "")
		if s.envAt != nil {
			s.envAt[v.Key] = i
		}
	}
	(*env)[i] = v.Key + "=" + v.Value
}

func (s *Stage) findConfigEnv(key string) int {
	env := s.Image.Config.Env
	if len(env) <= indexed {
		return slices.IndexFunc(env, func(e string) bool {
			k, _, _ := strings.Cut(e, "=")
			return k == key
		})
	}
	if s.envAt == nil {
		s.envAt = make(map[string]int, len(env))
		for i, e := range slices.Backward(env) { // the first of a name counts
			k, _, _ := strings.Cut(e, "=")
			s.envAt[k] = i
		}
	}
	if i, ok := s.envAt[key]; ok {
		return i
	}
	return -1
}

func (p *planner) labels(s *Stage, b *ir.Label) error {
	vars, err := p.expandPairs(s, b.Pairs)
	if err != nil {
		return err
	}
	cfg := &s.Image.Config
	if cfg.Labels == nil {
		cfg.Labels = make(map[string]string, len(vars))
	}
	for _, v := range vars {
		cfg.Labels[v.Key] = v.Value
	}
	p.history(s, "LABEL"+joinPairs(vars), false)
	return nil
}

func (p *planner) volume(s *Stage, b *ir.Volume) error {
	paths, err := p.words.list(b.Paths, s.env)
	if err != nil {
		return err
	}
	cfg := &s.Image.Config
	if cfg.Volumes == nil {
		cfg.Volumes = map[string]struct{}{}
	}
	for _, v := range paths {
		if v == "" {
			return wrong("blank-volume", "", "VOLUME specified can not be an empty string")
		}
		cfg.Volumes[v] = struct{}{}
	}
	p.history(s, "VOLUME "+sprintList(paths), false)
	return nil
}

func (p *planner) stopSignal(s *Stage, b *ir.StopSignal) error {
	name, err := p.words.word(b.Signal, s.env)
	if err != nil {
		return err
	}
	if _, err := signal.ParseSignal(name); err != nil {
		return about(b.Signal, wrong("bad-signal", "write a number, or a name like SIGTERM", "%v", err))
	}
	s.Image.Config.StopSignal = name
	p.history(s, "STOPSIGNAL "+name, false)
	return nil
}

// args gives the argument vector of a command, with the shell in front of the
// shell form.
func (s *Stage) args(c ir.Command) []string {
	if c.Exec {
		return c.Args
	}
	if shell := s.Image.Config.Shell; len(shell) > 0 {
		return append(slices.Clone(shell), c.Line)
	}
	if s.Image.OS == "windows" {
		return []string{"cmd", "/S", "/C", c.Line}
	}
	return []string{"/bin/sh", "-c", c.Line}
}

func (s *Stage) cmd(p *planner, b *ir.Cmd) {
	s.cmdSet = true
	args := s.args(b.Command)
	_ = p.budget.Take(len(args) * argCost) // runOp looks
	s.Image.Config.Cmd = args
	//lint:ignore SA1019 BuildKit sets it, and the config has to be equal
	s.Image.Config.ArgsEscaped = true
	p.history(s, fmt.Sprintf("CMD %q", args), false)
}

// entrypoint drops a CMD that the base left: it was meant for another program.
func (s *Stage) entrypoint(p *planner, b *ir.Entrypoint) {
	args := s.args(b.Command)
	_ = p.budget.Take(len(args) * argCost)
	s.Image.Config.Entrypoint = args
	if !s.cmdSet {
		s.Image.Config.Cmd = nil
	}
	p.history(s, fmt.Sprintf("ENTRYPOINT %q", args), false)
}

func (s *Stage) healthcheck(p *planner, b *ir.Healthcheck) {
	h := &dockerspec.HealthcheckConfig{Interval: b.Interval, Timeout: b.Timeout, StartPeriod: b.StartPeriod,
		StartInterval: b.StartInterval, Retries: b.Retries}
	switch {
	case b.None:
		h.Test = []string{"NONE"}
	case b.Command.Exec:
		h.Test = append([]string{"CMD"}, b.Command.Args...)
	default:
		h.Test = []string{"CMD-SHELL", b.Command.Line}
	}
	s.Image.Config.Healthcheck = h
	p.history(s, fmt.Sprintf("HEALTHCHECK %+v", *h), false)
}

// label finishes the config of the result: labels of the command line, and the
// platform that was asked for.
func (p *planner) label() {
	img := &p.goal.Image
	if len(p.opt.Labels) > 0 && img.Config.Labels == nil {
		img.Config.Labels = make(map[string]string, len(p.opt.Labels))
	}
	maps.Copy(img.Config.Labels, p.opt.Labels)
	if !p.implicit {
		same := p.target.OS == img.OS && p.target.Architecture == img.Architecture
		img.OS, img.Architecture = p.target.OS, p.target.Architecture
		if p.target.Variant != "" || !same {
			img.Variant = p.target.Variant
		}
		if p.target.OSVersion != "" || !same {
			img.OSVersion = p.target.OSVersion
		}
		if p.target.OSFeatures != nil {
			img.OSFeatures = slices.Clone(p.target.OSFeatures)
		}
	}
	img.Platform = platforms.Normalize(img.Platform)
}

// cloneImage copies what steps change.
func cloneImage(src dockerspec.DockerOCIImage) dockerspec.DockerOCIImage {
	img := src
	c := &img.Config
	c.Env, c.Cmd, c.Entrypoint = slices.Clone(c.Env), slices.Clone(c.Cmd), slices.Clone(c.Entrypoint)
	c.OnBuild, c.Shell = slices.Clone(c.OnBuild), slices.Clone(c.Shell)
	c.ExposedPorts, c.Volumes, c.Labels = maps.Clone(c.ExposedPorts), maps.Clone(c.Volumes), maps.Clone(c.Labels)
	if c.Healthcheck != nil {
		h := *c.Healthcheck
		h.Test = slices.Clone(h.Test)
		c.Healthcheck = &h
	}
	img.History = slices.Clone(img.History)
	return img
}
