package effects

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
)

// walkRows calls a function for each row, and for those of its commands.
func walkRows(list []program, each func(p *program)) {
	for i := range list {
		each(&list[i])
		walkRows(list[i].Commands, each)
	}
}

// TestTable holds that rows say where they are from, that each name has one row, and that what
// they are written in is read.
func TestTable(t *testing.T) {
	roles := []string{"", roleText, roleRead, roleReads, roleWrite, roleWrites, roleEdit, roleRemove, roleMake, roleCd, roleURL, roleSource, roleRun, roleRoot, rolePackage, roleUser, roleSetting, roleMore, roleUnchosen}
	used, seen := map[string]bool{}, map[string]string{}
	list := table()
	for _, p := range list {
		if len(p.Source) < 6 {
			t.Errorf("%s has no source", p.Names)
		}
		for name := range strings.FieldsSeq(p.Names) {
			if seen[name] != "" {
				t.Errorf("%s is in the rows %q and %q", name, seen[name], p.Names)
			}
			seen[name] = p.Names
			args := []string{name, "x", "y"}
			if slices.Contains([]string{"xargs", "exec", "command", "builtin", "env", "busybox", "nohup", "setsid"}, name) { // wrappers, when something follows
				args = args[:1]
			}
			got := Of(&ir.Run{Command: ir.Command{Exec: true, Args: args}}, State{Dir: "/"}).Effects.String()
			if strings.Contains(got, "not in the table") {
				t.Errorf("%s has a row that is not used: %s", name, got)
			}
		}
		commands := map[string]bool{}
		for _, c := range p.Commands {
			for name := range strings.FieldsSeq(c.Names) {
				if commands[name] {
					t.Errorf("%s has the command %s twice", p.Names, name)
				}
				commands[name] = true
			}
		}
	}
	walkRows(list, func(p *program) {
		p.prepare(p, nil)
		for _, o := range p.known {
			used[o.role] = true
			if !slices.Contains(roles, o.role) || !strings.HasPrefix(o.name, "-") {
				t.Errorf("%s: an option %q with the role %q", p.Names, o.name, o.role)
			}
		}
		many := 0
		for role := range strings.FieldsSeq(p.Operands) {
			name, more := strings.CutSuffix(role, "...")
			if used[name] = true; more {
				many++
			}
			if !slices.Contains(roles, name) || many > 1 {
				t.Errorf("%s: operands %q", p.Names, p.Operands)
			}
		}
		for option := range strings.FieldsSeq(p.Tree) {
			if p.known[option].name != option {
				t.Errorf("%s: no option is known by %s", p.Names, option)
			}
		}
		for d := range strings.FieldsSeq(p.Does) {
			if !slices.Contains([]Indeterminate{Clock, Random, Network, Proc}, Indeterminate(d)) {
				t.Errorf("%s does %q", p.Names, d)
			}
		}
		for _, d := range p.deals {
			if !slices.Contains([]Dealing{Daemon, Processes, Identity, Membership, Locales, Container, Links, Names, Order, Packing, Helpers}, d) {
				t.Errorf("%s deals with %q", p.Names, d)
			}
		}
		if p.Plain && p.Options != "" && p.Sees == "" {
			t.Errorf("%s has options that are not read", p.Names)
		}
	})
	for _, r := range roles[1:] {
		if !used[r] {
			t.Errorf("no row uses the role %s", r)
		}
	}
}

// TestSedScript is about scripts of sed: those that only edit.
func TestSedScript(t *testing.T) {
	for script, want := range map[string]bool{
		"s/a/b/": true, "s/a/b/gI; p": true, "/x/d": true, "1,$!d": true, `\,x,d`: true, "$!N;P;D": true, "/a/{s/b/c/;n}": true, "a text": true, "y/ab/ba/": true,
		":a;N;$!ba;s/x/y/": true, "s/[/]/x/": false, "s/a/b/e": false, "s/a/b/w f": false, "w f": false, "r f": false, "1e": false, "p;e ls": false, "s/a/b": false,
		"a x\ne ls": false, `a x\` + "\ne ls": true, "R x": false, "W x": false, "F": false, "v": false, "/a": false, "s": false,
	} {
		files, ok := sedScript(script)
		if got := ok && !files; got != want {
			t.Errorf("%q: %v", script, got)
		}
	}
}

// FuzzRun holds that no script has the package panic, and that what is unknown stays so.
func FuzzRun(f *testing.F) {
	for _, s := range []string{"rm -rf $X/{a,b}*", "for i in a b; do cd $i; done", "tar xzf", "cp -t", "sed -i s/a/b/ x", "find . -exec rm {} +", "f() { f; }; f", "case a in a) ;& b) x;; esac",
		"sh -c 'sh -c \"rm x\"'", "xargs -I{} find {} -delete", "export $X", "dd of", "git -c", "curl -o", "ln", "[ -f", "a() { b; }; b() { a; }; a", "chmod", "useradd", "export X=~/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, shell := range [][]string{{"/bin/sh", "-c"}, {"/bin/bash", "-eo", "pipefail", "-c"}} {
			step := Of(&ir.Run{Command: ir.Command{Line: line}}, State{Dir: "/w", Home: "/root", Shell: shell})
			for _, c := range step.Commands {
				if c.Effects.Grade() == Unknown && step.Effects.Grade() != Unknown {
					t.Errorf("%q: %v of %s, and %v of all", line, c.Effects, c.Text, step.Effects)
				}
			}
			_ = step.Effects.String()
		}
		Of(&ir.Run{Command: ir.Command{Exec: true, Args: strings.Fields(line)}}, State{})
	})
}

// TestSystemManagers holds the list of programs against the table.
func TestSystemManagers(t *testing.T) {
	var names []string
	for name, row := range rows().byName {
		if row.System && row.Manager != "" {
			names = append(names, name)
		}
		if row.System && row.Versions {
			t.Errorf("%s may have a version behind its name, which no list has", name)
		}
	}
	if slices.Sort(names); !slices.Equal(names, SystemManagers()) {
		t.Errorf("the table has %v", names)
	}
}

// TestDownloads holds the programs that rules name for Downloads against the table.
func TestDownloads(t *testing.T) {
	for name, row := range rows().byName {
		if row.Saves != "" && name != "curl" && name != "wget" {
			t.Errorf("%s fetches into files, and no rule of package graph names it: see fetchers there", name)
		}
	}
}
