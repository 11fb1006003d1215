package policy_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/policy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestCopyFixIsSafe makes an ADD a COPY only where ADD cannot unpack what it gets.
func TestCopyFixIsSafe(t *testing.T) {
	var archive, zipped bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "x", Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(archive.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"app": "#!/bin/sh\n", "rootfs": archive.String(), "layer": zipped.String(), "data.txt": zipped.String(), "empty": "",
		"zstd": "\x28\xb5\x2f\xfdx", "xz": "\xfd7zXZ\x00x", "bz": "BZh9x", "skip": "\x52\x2a\x4d\x18\x00\x00\x00\x00", "in/sub": "x",
	}
	for _, c := range []struct {
		add   string
		reads bool // the plugin may read the context
		safe  bool
		none  bool // there is no finding
	}{
		{add: "app /", reads: true, safe: true},
		{add: "app /", safe: false},
		{add: "./app data /", reads: true, safe: false}, // data is not there: nobody knows
		{add: "/in/sub /", reads: true, safe: true},
		{add: "empty /", reads: true, safe: true},
		{add: "app empty /", reads: true, safe: true},
		{add: "rootfs /", reads: true, safe: false},
		{add: "layer /", reads: true, safe: false},
		{add: "zstd /", reads: true, safe: false},
		{add: "xz /", reads: true, safe: false},
		{add: "bz /", reads: true, safe: false},
		{add: "skip /", reads: true, safe: false},
		{add: "data.txt /", reads: true, safe: false},
		{add: "data.txt /", safe: true}, // by its name
		{add: ". /", safe: true},
		{add: "src/ /", safe: true},
		{add: "src.d/ /", safe: false},
		{add: "layer/ /", reads: true, safe: false}, // a file, whatever the slash says
		{add: "user@example.com:x.conf /", none: true},
		{add: "in/a@b:c.conf /", safe: true},
		{add: "src /", safe: false},
		{add: "rootfs.tar.gz /", none: true},
		{add: "rootfs.TAR.ZST /", none: true},
		{add: "https://example.com/x /", none: true},
		{add: "git@example.com:x.git /", none: true},
		{add: "$FILE /", none: true},
		{add: "*.x /", none: true},
		{add: "--checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 x /", none: true},
		{add: "--unpack=false app /", reads: true, none: true},
		{add: "--keep-git-dir app /", reads: true, none: true},
	} {
		s := plugins.Step{Plugin: policy.New(), Config: []byte(`{"use": ["copy-not-add"]}`)}
		if c.reads {
			s.Grants = []plugins.Grant{plugins.GrantContext}
		}
		out := plugintest.Run(t, s, "FROM debian:13\nADD "+c.add+"\n", plugintest.Host{Files: files})
		if none := len(out.Diags) == 0; none != c.none {
			t.Errorf("ADD %s: %v", c.add, out.Diags)
		} else if !none && out.Diags[0].Fixes[0].Safe != c.safe {
			t.Errorf("ADD %s: the fix is safe: %v", c.add, out.Diags[0].Fixes[0].Safe)
		}
	}
}

// TestInsecureCurl tells -k from what is the value of another letter, see curl(1).
func TestInsecureCurl(t *testing.T) {
	for args, want := range map[string]int{
		"-k x": 1, "-sSkL x": 1, "-fkLo y x": 1, "-kofile x": 1, "-kc jar x": 1, "--insecure x": 1, "-Lk#O x": 1,
		"-ok x": 0, "-Kkey x": 0, "-ck x": 0, "-sCk x": 0, "-yk x": 0, "-L x/-k": 0, "--key k x": 0,
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: policy.New(), Config: []byte(`{"use": ["no-insecure-tls"]}`)},
			"FROM debian:13\nRUN curl "+args+"\n", plugintest.Host{})
		if len(out.Diags) != want {
			t.Errorf("curl %s: %v", args, out.Diags)
		}
	}
}
