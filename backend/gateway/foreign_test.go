package gateway

import "testing"

func TestForeign(t *testing.T) {
	arg := map[string]string{"build-arg:BUILDKIT_SYNTAX": "acme/x:1 -v"}
	for _, c := range []struct {
		name, text string
		options    map[string]string
		ref, line  string // of the frontend that is asked for; "" is ours
	}{
		{name: "none", text: "FROM scratch\n"},
		{name: "empty", text: ""},
		{name: "ours", text: "# syntax=docker/dockerfile:1\nFROM scratch\n"},
		{name: "ours by digest", text: "#syntax=docker.io/docker/dockerfile-upstream:master\n"},
		{name: "of a registry", text: "# syntax=localhost:5000/docker/dockerfile:1\n", ref: "localhost:5000/docker/dockerfile:1", line: "localhost:5000/docker/dockerfile:1"},
		{name: "arguments", text: "# syntax = acme/x:1 a b\n", ref: "acme/x:1", line: "acme/x:1 a b"},
		{name: "behind a shebang", text: "#!/usr/bin/env x\n# syntax=acme/x\n", ref: "acme/x", line: "acme/x"},
		{name: "not at the top", text: "FROM scratch\n# syntax=acme/x\n"},
		{name: "slashes", text: "//syntax=acme/x\n{}\n", ref: "acme/x", line: "acme/x"},
		{name: "slashes, later", text: "// about\n//syntax=acme/x\n"},
		{name: "json", text: `{"syntax": "acme/x", "a": 1}`, ref: "acme/x", line: "acme/x"},
		{name: "json without", text: `{"a": 1}`},
		{name: "json of another kind", text: `{"syntax": 1}`},
		{name: "argument", text: "# syntax=docker/dockerfile:1\n", options: arg, ref: "acme/x:1", line: "acme/x:1 -v"},
		{name: "this one is it", text: "# syntax=acme/x\n", options: map[string]string{"cmdline": "acme/x"}},
		{name: "no reference", text: "# syntax=UPPER\n", ref: "UPPER", line: "UPPER"},
	} {
		ref, line, ok := Foreign(c.text, c.options)
		if ok != (c.ref != "") || ok && (ref != c.ref || line != c.line) {
			t.Errorf("%s: got %q %q %v", c.name, ref, line, ok)
		}
	}
}
