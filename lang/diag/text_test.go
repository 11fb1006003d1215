package diag

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/source"
)

// at is the span of the first occurrence of sub in file 0.
func at(text, sub string) source.Span {
	i := strings.Index(text, sub)
	if i < 0 {
		panic("no " + sub)
	}
	return source.Span{Start: uint32(i), End: uint32(i + len(sub))}
}

func render(t testing.TB, text string, list List, opt TextOptions) string {
	t.Helper()
	set := &source.Set{}
	set.Add("Dockerfile", text)
	var out strings.Builder
	if err := Text(&out, set, list, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// golden compares with a text whose first newline is for looks and in which ~
// stands for a backquote.
func golden(t *testing.T, got, want string) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "~", "`")
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s\n got %q\nwant %q", got, want, got, want)
	}
}

func TestText(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	tests := []struct {
		name, text string
		span       source.Span
		edit       func(*Diagnostic)
		opt        TextOptions
		want       string
	}{
		{name: "context", text: "FROM alpine\n\nCOPPY a b\nRUN x\n", opt: TextOptions{Context: 2},
			span: at("FROM alpine\n\nCOPPY", "COPPY"),
			edit: func(d *Diagnostic) { d.Hint, d.Expected = "did you mean `COPY`?", "an instruction" },
			want: `
Dockerfile:3:1: error: bad [code]
 1 | FROM alpine
 2 |
 3 | COPPY a b
   | ^^^^^
 4 | RUN x
   = expected: an instruction
   = help: did you mean ~COPY~?
`},
		{name: "no place", text: "FROM a", edit: func(d *Diagnostic) { d.Severity, d.URL = Warning, "https://x/y" },
			want: "warning: bad [code]\n  = see: https://x/y\n"},
		{name: "unknown file", text: "FROM a", span: source.Span{File: 7, End: 3}, want: "error: bad [code]\n"},
		{name: "outside", text: "FROM a\n", span: source.Span{Start: 90, End: 20}, want: `
Dockerfile:1:8: error: bad [code]
 1 | FROM a
   |       ^
`},
		{name: "no text", text: "", span: source.Span{Start: 1, End: 1}, want: `
Dockerfile:1:1: error: bad [code]
 1 |
   | ^
`},
		{name: "two lines, CRLF", text: "RUN a \\\r\n  b\r\n", span: at("RUN a \\\r\n  b", "a \\\r\n  b"), want: `
Dockerfile:1:5: error: bad [code]
 1 | RUN a \
   |     ^^^ and 1 more line
`},
		{name: "many lines", text: "RUN <<E\na\nb\nE\n", span: at("RUN <<E\na\nb\nE\n", "<<E\na\nb\nE\n"),
			opt: TextOptions{Context: 1}, want: `
Dockerfile:1:5: error: bad [code]
 1 | RUN <<E
   |     ^^^ and 3 more lines
 2 | a
`},
		{name: "line ending is no line", text: "RUN\nb\n", span: source.Span{Start: 0, End: 4}, want: `
Dockerfile:1:1: error: bad [code]
 1 | RUN
   | ^^^
`},
		{name: "tab and wide", text: "\t漢字é e\u0301 ok", span: at("\t漢字é e\u0301 ok", "ok"), want: `
Dockerfile:1:15: error: bad [code]
 1 |     漢字é é ok
   |             ^^
`},
		{name: "wide under caret", text: "a 漢字🐳", span: at("a 漢字🐳", "漢字🐳"), want: `
Dockerfile:1:3: error: bad [code]
 1 | a 漢字🐳
   |   ^^^^^^
`},
		{name: "half a character", text: "a 漢", span: source.Span{Start: 3, End: 4}, want: `
Dockerfile:1:4: error: bad [code]
 1 | a 漢
   |   ^^
`},
		{name: "escapes", text: "A\x1b[2J\x00\xff\u00a0\u202e\u009bB", span: at("A\x1b[2J\x00\xff\u00a0\u202e\u009bB", "B"), want: `
Dockerfile:1:15: error: bad [code]
 1 | A\x1b[2J\x00\xff\u00a0\u202e\u009bB
   |                                   ^
`},
		{name: "escaped message", text: "", edit: func(d *Diagnostic) { d.Message, d.Code, d.Hint = "a\x1b[0m\nb", "", "\xfe" },
			want: "error: a\\x1b[0m\\nb\n  = help: \\xfe\n"},
		{name: "long, front", text: "COPPY " + long, span: source.Span{End: 5}, opt: TextOptions{Width: 44},
			want: "Dockerfile:1:1: error: bad [code]\n 1 | COPPY " + strings.Repeat("x", 30) + "...\n   | ^^^^^\n"},
		{name: "long, middle", text: long + "HERE" + long, span: source.Span{Start: 1 << 20, End: 1<<20 + 4}, opt: TextOptions{Width: 35}, want: `
Dockerfile:1:1048577: error: bad [code]
 1 | ...xxxxxxxxxxHERExxxxxxxxxxxx...
   |              ^^^^
`},
		{name: "long, end", text: long + "HERE", span: source.Span{Start: 1 << 20, End: 1<<20 + 4}, opt: TextOptions{Width: 1}, want: `
Dockerfile:1:1048577: error: bad [code]
 1 | ...xxxxxxxxxxHERE
   |              ^^^^
`},
		{name: "fix without hint", text: "", edit: func(d *Diagnostic) { d.Fixes = []Fix{{Message: "write A"}} },
			want: "error: bad [code]\n  = help: write A\n"},
		{name: "related", text: "FROM a AS b\nFROM c AS b\n", span: source.Span{Start: 22, End: 23},
			edit: func(d *Diagnostic) {
				d.Related = []Related{{source.Span{Start: 10, End: 11}, "first used here"}, {Message: "nowhere"}}
			},
			want: `
Dockerfile:2:11: error: bad [code]
 2 | FROM c AS b
   |           ^
Dockerfile:1:11: note: first used here
 1 | FROM a AS b
   |           ^
note: nowhere
`},
		{name: "colour", text: "A", span: source.Span{End: 1}, opt: TextOptions{Color: true},
			want: "\x1b[1mDockerfile:1:1:\x1b[0m \x1b[1;31merror:\x1b[0m \x1b[1mbad\x1b[0m [code]\n" +
				"\x1b[1;34m 1 |\x1b[0m A\n\x1b[1;34m   |\x1b[0m \x1b[1;31m^\x1b[0m\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Diagnostic{Code: "code", Span: tt.span, Message: "bad"}
			if tt.edit != nil {
				tt.edit(&d)
			}
			golden(t, render(t, tt.text, List{d}, tt.opt), tt.want)
		})
	}
}

func TestTextGutter(t *testing.T) {
	text := strings.Repeat("x\n", 12)
	got := render(t, text, List{{Message: "bad", Span: source.Span{Start: 16, End: 17}, Hint: "h"}}, TextOptions{Context: 1})
	golden(t, got, `
Dockerfile:9:1: error: bad
  8 | x
  9 | x
    | ^
 10 | x
    = help: h
`)
}

func TestTextCut(t *testing.T) {
	var l List
	for range 150 {
		l.Warnf(source.Span{}, "w", "w")
	}
	for range 30 {
		l.Errorf(source.Span{}, "e", "e")
	}
	got := render(t, "", l, TextOptions{})
	if w, e := strings.Count(got, "warning:"), strings.Count(got, "error:"); w != 70 || e != 30 {
		t.Errorf("%d warnings, %d errors", w, e)
	}
	if !strings.HasSuffix(got, "\n\nand 80 more\n") {
		t.Errorf("end is %q", got[len(got)-30:])
	}
	if got := render(t, "", l[:MaxShown], TextOptions{}); strings.Contains(got, "more") {
		t.Error("a list of MaxShown is cut")
	}
	if got := render(t, "", nil, TextOptions{}); got != "" {
		t.Errorf("empty list gives %q", got)
	}
}

func TestTextBounded(t *testing.T) {
	for _, unit := range []string{"x", "\u0301", "\U000e0100", "\t", "\x00", "\xff", "漢", "\xe6\xbc"} {
		text := strings.Repeat(unit, 1<<18)
		span := source.Span{Start: uint32(len(text) / 2), End: uint32(len(text))}
		got := render(t, text, List{{Message: text, Hint: text, Span: span}}, TextOptions{Context: 3})
		if len(got) > 30000 {
			t.Errorf("%q: %d bytes", unit, len(got))
		}
		if !strings.Contains(got, "^") {
			t.Errorf("%q: no caret", unit)
		}
	}
}

type failing struct{}

var errDisk = errors.New("disk full")

func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestWriteError(t *testing.T) {
	l := List{{Message: strings.Repeat("\u0085", 5000)}}
	if err := Text(failing{}, nil, l, TextOptions{}); !errors.Is(err, errDisk) {
		t.Error(err)
	}
	if err := JSON(failing{}, nil, l); !errors.Is(err, errDisk) {
		t.Error(err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("FROM a\r\n\tRUN \x1b漢\xff\u0301", uint32(3), uint32(12), 2, 60, "m\x9b")
	f.Add(strings.Repeat("\U000e0100", 200)+"\xe6", uint32(700), uint32(701), 0, 0, "")
	f.Fuzz(func(t *testing.T, text string, start, end uint32, context, width int, message string) {
		d := Diagnostic{Span: source.Span{Start: start, End: end}, Code: message, Message: message, Hint: text,
			Related: []Related{{source.Span{Start: end, End: start}, text}},
			Fixes:   []Fix{{message, []Edit{{source.Span{File: source.FileID(start)}, text}}, true, Unsaid}}}
		got := render(t, text, List{d, {Message: message}}, TextOptions{Context: context, Width: width})
		set := &source.Set{}
		set.Add(message, text)
		var js strings.Builder
		if err := JSON(&js, set, List{d}); err != nil {
			t.Fatal(err)
		}
		if strings.Count(js.String(), "\n") != 1 {
			t.Errorf("JSON of many lines: %q", js.String())
		}
		for _, out := range []string{got, js.String()} {
			if !utf8.ValidString(out) {
				t.Fatalf("not UTF-8: %q", out)
			}
			for _, r := range out {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Fatalf("%U in %q", r, out)
				}
			}
		}
		if start|end != 0 && strings.Count(got, "^") < 1 {
			t.Errorf("no caret in %q", got)
		}
	})
}

func BenchmarkErrorf(b *testing.B) {
	b.ReportAllocs()
	var l List
	for i := range b.N {
		if i%100 == 0 {
			l = l[:0]
		}
		l.Errorf(source.Span{Start: 1, End: 6}, "unknown-instruction", "unknown instruction `%s`", "COPPY")
	}
}
