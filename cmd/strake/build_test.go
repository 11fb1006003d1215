package main

import (
	"path/filepath"
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
		},
	})
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
