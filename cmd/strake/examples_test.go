package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples compiles the examples and compares what each becomes with
// testdata/examples, which -update writes anew.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/Dockerfile")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			platform, image := "linux/amd64", "linux"
			if name == "windows" {
				platform, image = "windows/amd64", "windows"
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"compile", "--offline", "--platform", platform,
				"--image-config", "*=../../examples/images/" + image + ".json", filepath.Dir(file)},
				strings.NewReader(""), &stdout, &stderr, func(string) (string, bool) { return "", false })
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, &stderr)
			}
			golden := filepath.Join("testdata", "examples", name+".json")
			if *update {
				if err := os.WriteFile(golden, stdout.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(stdout.Bytes(), want) {
				t.Errorf("%s has changed; look at it with -update and git diff", golden)
			}
		})
	}
}
