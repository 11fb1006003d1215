package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/testbed/figure"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/backend/validate/verify"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
)

// mutant is a plugin with a mistake: in the one instruction that has a text, it is another text,
// or the instruction is gone when there is none.
type mutant struct {
	name, old, new string
	want           string // is in what verify says is different
}

// mutants are for the Dockerfile of the sample.
var mutants = []mutant{
	{"dropped file", " && touch empty", "", "/opt/backup/empty"},
	{"dropped copy", "COPY . .", "COPY bin bin", "/opt/backup/lib"},
	{"dropped step", `echo "backup:x:500:500`, "echo >/dev/null; true || echo \"backup:x:500:500", "/etc/passwd"},
	{"file left over", "rm -rf /tmp/build", "echo >/tmp/left", "/tmp/left"},
	{"file of the context left over", "COPY . .", "COPY . .\nCOPY etc/rules.conf /etc/", "/etc/rules.conf"},
	{"mode of a directory", "chmod 750", "chmod 755", "/var/lib/backup"},
	{"sticky bit", "mkdir -m 1777 spool", "mkdir -m 777 spool", "/opt/backup/spool"},
	{"mode of copied files", "COPY . .", "COPY --chmod=644 . .", "/opt/backup/bin/backup"},
	{"owner", "chown 500:500 spool", "true", "/opt/backup/spool"},
	{"group", "chown 500:500 spool", "chown 500 spool", "/opt/backup/spool"},
	{"owner of copied files", "COPY . .", "COPY --chown=500:500 . .", "/opt/backup/bin/backup"},
	{"hard link broken", "ln plan plan.now", "cp plan plan.now", "/opt/backup/plan"},
	{"link to its target", "ln -s bin/backup run", "cp bin/backup run", "/opt/backup/run"},
	{"link elsewhere", "ln -s bin/backup run", "ln -s /opt/backup/bin/backup run", "/opt/backup/run"},
	{"wrong order", "echo daily >plan && echo weekly >>plan", "echo weekly >plan && echo daily >>plan", "/opt/backup/plan"},
	{"one byte", "echo daily >plan", "echo dailY >plan", "/opt/backup/plan"},
	{"package missing", "printf 'Package: backup", ": 'Package: backup", "/var/lib/dpkg/status"},
	{"package upgraded", "Version: 1.0", "Version: 1.1", "backup"},
	{"variable lost", "ENV BACKUP_HOME", "ENV BACKUP_HOME=/opt/backup", "BACKUP_KEEP"},
	{"variable changed", "ENV BACKUP_HOME", "ENV BACKUP_HOME=/opt/backup BACKUP_KEEP=8", "BACKUP_KEEP"},
	{"label lost", "LABEL title", "LABEL title=backup", "vendor"},
	{"label changed", "LABEL title", `LABEL title="Backup" vendor="example"`, "title"},
	{"user lost", "USER backup", "", "User"},
	{"user by number", "USER backup", "USER 500", "User"},
	{"entry point in a shell", "ENTRYPOINT [", "ENTRYPOINT /opt/backup/bin/backup", "Entrypoint"},
	{"other entry point", "ENTRYPOINT [", `ENTRYPOINT ["/opt/backup/run"]`, "Entrypoint"},
	{"order of words", "CMD [\"--all", `CMD ["--quiet", "--all"]`, "Cmd"},
	{"command lost", "CMD [\"--all", "", "Cmd"},
	{"port lost", "EXPOSE 8080", "", "8080"},
	{"volume lost", "VOLUME", "", "/var/lib/backup"},
	{"stop signal", "STOPSIGNAL", "STOPSIGNAL SIGTERM", "StopSignal"},
	{"health check lost", "HEALTHCHECK", "", "Healthcheck"},
	{"working directory", "USER backup", "USER backup\nWORKDIR /", "WorkingDir"},
	{"directory of a step", "WORKDIR /opt/backup", "WORKDIR /opt", "/opt/backup"},
	{"mode lost by --link", "EXPOSE", "EXPOSE 8080/tcp\nCOPY --link etc/rules.conf /var/lib/backup/rules.conf", "/var/lib/backup: mode 0750 → 0755"},
}

// Info implements plugins.Plugin.
func (mutant) Info() plugins.Info {
	return plugins.Info{Name: "mutant", Version: "1.0.0", Summary: "makes a mistake", Phases: []plugins.Phase{plugins.Rewrite}}
}

// Run implements plugins.Plugin.
func (m mutant) Run(_ context.Context, _ plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	out := c.Module.Copy()
	done := 0
	for _, s := range out.Stages {
		var ops []*ir.Op
		for _, op := range s.Ops {
			text := ir.Format(op.Body, '\\')
			if !strings.Contains(text, m.old) {
				ops = append(ops, op)
				continue
			}
			done++
			for line := range strings.SplitSeq(m.edited(text), "\n") {
				if line == "" {
					continue
				}
				body, err := ir.ParseBody(line, '\\')
				if err != nil {
					return nil, fmt.Errorf("%s: %w", line, err)
				}
				ops = append(ops, c.Op(body, "it is a mistake", op.Origin))
			}
		}
		s.Ops = ops
	}
	if done != 1 {
		return nil, fmt.Errorf("%d instructions have %q", done, m.old)
	}
	return &plugins.Result{Module: out}, nil
}

// edited is an instruction with the mistake: the whole of it is replaced where the mistake begins
// with the same keyword or is empty, and else a part of a RUN is.
func (m mutant) edited(text string) string {
	keyword, _, _ := strings.Cut(text, " ")
	if keyword != "RUN" {
		return m.new
	}
	return strings.Replace(text, m.old, m.new, 1)
}

// TestMutants has rows with a plugin that makes a mistake, and holds that verify finds each, says
// what is wrong, and blames the plugin. A row without one is equal. It is not said what verify finds
// where a plugin is right: TestProjects does that.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds for a minute")
	}
	list, long := mutants, os.Getenv("STRAKE_BENCH") != "" || os.Getenv("STRAKE_LONG") != ""
	if !long {
		list = []mutant{mutants[4], mutants[11], mutants[22]}
	}
	p := projects(t, sample)[0]
	bases := []testbed.Base{testbed.Busybox}
	b := newBed(t, testbed.StartRegistry(t, bases...), bases, nil)
	dir := p.write(t)
	x, err := b.experiment(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	compare := func(t *testing.T, m mutant, names ...string) *validate.Verdict {
		builtins := builtin.All()
		builtins["mutant"] = func() plugins.Plugin { return m }
		var list optimize.Row
		for _, name := range names {
			list = append(list, optimize.Pass{Name: name, Grants: []string{string(plugins.GrantImages)}})
		}
		steps := pluginsOf(t, list, builtins)
		r, err := b.request(t.Context(), dir, in(dir), steps, "verify")
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Compare(t.Context(), verify.Build{Name: "after", Request: r, Row: steps})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := compare(t, mutant{}, "drop-dead", "merge-run"); v.Answer == validate.NotEqual {
		v.Text(t.Output(), 20)
		t.Error("the row without a mistake is different")
	}
	caught := 0
	for i, m := range list {
		names := []string{"mutant", "merge-run"} // behind it a RUN may be another
		if i%2 == 0 {
			names = slices.Insert(names, 0, "drop-dead")
		}
		if t.Run(m.name, func(t *testing.T) {
			v := compare(t, m, names...)
			var said strings.Builder
			v.Text(&said, 1000)
			if v.Answer != validate.NotEqual || v.Guilty == nil || v.Guilty.Plugin != "mutant" || !strings.Contains(said.String(), m.want) {
				t.Errorf("%s, by %+v; want %s in\n%s", v.Answer, v.Guilty, m.want, &said)
			}
		}) {
			caught++
		}
	}
	figure.Report(t, figure.Figure{What: "wrong plugins that are found and blamed", Ours: fmt.Sprint(caught), Theirs: fmt.Sprint(len(list)),
		Result: fmt.Sprintf("%.0f %%", 100*float64(caught)/float64(len(list))), Target: "100 %", Missed: caught < len(list)})
}
