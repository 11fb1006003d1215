package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/lang/diag"
)

// An answer decides; without one nothing is done, and that is an error.
func TestAsk(t *testing.T) {
	for _, c := range []struct {
		typed string
		yes   bool
		code  string
	}{
		{"y\n", true, ""}, {"YES\n", true, ""}, {" y \nn\n", true, ""}, {"y", true, ""},
		{"n\n", false, ""}, {"\n", false, ""}, {"yesterday\n", false, ""}, {"no", false, ""},
		{"", false, "no-answer"}, {"  ", false, "no-answer"},
	} {
		var out bytes.Buffer
		p := &Process{Stdin: strings.NewReader(c.typed), Stdout: &out}
		yes, err := p.Ask(t.Context(), "Sure?", "nothing was done")
		var d diag.Diagnostic
		errors.As(err, &d)
		if yes != c.yes || d.Code != c.code || (err != nil) != (d.Hint != "") {
			t.Errorf("%q: %v %v", c.typed, yes, err)
		}
		if !strings.HasPrefix(out.String(), "Sure? [y/N] ") {
			t.Errorf("it asked %q", &out)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &Process{Stdin: testbed.Terminal(t), Stdout: new(bytes.Buffer)} // where nobody types
	if _, err := p.Ask(ctx, "Sure?", ""); err == nil {
		t.Error("an interrupt does not end a question")
	}
}
