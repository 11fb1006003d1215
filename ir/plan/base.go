package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/util/system"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/lang/diag"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// parallel is how many base images are asked for at once.
const parallel = 8

// imageCache holds the configs that a plan has asked for.
type imageCache map[imageKey]*imageEntry

type imageKey struct{ ref, platform string }

type imageEntry struct {
	asked   reference.Named
	request ImageRequest
	info    ImageInfo
	config  dockerspec.DockerOCIImage
	err     error
}

// resolve settles what every stage is based on. A trigger of a base image may
// add another image to copy from, so it goes on until none does.
func (p *planner) resolve(ctx context.Context) {
	for range MaxRounds {
		p.reach = p.reachable()
		p.bases(ctx)
		if p.failed() || ctx.Err() != nil || !p.triggers() {
			return
		}
	}
	p.fail(p.goal.origin, "too-many-bases", errorf("the base images name each other in ONBUILD triggers %d deep", MaxRounds))
}

// bases resolves the bases that are not another stage. Those of stages that the
// target does not need are only checked.
func (p *planner) bases(ctx context.Context) {
	var pending []*Stage
	for _, s := range p.all {
		if s.base != nil || s.done || s.resolved {
			continue
		}
		needed := p.reach[s] || p.opt.AllStages
		s.resolved = needed
		if s.baseName == Scratch && s.context == nil {
			p.scratch(s)
			continue
		}
		ref, ok := p.reference(s)
		if ok && needed && !p.fromContext(ctx, s, ref) {
			pending = append(pending, s)
			p.request(s, ref)
		} else if ok && !needed {
			s.names.index++ // as BuildKit counts: the stage may be needed later
		}
		if s.unregistered {
			s.done = true
		}
	}
	p.fetch(ctx)
	for _, s := range pending {
		p.fromImage(s)
	}
}

func (p *planner) scratch(s *Stage) {
	s.Base = Base{Kind: BaseScratch, Origin: s.origin}
	s.Image = EmptyImage(p.target)
	s.platform = &p.target
	if s.unregistered {
		s.done = true
	}
}

// reference normalises the name of a base image.
func (p *planner) reference(s *Stage) (reference.Named, bool) {
	ref, err := p.parseReference(s.baseName)
	if err != nil {
		d := p.fail(s.blame, "bad-reference", about(s.baseName, fmt.Errorf("failed to parse stage name %q: %w", s.baseName, err)))
		if p.below(s, d) {
			return nil, false
		}
		if near := p.nearStage(s.baseName); near != "" {
			d.Hint = "did you mean the stage `" + near + "`?"
		} else {
			d.Expected = "an image like debian:12 or ghcr.io/owner/name@sha256:…, or an earlier stage"
		}
		return nil, false
	}
	return reference.TagNameOnly(ref), true
}

// parseReference reads the name of an image, once: a regular expression does it, and the same
// names come again and again.
func (p *planner) parseReference(name string) (reference.Named, error) {
	if len(name) > MaxReference {
		return nil, reference.ErrReferenceInvalidFormat
	}
	if ref, ok := p.references[name]; ok {
		return ref.named, ref.err
	}
	named, err := reference.ParseNormalizedNamed(name)
	if p.references == nil {
		p.references = map[string]parsedReference{}
	}
	p.references[name] = parsedReference{named, err}
	return named, err
}

type parsedReference struct {
	named reference.Named
	err   error
}

// BaseOrigin is the code of what is said of an image that no registry was asked for.
const BaseOrigin = "base-origin"

// fromContext takes the base from the command line when it is given there.
func (p *planner) fromContext(ctx context.Context, s *Stage, ref reference.Named) bool {
	named := s.context != nil
	if !named {
		if p.named(s, ref.String(), p.platformOf(s)); s.context == nil {
			return false
		}
	}
	c, err := s.context(ctx)
	if err != nil {
		before := len(p.diags)
		p.fail(s.blame, "bad-context", err)
		p.passOver(s, before, *p.platformOf(s))
		return true
	}
	if c.Origin != "" {
		p.notes.Infof(p.place(s.blame, nil), BaseOrigin, "%s", c.Origin)
	}
	s.Base = Base{Kind: BaseContext, Context: c.Source, Origin: s.origin}
	if named {
		p.replaceStage(s, c.Image)
		return true
	}
	s.platform = p.platformOf(s)
	s.RunPlatform = normal(*s.platform)
	img := c.Image
	if img == nil {
		empty := EmptyImage(*s.platform)
		img = &empty
	}
	s.setImage(*img)
	return true
}

// replaceStage puts a context in the place of a stage of that name.
func (p *planner) replaceStage(s *Stage, img *dockerspec.DockerOCIImage) {
	s.done = true
	if img == nil {
		return
	}
	s.Image = *img
	s.Image.Created, s.history, s.Image.History = nil, slices.Clip(img.History), nil
	if img.Architecture != "" && img.OS != "" {
		s.platform = &ocispecs.Platform{OS: img.OS, Architecture: img.Architecture, Variant: img.Variant,
			OSVersion: img.OSVersion, OSFeatures: slices.Clone(img.OSFeatures)}
		s.RunPlatform = normal(*s.platform)
	}
}

func normal(platform ocispecs.Platform) *ocispecs.Platform {
	platform = platforms.Normalize(platform)
	return &platform
}

func (p *planner) platformOf(s *Stage) *ocispecs.Platform {
	if s.platform != nil {
		return s.platform
	}
	return &p.target
}

// setImage makes the config of the base the start of the stage's own.
func (s *Stage) setImage(img dockerspec.DockerOCIImage) {
	base := cloneImage(img)
	s.BaseInfo = &base
	s.Image = cloneImage(img)
	s.Image.Created, s.history, s.Image.History = nil, slices.Clip(img.History), nil
}

// request notes that the config of an image is wanted.
func (p *planner) request(s *Stage, ref reference.Named) {
	platform := p.platformOf(s)
	s.baseName = ref.String()
	key := imageKey{s.baseName, platforms.FormatAll(*platform)}
	if p.images == nil {
		p.images = imageCache{}
	}
	if _, ok := p.images[key]; ok {
		return
	}
	prefix := "["
	if p.opt.MultiPlatform {
		prefix += platforms.FormatAll(*platform) + " "
	}
	p.images[key] = &imageEntry{asked: ref, request: ImageRequest{
		Ref: s.baseName, Platform: *platform,
		LogName: fmt.Sprintf("%sinternal] load metadata for %s", prefix, s.baseName),
	}}
}

// fetch asks for all configs that are still missing.
func (p *planner) fetch(ctx context.Context) {
	var missing []*imageEntry
	for _, e := range p.images {
		if e.info.Ref == "" && e.err == nil {
			missing = append(missing, e)
		}
	}
	if len(missing) == 1 { // the common case needs no goroutine
		missing[0].fetch(ctx, p.opt.Images)
		return
	}
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, e := range missing {
		group.Go(func() error {
			e.fetch(ctx, p.opt.Images)
			return nil
		})
	}
	_ = group.Wait() // errors stay with their entries, to be told with a place
}

func (e *imageEntry) fetch(ctx context.Context, images ImageResolver) {
	if images == nil {
		e.err = errorf("no registry to ask for it")
		return
	}
	if e.info, e.err = images.ResolveImage(ctx, e.request); e.err != nil {
		return
	}
	if e.info.Ref == "" {
		e.info.Ref = e.request.Ref
	}
	if err := json.Unmarshal(e.info.Config, &e.config); err != nil {
		e.err = fmt.Errorf("failed to parse image config: %w", err)
	}
}

// fromImage bases a stage on an image whose config is known.
func (p *planner) fromImage(s *Stage) {
	platform := *p.platformOf(s)
	e := p.images[imageKey{s.baseName, platforms.FormatAll(platform)}]
	if e.err != nil {
		before := len(p.diags)
		p.imageError(s, e.err)
		p.passOver(s, before, platform)
		return
	}
	if e.info.Note != "" {
		p.notes.Infof(p.place(s.blame, nil), BaseOrigin, "%s %s", reference.FamiliarString(e.asked), e.info.Note)
	}
	s.setImage(e.config)
	if s.platform == nil && p.implicit {
		platform = p.detect(e.config, platform)
	}
	ref, err := e.pin()
	if err != nil {
		p.fail(s.blame, "bad-reference", err)
		return
	}
	s.baseName = ref
	s.platform = &platform
	if emptyBase(e.config) {
		s.Base = Base{Kind: BaseScratch, Origin: s.origin}
		return
	}
	s.Base = Base{Kind: BaseImage, Ref: ref, Store: e.info.Store, Origin: s.origin}
	if s.def != nil {
		s.Base.Code = s.def.Code
	}
	p.noteBase(s, platform, e.config.Platform)
	s.RunPlatform = normal(platform)
	s.Base.Name = s.names.next(s.Name, "FROM "+ref, false, &platform, noEnv{})
}

func (p *planner) imageError(s *Stage, err error) {
	name := s.baseName
	if ref, err := reference.ParseNormalizedNamed(name); err == nil {
		name = strings.TrimSuffix(reference.FamiliarString(ref), ":latest") // as it is most likely written
	}
	written := name
	if s.def != nil {
		written = s.def.Base
	}
	if !strings.Contains(written, "$") {
		name = written
	}
	if text, ok := strings.CutPrefix(err.Error(), s.baseName+": "); ok {
		err = errors.New(text) // it starts with the name
	}
	d := p.fail(s.blame, "base-image", about(written, fmt.Errorf("%s: %w", name, err)))
	var advised interface{ Hint() string } // resolvers know best
	if errors.As(err, &advised) {
		d.Hint = advised.Hint()
	}
	if p.below(s, d) {
		return
	}
	if near := p.nearStage(name); near != "" && near != s.Name {
		d.Hint = "did you mean the stage `" + near + "`?"
		switch d.Severity { // of a resolver that cannot tell: the name speaks against an image
		case diag.Hint:
			d.Severity = diag.Info
		case diag.Warning:
			d.Severity = diag.Error
		}
	}
}

// passOver sets aside, in a partial plan, the errors from a number on: the stage goes on
// from an image of which nothing is known.
func (p *planner) passOver(s *Stage, before int, platform ocispecs.Platform) {
	if !p.opt.Partial {
		return
	}
	p.missed, p.diags = append(p.missed, p.diags[before:]...), p.diags[:before]
	s.setImage(EmptyImage(platform))
	s.unknown, s.platform = true, &platform
}

// below tells of a base that is no image, but a stage that stands further down.
func (p *planner) below(s *Stage, d *diag.Diagnostic) bool {
	other := p.byName[strings.ToLower(s.asked)]
	if other == nil || other == s || s.def == nil || other.def == nil {
		return false
	}
	spans, own := other.def.Origin.Spans(), s.def.Origin.Spans()
	if len(spans) == 0 || len(own) == 0 || spans[0].File != own[0].File || spans[0].Start < own[0].Start {
		return false
	}
	where := ""
	if int(spans[0].File) < len(p.mod.Files) {
		text := p.mod.Files[spans[0].File].Text
		where = fmt.Sprintf(" (line %d)", 1+strings.Count(text[:min(len(text), int(spans[0].Start))], "\n"))
	}
	d.Hint = fmt.Sprintf("`%s` is a stage of this file, but it stands below%s, and a base is a stage above or else an image: move that stage up", other.def.Name, where)
	d.Related = append(d.Related, diag.Related{Span: spans[0], Message: "the stage is here"})
	return true
}

// pin adds the digest to a reference, so that the vertex is of just this image.
func (e *imageEntry) pin() (string, error) {
	ref, err := e.asked, error(nil)
	if e.info.Ref != e.request.Ref {
		if ref, err = reference.ParseNormalizedNamed(e.info.Ref); err != nil {
			return "", fmt.Errorf("failed to parse ref %q: %w", e.info.Ref, err)
		}
	}
	if e.info.Digest != "" {
		if ref, err = reference.WithDigest(ref, e.info.Digest); err != nil {
			return "", err
		}
	}
	return ref.String(), nil
}

// emptyBase tells an image without layers. Old images have no list of layers, so
// their history counts, too.
func emptyBase(img dockerspec.DockerOCIImage) bool {
	return len(img.RootFS.DiffIDs) == 0 &&
		!slices.ContainsFunc(img.History, func(h ocispecs.History) bool { return !h.EmptyLayer })
}

// detect takes the platform of the base image, when none was asked for and the
// builder can run it.
func (p *planner) detect(img dockerspec.DockerOCIImage, target ocispecs.Platform) ocispecs.Platform {
	if target.OS == img.OS && target.Architecture == img.Architecture {
		return target
	}
	for _, b := range p.opt.BuildPlatforms {
		if b.OS == img.OS && b.Architecture == img.Architecture {
			return b
		}
	}
	return target
}

// EmptyImage is the config that FROM scratch starts with.
func EmptyImage(platform ocispecs.Platform) dockerspec.DockerOCIImage {
	img := dockerspec.DockerOCIImage{}
	img.Architecture, img.OS, img.Variant = platform.Architecture, platform.OS, platform.Variant
	img.OSVersion, img.OSFeatures = platform.OSVersion, slices.Clone(platform.OSFeatures)
	img.RootFS.Type = "layers"
	img.Config.WorkingDir = "/"
	if platform.OS != "windows" { // which has its own idea of PATH
		img.Config.Env = []string{"PATH=" + system.DefaultPathEnv(platform.OS)}
	}
	return img
}
