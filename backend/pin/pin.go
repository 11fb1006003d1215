// Package pin has a Dockerfile name what it gets from elsewhere by what it is: images by their digests,
// beside the tags that people read, and downloads by their checksums. Then a build gets tomorrow
// what it got today, or fails.
//
// Places finds what a Dockerfile names (places.go), and Run asks for each what it is today.
package pin

import (
	"context"
	"strings"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Source tells what is behind a name today. The errors are diag.Diagnostics for people.
type Source interface {
	// Image gives the digest of what a registry has under a name, of the index where there is one:
	// that is the same for all platforms.
	Image(ctx context.Context, name string) (digest.Digest, error)
	// Download gives the digest of what a URL gives.
	Download(ctx context.Context, url string) (digest.Digest, error)
}

// Outcome is what became of one place.
type Outcome struct {
	Place
	Was  string // the digest that it had, "" is none
	Now  string // that which it has then; "" when it stays as it is
	Stay string // why it stays, "" when it does not
	Err  error  // why it is not known what it is today
}

// Moved tells whether another thing is behind the name than was.
func (o Outcome) Moved() bool { return o.Was != "" && o.Now != "" && o.Was != o.Now }

// Result is a Dockerfile with what it names pinned.
type Result struct {
	Text     string
	Outcomes []Outcome // in the order of the file
}

// Run pins what a Dockerfile names. What has a digest is asked for again when update is set. A name
// is asked for once, so that all places of it get one digest.
func Run(ctx context.Context, file *lang.File, source Source, update bool) (Result, error) {
	r := &run{ctx: ctx, source: source, update: update, found: map[string]answer{}}
	var edits []diag.Edit
	var out Result
	for _, p := range Places(file) {
		o, edit := r.pin(p)
		if ctx.Err() != nil {
			return Result{}, context.Cause(ctx)
		}
		out.Outcomes = append(out.Outcomes, o)
		if edit != nil {
			edits = append(edits, *edit)
		}
	}
	var err error
	out.Text, err = diag.Apply(file.Source.Text, edits)
	return out, err
}

type run struct {
	ctx    context.Context
	source Source
	update bool
	found  map[string]answer
}

type answer struct {
	digest digest.Digest
	err    error
}

// ask asks for a name, once.
func (r *run) ask(name string, of func(context.Context, string) (digest.Digest, error)) answer {
	a, ok := r.found[name]
	if !ok {
		a.digest, a.err = of(r.ctx, name)
		r.found[name] = a
	}
	return a
}

// pin pins one place.
func (r *run) pin(p Place) (o Outcome, edit *diag.Edit) {
	o = Outcome{Place: p, Stay: p.Stay}
	switch {
	case p.Stay != "":
		return o, nil
	case p.URL:
		return r.download(o)
	}
	return r.image(o)
}

func (r *run) image(o Outcome) (Outcome, *diag.Edit) {
	name, was, _ := strings.Cut(o.Name, "@")
	o.Was = was
	ref, err := reference.ParseNormalizedNamed(name)
	switch {
	case err != nil:
		o.Stay = "it is no name of an image"
		return o, nil
	case was != "" && !r.update:
		o.Stay = "it has a digest"
		return o, nil
	case was != "" && reference.IsNameOnly(ref):
		o.Stay = "it has a digest and no tag: nobody knows what it should become"
		return o, nil
	}
	tagged := reference.TagNameOnly(ref)
	got := r.ask(tagged.String(), r.source.Image)
	if got.err != nil {
		o.Err = got.err
		return o, nil
	}
	if o.Now = got.digest.String(); o.Now == was {
		o.Now, o.Stay = "", "it is what the tag is today"
		return o, nil
	}
	if reference.IsNameOnly(ref) {
		name += ":latest"
	}
	return o, &diag.Edit{Span: o.At, New: name + "@" + o.Now}
}

func (r *run) download(o Outcome) (Outcome, *diag.Edit) {
	if o.Was = o.Checksum; o.Was != "" && !r.update {
		o.Stay = "it has a checksum"
		return o, nil
	}
	got := r.ask(o.Name, r.source.Download)
	if got.err != nil {
		o.Err = got.err
		return o, nil
	}
	if o.Now = got.digest.String(); o.Now == o.Was {
		o.Now, o.Stay = "", "it is what the URL gives today"
		return o, nil
	}
	if o.Was != "" {
		return o, &diag.Edit{Span: o.At, New: "--checksum=" + o.Now}
	}
	return o, &diag.Edit{Span: o.At, New: " --checksum=" + o.Now}
}
