package splitcopy

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// gemfileLine are the lines of a Gemfile that read no file: it is a program, of which no other is
// accepted. Values are words, strings without an interpolation, symbols, and lists of these.
var gemfileLine = late.Regexp(`^(source ` + rubyURL + `( do)?|ruby ` + rubyString + `|group(\(| )[:a-z_, ]+\)? do|platforms? [:a-z_0-9, ]+ do|end|` +
	`git_source\(:github\) (\{ ?\|repo\| ?["']https://github\.com/#\{repo\}(\.git)?["'] ?\}|do \|repo_name\|)|` +
	`gem ` + rubyString + `(, *(` + rubyValue + `|:?git(:| *=>) *` + rubyURL + `|:?(require|platforms?|groups?|github|branch|tag|ref)(:| *=>) *` + rubyValue + `))*)$`)

const (
	rubyString = `["'][^"'#\\` + "`" + `]*["']`
	rubyURL    = `["']((https?|git|ssh)://|git@)[^"'#\\` + "`" + `]*["']` // no file: or path
	rubyValue  = `(` + rubyString + `|\[( *(` + rubyString + `|:\w+) *,?)*\]|:\w+|%[iw]\[[\w ]*\]|true|false|nil)`
)

// bundle reads a Gemfile.
func (r *reader) bundle(in *install) *refusal {
	if no := first(
		func() *refusal { return r.needs(in, "Gemfile") },
		func() *refusal { return r.without("gems.rb", ".bundle", "vendor/cache") },
	); no != nil {
		return no
	}
	for line := range strings.Lines(r.files.read(r.place("Gemfile"))) {
		if i := strings.Index(" "+line, " #"); i >= 0 && !strings.Contains(line[:max(i-1, 0)], `"`) && !strings.Contains(line[:max(i-1, 0)], "'") {
			line = line[:i]
		} else if i := strings.LastIndex(line, " # "); i >= 0 && !strings.ContainsAny(line[i:], `"'`) {
			line = line[:i]
		}
		if line = strings.TrimSpace(line); line != "" && !gemfileLine().MatchString(line) {
			return refuse("reads", "%s is a program, and says %.60q", r.place("Gemfile"), line)
		}
	}
	lock := path.Join(r.dir, "Gemfile.lock")
	if !slices.Contains(in.reads, lock) {
		return nil
	}
	for line := range strings.Lines(r.files.read(r.place("Gemfile.lock"))) {
		if line = strings.TrimSpace(line); line == "PATH" || strings.HasPrefix(line, "PLUGIN") {
			return refuse("reads", "%s has %s", r.place("Gemfile.lock"), line)
		}
		if from, ok := strings.CutPrefix(line, "remote: "); ok && !distantURL().MatchString(from) {
			return refuse("reads", "%s has gems from %.60q", r.place("Gemfile.lock"), from)
		}
	}
	return nil
}
