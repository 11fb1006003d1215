package diag_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-e0495807/strake/lang/diag"
)

func TestScreen(t *testing.T) {
	for _, c := range []struct{ text, line, lines, log, rest string }{
		{"plain", "plain", "plain", "plain", ""},
		{"a\nb\tc", `a\nb    c`, "a\nb\tc", "a\nb\tc", ""},
		{"10%\r20%", `10%\r20%`, `10%\r20%`, "10%\r20%", ""},
		{"\x1b[1;31mred\x1b[m\x1b[K", `\x1b[1;31mred\x1b[m\x1b[K`, `\x1b[1;31mred\x1b[m\x1b[K`, "\x1b[1;31mred\x1b[m\x1b[K", ""},
		{"\x1b]0;title\a", `\x1b]0;title\x07`, `\x1b]0;title\x07`, `\x1b]0;title\x07`, ""},
		{"\x1b[2J\x1b[1A\x1b[2K", `\x1b[2J\x1b[1A\x1b[2K`, `\x1b[2J\x1b[1A\x1b[2K`, `\x1b[2J\x1b[1A\x1b[2K`, ""},
		{"\u009b31m\u202e\x7f\xff!", `\u009b31m\u202e\x7f\xff!`, `\u009b31m\u202e\x7f\xff!`, `\u009b31m\u202e\x7f\xff!`, ""},
		{"ü\x1b[3", `ü\x1b[3`, `ü\x1b[3`, "ü", "\x1b[3"},
		{"a\xc3", `a\xc3`, `a\xc3`, "a", "\xc3"},
		{"\x1b[" + strings.Repeat("1", 60), `\x1b[` + strings.Repeat("1", 60), `\x1b[` + strings.Repeat("1", 60), `\x1b[` + strings.Repeat("1", 60), ""},
	} {
		if got := diag.Printable(c.text); got != c.line {
			t.Errorf("Printable(%q) = %q, want %q", c.text, got, c.line)
		}
		if got := diag.Screen(c.text); got != c.lines {
			t.Errorf("Screen(%q) = %q, want %q", c.text, got, c.lines)
		}
		if got, rest := diag.ScreenLog(c.text); got != c.log || rest != c.rest {
			t.Errorf("ScreenLog(%q) = %q, %q, want %q, %q", c.text, got, rest, c.log, c.rest)
		}
	}
}

// FuzzScreen gives a terminal nothing that moves it, and loses nothing of JSON.
func FuzzScreen(f *testing.F) {
	f.Add("\x1b]0;x\a\u009b2J\u202e\x7f")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range diag.Screen(text) {
			if r != '\n' && r != '\t' && unicode.IsControl(r) {
				t.Fatalf("%q has %q", diag.Screen(text), r)
			}
		}
		if log, rest := diag.ScreenLog(text); len(rest) > 50 || strings.ContainsAny(log, "\a\b\v\f\x7f") {
			t.Fatalf("%q, %q", log, rest)
		}
		document, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var before, after string
		if err := json.Unmarshal(diag.PrintableJSON(document), &after); err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(document, &before); before != after {
			t.Fatalf("%q became %q", before, after)
		}
	})
}
