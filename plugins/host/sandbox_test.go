package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/host"
)

// probe gives what the plugin finds in its sandbox, by code.
func probe(t *testing.T, o host.Options) map[string]string {
	t.Helper()
	p := start(t, o)
	sandboxed(t, p)
	out, err := pipeline(t, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range out.Diags {
		got[strings.TrimPrefix(d.Code, "faults/")] = d.Message
	}
	return got
}

func TestSandbox(t *testing.T) {
	t.Setenv("STRAKE_TEST_SECRET", "secret")
	o := options(t, "probe")
	o.Env = []string{"LANG=C"}
	got := probe(t, o)
	for code, want := range map[string]string{
		"read":       "no such file",
		"proc":       "no such file",
		"write-tmp":  "yes",
		"write-self": "read-only file system",
		"null":       "yes",
		"network":    "permission denied",
		"fork":       "operation not permitted",
		"mount":      "operation not permitted",
		"unshare":    "operation not permitted",
		"ptrace":     "operation not permitted",
		"root":       "[/dev /tmp]",
		"dir":        "/tmp <nil>",
		"stdin":      "EOF",
	} {
		if !strings.Contains(got[code], want) {
			t.Errorf("%s: %s, not %s", code, got[code], want)
		}
	}
	for v := range strings.FieldsSeq(strings.Trim(got["env"], "[]")) {
		name, _, ok := strings.Cut(v, "=")
		if ok && name != "LANG" && name != "PATH" && name != "TMPDIR" && name != "STRAKE_PLUGIN" && !strings.HasPrefix(name, "PLUGIN_") && strings.ToUpper(name) == name {
			t.Errorf("it has the variable %s", v)
		}
	}
	if strings.Contains(got["env"], "secret") {
		t.Errorf("it has the environment of strake: %s", got["env"])
	}
}

func TestGrants(t *testing.T) {
	o := options(t, "probe")
	o.Grants = []plugins.Grant{plugins.GrantNetwork}
	o.Reads = []string{"/etc/passwd"}
	got := probe(t, o)
	if !strings.Contains(got["network"], "connection refused") {
		t.Errorf("network: %s", got["network"])
	}
	if got["read"] != "yes" {
		t.Errorf("read: %s", got["read"])
	}
}

// TestScript runs a plugin that is a script: its interpreter and libraries are there.
func TestScript(t *testing.T) {
	o := options(t, "ok")
	program := o.Path
	o.Path = filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(o.Path, []byte("#!/bin/sh\nexec "+program+" ok\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	o.SHA256, o.Reads = digest(t, o.Path), []string{program}
	p := start(t, o)
	sandboxed(t, p)
	if _, err := pipeline(t, p, nil); err != nil {
		t.Error(err)
	}
}

// cannot stands for a helper on a kernel without what it needs.
var cannot = []string{"/bin/sh", "-c", `echo '{"Failure":{"Text":"no namespaces today"}}' >&3; exit 1`, "sh"}

func TestRequireSandbox(t *testing.T) {
	for want, helper := range map[string][]string{
		"it may not run with less than its sandbox: there is none here":  nil,
		"it may not run with less than its sandbox: no namespaces today": cannot,
		"fork/exec /nowhere: no such file or directory":                  {"/nowhere"},
	} {
		o := options(t, "ok")
		o.Helper = helper
		p, err := host.Start(t.Context(), o)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
		gone(t, o)
	}
}

// TestWithoutSandbox holds that a program runs with less, and says so, when that is
// allowed.
func TestWithoutSandbox(t *testing.T) {
	o := options(t, "ok")
	o.Helper, o.Sandbox = cannot, host.None
	p := start(t, o)
	if got := strings.Join(p.Sandbox(), "; "); !strings.Contains(got, "the whole sandbox, so that it can do what you can (no namespaces today)") {
		t.Errorf("it lacks %q", got)
	}
	if _, err := pipeline(t, p, nil); err != nil {
		t.Error(err)
	}
}
