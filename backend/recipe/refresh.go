package recipe

import (
	"context"
	"path"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

const (
	localtime = "/etc/localtime"
	timezone  = "/etc/timezone"
	zones     = "/usr/share/zoneinfo/"
)

// zone makes the step of another timezone.
func zone(_ context.Context, r *reading) error {
	c := r.changes[localtime]
	if c == nil || c.after == nil || c.after.Kind != validate.Symlink || c.after.UID+c.after.GID != 0 || !r.program("ln") {
		return nil
	}
	name, ok := strings.CutPrefix(absolute(localtime, c.after.Target), zones)
	if !ok {
		return nil
	}
	command, explains := "ln -sf "+quote(c.after.Target)+" "+localtime, []string{localtime}
	if t := r.changes[timezone]; t != nil && t.after != nil && t.after.Mode == 0o644 && t.after.UID+t.after.GID == 0 {
		if text, ok := r.text(t.after); ok && text == name+"\n" {
			command, explains = command+" && echo "+quote(name)+" >"+timezone, append(explains, timezone)
		}
	}
	r.step(Step{Kind: Settings, Group: "timezone", Instruction: "RUN " + command, Explains: explains, Comment: r.from("timezone", func(t typed) bool {
		return t.is([]string{"timedatectl", "dpkg-reconfigure"}, "set-timezone", "tzdata") || t.names(localtime) || t.names(timezone)
	})})
	return nil
}

// cache is a file, or a directory of files, that a program makes of others.
type cache struct {
	what    string
	paths   []string // what is made
	program string
	command string
	of      []string // what it is made of: one of these has to differ; none are any
	moves   bool     // it is another one each time, as it has times in it
}

func caches() []cache {
	return []cache{
		{"certificates that are trusted", []string{"/etc/ssl/certs", "/etc/ca-certificates.conf"}, "update-ca-certificates", "update-ca-certificates", []string{"/usr/local/share/ca-certificates"}, false},
		{"locales", []string{"/usr/lib/locale"}, "locale-gen", "locale-gen", []string{"/etc/locale.gen"}, false},
		{"cache of fonts", []string{"/var/cache/fontconfig"}, "fc-cache", "fc-cache -f", nil, true},
		{"cache of the linker", []string{"/etc/ld.so.cache"}, "ldconfig", "ldconfig", nil, false},
	}
}

// refresh makes the steps that run what makes files of others.
func refresh(ctx context.Context, r *reading) error {
	if err := r.localedef(); err != nil {
		return err
	}
	for _, c := range caches() {
		made := r.paths(func(ch *change) bool {
			for _, p := range c.paths {
				if under(ch.path, p) && (ch.after != nil || ch.before != nil) {
					return true
				}
			}
			return false
		})
		if len(made) == 0 || !r.program(c.program) || len(c.of) > 0 && !r.anyBelow(c.of) {
			continue
		}
		if c.moves {
			r.leave(c.paths[0]+"/**", "it has times in it, and is made anew", false, made...)
			made = nil
		}
		r.step(Step{Kind: Refresh, Group: c.what, Comment: r.from(c.what, func(t typed) bool { return t.is([]string{c.program}) }),
			Instruction: "RUN " + c.command, Explains: made})
	}
	return nil
}

// anyBelow tells whether anything differs in some directories.
func (r *reading) anyBelow(dirs []string) bool {
	return len(r.paths(func(c *change) bool {
		for _, dir := range dirs {
			if under(c.path, dir) {
				return true
			}
		}
		return false
	})) > 0
}

// localedef repeats what was typed to make a locale.
func (r *reading) localedef() error {
	made := r.paths(func(c *change) bool { return under(c.path, "/usr/lib/locale") && path.Dir(c.path) != "/usr/lib" })
	if len(made) == 0 || !r.program("localedef") {
		return nil
	}
	for _, t := range r.typed {
		if !t.is([]string{"localedef"}) {
			continue
		}
		words := make([]string, len(t.words))
		for i, w := range t.words {
			words[i] = quote(w)
		}
		r.step(Step{Kind: Refresh, Group: "locales", Comment: []string{came(t.Command)}, Instruction: "RUN " + strings.Join(words, " "), Explains: made})
		made = nil
	}
	return nil
}
