package plugins_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestMatch(t *testing.T) {
	host := plugintest.Host{Files: map[string]string{"a": "12", "b/a": "", "b/c/a": "", "b/c/d.go": "", "x.gyp": "", "b/x.gyp": ""}}
	for patterns, want := range map[string]string{
		"a":           "a",
		"./a":         "a",
		"b":           "b",
		"/b/":         "b",
		"b/c":         "b/c",
		"b/*":         "b/a b/c b/x.gyp",
		"*.gyp":       "x.gyp",
		"**/*.gyp":    "b/x.gyp x.gyp",
		"**/a a":      "a b/a b/c/a",
		"b/**/a":      "b/a b/c/a",
		"b/**":        "b/a b/c b/c/a b/c/d.go b/x.gyp",
		"**/c/**":     "b/c/a b/c/d.go",
		"../a":        "a",
		"none a/b":    "",
		"[xy].* none": "x.gyp",
	} {
		list, err := host.ListFiles(t.Context(), strings.Fields(patterns))
		var names []string
		for _, f := range list {
			names = append(names, f.Path)
			if f.Mode.IsDir() != (f.Path == "b" || f.Path == "b/c") || f.Path == "a" && f.Size != 2 {
				t.Errorf("%+v", f)
			}
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: %s, %v, not %s", patterns, got, err, want)
		}
	}
	if _, err := host.ListFiles(t.Context(), []string{"["}); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("no pattern: %v", err)
	}
	many := map[string]string{}
	for i := range 20_001 {
		many[fmt.Sprint("f", i)] = ""
	}
	if list, err := (plugintest.Host{Files: many}).ListFiles(t.Context(), []string{"*"}); err == nil {
		t.Errorf("%d files are not too many", len(list))
	}
	if _, err := (plugins.NoHost{}).ListFiles(t.Context(), nil); !errors.Is(err, plugins.ErrUnavailable) {
		t.Error(err)
	}
}
