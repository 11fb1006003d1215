package input_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/input"
)

// TestNearURL: a source that was meant for a URL says so, and no other does.
func TestNearURL(t *testing.T) {
	for name, want := range map[string]string{
		"htps://example.com/a":         "`https://example.com/a`",
		"/htps:/example.com/a":         "`https://example.com/a`", // as it is cleaned
		"http:/example.com/a":          "`http://example.com/a`",
		"HTTP:/example.com/a":          "`http://example.com/a`",
		"sssh://git@example.com/a.git": "`ssh://git@example.com/a.git`",
		"git@example.com/owner/a.git":  "`git@example.com:owner/a.git`",
		"deploy@git.example.com/a":     "`deploy@git.example.com:a`",
		"C:/Users/a":                   "",
		"file:///etc/passwd":           "",
		"node_modules/@types/node":     "",
		"https/example.com":            "",
		"systemd/user@.service.d/a":    "",
		"etc/a:b":                      "",
		"foo@bar/baz":                  "",
		"../x:/y":                      "",
	} {
		got := input.NearURL(name)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
}
