package plan

import (
	"context"
	"net/url"
	"path"
	"strings"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/ir"
)

// EpochSource is what SOURCE_DATE_EPOCH takes its time from: the main build context, a
// named one, or what the only ADD of a stage fetches.
type EpochSource struct {
	Name    string        // as SOURCE_DATE_EPOCH has it
	Main    bool          // the build context
	Context *NamedContext // a context of the command line
	Remote  *Source       // of a stage: a URL or a git repository
}

// epochSource finds what a SOURCE_DATE_EPOCH means that is no number.
func (p *planner) epochSource(ctx context.Context, name string) (EpochSource, *ir.Origin, error) {
	src := EpochSource{Name: name}
	if src.Main = name == "context"; src.Main {
		return src, nil, nil
	}
	if p.opt.Contexts != nil {
		load, err := p.opt.Contexts.Lookup(ContextRequest{Name: name, Paths: func() []string { return nil }})
		if err != nil {
			return src, nil, err
		}
		if load != nil {
			c, err := load(ctx)
			src.Context = &c
			return src, nil, err
		}
	}
	for _, def := range p.mod.Stages {
		if def.Name != "" && strings.EqualFold(def.Name, name) {
			remote, err := p.epochStage(def)
			src.Name, src.Remote = def.Name, remote
			return src, def.Origin, err
		}
	}
	return src, nil, errorf("invalid SOURCE_DATE_EPOCH: %s", name)
}

// epochStage finds the remote source that a stage is nothing but.
func (p *planner) epochStage(def *ir.Stage) (*Source, error) {
	vars := p.args.Clone()
	vars.Delete(epochArg)
	base, err := p.words.word(def.Base, vars)
	if err != nil {
		return nil, err
	}
	if base != Scratch {
		return nil, errorf("SOURCE_DATE_EPOCH stage must use FROM scratch")
	}
	var found *Source
	for _, op := range def.Ops {
		switch b := op.Body.(type) {
		case *ir.Arg:
			if err := p.epochArgs(b, vars); err != nil {
				return nil, err
			}
		case *ir.Add:
			if found != nil {
				return nil, errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
			}
			if found, err = p.epochAdd(b, vars); err != nil {
				return nil, err
			}
		default:
			return nil, errorf("SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported %s instruction", b.Keyword())
		}
	}
	if found == nil {
		return nil, errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD")
	}
	return found, nil
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

func (p *planner) epochAdd(b *ir.Add, vars *Env) (*Source, error) {
	if len(b.Inline) != 0 || len(b.Sources) != 1 {
		return nil, errorf("SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source")
	}
	src, err := p.words.word(b.Sources[0], vars)
	if err != nil {
		return nil, err
	}
	sum, err := p.words.word(b.Checksum, vars)
	if err != nil {
		return nil, err
	}
	ref, git, err := parseGit(src)
	switch {
	case isHTTP(src):
		s := &Source{URL: src, Filename: epochFilename(src)}
		if sum != "" {
			s.Checksum, err = digest.Parse(sum)
			return s, err
		}
		return s, nil
	case err != nil && git:
		return nil, err
	case err != nil || ref.IndistinguishableFromLocal:
		return nil, errorf("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD")
	}
	t := &transfer{add: true, checksum: sum, keepGit: b.KeepGitDir}
	s, err := t.git(ref)
	return &s, err
}

// epochFilename is what BuildKit calls the file that it fetches to look at its time.
func epochFilename(src string) string {
	if u, err := url.Parse(src); err == nil {
		if base := path.Base(u.Path); base != "." && base != "/" {
			return base
		}
	}
	return "__unnamed__"
}
