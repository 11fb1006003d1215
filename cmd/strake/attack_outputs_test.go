package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAttackOutputLeaves has a repository with links where results are written. None of
// them is followed out of it. A build is refused before there is an engine.
func TestAttackOutputLeaves(t *testing.T) {
	const kept = "alias ls=ls\n"
	links := map[string]string{
		"repo/file":               "-> ../victim/profile",
		"repo/absolute":           "-> $DIR/victim/profile",
		"repo/twice":              "-> file",
		"repo/new":                "-> ../victim/new",
		"repo/dir":                "-> ../victim",
		"repo/newdir":             "-> ../victim/newdir",
		"repo/other":              "-> ../other",
		"repo/co/Dockerfile.json": "-> ../../victim/profile",
		"repo/layout/index.json":  "-> ../../victim/profile",
		"repo/blobs/blobs":        "-> ../../victim",
		"repo/sha/blobs/sha256":   "-> ../../../victim",
		"repo/mark/oci-layout":    "-> ../../victim/new",
	}
	for _, c := range []struct{ line, real string }{
		{"compile -o file .", "victim/profile"},
		{"compile -o absolute .", "victim/profile"},
		{"compile -o twice .", "victim/profile"},
		{"compile -o new .", "victim/new"},
		{"compile -o dir .", "victim"},
		{"compile -o newdir/ .", "victim/newdir"},
		{"compile -o dir/made/x.json .", "victim/made/x.json"},
		{"compile -o other/x.json .", "other/x.json"},
		{"compile -o co . .", ""},
		{"compile -o ok --config-out file .", "victim/profile"},
		{"compile -o ok --config-out dir/ .", "victim"},
		{"save -o file x:1", "victim/profile"},
		{"plugin new dir/made", "victim/made"},
		{"build -o dir .", "victim"},
		{"build -o newdir .", "victim/newdir"},
		{"build -o type=tar,dest=file .", "victim/profile"},
		{"build -o type=oci,dest=dir/x.tar .", "victim/x.tar"},
		{"build -o type=oci,tar=false,dest=layout .", "victim/profile"},
		{"build --iidfile file .", "victim/profile"},
		{"build --metadata-file file .", "victim/profile"},
		{"build --cache-to type=local,dest=dir .", "victim"},
		{"build --cache-to type=local,dest=layout .", "victim/profile"},
		{"build --cache-to type=local,dest=blobs .", "victim"},
		{"build --cache-to type=local,dest=sha .", "victim"},
		{"build --cache-to type=local,dest=mark .", "victim/new"},
	} {
		t.Run(c.line, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			place(t, dir, map[string]string{"victim/profile": kept, "other/.git/HEAD": "", "repo/.git/HEAD": "", "repo/Dockerfile": "FROM scratch\nENV A=1\n"})
			for name, to := range links {
				place(t, dir, map[string]string{name: strings.ReplaceAll(to, "$DIR", dir)})
			}
			out, err := attacked(t, filepath.Join(dir, "repo"), strings.Fields(c.line)...)
			if got, bad := os.ReadFile(filepath.Join(dir, "victim/profile")); bad != nil || string(got) != kept {
				t.Errorf("the file outside is %q, %v\n%s", got, bad, out)
			}
			for outside, n := range map[string]int{"victim": 1, "other": 1} {
				if list, bad := os.ReadDir(filepath.Join(dir, outside)); bad != nil || len(list) != n {
					t.Errorf("%s has %v, %v\n%s", outside, list, bad, out)
				}
			}
			if c.real == "" {
				if info, bad := os.Lstat(filepath.Join(dir, "repo/co/Dockerfile.json")); err != nil || bad != nil || !info.Mode().IsRegular() {
					t.Errorf("the link is not replaced: %v, %v, %v\n%s", err, info, bad, out)
				}
				return
			}
			if err == nil || !strings.Contains(out, "[outside]") || !strings.Contains(out, ", to "+filepath.Join(dir, c.real)) {
				t.Errorf("%v, without the real path %s:\n%s", err, c.real, out)
			}
		})
	}
}

// TestOutputByOwnLink has links that no repository brought, and such as stay inside: they are
// followed, as docker does, and stay what they are.
func TestOutputByOwnLink(t *testing.T) {
	for _, c := range []struct{ name, output, written string }{
		{"without a repository", "plain/link", "victim/file"},
		{"inside", "repo/link", "repo/sub/file"},
		{"to the repository", "way/x.json", "repo/x.json"},
		{"a device", "/dev/null", ""},
		{"standard output", "/dev/stdout", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			place(t, dir, map[string]string{
				"Dockerfile": "FROM scratch\nWORKDIR /x\n", "victim/file": "old", "plain/link": "-> ../victim/file",
				"repo/.git/HEAD": "", "repo/link": "-> sub/file", "repo/sub/file": "old", "way": "-> repo",
			})
			out, err := attacked(t, dir, "compile", "-o", c.output, ".")
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text := out
			if c.written != "" {
				got, err := os.ReadFile(filepath.Join(dir, c.written))
				if err != nil {
					t.Fatal(err)
				}
				text = string(got)
			}
			if c.output != "/dev/null" && !strings.Contains(text, "{") {
				t.Errorf("not written: %q\n%s", text, out)
			}
			if info, err := os.Lstat(filepath.Join(dir, c.output)); strings.HasSuffix(c.output, "link") && (err != nil || info.Mode()&os.ModeSymlink == 0) {
				t.Errorf("the link is gone: %v, %v", info, err)
			}
		})
	}
}
