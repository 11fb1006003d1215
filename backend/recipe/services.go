package recipe

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

const unitsDir = "/etc/systemd/system"

// services makes the steps that start programs with the system: those of systemd, and of System V.
func services(ctx context.Context, r *reading) error {
	if err := r.units(ctx); err != nil {
		return err
	}
	return r.scripts(ctx)
}

// units enables and disables units of systemd, where links say nothing but that.
func (r *reading) units(ctx context.Context) error {
	if !r.program("systemctl") {
		return nil
	}
	links := map[string][]*change{} // of a unit
	for _, name := range r.paths(func(c *change) bool {
		ext := path.Ext(path.Dir(c.path))
		return path.Dir(path.Dir(c.path)) == unitsDir && (ext == ".wants" || ext == ".requires") && kindIs(c, validate.Symlink)
	}) {
		links[path.Base(name)] = append(links[path.Base(name)], r.changes[name])
	}
	var commands, explains []string
	for _, unit := range slices.Sorted(maps.Keys(links)) {
		want, err := r.wantedBy(ctx, unit)
		if err != nil {
			return err
		}
		var have []string
		verb := ""
		for _, c := range links[unit] {
			have = append(have, path.Base(path.Dir(c.path)))
			switch {
			case c.before == nil && verb != "disable":
				verb = "enable"
			case c.after == nil && verb != "enable":
				verb = "disable"
			default:
				verb = "mixed"
			}
		}
		slices.Sort(have)
		if verb == "mixed" || verb == "" || !slices.Equal(have, want) {
			continue
		}
		commands = append(commands, "systemctl "+verb+" "+quote(unit))
		for _, c := range links[unit] {
			explains = append(explains, c.path)
			if d := r.changes[path.Dir(c.path)]; d != nil && d.after != nil && d.before == nil && d.after.Mode == 0o755 && d.after.UID+d.after.GID == 0 {
				explains = append(explains, d.path)
			}
		}
	}
	if len(commands) > 0 {
		r.step(Step{Kind: Refresh, Group: "services", Comment: r.from("services", func(t typed) bool { return t.is([]string{"systemctl"}, "enable", "disable") }),
			Instruction: "RUN " + chain(commands), Explains: explains})
	}
	return nil
}

// kindIs tells of what kind a change is, on the side that there is.
func kindIs(c *change, k validate.Kind) bool {
	return (c.before == nil || c.before.Kind == k) && (c.after == nil || c.after.Kind == k)
}

// wantedBy are the directories of links that systemctl enable makes for a unit; none for one
// with other links, too.
func (r *reading) wantedBy(ctx context.Context, unit string) (dirs []string, err error) {
	for _, dir := range []string{unitsDir, "/usr/lib/systemd/system", "/lib/systemd/system"} {
		text, err := r.file(ctx, r.after, r.real(path.Join(dir, unit)))
		if err != nil || text == "" {
			if err != nil {
				return nil, err
			}
			continue
		}
		_, install, _ := strings.Cut(text, "[Install]")
		for line := range strings.SplitSeq(install, "\n") {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch key {
			case "WantedBy", "RequiredBy":
				for _, by := range strings.Fields(value) {
					dirs = append(dirs, by+map[string]string{"WantedBy": ".wants", "RequiredBy": ".requires"}[key])
				}
			case "Alias", "Also":
				return nil, nil
			}
		}
		slices.Sort(dirs)
		return dirs, nil
	}
	return nil, nil
}

// scripts enables scripts of System V, where the links are those of the script's own header.
func (r *reading) scripts(ctx context.Context) error {
	if !r.program("update-rc.d") {
		return nil
	}
	links := map[string][]string{}
	for _, name := range r.paths(func(c *change) bool {
		dir := path.Base(path.Dir(c.path))
		return path.Dir(path.Dir(c.path)) == "/etc" && len(dir) == 5 && strings.HasPrefix(dir, "rc") && strings.HasSuffix(dir, ".d") &&
			len(path.Base(c.path)) > 3 && c.before == nil && c.after != nil && c.after.Kind == validate.Symlink
	}) {
		links[path.Base(name)[3:]] = append(links[path.Base(name)[3:]], name)
	}
	var commands, explains []string
	for _, script := range slices.Sorted(maps.Keys(links)) {
		text, err := r.file(ctx, r.after, "/etc/init.d/"+script)
		if err != nil {
			return err
		}
		if want := rcLinks(text, script); len(want) == 0 || !slices.Equal(want, slices.Sorted(slices.Values(links[script]))) {
			continue
		}
		commands = append(commands, "update-rc.d "+quote(script)+" defaults")
		explains = append(explains, links[script]...)
	}
	if len(commands) > 0 {
		r.step(Step{Kind: Refresh, Group: "services", Comment: r.from("services", func(t typed) bool { return t.is([]string{"update-rc.d", "service"}) }),
			Instruction: "RUN " + chain(commands), Explains: explains})
	}
	return nil
}

// rcLinks are the links that update-rc.d makes by the LSB header of a script.
func rcLinks(text, script string) (list []string) {
	for line := range strings.SplitSeq(text, "\n") {
		key, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "#")), ":")
		if !ok {
			continue
		}
		for _, level := range strings.Fields(value) {
			switch key {
			case "Default-Start":
				list = append(list, "/etc/rc"+level+".d/S01"+script)
			case "Default-Stop":
				list = append(list, "/etc/rc"+level+".d/K01"+script)
			}
		}
	}
	slices.Sort(list)
	return list
}

// sorted are the names of a set.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
