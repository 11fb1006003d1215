package cli

import (
	"bytes"
	"errors"
	"testing"
)

// A template has docker's functions. They are for the rows: titles stay what they are.
func TestListing(t *testing.T) {
	type row struct {
		ID   string `header:"IMAGE ID"`
		Size string `header:"SIZE"`
	}
	list := Listing[row]{Usual: `{{.ID}}\t{{.Size}}`}
	for _, c := range []struct{ format, want string }{
		{"", "IMAGE ID   SIZE\nab\u00e9cd      1MB\n"},
		{"table", "IMAGE ID   SIZE\nab\u00e9cd      1MB\n"},
		{"table {{truncate .ID 3}}", "IMAGE ID\nab\u00e9\n"},
		{`table {{lower .Size}}\t{{json .ID}}`, "SIZE      IMAGE ID\n1mb       \"ab\u00e9cd\"\n"},
		{"json", "{\"ID\":\"ab\u00e9cd\",\"Size\":\"1MB\"}\n"},
		{`{{.ID}}\n{{pad .Size 1 1}}.`, "ab\u00e9cd\n 1MB .\n"},
		{`{{join (split .ID "b") "-"}} {{title "two words"}}`, "a-\u00e9cd Two Words\n"},
		{"{{truncate .ID 9}}", "ab\u00e9cd\n"},
	} {
		var out bytes.Buffer
		if err := list.Print(&out, c.format, []row{{"ab\u00e9cd", "1MB"}}); err != nil || out.String() != c.want {
			t.Errorf("%q: %q, want %q (%v)", c.format, &out, c.want, err)
		}
	}
	for _, format := range []string{"{{", "table {{.Tag}}", "{{.ID | frobnicate}}"} {
		var out bytes.Buffer
		var usage *UsageError
		if err := list.Print(&out, format, nil); !errors.As(err, &usage) || out.Len() > 0 {
			t.Errorf("%q: %v, %q", format, err, &out)
		}
	}
}
