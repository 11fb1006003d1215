package prove

import (
	"context"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/system"
	"github.com/moby/patternmatcher"

	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/validate"
)

// Proof is how the committed image, A, and what the Dockerfile makes, B, compare.
type Proof struct {
	validate.Verdict
	Left     []Left   `json:"left,omitempty"`     // what is left out on purpose
	Repaired []string `json:"repaired,omitempty"` // paths that a last step makes as they were, as they would differ
	Builds   int      `json:"builds"`             // that it took
}

// Left is what a pattern of the recipe leaves out, and what was found of it: paths, or names of settings.
type Left struct {
	recipe.LeftOut
	Missing []string `json:"missing,omitempty"` // that only A has
	Made    []string `json:"made,omitempty"`    // that only B has: what the steps leave behind
	Other   []string `json:"other,omitempty"`   // whose contents differ

	matcher *patternmatcher.PatternMatcher
}

// Compare compares two images, but for what was left out, and for what no build of B leaves out: directories
// that a RUN had to make, and a PATH.
func Compare(ctx context.Context, r *validate.Reader, a, b *validate.Image, left []recipe.LeftOut) (*Proof, error) {
	var trees [2]*validate.Tree
	for i, img := range []*validate.Image{a, b} {
		var err error
		if trees[i], err = r.Tree(ctx, img); err != nil {
			return nil, err
		}
	}
	left = slices.Clone(left)
	for _, name := range recipe.MountPoints() {
		if trees[0].At(name) == nil && trees[1].At(name) != nil {
			left = append(left, recipe.LeftOut{Pattern: name, Why: "directory that each RUN makes to mount on, and none can remove"})
		}
	}
	report, err := r.Compare(ctx, trees[0], trees[1])
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(report.Config, setByBuild) {
		left = append(left, recipe.LeftOut{Pattern: recipe.ConfigPattern("Env PATH"), Why: "variable that each build sets where the base has none"})
	}
	p := &Proof{}
	for _, l := range left {
		m, err := patternmatcher.New([]string{strings.TrimPrefix(l.Pattern, "/")})
		if err != nil {
			return nil, err
		}
		p.Left = append(p.Left, Left{LeftOut: l, matcher: m})
	}
	p.A, p.B, p.Paths, p.Packages, p.Notes = report.A, report.B, report.Paths, report.Packages, report.Notes
	p.Moving = len(report.Times)
	for _, s := range report.Config {
		p.sortSetting(s)
	}
	for _, d := range report.Files {
		meant, err := shadows(ctx, r, trees[0], trees[1], &d)
		if err != nil {
			return nil, err
		}
		p.sort(d, meant)
	}
	p.decide()
	return p, nil
}

// sort puts a difference where it belongs: with what is left out only if that is what was meant.
func (p *Proof) sort(d validate.Difference, meant bool) {
	if !d.Counts() {
		p.Forms = append(p.Forms, d)
		return
	}
	l := p.meant(d.Path)
	switch {
	case l == nil || !meant:
		p.Files = append(p.Files, d)
	case d.Change == validate.Removed:
		l.Missing = append(l.Missing, d.Path)
	case d.Change == validate.Added:
		l.Made = append(l.Made, d.Path)
	case contentOnly(d):
		l.Other = append(l.Other, d.Path)
	default:
		p.Files = append(p.Files, d)
	}
}

// setByBuild tells whether a setting is the PATH that a build sets where the base has none.
func setByBuild(s validate.Setting) bool {
	return s.Change == validate.Added && s.Name == "Env PATH" && s.B == system.DefaultPathEnvUnix
}

// sortSetting is sort for a part of the config: what is left out is missing or as in the base, and what is
// made is set by each build.
func (p *Proof) sortSetting(s validate.Setting) {
	i := slices.IndexFunc(p.Left, func(l Left) bool { return l.Pattern == recipe.ConfigPattern(s.Name) })
	switch {
	case i < 0, s.Change == validate.Added && !setByBuild(s):
		p.Config = append(p.Config, s)
	case s.Change == validate.Removed:
		p.Left[i].Missing = append(p.Left[i].Missing, s.Name)
	case s.Change == validate.Added:
		p.Left[i].Made = append(p.Left[i].Made, s.Name)
	default:
		p.Left[i].Other = append(p.Left[i].Other, s.Name)
	}
}

// contentOnly tells whether two files differ in nothing but what they hold.
func contentOnly(d validate.Difference) bool {
	return !slices.ContainsFunc(d.Aspects, func(a validate.Aspect) bool { return a.Form == "" && !a.OfContent() })
}

// meant is the first pattern that leaves a path out, nil for none.
func (p *Proof) meant(name string) *Left {
	for i := range p.Left {
		if ok, err := p.Left[i].matcher.MatchesOrParentMatches(strings.TrimPrefix(name, "/")); ok && err == nil {
			return &p.Left[i]
		}
	}
	return nil
}

// decide gives the answer.
func (p *Proof) decide() {
	p.Decide()
	found := slices.ContainsFunc(p.Left, func(l Left) bool { return len(l.Missing)+len(l.Made)+len(l.Other) > 0 })
	if p.Answer == validate.Equal && found {
		p.Answer = validate.EqualUpTo
	}
}

// repairable are the paths of the differences.
func (p *Proof) repairable() (list []string) {
	for _, d := range p.Files {
		list = append(list, d.Path)
	}
	return list
}
