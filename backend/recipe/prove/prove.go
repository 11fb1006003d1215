// Package prove builds what package recipe has written and compares it with the committed image:
// what is equal, what is left out on purpose, and what differs. What differs and nobody meant to is
// made as it was by a last step, and built and compared again.
//
// How each class is judged. Equal is what strake diff-image calls so: kind, mode, owner, extended
// attributes, links, devices, content, packages and config; contents that say the same in other
// bytes are listed; times of modification do not count. Left out is what a pattern of the recipe
// names, and there no more than this: a path that only one image has, or the content of a file
// that both have. Another mode, owner or kind of what both have is a difference all the same, and so
// is all else.
package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// Options say what is proven, and by what.
type Options struct {
	Input   recipe.Input
	Request build.Request     // what builds; inputs and outputs are set anew
	Options map[string]string // of the frontend, like build-arg:HTTP_PROXY
	// Choose takes out what the user does not want; nil keeps all.
	Choose func(*recipe.Recipe) error
	Rounds int               // of repair, at most; 0 is none
	Cached bool              // the first build may find in the cache what package managers did some day
	Say    func(text string) // is told what is being done; nil is not
}

// Run reads what was done, writes it, builds it, compares and repairs, and gives the recipe as it is
// then. Nothing is left on disk: Recipe.Write puts it where the user wants it.
func Run(ctx context.Context, o Options) (made *recipe.Recipe, p *Proof, err error) {
	dir, err := os.MkdirTemp("", "strake-recipe-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	x := &prover{Options: o, dir: dir}
	if x.Say == nil {
		x.Say = func(string) {}
	}
	if x.Input.Reader == nil {
		x.Input.Reader = validate.NewReader(validate.Usual())
	}
	if made, err = x.read(ctx); err != nil {
		return made, nil, err
	}
	p, err = x.prove(ctx, made)
	return made, p, err
}

// prover is one Run at work.
type prover struct {
	Options
	dir    string
	builds int
}

// read reads what was done: by what package managers do to the base, when they do anything.
func (x *prover) read(ctx context.Context) (*recipe.Recipe, error) {
	x.Say("reading what was done")
	made, err := recipe.Read(ctx, x.Input)
	if err != nil {
		return nil, err
	}
	for part := made.Installs(); part != nil; part = made.Installs() {
		x.Say("building what package managers do")
		x.Input.Installed, err = x.build(ctx, part)
		if err != nil && !x.without(part, err) {
			return made, &Failed{made, err}
		}
		x.Say("reading what was done besides")
		if made, err = recipe.Read(ctx, x.Input); err != nil {
			return nil, err
		}
		if x.Input.Installed != nil {
			break
		}
	}
	if x.Choose != nil {
		err = x.Choose(made)
	}
	return made, err
}

// without has what does not build copied: packages that no source has, or the libraries of the step that
// failed. It tells whether there is something new of that.
func (x *prover) without(part *recipe.Recipe, err error) bool {
	if names := unavailable(err); len(names) > 0 && !slices.Contains(x.Input.Unavailable, names[0]) {
		x.Say("no source has " + strings.Join(names, ", ") + ": what it brought is copied")
		x.Input.Unavailable = append(x.Input.Unavailable, names...)
		return true
	}
	group := failedLibrary(part, err)
	if group == "" || slices.Contains(x.Input.Avoid, group) {
		return false
	}
	x.Say("what was installed by " + group + " cannot be installed so again, and is copied")
	x.Input.Avoid = append(x.Input.Avoid, group)
	return true
}

// failedLibrary is the group of the step of libraries in which a build failed, "" when it failed
// elsewhere. Besides errors a failure has what is said of every build, like who gave the base.
func failedLibrary(part *recipe.Recipe, err error) string {
	var failure *build.Failure
	if !errors.As(err, &failure) {
		return ""
	}
	for _, d := range failure.Diags {
		if d.Severity != diag.Error || d.Span.IsZero() || d.Span.File != 0 {
			continue
		}
		if group := part.Library(failure.Set.File(0).Line(d.Span.Start)); group != "" {
			return group
		}
	}
	return ""
}

// noPackage is what apt-get says of packages that it does not find, by apt-pkg/cacheset and
// cmdline/apt-get, or not in a version.
var noPackage = late.Regexp(`E: (?:Unable to locate package|Package '|Version '[^']*' for ')\s?([a-z0-9][a-z0-9.+:-]*)`)

// unavailable are the packages that a failed build did not find.
func unavailable(err error) (names []string) {
	var failure *build.Failure
	if !errors.As(err, &failure) {
		return nil
	}
	for _, d := range failure.Diags {
		for _, note := range d.Notes {
			for _, m := range noPackage().FindAllStringSubmatch(note.Text, -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// prove builds and compares, and repairs while that helps.
func (x *prover) prove(ctx context.Context, made *recipe.Recipe) (*Proof, error) {
	var repaired []string
	for round := 0; ; round++ {
		x.Say("building the Dockerfile")
		img, err := x.build(ctx, made)
		if err != nil {
			return nil, &Failed{made, err}
		}
		x.Say("comparing")
		p, err := Compare(ctx, x.Input.Reader, x.Input.After, img, made.Left)
		if err != nil {
			return nil, err
		}
		p.Repaired, p.Builds = repaired, x.builds
		wrong := slices.DeleteFunc(p.repairable(), func(name string) bool { return slices.Contains(repaired, name) })
		if round == x.Rounds || len(wrong) == 0 {
			return p, nil
		}
		fixed, err := made.Repair(ctx, img, wrong)
		if err != nil {
			return nil, err
		}
		if len(fixed) == 0 {
			return p, nil
		}
		repaired = append(repaired, fixed...)
		x.Say(fmt.Sprintf("mending %d paths that differ", len(fixed)))
	}
}

// build builds a recipe in a directory of its own. Unless it may, the first build asks nothing of the
// cache, so that a proof is of today's packages; those behind it find what that has made.
func (x *prover) build(ctx context.Context, made *recipe.Recipe) (*validate.Image, error) {
	x.builds++
	dir := filepath.Join(x.dir, fmt.Sprint(x.builds))
	if err := made.Write(ctx, filepath.Join(dir, "context")); err != nil {
		return nil, err
	}
	img, err := Build(ctx, x.Request, x.Options.Options, filepath.Join(dir, "context"), filepath.Join(dir, "image"), !x.Cached && x.builds == 1)
	if err == nil && x.builds == 1 {
		err = x.sameBase(ctx, img)
	}
	return img, err
}

// sameBase holds that the name behind FROM still is the image that the container was of.
func (x *prover) sameBase(ctx context.Context, img *validate.Image) error {
	var layers [2][]validate.Origin
	for i, one := range []*validate.Image{x.Input.Before, img} {
		t, err := x.Input.Reader.Tree(ctx, one)
		if err != nil {
			return err
		}
		layers[i] = t.Origins()
	}
	for i, o := range layers[0] {
		if i >= len(layers[1]) || layers[1][i].DiffID != o.DiffID {
			return diag.Diagnostic{Code: "base-moved", Message: fmt.Sprintf("%s is another image by now than the container was started from, so that nothing built from it can be compared", x.Input.Name),
				Hint: "tag the image that it was started from, or do it again in a container of the new one"}
		}
	}
	return nil
}
