package image

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/docker/go-units"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const none = "<none>"

const imagesLong = `SIZE is what the files of the image's layers take unpacked, for all its platforms.
A layer that images share is counted in each of them.

NAME is a name, with or without a tag, and may have * and ?. The filters are
dangling=true|false, reference=NAME, label=NAME[=VALUE], before=IMAGE and
since=IMAGE; of several, all must fit, but one reference is enough.

IMAGE ID is the digest of the image's config. Where several images have the same one, as
with and without attestations, it is that of the manifest: it stands for its row alone.

The images are an OCI image layout in $STRAKE_HOME/store. An image that loses its
last name to another one is deleted, unless a container was made of it; such a one, and
one that was built without a name, is kept, as
<none>, until ` + "`strake rmi`" + `.
`

const imagesExamples = `  strake images
  strake images --filter label=stage=test 'registry.example.com/*'
  strake images --format 'table {{.Repository}}:{{.Tag}}\t{{.Size}}'
  strake rmi $(strake images -q -f dangling=true)
`

func listCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "images [OPTIONS] [NAME[:TAG]]",
		Short:   "List the images",
		Long:    imagesLong,
		Example: imagesExamples,
	}
	f := cmd.Flags()
	c := &listRun{Process: p}
	f.BoolVarP(&c.all, "all", "a", false, "Show all images; there are no others to hide")
	f.BoolVar(&c.digests, "digests", false, "Show digests")
	f.BoolVar(&c.noTrunc, "no-trunc", false, "Show whole ids")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Show ids only")
	f.StringVar(&c.format, "format", "", cli.FormatUsage)
	f.StringArrayVarP(&c.filters, "filter", "f", nil, "`NAME=VALUE` Show only what fits")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// listRun is one call of the command.
type listRun struct {
	*cli.Process
	all, digests, noTrunc, quiet bool
	format                       string
	filters                      []string
}

// imageRow is an image under one name. The fields are docker's, in its order.
type imageRow struct {
	Containers   string
	CreatedAt    string `header:"CREATED AT"`
	CreatedSince string `header:"CREATED"`
	Digest       string `header:"DIGEST"`
	ID           string `header:"IMAGE ID"`
	Repository   string `header:"REPOSITORY"`
	SharedSize   string `header:"SHARED SIZE"`
	Size         string `header:"SIZE"`
	Tag          string `header:"TAG"`
	UniqueSize   string `header:"UNIQUE SIZE"`
}

func (c *listRun) run(ctx context.Context, args []string) error {
	if len(args) > 1 {
		return cli.Misuse("strake images takes one name at most")
	}
	return c.WithStore(ctx, func(s *store.Store) error {
		list, err := s.Images()
		if err != nil {
			return err
		}
		f, err := newFilter(s, c.filters, args)
		if err != nil {
			return err
		}
		sizes, err := imageSizes(ctx, s, list)
		if err != nil {
			return err
		}
		handles := store.Handles(list)
		var rows []imageRow
		for i, img := range list {
			if img.Err != nil {
				c.Report(nil, diag.List{{Severity: diag.Warning, Code: "damaged-image", Hint: "run `strake fsck`",
					Message: fmt.Sprintf("image %s is damaged: %v", cli.ShortID(handles[i].String(), false), img.Err)}})
			}
			rows = append(rows, c.rows(img, handles[i].String(), sizes[i], f)...)
		}
		return c.print(rows)
	})
}

func (c *listRun) print(rows []imageRow) error {
	usual := `{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}`
	if c.digests {
		usual = `{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}`
	}
	if c.quiet && (c.format == "" || strings.HasPrefix(c.format, "table")) {
		c.format = "{{.ID}}"
	}
	return cli.Listing[imageRow]{Usual: usual}.Print(c.Stdout, c.format, rows)
}

// rows gives a row for each name of an image that the filter lets pass.
func (c *listRun) rows(img store.Image, id, size string, f *filter) []imageRow {
	if !f.image(img) {
		return nil
	}
	row := imageRow{
		Containers: "N/A", SharedSize: "N/A", UniqueSize: "N/A", CreatedAt: "N/A", CreatedSince: "N/A", Size: size,
		ID: cli.ShortID(id, c.noTrunc), Repository: none, Tag: none, Digest: img.Descriptor.Digest.String(),
	}
	if t := img.Created(); t != nil {
		row.CreatedAt, row.CreatedSince = t.Local().String(), units.HumanDuration(time.Since(*t))+" ago"
	}
	if len(img.Names) == 0 && f.name("") {
		return []imageRow{row}
	}
	var rows []imageRow
	for _, name := range img.Names {
		named, err := reference.ParseNormalizedNamed(name)
		if err != nil || !f.name(name) {
			continue
		}
		row.Repository, row.Tag, row.Digest = reference.FamiliarName(named), none, digestOf(img, named)
		if t, ok := named.(reference.Tagged); ok {
			row.Tag = t.Tag()
		}
		rows = append(rows, row)
	}
	return rows
}

// digestOf is the digest that a registry has for an image of a repository.
func digestOf(img store.Image, named reference.Named) string {
	for _, d := range img.Digests {
		if rest, ok := strings.CutPrefix(d, named.Name()+"@"); ok {
			return rest
		}
	}
	return none
}

// imageSizes gives the size of each image, for people. All layers are looked at
// together.
func imageSizes(ctx context.Context, s *store.Store, list []store.Image) ([]string, error) {
	var layers []ocispecs.Descriptor
	for _, img := range list {
		if img.Err == nil {
			for _, v := range img.Variants {
				layers = append(layers, v.Manifest.Layers...)
			}
		}
	}
	sizes, err := s.Sizes(ctx, layers)
	if err != nil {
		return nil, err
	}
	of := map[digest.Digest]int64{}
	for i, layer := range layers {
		of[layer.Digest] = sizes[i]
	}
	out := make([]string, len(list))
	for i, img := range list {
		out[i] = "N/A"
		if img.Err != nil {
			continue
		}
		var total int64
		for _, v := range img.Variants {
			for _, layer := range v.Manifest.Layers {
				total += of[layer.Digest]
			}
		}
		out[i] = cli.HumanSize(total)
	}
	return out, nil
}

// filter is what --filter and the argument ask for.
type filter struct {
	dangling      *bool
	references    []string
	labels        []string
	before, since *time.Time
}

func newFilter(s *store.Store, list, args []string) (*filter, error) {
	f := &filter{references: args}
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		if !ok {
			return nil, cli.Misuse("invalid --filter %q: expected NAME=VALUE", item)
		}
		switch key {
		case "dangling":
			yes := value == "true" || value == "1"
			if !yes && value != "false" && value != "0" {
				return nil, cli.Misuse("invalid --filter %q: expected true or false", item)
			}
			f.dangling = &yes
		case "reference":
			f.references = append(f.references, value)
		case "label":
			f.labels = append(f.labels, value)
		case "before", "since":
			img, err := s.Find(value)
			if err != nil {
				return nil, err
			}
			t := img.Created()
			if t == nil {
				t = &time.Time{}
			}
			if key == "before" {
				f.before = t
			} else {
				f.since = t
			}
		default:
			e := &cli.UsageError{Message: fmt.Sprintf("invalid --filter %q: unknown filter %s", item, key)}
			if near := diag.Suggest(key, []string{"dangling", "reference", "label", "before", "since"}); near != "" {
				e.Hint = near + "=" + value
			}
			return nil, e
		}
	}
	for _, pattern := range f.references {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, cli.Misuse("invalid pattern %q: %v", pattern, err)
		}
	}
	return f, nil
}

// image tells whether the filter lets an image pass, whatever its name.
func (f *filter) image(img store.Image) bool {
	if f.dangling != nil && *f.dangling != (len(img.Names) == 0) {
		return false
	}
	var created time.Time
	if t := img.Created(); t != nil {
		created = *t
	}
	if f.before != nil && !created.Before(*f.before) || f.since != nil && !created.After(*f.since) {
		return false
	}
	if len(f.labels) == 0 {
		return true
	}
	v, err := img.Variant("")
	if err != nil {
		return false
	}
	for _, want := range f.labels {
		key, value, withValue := strings.Cut(want, "=")
		have, ok := v.Config.Config.Labels[key]
		if !ok || withValue && have != value {
			return false
		}
	}
	return true
}

// name tells whether the filter lets a name pass, "" for none.
func (f *filter) name(name string) bool {
	if len(f.references) == 0 {
		return true
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return false
	}
	for _, pattern := range f.references {
		if ok, _ := reference.FamiliarMatch(pattern, named); ok {
			return true
		}
	}
	return false
}
