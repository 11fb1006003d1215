package cli

import (
	"bytes"
	"io"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

func TestColor(t *testing.T) {
	tty := testbed.Terminal(t)
	for _, c := range []struct {
		name  string
		w     io.Writer
		env   map[string]string
		color bool
	}{
		{"terminal", tty, nil, true},
		{"no terminal", &bytes.Buffer{}, nil, false},
		{"NO_COLOR", tty, map[string]string{"NO_COLOR": "1"}, false},
		{"empty NO_COLOR", tty, map[string]string{"NO_COLOR": ""}, true},
		{"dumb", tty, map[string]string{"TERM": "dumb"}, false},
	} {
		p := &Process{Env: func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }}
		if got := p.Color(c.w); got != c.color {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
