package container

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

const psLong = `Without -a, containers that have ended are left out. The filters are id=ID, name=NAME,
status=STATUS, exited=CODE, label=NAME[=VALUE] and ancestor=IMAGE; of several with the
same name one is enough, and all names must fit.
`

func psCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ps [OPTIONS]",
		Short:   "List the containers",
		Long:    psLong,
		Example: "  strake ps -a\n  strake rm $(strake ps -aq --filter status=exited)\n",
	}
	f := cmd.Flags()
	c := &psRun{Process: p}
	f.BoolVarP(&c.all, "all", "a", false, "Show all containers, not only those that run")
	f.IntVarP(&c.last, "last", "n", 0, "`NUMBER` Show so many that were made last, of all")
	f.BoolVarP(&c.latest, "latest", "l", false, "Show the one that was made last, of all")
	f.BoolVar(&c.noTrunc, "no-trunc", false, "Show whole ids and commands")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "Show ids only")
	f.StringVar(&c.format, "format", "", cli.FormatUsage)
	f.StringArrayVarP(&c.filters, "filter", "f", nil, "`NAME=VALUE` Show only what fits")
	cmd.RunE = cli.Running(c.run)
	return cmd
}

// psRun is one call of the command.
type psRun struct {
	*cli.Process
	all, latest, noTrunc, quiet bool

	last    int // how many at most; no bound unless it is positive
	format  string
	filters []string
}

// row is a container. The fields are docker's, in its order.
type row struct {
	Command    string `header:"COMMAND"`
	CreatedAt  string `header:"CREATED AT"`
	ID         string `header:"CONTAINER ID"`
	Image      string `header:"IMAGE"`
	Labels     string `header:"LABELS"`
	Mounts     string `header:"MOUNTS"`
	Names      string `header:"NAMES"`
	Networks   string `header:"NETWORKS"`
	Ports      string `header:"PORTS"`
	RunningFor string `header:"CREATED"`
	State      string `header:"STATE"`
	Status     string `header:"STATUS"`
}

func (p *psRun) run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return cli.Misuse("strake ps takes no arguments")
	}
	f, err := parseFilters(p.filters)
	if err != nil {
		return err
	}
	w, err := Open(ctx, p.Process)
	if err != nil {
		return err
	}
	list, err := w.Set.List()
	if err != nil {
		return err
	}
	if p.latest {
		p.last = 1
	}
	all := p.all || p.last > 0 || f.has("status") || f.has("exited")
	rows := []row{}
	for _, c := range list {
		if c.Err != nil {
			p.Report(nil, diag.List{{Severity: diag.Warning, Code: "damaged-container", Hint: "remove it with `strake rm -f " + c.ShortID() + "`",
				Message: fmt.Sprintf("container %s is damaged: %v", c.ShortID(), c.Err)}})
			continue
		}
		if p.last > 0 && len(rows) == p.last {
			break
		}
		if (all || c.Status == container.Running || c.Status == container.Paused) && f.fits(c) {
			rows = append(rows, p.row(c))
		}
	}
	if p.quiet && (p.format == "" || strings.HasPrefix(p.format, "table")) {
		p.format = "{{.ID}}"
	}
	const usual = `{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}`
	return cli.Listing[row]{Usual: usual}.Print(p.Stdout, p.format, rows)
}

func (p *psRun) row(c *container.Container) row {
	r := row{
		ID: c.ID, Image: c.Image, Command: strconv.Quote(strings.Join(c.Args, " ")), CreatedAt: c.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
		RunningFor: since(c.Created) + " ago", Names: c.Name, Networks: c.Network, State: string(c.Status), Status: status(c),
	}
	if !p.noTrunc {
		r.ID = c.ShortID()
		if runes := []rune(r.Command); len(runes) > 20 {
			r.Command = string(runes[:19]) + "…\""
		}
	}
	var ports, labels, mounts []string
	for _, port := range c.Ports {
		ports = append(ports, fmt.Sprintf("%s:%d->%d/%s", orAll(port.HostIP), port.Host, port.Container, port.Protocol))
	}
	for name, value := range c.Labels {
		labels = append(labels, name+"="+value)
	}
	slices.Sort(labels)
	for _, m := range c.Mounts {
		mounts = append(mounts, m.Source)
	}
	r.Ports, r.Labels, r.Mounts = strings.Join(ports, ", "), strings.Join(labels, ","), strings.Join(mounts, ",")
	return r
}

func orAll(ip string) string {
	if ip == "" {
		return "0.0.0.0"
	}
	return ip
}

func since(t time.Time) string { return units.HumanDuration(time.Since(t)) }

// status is a status for people, in docker's words.
func status(c *container.Container) string {
	switch c.Status {
	case container.Running:
		return "Up " + since(c.Started)
	case container.Paused:
		return "Up " + since(c.Started) + " (Paused)"
	case container.Exited:
		return fmt.Sprintf("Exited (%d) %s ago", c.ExitCode, since(c.Finished))
	case container.Dead:
		return "Dead"
	}
	return "Created"
}

// filters are the values that each filter lets pass.
type filters map[string][]string

func parseFilters(list []string) (filters, error) {
	f := filters{}
	known := []string{"id", "name", "status", "exited", "label", "ancestor"}
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			return nil, cli.Misuse("invalid --filter %q: expected NAME=VALUE", item)
		}
		if !slices.Contains(known, name) {
			e := &cli.UsageError{Message: fmt.Sprintf("invalid --filter %q: unknown filter %s", item, name)}
			if near := diag.Suggest(name, known); near != "" {
				e.Hint = near + "=" + value
			}
			return nil, e
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}

func (f filters) has(name string) bool { return len(f[name]) > 0 }

func (f filters) fits(c *container.Container) bool {
	for name, values := range f {
		if !slices.ContainsFunc(values, func(value string) bool { return fits(c, name, value) }) {
			return false
		}
	}
	return true
}

func fits(c *container.Container, name, value string) bool {
	switch name {
	case "id":
		return strings.HasPrefix(c.ID, value)
	case "name":
		return strings.Contains(c.Name, strings.TrimPrefix(value, "/"))
	case "status":
		return string(c.Status) == value
	case "exited":
		return c.Status == container.Exited && strconv.Itoa(c.ExitCode) == value
	case "ancestor":
		return c.Image == Tagged(value) || strings.HasPrefix(c.ImageID.Encoded(), strings.TrimPrefix(value, "sha256:"))
	}
	key, want, exact := strings.Cut(value, "=")
	have, ok := c.Labels[key]
	return ok && (!exact || have == want)
}

// Tagged is a name with its tag, as far as it is one.
func Tagged(name string) string {
	if full, err := store.Normalize(name); err == nil {
		return store.Familiar(full)
	}
	return name
}
