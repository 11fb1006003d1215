package ir_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// TestText prints every module and reads it back.
func TestText(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		text := ir.Print(m)
		got, err := ir.Parse(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if diff := irtest.Diff(m, got); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
		if again := ir.Print(got); again != text {
			t.Errorf("%s: prints differently the second time\n%s\n%s", name, text, again)
		}
	}
}

// TestVerifyAccepts holds that what Build makes is valid.
func TestVerifyAccepts(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		for _, d := range ir.Verify(m) {
			t.Errorf("%s: %v", name, d)
		}
	}
}

// TestFormat writes every body and reads it back, with both escape characters
// where the body allows.
func TestFormat(t *testing.T) {
	for name, m := range irtest.Modules(t) {
		for _, s := range m.Stages {
			for _, op := range s.Ops {
				text := ir.Format(op.Body, m.Escape)
				got, err := ir.ParseBody(text, m.Escape)
				if err != nil || !ir.Equal(got, op.Body) {
					t.Errorf("%s: %s: %v\n%s", name, text, err, cmp.Diff(op.Body, got, cmpopts.EquateEmpty()))
				}
			}
		}
	}
}

func TestExample(t *testing.T) {
	m := irtest.Module(t, "FROM alpine AS build\nRUN --mount=type=cache,target=/c cat <<A\nx\ny\nA\n")
	const want = `module escape "\\" {
  FILE "Dockerfile" {
    "FROM alpine AS build\n"
    "RUN --mount=type=cache,target=/c cat <<A\n"
    "x\n"
    "y\n"
    "A\n"
  }
  FROM "alpine" as "build" code "FROM alpine AS build" at 0:0-20 { // line 1
    RUN shell "cat <<A" mount [type="cache", target="/c"] heredoc [name="A", data=
      "x\n"
      "y\n"] code "RUN --mount=type=cache,target=/c cat <<A" at 0:21-67 // line 2
  }
}
`
	if got := ir.Print(m); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "unexpected token"},
		{"module {\n  FROM \"a\" as {}\n}", "2:12: field as has no value"},
		{"module {\n  FROM \"a\" {\n    JUMP\n  }\n}", "3:5: unknown op JUMP"},
		{"module {\n  FROM \"a\" {\n    COPY linc\n  }\n}", "3:10: unknown field linc"},
		{"module {\n  FROM \"a\" {\n    COPY link link\n  }\n}", "3:15: field link stands twice"},
		{"module {\n  FROM \"a\" {\n    COPY link \"x\"\n  }\n}", "3:15: this field takes no value"},
		{"module {\n  FROM \"a\" {\n    RUN \"x\"\n  }\n}", "3:9: a command is written"},
		{"module {\n  FROM \"a\" {\n    RUN shell \"x\" at #1\n  }\n}", "3:22: a span like"},
		{"module {\n  ORIGIN #1 of [#1]\n}", "2:17: a span like"},
		{"module {\n  ORIGIN #1 by \"x\"\n ORIGIN #1\n}", "3:9: there are two"},
		{"module {\n  FROM \"a\" at 0:1-99999999999 {}\n}", "2:15: 0:1-99999999999 is no span"},
		{"module {\n  FROM \"a\\q\" {}\n}", "2:3: \"a\\q\" is no string"},
		{"module escape \"ab\" {}", "1:8: escape is one byte"},
		{"module {\n  FROM \"a\" {\n    HEALTHCHECK retries \"3\"\n  }\n}", "3:25: "},
		{"module {\n  FROM \"a\" {\n    RUN mount \"x\"\n  }\n}", "3:15: a list is wanted"},
		{"module {\n  FROM \"a\" {\n    RUN device [name=\"x\", speed]\n  }\n}", "3:16: unknown or repeated key \"speed\""},
		{"NIL\n", "1:1"},
	} {
		_, err := ir.Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %s", c.text, err, c.want)
		}
	}
}
