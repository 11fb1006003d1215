package effects_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
)

// TestLogin is about shells that start as those of a user: only the run shows where.
func TestLogin(t *testing.T) {
	for _, script := range []string{
		`su -l -c "touch a"`, `su -c "touch a" -l`, `su -l bob -c "touch a"`, `runuser -l bob -c "touch a"`, `su - bob -c "touch a"`, `su --login bob -c "rm ~/a"`, `bash -lc "touch a"`,
		`X=/d; export X; su - bob -c "touch $X/a"`,
	} {
		if e := of(script); e.Grade() != effects.Unknown || len(e.Unknown) == 0 || !e.Touches("/home/bob/a") {
			t.Errorf("%s: %v", script, e)
		}
	}
	if e := of(`su bob -c "touch a ~/b"`); !e.Touches("/home/bob/b") {
		t.Error(e)
	}
}

// TestFront is about variables in front of a command.
func TestFront(t *testing.T) {
	check(t, []line{
		{"X=a; X=b rm $X", "removes /w/a"},
		{"X=a; X=b rm $X; rm $X", "removes /w/a"},
		{"HOME=/d rm ~/x", "removes /root/x"},
		{"X=/e rm a $X", "removes /w/a"},
		{"TMPDIR=/d mktemp", "writes /d/tmp.?????????? (over); depends on random"},
		{"X=a; X=b sh -c 'rm $X'", "removes /w/b"},
		{"X=a; X=b :; rm $X", "removes /w/a /w/b (over)"},
		{"X=a; X=b true; rm $X", "removes /w/a"},
		{"X=a; X=b command :; rm $X", "removes /w/a"},
		{"f() { rm $X; }; X=a; X=b f", "removes /w/b"},
		{"f() { :; }; X=a; X=b f; rm $X", "removes $X (unknown)"},
		{"X=a; X=b > $X", "writes /w/a /w/b"},
		{"X=a; X=b Y=$X sh -c 'rm $Y'", "removes /w/a /w/b (over)"},
		{"X=/d Y=$(rm $X/a)", "removes /d/a"},
		{"X=a; X= sh -c 'rm /$X'", "removes /"},
		{"X=/a true; X=/b; sh -c 'rm $X/c'", "removes /c"},
		{"[ -e x ] && export X=/a; sh -c 'rm $X/b'", "reads /w/x; removes /a/b /b (over)"},
		{"HOME=/d; sh -c 'rm ~/x'", "removes /d/x"},
		{"X=a; X=b read X; rm $X", "removes $X (unknown)"},
		{"X=a; X=b export Y=$X; rm $Y", "removes $Y (unknown)"},
	})
	bash := effects.State{Dir: "/w", Shell: []string{"/bin/bash", "-c"}}
	if got := effects.Of(&ir.Run{Command: ir.Command{Line: "X=a; X=b :; rm $X"}}, bash).Effects.String(); got != "removes /w/a" {
		t.Error(got)
	}
}

// TestFunctions is about names that are functions on some ways through a script, or not.
func TestFunctions(t *testing.T) {
	check(t, []line{
		{"set -e && f() { rm a; } && f", "removes /w/a"},
		{"(rm() { touch b; }); rm a", "removes /w/a"},
		{"true | { rm() { touch b; }; }; rm a", "removes /w/a"},
		{"set -e && f() { rm $1; } && f a && rm b; f c", "removes /w/a /w/b /w/c"},
		{"f() { return 1; rm a; } && f", ""},
		{"X=$(rm() { touch b; }); rm a", "removes /w/a"},
		{"rm() { touch b; } & rm a", "removes /w/a"},
		{"sh -c 'rm() { touch b; }'; rm a", "removes /w/a"},
		{"f() { rm a; }; (f() { rm b; }; f); f", "removes /w/a /w/b"},
		{"f() { rm a; }; f; f() { rm b; }; f", "removes /w/a /w/b"},
		{"for x in a b; do f() { rm $1; }; f $x; done", "removes /w/a /w/b"},
		{"rm() { touch b; } | true; rm a", "removes /w/a"},
		{`set -ex -o pipefail; rm "$@" a$1 ${2:-b}`, "removes /w/a /w/b"},
		{"busybox rm a", "removes /w/a"},
		{"busybox sh -c 'rm a'", "removes /w/a"},
		{"true || rm() { touch b; } && rm a", "removes /w/a"},
		{"true | rm() { touch b; } && rm a", "removes /w/a"},
		{"rm() { touch b; } || rm a", ""},
	})
	for _, script := range []string{
		"[ -e x ] && rm() { touch b; }; rm a", "false && rm() { touch b; }; rm a", "if [ -e x ]; then rm() { touch b; }; fi; rm a", "case x in y) rm() { touch b; };; esac; rm a",
		"for x in *; do rm() { touch b; }; done; rm a", "while [ -e x ]; do rm a; rm() { touch b; }; done", "rm() { touch c; }; [ -e x ] && rm() { touch b; }; rm a",
		"g() { rm() { touch b; }; }; [ -e x ] && g; rm a", "g() { rm() { touch b; }; return; }; g; rm a", "g() { rm() { touch b; }; }; while [ -e x ]; do rm a; g; done",
		"[ -e x ] || rm() { touch b; } && rm a",
		"rm() { touch b; }; unset rm; rm a", "[ -e x ] || { rm() { touch b; }; }; f() { rm a; }; f",
	} {
		if e := of(script); len(e.Unknown) == 0 || !e.Touches("/w/a") || !e.Touches("/w/b") {
			t.Errorf("%s: %v", script, e)
		}
	}
	e := of("f() { cd a; g; }; g() { cd b; f; }; f")
	for _, why := range e.Unknown {
		if strings.Contains(why, "is set") {
			t.Error(why)
		}
	}
}

// TestUnknownArguments is about arguments that scripts give themselves, and programs that are not in them.
func TestUnknownArguments(t *testing.T) {
	for _, script := range []string{`set -- b; rm "$@"`, `set b; rm $1`, `shift; rm $1`, `. x; rm "$@"`, `f() { rm "$@"; }; f b`, `sh -c 'rm "$@"' a b`, `sh -c 'rm $1' a b`, "yarn", "yarn --frozen-lockfile", "bundle", "gulp", "openssl", "vipw", "newgrp a", "debconf ./a", "dpkg-architecture -c ./a", "wc --files0-from=a",
		"busybox --install", "busybox nosuch", "runuser -u a -- nosuch", "runuser a -c 'nosuch'", "su -s /bin/x -c 'rm a' b", "su --shell=/bin/x -c 'rm a' b", "su -sx -c 'rm a' b"} {
		if e := of(script); e.Grade() != effects.Unknown {
			t.Errorf("%s: %v", script, e)
		}
	}
	for script, want := range map[string]string{"runuser -u a -- touch /x/b": "/x/b", "runuser -u a touch /x/b": "/x/b", "su -s /bin/sh -c 'touch /x/b' a": "/x/b", "su a -s /bin/bash -c 'touch /x/b'": "/x/b", "runuser a -c 'touch /x/b'": "/x/b"} {
		if e := of(script); e.Grade() == effects.Unknown || !e.Writes.Covers(want) {
			t.Errorf("%s: %v", script, e)
		}
	}
	if e := of("X=/a; readonly X Y=/b; export Z=/c; env | sort"); len(e.Shell) == 0 || strings.Contains(e.String(), "export X") {
		t.Error(e)
	}
	if e := of("readonly https_proxy=http://p.org; curl https://e.org/a"); len(e.Network) != 1 {
		t.Error("readonly exports: ", e)
	}
	if e := of(`export TAR_OPTIONS=--to-command=x; readonly TAR_OPTIONS; tar xf a.tar`); e.Grade() != effects.Unknown {
		t.Error("readonly takes out of the environment: ", e)
	}
}

// TestBash is about what only bash has.
func TestBash(t *testing.T) {
	at := effects.State{Dir: "/w", Home: "/root", Shell: []string{"/bin/bash", "-c"}}
	for script, touched := range map[string]string{
		"declare -u X; X=a; rm $X":                          "/w/A",
		"declare -i X=1+1; rm $X":                           "/w/2",
		"X=a; typeset -l X=B; rm $X":                        "/w/b",
		"f() { local -i X; X=1+1; rm $X; }; f":              "/w/2",
		"y=a; exec {y}>f; rm $y":                            "/w/10",
		"rm() { touch b; }; export -f rm; bash -c 'rm a'":   "/w/b",
		"rm() { touch b; }; declare -fx rm; bash -c 'rm a'": "/w/b",
		"shopt -s cdable_vars; X=/d; cd X; rm a":            "/d/a",
		"shopt -s nocaseglob; rm A*":                        "/w/a",
		"PWD=/x; rm $PWD/a":                                 "/x/a",
		"PWD=/x; cd /d; rm $PWD/a":                          "/d/a",
		"mapfile < f; rm $MAPFILE":                          "/w/a",
	} {
		if e := effects.Of(&ir.Run{Command: ir.Command{Line: script}}, at).Effects; !e.Touches(touched) {
			t.Errorf("%s: %v", script, e)
		}
	}
	if e := of("declare -u X; X=a; rm $X"); !e.Touches("/w/A") { // a shell that is called sh may be bash
		t.Error(e)
	}
}
