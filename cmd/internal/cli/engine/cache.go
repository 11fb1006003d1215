package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/docker/go-units"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
)

// cacheCommand is a command about the cache of the engine that builds would
// use. Declare declares its flags, and gives what runs.
func cacheCommand(p *cli.Process, name, short string, declare func(*cacheRun, *pflag.FlagSet) func(context.Context, *engine.Engine) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " [OPTIONS]", Short: short,
	}
	f := cmd.Flags()
	c := &cacheRun{Process: p}
	c.EngineFlags.Declare(f)
	f.StringArrayVar(&c.filters, "filter", nil, "`NAME=VALUE` Only what fits, such as type=exec.cachemount; until=24h is what was not used for so long")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "Show all that is known of each record")
	run := declare(c, f)
	cmd.RunE = cli.Running(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return cli.Misuse("strake engine %s takes no arguments", name)
		}
		if ok, err := c.prepare(ctx); err != nil || !ok {
			return err
		}
		return c.WithEngine(ctx, p, func(e *engine.Engine) error { return run(ctx, e) })
	})
	return cmd
}

// cacheRun is one call of such a command.
type cacheRun struct {
	*cli.Process
	project.EngineFlags
	filters    []string
	verbose    bool
	all, force *bool   // of prune
	storage    *string // of prune

	keep       time.Duration
	expression []string // of BuildKit, from the filters
	reserved   int64    // bytes
}

// prepare reads the flags, and asks whether to go on.
func (c *cacheRun) prepare(ctx context.Context) (ok bool, err error) {
	if c.keep, c.expression, err = cacheFilter(c.filters); err != nil {
		return false, err
	}
	if c.storage == nil {
		return true, nil
	}
	if c.reserved, err = cli.ByteSize("--keep-storage", *c.storage); err != nil {
		return false, err
	}
	if *c.force {
		return true, nil
	}
	return c.confirm(ctx)
}

// cacheRow is a record of the cache. The titles are those of docker buildx du.
type cacheRow struct {
	ID          string `header:"ID"`
	Reclaimable string `header:"RECLAIMABLE"`
	Size        string `header:"SIZE"`
	LastUsedAt  string `header:"LAST ACCESSED"`
	Type        string `header:"TYPE"`
	Description string `header:"DESCRIPTION"`
	CreatedAt   string `header:"CREATED AT"`
	UsageCount  string `header:"USAGE COUNT"`
	Parents     string `header:"PARENTS"`
	Mutable     string `header:"MUTABLE"`
	Shared      string `header:"SHARED"`
}

const (
	cacheColumns = `{{.ID}}\t{{.Reclaimable}}\t{{.Size}}\t{{.LastUsedAt}}`
	cacheRecord  = `ID:           {{.ID}}
{{- if .Parents}}
Parents:      {{.Parents}}
{{- end}}
Created at:   {{.CreatedAt}}
Mutable:      {{.Mutable}}
Reclaimable:  {{.Reclaimable}}
Shared:       {{.Shared}}
Size:         {{.Size}}
Description:  {{.Description}}
Usage count:  {{.UsageCount}}
{{- if .LastUsedAt}}
Last used:    {{.LastUsedAt}}
{{- end}}
Type:         {{.Type}}
\n`
)

// row shows a record. What can change has a star, and so has a size that others
// have a part in.
func row(u *client.UsageInfo) cacheRow {
	star := map[bool]string{true: "*"}
	r := cacheRow{
		ID: u.ID + star[u.Mutable], Reclaimable: fmt.Sprint(!u.InUse), Size: units.HumanSize(float64(u.Size)) + star[u.Shared],
		Type: string(u.RecordType), Description: u.Description, CreatedAt: u.CreatedAt.String(), UsageCount: fmt.Sprint(u.UsageCount),
		Parents: strings.Join(u.Parents, ","), Mutable: fmt.Sprint(u.Mutable), Shared: fmt.Sprint(u.Shared),
	}
	if u.LastUsedAt != nil {
		r.LastUsedAt = units.HumanDuration(time.Since(*u.LastUsedAt)) + " ago"
	}
	return r
}

// declareUsage is strake engine df.
func declareUsage(c *cacheRun, f *pflag.FlagSet) func(context.Context, *engine.Engine) error {
	asJSON := f.Bool("json", false, "Print JSON")
	format := f.String("format", "", cli.FormatUsage)
	return func(ctx context.Context, e *engine.Engine) error {
		records, err := e.Client.DiskUsage(ctx, client.WithFilter(c.expression), client.WithAgeLimit(c.keep))
		if err != nil {
			return err
		}
		if *asJSON {
			if records == nil {
				records = []*client.UsageInfo{}
			}
			return cli.PrintJSON(c.Stdout, records)
		}
		if err := c.show(records, *format); err != nil || *format != "" {
			return err
		}
		return summary(c.Stdout, records)
	}
}

// declarePrune is strake engine prune.
func declarePrune(c *cacheRun, f *pflag.FlagSet) func(context.Context, *engine.Engine) error {
	c.all = f.BoolP("all", "a", false, "Delete all that is not in use, also images of frontends")
	c.force = f.BoolP("force", "f", false, "Do not ask")
	c.storage = f.String("keep-storage", "0", "`BYTES` Keep so much, like 10GB")
	return func(ctx context.Context, e *engine.Engine) error {
		opts := []client.PruneOption{client.WithFilter(c.expression), client.WithKeepOpt(c.keep, c.reserved, 0, 0)}
		if *c.all {
			opts = append(opts, client.PruneAll)
		}
		var (
			records []*client.UsageInfo
			deleted = make(chan client.UsageInfo)
			done    = make(chan struct{})
			total   int64
		)
		go func() {
			defer close(done)
			for u := range deleted {
				records, total = append(records, &u), total+u.Size
			}
		}()
		err := e.Prune(ctx, deleted, opts...)
		close(deleted)
		<-done
		if err == nil && len(records) > 0 {
			err = c.show(records, "")
		}
		if err == nil {
			err = cli.Printf(c.Stdout, "Total:\t%s\n", units.HumanSize(float64(total)))
		}
		return err
	}
}

// confirm asks, as docker does.
func (c *cacheRun) confirm(ctx context.Context) (bool, error) {
	what := "dangling"
	if *c.all {
		what = "all"
	}
	return c.Ask(ctx, fmt.Sprintf("WARNING! This will remove %s build cache. Are you sure you want to continue?", what),
		"nothing was deleted, as nobody answered")
}

// show prints records.
func (c *cacheRun) show(records []*client.UsageInfo, format string) error {
	rows := make([]cacheRow, len(records))
	for i, u := range records {
		rows[i] = row(u)
	}
	if c.verbose && format == "" {
		format = cacheRecord
	}
	return cli.Listing[cacheRow]{Usual: cacheColumns}.Print(c.Stdout, format, rows)
}

// summary prints sums, as docker buildx du does.
func summary(w io.Writer, records []*client.UsageInfo) error {
	var total, reclaimable, shared int64
	for _, u := range records {
		total += u.Size
		if !u.InUse {
			reclaimable += u.Size
		}
		if u.Shared {
			shared += u.Size
		}
	}
	t := tabwriter.NewWriter(w, 1, 8, 1, '\t', 0)
	if shared > 0 {
		fmt.Fprintf(t, "Shared:\t%s\nPrivate:\t%s\n", units.HumanSize(float64(shared)), units.HumanSize(float64(total-shared)))
	}
	fmt.Fprintf(t, "Reclaimable:\t%s\nTotal:\t%s\n", units.HumanSize(float64(reclaimable)), units.HumanSize(float64(total)))
	return t.Flush()
}

// cacheFilter reads --filter in docker's form into BuildKit's: what was used in the
// last time is kept, and an expression that a record has to fit.
func cacheFilter(list []string) (keep time.Duration, expression []string, err error) {
	var parts []string
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case key == "until" || key == "unused-for":
			if keep, err = time.ParseDuration(value); err != nil {
				return 0, nil, cli.Misuse("invalid --filter %q: expected a time like 24h", item)
			}
		case !ok:
			parts = append(parts, key) // such as "inuse"
		case key == "id":
			parts = append(parts, key+"~="+value)
		case strings.HasSuffix(key, "!") || strings.HasSuffix(key, "~"):
			parts = append(parts, item)
		default:
			parts = append(parts, key+"=="+value)
		}
	}
	if len(parts) > 0 {
		expression = []string{strings.Join(parts, ",")}
	}
	return keep, expression, nil
}
