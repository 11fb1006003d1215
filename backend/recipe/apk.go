package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate/control"
)

// Where apk keeps what was asked for, one a line, and what is installed: apk-world(5).
const apkWorld = "/etc/apk/world"

// apks makes the step of apk.
func apks(ctx context.Context, r *reading) error {
	old, err := r.file(ctx, r.base, apkWorld)
	if err != nil {
		return err
	}
	now, err := r.file(ctx, r.after, apkWorld)
	if err != nil || now == old {
		return err
	}
	database := "/lib/apk/db/installed"
	if r.after.At(database) == nil {
		database = "/usr/lib/apk/db/installed"
	}
	installed, err := r.file(ctx, r.after, database)
	if err != nil {
		return err
	}
	versions := map[string]string{}
	owned := map[string]bool{}
	for _, s := range control.Stanzas(installed) {
		f := control.Fields(s)
		versions[f["P"]] = f["V"]
		dir := ""
		for line := range strings.SplitSeq(s, "\n") {
			if d, ok := strings.CutPrefix(line, "F:"); ok {
				dir = d
				owned["/"+d] = true
			} else if name, ok := strings.CutPrefix(line, "R:"); ok {
				owned[path.Join("/", dir, name)] = true
			}
		}
	}
	before, after := strings.Fields(old), strings.Fields(now)
	var added, gone, commands []string
	for _, w := range after {
		name := pipName(w)
		switch {
		case slices.Contains(before, w) || strings.HasPrefix(w, "."):
		case r.in.Pin && name == w && versions[w] != "":
			added = append(added, w+"="+versions[w])
		default:
			added = append(added, w)
		}
	}
	for _, w := range before {
		if !slices.Contains(after, w) && !slices.ContainsFunc(after, func(a string) bool { return pipName(a) == pipName(w) }) {
			gone = append(gone, pipName(w))
		}
	}
	if len(added) > 0 {
		commands = append(commands, "apk add --no-cache"+list(added))
	}
	if len(gone) > 0 {
		commands = append(commands, "apk del --no-cache"+list(gone))
	}
	if len(commands) == 0 {
		return nil
	}
	r.step(Step{Kind: Packages, Comment: r.from("packages of apk", func(t typed) bool { return t.is([]string{"apk"}, "add", "del") }),
		Instruction: "RUN " + chain(commands), Installs: true, Explains: []string{apkWorld}})
	r.claim(func(c *change) bool { return owned[c.path] || under(c.path, path.Dir(database)) })
	return nil
}

// rpms makes the step of dnf and its kin. Their database is not read: what was typed says what
// was asked for.
func rpms(_ context.Context, r *reading) error {
	if len(r.paths(func(c *change) bool { return under(c.path, "/var/lib/rpm") || under(c.path, "/usr/lib/sysimage/rpm") })) == 0 {
		return nil
	}
	programs := []string{"dnf", "yum", "microdnf", "zypper"}
	var commands []string
	for _, t := range r.typed {
		for _, sub := range []string{"install", "remove"} {
			if !t.is(programs, sub) {
				continue
			}
			var words []string
			for _, w := range t.words[slices.Index(t.words, sub)+1:] {
				if !strings.HasPrefix(w, "-") && w != "" && !strings.Contains(w, "/") {
					words = append(words, w)
				}
			}
			if len(words) > 0 && t.name() == "zypper" {
				commands = append(commands, "zypper --non-interactive "+sub+list(words))
			} else if len(words) > 0 {
				commands = append(commands, t.name()+" "+sub+" -y"+list(words))
			}
		}
	}
	if len(commands) == 0 {
		r.out.Notes = append(r.out.Notes, "The database of rpm has changed, and no command of a package manager is recorded: files of packages are copied.")
		return nil
	}
	program, _, _ := strings.Cut(commands[0], " ")
	commands = append(commands, program+" clean"+map[bool]string{true: " --all", false: " all"}[program == "zypper"])
	r.step(Step{Kind: Packages, Comment: r.from("", func(t typed) bool { return t.is(programs, "install", "remove") }),
		Instruction: "RUN " + chain(commands), Installs: true})
	return nil
}
