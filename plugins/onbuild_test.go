package plugins_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/packages"
	"github.com/seed-e0495807/strake/plugins/include"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestOnbuild: an instruction of a plugin behind ONBUILD is an error with its place, in
// whatever stage; others are none of the plugins' business.
func TestOnbuild(t *testing.T) {
	for _, c := range []struct {
		plugin plugins.Plugin
		text   string
		want   string // of the message; "" is no error
	}{
		{packages.New(), "ONBUILD PACKAGES vim", "ONBUILD leaves PACKAGES"},
		{packages.New(), "onbuild packages --cache vim", "ONBUILD leaves PACKAGES"},
		{packages.New(), "ONBUILD \\\n  PACKAGES vim", "ONBUILD leaves PACKAGES"},
		{include.New(nil), "ONBUILD INCLUDE ./x", "ONBUILD leaves INCLUDE"},
		{packages.New(), "RUN a\nFROM debian:13", ""},
		{packages.New(), "ONBUILD PACKAGES vim\nFROM debian:13", "ONBUILD leaves PACKAGES"},
		{packages.New(), "ONBUILD RUN PACKAGES vim", ""},
		{packages.New(), "ONBUILD INCLUDE ./x", ""},
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: c.plugin}, "FROM debian:13\n"+c.text+"\n", nil)
		if c.want == "" {
			if out.Diags.HasErrors() {
				t.Errorf("%s: %v", c.text, out.Diags)
			}
			continue
		}
		if len(out.Diags) != 1 || !strings.Contains(out.Diags[0].Message, c.want) || out.Diags[0].Code != "onbuild-plugin" ||
			out.Diags[0].Hint == "" || out.Diags[0].Span.Start != uint32(len("FROM debian:13\n")) {
			t.Errorf("%s: %+v", c.text, out.Diags)
		}
	}
}
