package validate

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/store"
)

// dirs are directories of a layer.
func dirs(names string) (list []layertest.Item) {
	for name := range strings.FieldsSeq(names) {
		list = append(list, layertest.Dir(name))
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
		layertest.File(status, stanza(libc, "")), layertest.File("usr/lib/libc.so.6", "libc"), layertest.File("etc/ld.so.cache", "1"), layertest.File("etc/base", "a"))
	// gcc needs binutils, which brings a library; curl is another's.
	installed := []layertest.Item{
		layertest.File(status, stanza(libc, "")+stanza(gcc, "binutils (>= 2) | gold, libc6")+stanza("binutils", "libgomp1:any")+stanza("libgomp1", "libc6")+stanza("curl", "libc6")),
		layertest.File("usr/bin/gcc", "gcc"), layertest.File("usr/bin/ld", "ld"), layertest.File("usr/lib/libgomp.so.1", "gomp"), layertest.File("usr/bin/curl", "curl"),
		layertest.Symlink("etc/alternatives/cc", "/usr/bin/gcc"), layertest.Symlink("usr/bin/cc", "/etc/alternatives/cc"), layertest.File("var/lib/dpkg/alternatives/cc", "auto"),
		layertest.File("var/lib/dpkg/info/gcc.list", "/.\n/usr\n/usr/bin/gcc\n"), layertest.File("var/lib/dpkg/info/binutils.list", "/bin/ld\n"), layertest.File("var/lib/dpkg/info/libgomp1:amd64.list", "/usr/lib/libgomp.so.1\n"),
		layertest.File("var/lib/dpkg/info/curl.list", "/usr/bin/curl\n"), layertest.File("var/lib/dpkg/info/gcc.md5sums", "x"), layertest.File("etc/ld.so.cache", "2"),
	}
	const curl = "var/lib/dpkg/info/curl.list"
	lean := []layertest.Item{layertest.File(status, stanza(libc, "")+stanza("curl", "libc6")), layertest.File("usr/bin/curl", "curl"), layertest.File(curl, "/usr/bin/curl\n"), layertest.File("etc/ld.so.cache", "3")}
	app := layertest.File("app", "app").WithMode(0o755)
	other := append(slices.Clone(base), layertest.File("etc/base", "b"), layertest.File("etc/more", "c"))
	for _, c := range []struct {
		name    string
		a, b    [][]layertest.Item
		dropped string
		answer  Judgement
		want    string
	}{
		{"a package and what it needs", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean, {app}}, "apt:gcc", EqualUpTo, ""},
		{"nothing is declared", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean, {app}}, "", NotEqual, "- package gcc:amd64"},
		{"another package goes, too", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, {layertest.File(status, stanza(libc, "")), layertest.File("etc/ld.so.cache", "3")}, {app}}, "apt:gcc", NotEqual, "- package curl:amd64"},
		{"a file of a package that stays", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean[:1], {app, lean[2], lean[3]}}, "apt:gcc", NotEqual, "- /usr/bin/curl"},
		{"what is compiled goes, too", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean}, "apt:gcc", NotEqual, "- /app"},
		{"another content", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean, {app.Containing("other")}}, "apt:gcc", NotEqual, "~ /app: content"},
		{"a file of a package, of another content", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean, {app, layertest.File("usr/bin/gcc", "evil")}}, "apt:gcc", NotEqual, "~ /usr/bin/gcc: content"},
		{"something new", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, lean, {app, layertest.File("etc/new", "x")}}, "apt:gcc", NotEqual, "+ /etc/new"},
		{"another mode of a record", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, slices.Concat(lean[:3], []layertest.Item{layertest.File("etc/ld.so.cache", "3").WithMode(0o600)}), {app}}, "apt:gcc", NotEqual, "~ /etc/ld.so.cache: mode: content"},
		{"a script that needs it", [][]layertest.Item{base, installed, {app.Containing("#!/usr/bin/ld -x\n")}}, [][]layertest.Item{base, lean, {app.Containing("#!/usr/bin/ld -x\n")}}, "apt:gcc", NotEqual, "~ /app"},
		{"by env", [][]layertest.Item{base, installed, {app.Containing("#!/usr/bin/env cc\n")}}, [][]layertest.Item{base, lean, {app.Containing("#!/usr/bin/env cc\n")}}, "apt:gcc", NotEqual, "~ /app"},
		{"a package that is not there", [][]layertest.Item{base, installed, {app}}, [][]layertest.Item{base, installed, {app}}, "apt:make", Equal, ""},

		{"another base", [][]layertest.Item{append(slices.Clone(base), installed...), {app}}, [][]layertest.Item{other, {app}}, "base:x", EqualUpTo, ""},
		{"another base that nobody declares", [][]layertest.Item{append(slices.Clone(base), installed...), {app}}, [][]layertest.Item{other, {app}}, "/usr", NotEqual, "+ /etc/more"},
		{"another base, and less of what was made", [][]layertest.Item{base, {app}}, [][]layertest.Item{other}, "base:x", NotEqual, "- /app"},
		{"another base, and what was made is another", [][]layertest.Item{base, {app, layertest.File("etc/base", "mine")}}, [][]layertest.Item{other, {app}}, "base:x", NotEqual, "~ /etc/base: content"},
		{"another base, and more is made", [][]layertest.Item{base, {app}}, [][]layertest.Item{other, {app, layertest.File("etc/x", "x")}}, "base:x", NotEqual, "+ /etc/x"},
		{"another base without what a script needs", [][]layertest.Item{append(slices.Clone(base), installed...), {app.Containing("#!/usr/bin/curl\n")}}, [][]layertest.Item{base, {app.Containing("#!/usr/bin/curl\n")}}, "base:x", NotEqual, "~ /app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(Usual())
			tree := func(name string, layers [][]layertest.Item) *Tree {
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
