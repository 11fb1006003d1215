package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestBuild runs testdata/build on a real BuildKit, with a registry that serves
// busybox and Docker's frontend. OTHER is the address of a second one. REGISTRY takes pushes, and so does LOCKED, for the user me with the
// password secret, over TLS.
func TestBuild(t *testing.T) {
	hub := testbed.StartRegistry(t, testbed.Busybox, testbed.Frontend)
	locked := testbed.StartRealRegistry(t, testbed.RealOptions{User: "me", Password: "secret", TLS: true})
	daemon, other := testbed.StartDaemon(t, hub, locked), testbed.StartDaemon(t, hub)
	s := newServers(t)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "build"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("BUILDKIT_HOST", daemon.Addr)
			e.Setenv("OTHER", other.Addr)
			e.Setenv("REGISTRY", hub.Host)
			e.Setenv("LOCKED", locked.Host)
			e.Setenv("SSL_CERT_FILE", locked.CA)
			e.Setenv("HTTP", "http://"+s.http)
			e.Setenv("GIT", "http://"+s.http+"/git/repo.git")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("DOCKER_CONFIG", filepath.Join(e.WorkDir, ".docker"))
			// The cache is shared: what a script builds must differ from the others.
			e.Setenv("SCRIPT", filepath.Base(e.WorkDir))
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "git" && s.git, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"sparse": sparse,
			"same":   same,
			"note":   note,
			"unname": unname,
		},
	})
}

// note sets a variable to what a pattern finds in the last error output: note NAME PATTERN
func note(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: note NAME PATTERN")
	}
	text := ts.ReadFile("stderr")
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(text)
	if len(found) != 2 {
		ts.Fatalf("%s finds nothing in %s", args[1], text)
	}
	ts.Setenv(args[0], found[1])
}

// unname writes NAME for what a file has of random names of images: unname FILE
func unname(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unname FILE")
	}
	name := ts.MkAbs(args[0])
	text := regexp.MustCompile(`strake-debug:[a-z0-9]{6}\b`).ReplaceAllString(ts.ReadFile(name), "strake-debug:NAME")
	ts.Check(os.WriteFile(name, []byte(text), 0o666))
}

// same compares two files without the blanks around them: same FILE FILE
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same FILE FILE")
	}
	a, b := strings.TrimSpace(ts.ReadFile(args[0])), strings.TrimSpace(ts.ReadFile(args[1]))
	if (a == b) == neg {
		ts.Fatalf("%s has %q, %s has %q", args[0], a, args[1], b)
	}
}
