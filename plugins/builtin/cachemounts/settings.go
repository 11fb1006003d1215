package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/late"
)

// settings are files by which a manager has its cache elsewhere, or runs a program of the
// author's.
type settings struct {
	names []string                // of those in a directory
	file  func() *late.Expression // what the path of one ends with, or where it goes
	speak func() *late.Expression // of what it says
}

// settingsOf are those of managers by name, of the manuals that their entries in managers name.
var settingsOf = map[string]settings{
	"apt":   {nil, late.Regexp(`apt\.conf|dpkg\.cfg`), aptHooks}, // apt.conf(5), dpkg.cfg(5)
	"dnf":   {nil, late.Regexp(`(dnf|yum)\.conf$|actions\.d`), late.Regexp(`cachedir|keepcache|plugin|actions`)},
	"npm":   {[]string{".npmrc", "npmrc"}, late.Regexp(`npmrc$`), late.Regexp(`cache|offline|logs-dir|script-shell|node-options|onload-script|(?m)^\s*(git|shell|editor)\s*=`)},
	"pip":   {[]string{"pip.conf"}, late.Regexp(`pip\.(conf|ini)$`), late.Regexp(`cache|log|python|report`)},
	"yarn":  {[]string{".yarnrc"}, late.Regexp(`\.yarnrc$`), late.Regexp(`cache|offline|yarn-path|script-shell`)},
	"maven": {[]string{"settings.xml", ".mvn/maven.config", ".mvn/jvm.config", ".mvn/extensions.xml"}, late.Regexp(`settings\.xml$|\.mvn(/|$)|(^|[./])mavenrc$`), late.Regexp(`(?i)localRepository|offline|maven\.repo|user\.home|javaagent|extension|MAVEN_`)},
	"cargo": {[]string{".cargo/config", ".cargo/config.toml"}, late.Regexp(`\.cargo(/|$)|cargo/config`), late.Regexp(`offline|wrapper|runner|rustc\s*=`)},
}

// aptHooks are settings of apt that start programs, or that have its directories elsewhere.
var aptHooks = late.Regexp(`(?i)\bDir(::|\s*\{)|(pre|post)-?(invoke|install-pkgs)|invoke-success|proxy-?auto-?detect|dpkg::(path|run-directory|tools)|apt::(changelogs|solver|planner|hooks)|\bdownload(-only)?\s+\\?["']`)

// sets tells whether an instruction copies such a file. One that is named and cannot be read may
// say anything; whole directories mostly are without.
func (j *job) sets(u *use, op *ir.Op) bool {
	s, ok := settingsOf[u.name]
	var sources []string
	dest, from := "", ""
	switch b := op.Body.(type) {
	case *ir.Copy:
		sources, dest, from = b.Sources, b.Dest, b.From
	case *ir.Add:
		sources, dest = b.Sources, b.Dest
	}
	if !ok || dest == "" {
		return false
	}
	goes := s.file().MatchString(dest)
	if goes && len(sources) == 0 {
		return s.speak().MatchString(fullText(op)) // a here document
	}
	return slices.ContainsFunc(sources, func(source string) bool {
		if goes || s.file().MatchString(source) {
			return from != "" || j.says(source, s, true)
		}
		return from == "" && slices.ContainsFunc(s.names, func(name string) bool { return j.says(path.Join(source, name), s, false) })
	})
}

// mountsSettings tells whether the author mounts such a file. Secrets are of what nobody else has.
func (j *job) mountsSettings(u *use) bool {
	s, ok := settingsOf[u.name]
	return ok && slices.ContainsFunc(j.run.Mounts, func(m ir.Mount) bool {
		if kind, set := m.Option("type"); set && kind != "bind" {
			return false
		}
		at, _ := j.mountPoint(m)
		from, _ := m.Option("from")
		source, _ := m.Option("source")
		return s.file().MatchString(at) && (from != "" || j.says(source, s, true))
	})
}

// says tells whether a file of the context speaks of a cache, or of a program; or, where that
// counts, cannot be read.
func (j *job) says(file string, s settings, counts bool) bool {
	data, err := j.file(strings.TrimPrefix(file, "/"))
	return err == nil && s.speak().Match(data) || err != nil && counts
}
