package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The command reference and the manual pages say what the help says. With -update they are
// written anew.
func TestReference(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	pages := map[string]string{}
	for name, text := range newProcess(noEnv).Reference() {
		pages[filepath.Join(docs, filepath.FromSlash(name))] = text
	}
	for name, text := range pages {
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if have, _ := os.ReadFile(name); !bytes.Equal(have, []byte(text)) {
			t.Errorf("%s is not what the commands say: run make generate", name)
		}
	}
	there, _ := filepath.Glob(filepath.Join(docs, "man", "*"))
	for _, name := range there {
		if _, ok := pages[name]; !ok {
			t.Errorf("%s is of no command", name)
		}
	}
}
