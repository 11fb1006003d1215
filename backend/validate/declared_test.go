package validate

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/store"
)

// dirs are directories of a layer.
func dirs(names string) (list []item) {
	for name := range strings.FieldsSeq(names) {
		list = append(list, dir(name))
	}
	return list
}

// stanza is what dpkg's database has of a package.
func stanza(name, depends string) string {
	return "Package: " + name + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDepends: " + depends + "\n\n"
}

// TestDeclared is about packages and base images that B was meant to lack.
func TestDeclared(t *testing.T) {
	const status, libc, gcc = "var/lib/dpkg/status", "libc6", "gcc"
	base := append(dirs("usr usr/bin usr/lib etc etc/alternatives var var/lib var/lib/dpkg var/lib/dpkg/info var/lib/dpkg/alternatives"),
		file(status, stanza(libc, "")), file("usr/lib/libc.so.6", "libc"), file("etc/ld.so.cache", "1"), file("etc/base", "a"))
	// gcc needs binutils, which brings a library; curl is another's.
	installed := []item{
		file(status, stanza(libc, "")+stanza(gcc, "binutils (>= 2) | gold, libc6")+stanza("binutils", "libgomp1:any")+stanza("libgomp1", "libc6")+stanza("curl", "libc6")),
		file("usr/bin/gcc", "gcc"), file("usr/bin/ld", "ld"), file("usr/lib/libgomp.so.1", "gomp"), file("usr/bin/curl", "curl"),
		symlink("etc/alternatives/cc", "/usr/bin/gcc"), symlink("usr/bin/cc", "/etc/alternatives/cc"), file("var/lib/dpkg/alternatives/cc", "auto"),
		file("var/lib/dpkg/info/gcc.list", "/.\n/usr\n/usr/bin/gcc\n"), file("var/lib/dpkg/info/binutils.list", "/bin/ld\n"), file("var/lib/dpkg/info/libgomp1:amd64.list", "/usr/lib/libgomp.so.1\n"),
		file("var/lib/dpkg/info/curl.list", "/usr/bin/curl\n"), file("var/lib/dpkg/info/gcc.md5sums", "x"), file("etc/ld.so.cache", "2"),
	}
	const curl = "var/lib/dpkg/info/curl.list"
	lean := []item{file(status, stanza(libc, "")+stanza("curl", "libc6")), file("usr/bin/curl", "curl"), file(curl, "/usr/bin/curl\n"), file("etc/ld.so.cache", "3")}
	app := file("app", "app").mode(0o755)
	other := append(slices.Clone(base), file("etc/base", "b"), file("etc/more", "c"))
	for _, c := range []struct {
		name    string
		a, b    [][]item
		dropped string
		answer  Judgement
		want    string
	}{
		{"a package and what it needs", [][]item{base, installed, {app}}, [][]item{base, lean, {app}}, "apt:gcc", EqualUpTo, ""},
		{"nothing is declared", [][]item{base, installed, {app}}, [][]item{base, lean, {app}}, "", NotEqual, "- package gcc:amd64"},
		{"another package goes, too", [][]item{base, installed, {app}}, [][]item{base, {file(status, stanza(libc, "")), file("etc/ld.so.cache", "3")}, {app}}, "apt:gcc", NotEqual, "- package curl:amd64"},
		{"a file of a package that stays", [][]item{base, installed, {app}}, [][]item{base, lean[:1], {app, lean[2], lean[3]}}, "apt:gcc", NotEqual, "- /usr/bin/curl"},
		{"what is compiled goes, too", [][]item{base, installed, {app}}, [][]item{base, lean}, "apt:gcc", NotEqual, "- /app"},
		{"another content", [][]item{base, installed, {app}}, [][]item{base, lean, {app.contains("other")}}, "apt:gcc", NotEqual, "~ /app: content"},
		{"a file of a package, of another content", [][]item{base, installed, {app}}, [][]item{base, lean, {app, file("usr/bin/gcc", "evil")}}, "apt:gcc", NotEqual, "~ /usr/bin/gcc: content"},
		{"something new", [][]item{base, installed, {app}}, [][]item{base, lean, {app, file("etc/new", "x")}}, "apt:gcc", NotEqual, "+ /etc/new"},
		{"another mode of a record", [][]item{base, installed, {app}}, [][]item{base, slices.Concat(lean[:3], []item{file("etc/ld.so.cache", "3").mode(0o600)}), {app}}, "apt:gcc", NotEqual, "~ /etc/ld.so.cache: mode: content"},
		{"a script that needs it", [][]item{base, installed, {app.contains("#!/usr/bin/ld -x\n")}}, [][]item{base, lean, {app.contains("#!/usr/bin/ld -x\n")}}, "apt:gcc", NotEqual, "~ /app"},
		{"by env", [][]item{base, installed, {app.contains("#!/usr/bin/env cc\n")}}, [][]item{base, lean, {app.contains("#!/usr/bin/env cc\n")}}, "apt:gcc", NotEqual, "~ /app"},
		{"a package that is not there", [][]item{base, installed, {app}}, [][]item{base, installed, {app}}, "apt:make", Equal, ""},

		{"another base", [][]item{append(slices.Clone(base), installed...), {app}}, [][]item{other, {app}}, "base:x", EqualUpTo, ""},
		{"another base that nobody declares", [][]item{append(slices.Clone(base), installed...), {app}}, [][]item{other, {app}}, "/usr", NotEqual, "+ /etc/more"},
		{"another base, and less of what was made", [][]item{base, {app}}, [][]item{other}, "base:x", NotEqual, "- /app"},
		{"another base, and what was made is another", [][]item{base, {app, file("etc/base", "mine")}}, [][]item{other, {app}}, "base:x", NotEqual, "~ /etc/base: content"},
		{"another base, and more is made", [][]item{base, {app}}, [][]item{other, {app, file("etc/x", "x")}}, "base:x", NotEqual, "+ /etc/x"},
		{"another base without what a script needs", [][]item{append(slices.Clone(base), installed...), {app.contains("#!/usr/bin/curl\n")}}, [][]item{base, {app.contains("#!/usr/bin/curl\n")}}, "base:x", NotEqual, "~ /app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(Usual())
			tree := func(name string, layers [][]item) *Tree {
				img := imageOf(t, name, config(), layers...)
				for i := range img.parsed.History { // the first layer is the base image's
					e := store.Entry{}
					if i > 1 {
						e.Line = i
					}
					img.Entries = append(img.Entries, e)
				}
				out, err := r.Tree(t.Context(), img)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			a, b := tree("a", c.a), tree("b", c.b)
			v, err := r.Judge(t.Context(), [2]*Tree{a, a}, [2]*Tree{b, b}, strings.Fields(c.dropped))
			if err != nil {
				t.Fatal(err)
			}
			if have := v.brief(); v.Answer != c.answer || c.want != "" && !slices.Contains(have, c.want) {
				t.Errorf("it is %s: %q\nwant %s: %q", v.Answer, have, c.answer, c.want)
			}
		})
	}
}

// TestNeeds reads a program of this machine.
func TestNeeds(t *testing.T) {
	for text, want := range map[string]string{"#!/bin/sh\n": "/bin/sh", "#! /usr/bin/env python3\n": "/usr/bin/env /usr/bin/python3", "#!/usr/bin/env -S x": "/usr/bin/env", "\x7fELF": "", "x": ""} {
		if got := strings.Join(needs([]byte(text)), " "); got != want {
			t.Errorf("%q needs %q, not %q", text, got, want)
		}
	}
}
