package diag

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

func TestSeverity(t *testing.T) {
	for s, want := range map[Severity]string{Error: "error", Warning: "warning", Info: "info", Hint: "hint", 9: "severity(9)"} {
		if s.String() != want {
			t.Errorf("%d is %q", uint8(s), s)
		}
	}
}

func TestList(t *testing.T) {
	var l List
	if l.Err() != nil || l.HasErrors() || l.Error() != "no errors" {
		t.Error("an empty list is an error")
	}
	l.Warnf(source.Span{}, "w", "odd")
	l.Infof(source.Span{}, "i", "fyi")
	l.Hintf(source.Span{}, "h", "maybe")
	if l.Err() != nil {
		t.Error("a warning is an error")
	}
	l.Errorf(source.Span{}, "e", "unknown `%s`", "A\x1b").Hint = "drop it"
	err := l.Err()
	if err == nil || err.Error() != "unknown `A\\x1b`; drop it" {
		t.Error(err)
	}
	l.Add(Diagnostic{Message: "x"})
	if got := l.Error(); got != "unknown `A\\x1b`, and 1 more error" {
		t.Error(got)
	}
	l.Add(Diagnostic{Message: "x"})
	if got := l.Error(); got != "unknown `A\\x1b`, and 2 more errors" {
		t.Error(got)
	}
	var back List
	if !errors.As(l.Err(), &back) || len(back) != 6 {
		t.Error("errors.As loses the list")
	}
}

func TestSort(t *testing.T) {
	span := func(f source.FileID, start uint32) source.Span {
		return source.Span{File: f, Start: start, End: start + 1}
	}
	l := List{
		{Message: "f", Span: span(1, 0)},
		{Message: "e", Span: span(0, 9)},
		{Message: "d", Span: span(0, 5), Severity: Hint},
		{Message: "b", Span: span(0, 5)},
		{Message: "c", Span: span(0, 5)},
		{Message: "a"},
	}
	l.Sort()
	var got strings.Builder
	for _, d := range l {
		got.WriteString(d.Message)
	}
	if got.String() != "abcdef" {
		t.Error(got.String())
	}
}

func TestSuggest(t *testing.T) {
	instructions := []string{"RUN", "FROM", "COPY", "ADD", "CMD", "ARG", "ENV", "EXPOSE", "ENTRYPOINT", "HEALTHCHECK", "WORKDIR"}
	tests := []struct {
		word, want string
		from       []string
	}{
		{"COPPY", "COPY", nil},
		{"coppy", "COPY", nil},
		{"FORM", "FROM", nil},
		{"run", "RUN", nil},
		{"RN", "RUN", nil},
		{"ENTRYPIONT", "ENTRYPOINT", nil},
		{"HELTHCHEK", "HEALTHCHECK", nil},
		{"WROKDIRR", "WORKDIR", nil},
		{"FETCH", "", nil},
		{"R", "", nil},
		{"", "", nil},
		{"a", "", []string{"a"}},
		{"AX", "AB", []string{"AC", "AB"}},
		{"AX", "AB", []string{"AB", "AC"}},
		{"ÉTÉS", "été", []string{"été"}},
		{"\xff\xfe", "", []string{"ab"}},
		{"abcdefghijkl", "", []string{"abcdefgh"}},
		{"abcdefghijkl", "abcdefghi", []string{"abcdefghi"}},
		{strings.Repeat("a", 1<<16), "", []string{strings.Repeat("b", 1<<16)}},
	}
	for _, tt := range tests {
		if tt.from == nil {
			tt.from = instructions
		}
		if got := Suggest(tt.word, tt.from); got != tt.want {
			t.Errorf("Suggest(%.20q) = %.20q, want %q", tt.word, got, tt.want)
		}
	}
}

// FuzzDistance compares the band with the whole table.
func FuzzDistance(f *testing.F) {
	f.Add("FORM", "FROM")
	f.Add("kitten", "sitting")
	f.Fuzz(func(t *testing.T, x, y string) {
		if len(x) > 40 || len(y) > 40 {
			return
		}
		a, b := []rune(x), []rune(y)
		full := make([][]int, len(a)+1)
		for i := range full {
			full[i] = make([]int, len(b)+1)
			for j := range full[i] {
				switch {
				case i == 0 || j == 0:
					full[i][j] = i + j
					continue
				case a[i-1] == b[j-1]:
					full[i][j] = full[i-1][j-1]
				default:
					full[i][j] = 1 + full[i-1][j-1]
				}
				full[i][j] = min(full[i][j], full[i-1][j]+1, full[i][j-1]+1)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					full[i][j] = min(full[i][j], full[i-2][j-2]+1)
				}
			}
		}
		for limit := 1; limit <= 3; limit++ {
			if got, want := distance(a, b, limit), min(full[len(a)][len(b)], limit+1); got != want {
				t.Errorf("distance(%q, %q, %d) = %d, want %d", x, y, limit, got, want)
			}
		}
	})
}

func edit(start, end uint32, s string) Edit {
	return Edit{Span: source.Span{Start: start, End: end}, New: s}
}

func TestApply(t *testing.T) {
	tests := []struct {
		name, text string
		edits      []Edit
		want       string
		err        error
	}{
		{"none", "abc", nil, "abc", nil},
		{"replace", "COPPY a", []Edit{edit(0, 5, "COPY")}, "COPY a", nil},
		{"any order", "abcd", []Edit{edit(3, 4, "D"), edit(0, 1, "A")}, "AbcD", nil},
		{"touching", "abcd", []Edit{edit(2, 4, "Y"), edit(0, 2, "X")}, "XY", nil},
		{"insertions keep order", "ab", []Edit{edit(1, 2, "B"), edit(1, 1, "1"), edit(1, 1, "2"), edit(2, 2, "!")}, "a12B!", nil},
		{"zero span inserts", "ab", []Edit{{New: "x"}}, "xab", nil},
		{"delete all", "ab", []Edit{edit(0, 2, "")}, "", nil},
		{"overlap", "abcd", []Edit{edit(0, 3, ""), edit(2, 4, "")}, "", ErrOverlap},
		{"twice", "abcd", []Edit{edit(0, 3, "x"), edit(0, 3, "x")}, "", ErrOverlap},
		{"inside", "abcd", []Edit{edit(0, 3, ""), edit(1, 1, "x")}, "", ErrOverlap},
		{"outside", "ab", []Edit{edit(1, 3, "")}, "", ErrRange},
		{"backwards", "ab", []Edit{edit(2, 1, "")}, "", ErrRange},
		{"files", "ab", []Edit{edit(0, 1, ""), {Span: source.Span{File: 1, Start: 1, End: 2}}}, "", ErrFiles},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Apply(tt.text, tt.edits)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzApply(f *testing.F) {
	f.Add("abcdef", uint32(0), uint32(2), uint32(2), uint32(4), "x")
	f.Fuzz(func(t *testing.T, text string, a, b, c, d uint32, s string) {
		got, err := Apply(text, []Edit{edit(a, b, s), edit(c, d, s)})
		if err != nil {
			if got != "" {
				t.Error("a text and an error")
			}
			return
		}
		if want := len(text) + 2*len(s) - int(b-a) - int(d-c); len(got) != want {
			t.Errorf("%d bytes, want %d", len(got), want)
		}
	})
}

func TestJSON(t *testing.T) {
	set := &source.Set{}
	set.Add("Dockerfile", "FROM a\nCOPPY é b && c\n")
	span := source.Span{Start: 7, End: 12}
	var out strings.Builder
	err := JSON(&out, set, List{
		{Code: "unknown-instruction", Span: span, Message: "unknown `COPPY`", Hint: "a && b", URL: "https://x",
			Related: []Related{{source.Span{Start: 0, End: 7}, "here"}},
			Fixes:   []Fix{{"write `COPY`", []Edit{{span, "COPY"}, {source.Span{}, "#\n"}}, true, Unsaid}, {Message: "leave"}}},
		{Severity: Warning, Code: "x", Message: "\x1b\x7f\u009b\u202e\U000e0001\xff é"},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, out.String(), `
{"file":"Dockerfile","line":2,"column":1,"endLine":2,"endColumn":6,"severity":"error","code":"unknown-instruction","message":"unknown ~COPPY~","hint":"a && b","url":"https://x",`+
		`"related":[{"file":"Dockerfile","line":1,"column":1,"endLine":2,"endColumn":1,"message":"here"}],`+
		`"fixes":[{"message":"write ~COPY~","safe":true,"edits":[{"file":"Dockerfile","line":2,"column":1,"endLine":2,"endColumn":6,"new":"COPY"},`+
		`{"file":"Dockerfile","line":1,"column":1,"endLine":1,"endColumn":1,"new":"#\n"}]},{"message":"leave","safe":false,"edits":[]}]}
{"severity":"warning","code":"x","message":"\u001b\u007f\u009b\u202e\udb40\udc01\ufffd é"}
`)
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}
