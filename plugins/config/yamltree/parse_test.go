package yamltree

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"scalars", "a: 1\nb: -2.50\nc: true\nd: off\ne: 'x: y'\nf:\ng: ~\nh: 0x1F\n", `{"a":1,"b":-2.5,"c":true,"d":"off","e":"x: y","f":null,"g":null,"h":31}`},
		{"block and flow", "a:\n  - b: c\n    d: [x, {y: z}]\n  - e\n", `{"a":[{"b":"c","d":["x",{"y":"z"}]},"e"]}`},
		{"long texts", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", `{"a":"one\ntwo\n","b":"one two"}`},
		{"comments, windows line ends", "# x\r\na: b # c\r\n# d\r\ne: f\r\n", `{"a":"b","e":"f"}`},
		{"numbers as keys", "1: a\ntrue: b\n", `{"1":"a","true":"b"}`},
		{"empty", "", `null`},
		{"a comment", "# x\n", `null`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, diags := Parse(new(source.Set).Add("f", c.text))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			got, err := json.Marshal(root.Data())
			if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

// TestErrors holds what is told, and where.
func TestErrors(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1)
	for _, c := range []struct{ name, text, want string }{
		{"syntax", "a: [1\n", "1:4 this is not YAML: sequence end token ']' not found"},
		{"tab", "a:\n\tb: 1\n", "2:1 this is not YAML: found character '\t' that cannot start any token"},
		{"after windows line ends", "# é\r\na: 1\r\na: 2\r\n", "3:1 the key `a` is there twice"},
		{"twice", "a: 1\nb: {c: 1, c: 2}\na: 3\n", "2:11 the key `c` is there twice\n3:1 the key `a` is there twice"},
		{"after wide characters", "é: {日本: 1, 日本: 2}\n", "1:17 the key `日本` is there twice"},
		{"alias", "a: &x 1\nb: *x\n", "1:4 anchors and aliases are not allowed here\n2:4 anchors and aliases are not allowed here"},
		{"merge", "<<: {a: 1}\n", "1:1 merge keys are not allowed here"},
		{"tag", "a: !!str 1\n", "1:4 tags are not allowed here"},
		{"documents", "a: 1\n---\nb: 2\n", "3:1 the file has more than one document"},
		{"infinite", "a: .inf\n", "1:4 this kind of value is not allowed here"},
		{"deep", deep, fmt.Sprintf("1:%d this is nested more than 64 deep", MaxDepth+1)},
		{"long", strings.Repeat("- a\n", MaxTokens), "10001:1 the file is too long"},
		{"bytes", "a: \xff\n", "1:1 the file is not UTF-8"},
		{"large", strings.Repeat(" ", MaxSize+1), "1:1 the file is larger than 128 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := new(source.Set).Add("f", c.text)
			_, diags := Parse(f)
			if diff := cmp.Diff(c.want, places(f, diags)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func places(f *source.File, diags diag.List) string {
	var lines []string
	for _, d := range diags {
		p := f.Position(d.Span.Start)
		lines = append(lines, fmt.Sprintf("%d:%d %s", p.Line, p.Column, d.Message))
	}
	return strings.Join(lines, "\n")
}

// TestSpans holds that a span covers what is written.
func TestSpans(t *testing.T) {
	const text = "a: plain text # x\n\"b\": \"quo\\\"ted\"\nc: ['it''s', {d: 1.50}]\n"
	f := new(source.Set).Add("f", text)
	root, diags := Parse(f)
	if diags != nil {
		t.Fatal(diags)
	}
	var got []string
	for _, field := range root.Fields {
		got = append(got, f.Slice(field.Span), f.Slice(field.Value.Span))
	}
	inner := root.Get("c").Items
	got = append(got, f.Slice(inner[1].Span), f.Slice(inner[1].Get("d").Span))
	want := []string{"a", "plain text", `"b"`, `"quo\"ted"`, "c", "[", "{", "1.50"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTime holds that what is made to take long does not.
func TestTime(t *testing.T) {
	for _, part := range []string{"[", "- ", "? ", "{a: ", "&a ", "!a ", "[]", "a: |\n  x\n", "\"\" ", "- a\n", "a: b\n"} {
		start := time.Now()
		Parse(new(source.Set).Add("f", strings.Repeat(part, MaxSize/len(part))))
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q takes %v", part, d)
		} else {
			t.Logf("%q takes %v", part, d)
		}
	}
}

// FuzzParse holds that nothing panics, and that errors lie in the file.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "- [a, {b: c}]\n", "a: &x |\n  b\n", "? a\n: b\n", "\"\\u00e9\": 'x'\r\n", "%YAML 1.2\n---\na\n...\n", ">>" + strings.Repeat("\x18", 2000) + "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := new(source.Set).Add("f", text)
		root, diags := Parse(file)
		for _, d := range diags {
			if int(d.Span.Start) > len(text) || len(d.Message) > 1000 {
				t.Errorf("%+v", d)
			}
		}
		if _, err := json.Marshal(root.Data()); err != nil {
			t.Error(err)
		}
	})
}
