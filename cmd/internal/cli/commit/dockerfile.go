package commit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/recipe/prove"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	containers "github.com/seed-e0495807/strake/cmd/internal/cli/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Exit codes of commit --dockerfile, as those of verify.
const (
	exitDifferent = 1
	exitTrouble   = 2
)

// trouble is an error that leaves open whether they are equal: it has another exit code than a
// difference has.
func trouble(err error) error {
	if _, _, ok := cli.Code(err); ok || err == nil {
		return err
	}
	return cli.Exit(exitTrouble, err)
}

// maxRounds is how often what differs is made as it was, built and compared again.
const maxRounds = 3

// dockerfile is a commit --dockerfile: what was done by hand as a Dockerfile.
type dockerfile struct {
	*cli.Process
	project.EngineFlags
	output, from, progress, network string
	buildArgs                       []string
	pin, interactive, asJSON, quiet bool
	limit                           int
}

func (d *dockerfile) declare(f *pflag.FlagSet) {
	d.EngineFlags.Declare(f)
	f.StringVarP(&d.output, "output", "o", "", "`DIR` With --dockerfile: where it and its context go (default a directory called like the container)")
	f.StringVar(&d.from, "from", "", "`IMAGE` With --dockerfile: what is committed is an image, made from this one")
	f.BoolVar(&d.pin, "pin", false, "With --dockerfile: install the versions that the container has")
	f.BoolVar(&d.interactive, "interactive", false, "With --dockerfile: ask about each group of changes")
	f.BoolVar(&d.asJSON, "json", false, "With --dockerfile: print the comparison as JSON")
	f.IntVar(&d.limit, "limit", 20, "`LINES` With --dockerfile: show so many entries of each list; 0 is all")
	f.StringArrayVar(&d.buildArgs, "build-arg", nil, "`NAME[=VALUE]` With --dockerfile: a build argument, like HTTP_PROXY; without a value, that of the environment")
	f.StringVar(&d.network, "network", "default", "`MODE` With --dockerfile: the network of RUN: default, none or host")
	f.StringVar(&d.progress, "progress", project.ProgressMode(d.Env), "`MODE` With --dockerfile: how its builds are shown: auto, plain, tty, quiet")
}

// check tells of values that no run can have.
func (d *dockerfile) check() error {
	switch {
	case d.limit < 0:
		return cli.Misuse("invalid --limit %d: expected a number of lines, 0 for all", d.limit)
	case d.asJSON && d.interactive:
		return cli.Misuse("--json and --interactive do not go together")
	case d.network != "default" && d.network != "none" && d.network != "host":
		return cli.Misuse("invalid --network %q: expected default, none or host", d.network)
	}
	return nil
}

// options are those of the frontend.
func (d *dockerfile) options() map[string]string {
	o := map[string]string{}
	for _, item := range d.buildArgs {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			value, ok = d.Env(name)
		}
		if ok && name != "" {
			o["build-arg:"+name] = value
		}
	}
	if d.network != "default" {
		o["force-network-mode"] = d.network
	}
	return o
}

// notAlone tells of flags that say nothing without --dockerfile.
func notAlone(f *pflag.FlagSet) (err error) {
	f.Visit(func(flag *pflag.Flag) {
		if strings.Contains(flag.Usage, "With --dockerfile") {
			err = cli.Misuse("--%s goes with --dockerfile", flag.Name)
		}
	})
	return err
}

// makeDockerfile makes a Dockerfile of a container, or of an image with --from.
func (o *commitRun) makeDockerfile(ctx context.Context, args []string) error {
	d := &o.dockerfile
	if err := d.check(); err != nil {
		return err
	}
	if d.from != "" {
		if len(args) != 1 || len(o.changes) > 0 {
			return cli.Misuse("strake commit --dockerfile --from takes one image, and no --change")
		}
		return d.WithStore(ctx, func(s *store.Store) error {
			before, err := d.image(ctx, s, d.from)
			if err != nil {
				return err
			}
			return d.make(ctx, s, recipe.Input{Before: before, Name: d.from}, args[0], path.Base(args[0]))
		})
	}
	if len(args) == 0 || len(args) > 2 {
		return cli.Misuse("strake commit takes a container and a name")
	}
	w, c, err := containers.Find(ctx, o.Process, args[0])
	if err != nil {
		return err
	}
	return o.ofContainer(ctx, w, c, args[1:])
}

// ofContainer commits a container under the name that the user wants, or one that goes away, and
// makes a Dockerfile of the image.
func (o *commitRun) ofContainer(ctx context.Context, w *containers.World, c *container.Container, names []string) (err error) {
	if _, err := o.dockerfile.place(c.Name); err != nil {
		return err
	}
	in := recipe.Input{Name: c.Image, About: c.About}
	if in.Commands, err = c.Commands(); err != nil {
		return err
	}
	passing := len(names) == 0
	if passing {
		names = []string{"strake-commit:" + strings.ToLower(rand.Text())}
	}
	alone := *o
	alone.quiet = true
	if err := alone.into(ctx, w, c, names); err != nil {
		return err
	}
	return o.WithStore(ctx, func(s *store.Store) (err error) {
		if passing {
			defer func() {
				_, gone := s.Remove(context.WithoutCancel(ctx), names[0], true)
				err = errors.Join(err, gone)
			}()
		} else if err := o.named(s, names[0]); err != nil {
			return err
		}
		if in.Before, err = baseOf(ctx, s, c); err != nil {
			return err
		}
		return o.dockerfile.make(ctx, s, in, names[0], c.Name)
	})
}

// named tells which image has the name now.
func (o *commitRun) named(s *store.Store, name string) error {
	img, err := s.Find(name)
	if err != nil {
		return err
	}
	id, err := s.Handle(img)
	if err == nil && !o.dockerfile.asJSON {
		o.dockerfile.say(fmt.Sprintf("The image is %s, named %s", cli.ShortID(id.String(), false), name))
	}
	return err
}

// say tells what is being done, unless nothing is to be told.
func (d *dockerfile) say(text string) {
	if !d.quiet {
		cli.Printf(d.Stderr, "%s\n", diag.Printable(text))
	}
}

// baseOf is the image that a container was made of.
func baseOf(ctx context.Context, s *store.Store, c *container.Container) (*validate.Image, error) {
	var m ocispecs.Manifest
	if err := readBlob(ctx, s, c.Manifest, &m); err != nil {
		return nil, err
	}
	return validate.FromManifest(ctx, s.Content(), c.Image, m)
}

func (d *dockerfile) image(ctx context.Context, s *store.Store, name string) (*validate.Image, error) {
	img, err := s.Find(name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, diag.Diagnostic{Code: "no-such-image", Message: "no such image: " + name, Hint: "list the images of the store with `strake images`; fetch one of a registry with `strake pull`"}
	} else if err != nil {
		return nil, err
	}
	v, err := img.Variant("")
	if err != nil {
		return nil, err
	}
	return validate.FromStore(ctx, s, name, img, v)
}

// place is the directory that is written. It is looked at before all the work.
func (d *dockerfile) place(name string) (string, error) {
	dir := d.output
	if dir == "" {
		dir, _, _ = strings.Cut(name, ":")
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return "", diag.Diagnostic{Code: "not-empty", Message: dir + " has files already", Hint: "name another directory with -o, or remove it"}
	}
	return dir, nil
}

// make reads what was done to get an image, proves it, and writes it. The directory has the name
// of what was committed, unless the user gave one.
func (d *dockerfile) make(ctx context.Context, s *store.Store, in recipe.Input, after, name string) (err error) {
	if in.After, err = d.image(ctx, s, after); err != nil {
		return err
	}
	in.After.Name = name // which the user knows it by
	dir, err := d.place(name)
	if err != nil {
		return err
	}
	in.Pin = d.pin
	home, err := d.Home()
	if err != nil {
		return err
	}
	progress, _, err := project.Progress(d.Stderr, d.progress, d.quiet)
	if err != nil {
		return err
	}
	d.Silent = d.quiet
	found, err := engine.Find(ctx, d.EngineOptions(d.Process, home))
	if err != nil {
		return err
	}
	defer found.Close()
	o := prove.Options{Input: in, Rounds: maxRounds, Options: d.options(), Say: d.say,
		Request: build.Request{Env: d.Env, Engine: found, Images: s, Progress: progress, Stdout: func() (io.Writer, error) { return nil, errors.New("no result goes there") }}}
	if d.network == "host" {
		o.Request.Allow = []string{"network.host"}
	}
	if d.interactive {
		o.Choose = func(r *recipe.Recipe) error { return d.choose(ctx, r) }
	}
	made, proof, err := prove.Run(ctx, o)
	if err != nil {
		return d.failed(ctx, dir, err)
	}
	if err := made.Write(ctx, dir); err != nil {
		return err
	}
	return d.print(dir, made, proof)
}

// failed writes what there is of a Dockerfile that does not build, and tells why it does not.
func (d *dockerfile) failed(ctx context.Context, dir string, err error) error {
	var unbuilt *prove.Failed
	if !errors.As(err, &unbuilt) || ctx.Err() != nil {
		return err
	}
	if err := unbuilt.Recipe.Write(ctx, dir); err != nil {
		return err
	}
	name := filepath.Join(dir, "Dockerfile")
	cli.Printf(d.Stderr, "%s is written, and does not build:\n", diag.Printable(name))
	if failure := unbuilt.In(name); failure != nil {
		d.Report(failure.Set, failure.Diags)
		err = cli.ErrReported
	}
	return err
}

// choose asks about each group of steps.
func (d *dockerfile) choose(ctx context.Context, r *recipe.Recipe) error {
	for _, group := range r.Groups() {
		var text strings.Builder
		for _, s := range r.Steps {
			if s.Group == group {
				for _, line := range s.Comment {
					fmt.Fprintf(&text, "  # %s\n", line)
				}
				text.WriteString("  " + strings.ReplaceAll(short(s.Instruction), "\n", "\n  ") + "\n")
			}
		}
		cli.Printf(d.Stdout, "\n%s\n%s", diag.Printable(group), diag.Screen(text.String()))
		answer, err := d.AskLine(ctx, "Keep it? [Y/n/a for all] ")
		switch {
		case errors.Is(err, io.EOF):
			return diag.Diagnostic{Code: "no-answer", Message: "nothing was written, as no answer came", Hint: "leave out --interactive to keep all"}
		case err != nil:
			return err
		case strings.HasPrefix(answer, "a"):
			return nil
		case strings.HasPrefix(answer, "n"):
			r.Without(group)
		}
	}
	return nil
}

// maxShown is how many lines of an instruction are shown with a question.
const maxShown = 12

func short(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) <= maxShown {
		return text
	}
	return strings.Join(lines[:maxShown], "\n") + fmt.Sprintf("\n… and %d more lines", len(lines)-maxShown)
}

// print shows what is equal, what is left out and what differs. The exit code says it, too.
func (d *dockerfile) print(dir string, made *recipe.Recipe, proof *prove.Proof) error {
	if d.asJSON {
		err := cli.PrintJSON(d.Stdout, struct {
			Dir    string         `json:"dir"`
			Recipe *recipe.Recipe `json:"recipe"`
			Proof  *prove.Proof   `json:"proof"`
		}{dir, made, proof})
		if err != nil {
			return err
		}
	} else {
		var text bytes.Buffer
		if err := proof.Text(&text, d.limit); err != nil {
			return err
		}
		for _, note := range made.Notes {
			fmt.Fprintf(&text, "\n%s\n", note)
		}
		fmt.Fprintf(&text, "\n%s: %s\n", filepath.Join(dir, "Dockerfile"), units.HumanSize(float64(len(made.Dockerfile()))))
		if _, err := io.WriteString(d.Stdout, diag.Screen(text.String())); err != nil {
			return err
		}
	}
	if proof.Answer == validate.NotEqual {
		return cli.Exit(exitDifferent, nil)
	}
	return nil
}

const dockerfileLong = `With --dockerfile, what was done in the container becomes a Dockerfile and its build context.
Packages become the install line of their manager, users become useradd, small texts become
here documents, edits stay small, and the rest is copied. Secrets, and what no image needs, are
left out and listed.

Then it is built and compared with the container: what is equal, what is left out on purpose,
and what differs. What no step makes as it was, a last one does. The exit code is 0 when
they are equal, also up to what is listed; 1 when they are different; 2 when that is not known,
as when the Dockerfile does not build.
`

const dockerfileExamples = `  strake commit --dockerfile -o web web
  strake commit --dockerfile --pin --interactive web
  strake commit --dockerfile --from debian:12 ubuntu-with-vi
`
