package mergerun

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestFollowed holds that what the table of package effects follows to its end is merged.
func TestFollowed(t *testing.T) {
	for _, first := range []string{
		`sed -i '/a/{s/^/#/}' /srv/x`,
		`sed -i ':a;N;$!ba;s/x/y/' /srv/x`,
		`sed -i '\:</a>:i <b/>' /srv/x`,
		`awk 'NR > 1 || $1 == "x" { print $2 }' /srv/x`,
		`find /srv -name '*.txt' -exec gzip {} +`,
		`unzip -q /srv/x.zip -d /srv/y`,
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM base\nRUN "+first+"\nRUN mkdir /srv/z\n", nil)
		if text := plugintest.Print(out.Module); !strings.Contains(text, "&& mkdir") {
			t.Errorf("it is not merged:\n%s", text)
		}
	}
}
