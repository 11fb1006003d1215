package plan

import (
	"strings"

	digest "github.com/opencontainers/go-digest"
	"github.com/seed-e0495807/strake/ir"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
)

// epochStage checks that SOURCE_DATE_EPOCH names a stage that is nothing but one
// remote source, whose time can then be taken.
func (p *planner) epochStage(name string) error {
	for _, def := range p.mod.Stages {
		if def.Name != "" && strings.EqualFold(def.Name, name) {
			return p.checkEpochStage(def)
		}
	}
	return errorf("invalid SOURCE_DATE_EPOCH: %s", name)
}

func (p *planner) checkEpochStage(def *ir.Stage) error {
	vars := p.args.Clone()
	vars.Delete(epochArg)
	base, err := p.words.word(def.Base, vars)
	if err != nil {
		return err
	}
	if base != Scratch {
		return errorf("SOURCE_DATE_EPOCH stage must use FROM scratch")
	}
	found := false
	for _, op := range def.Ops {
		switch b := op.Body.(type) {
		case *ir.Arg:
			if err := p.epochArgs(b, vars); err != nil {
				return err
			}
		case *ir.Add:
			if found {
				return errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
			}
			if err := p.epochSource(b, vars); err != nil {
				return err
			}
			found = true
		default:
			return errorf("SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported %s instruction", b.Keyword())
		}
	}
	if !found {
		return errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
	}
	return nil
}

func (p *planner) epochArgs(b *ir.Arg, vars *Env) error {
	for _, d := range b.Defaults {
		if v, ok := p.opt.BuildArgs[d.Key]; ok {
			vars.Set(d.Key, v)
			continue
		}
		if !d.Set {
			continue
		}
		v, err := p.words.word(d.Value, vars)
		if err != nil {
			return err
		}
		vars.Set(d.Key, v)
	}
	return nil
}

func (p *planner) epochSource(b *ir.Add, vars *Env) error {
	if len(b.Inline) != 0 || len(b.Sources) != 1 {
		return errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source")
	}
	src, err := p.words.word(b.Sources[0], vars)
	if err != nil {
		return err
	}
	sum, err := p.words.word(b.Checksum, vars)
	if err != nil {
		return err
	}
	if isHTTP(src) {
		if sum != "" {
			_, err = digest.Parse(sum)
		}
		return err
	}
	ref, git, err := dfgitutil.ParseGitRef(src)
	switch {
	case err != nil && git:
		return err
	case err == nil && !ref.IndistinguishableFromLocal:
		return nil
	}
	return errorf("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD")
}
