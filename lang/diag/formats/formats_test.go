package formats

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func findings() (*source.Set, diag.List) {
	set := &source.Set{}
	set.Add("a/Dockerfile", "FROM a\nRUN x\nRUN x\n")
	var list diag.List
	list.Warnf(source.Span{Start: 7, End: 12}, "DL1", "it is <wrong> & \x1b[31mred")
	list.Warnf(source.Span{Start: 13, End: 18}, "DL1", "it is <wrong> & \x1b[31mred")
	list.Add(diag.Diagnostic{Severity: diag.Hint, Code: "x", Message: "nowhere"})
	return set, list
}

func TestTTY(t *testing.T) {
	set, list := findings()
	var b bytes.Buffer
	if err := TTY(&b, set, list); err != nil {
		t.Fatal(err)
	}
	if got := strings.SplitN(b.String(), "\n", 2)[0]; got != `a/Dockerfile:2 DL1 warning: it is <wrong> & \x1b[31mred` {
		t.Errorf("%q", got)
	}
}

// TestGitLab holds that two findings which are alike have fingerprints of their own, and that
// a line which is put in above changes none.
func TestGitLab(t *testing.T) {
	prints := func(set *source.Set, list diag.List) (out []string) {
		var b bytes.Buffer
		if err := GitLab(&b, set, list); err != nil {
			t.Fatal(err)
		}
		var read []gitlabFinding
		if err := json.Unmarshal(b.Bytes(), &read); err != nil {
			t.Fatal(err)
		}
		for _, f := range read {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	first := prints(findings())
	set := &source.Set{}
	set.Add("a/Dockerfile", "FROM a\nENV y=1\nRUN x\nRUN x\n")
	_, list := findings()
	for i := range list[:2] {
		list[i].Span.Start += 8
		list[i].Span.End += 8
	}
	if second := prints(set, list); strings.Join(first, " ") != strings.Join(second, " ") || first[0] == first[1] {
		t.Errorf("%v and %v", first, second)
	}
}

// TestXML holds that what is written is XML, and says of each file what there is to say.
func TestXML(t *testing.T) {
	set, list := findings()
	for name, c := range map[string]struct {
		write func(io.Writer) error
		want  []string
	}{
		"checkstyle": {func(w io.Writer) error { return Checkstyle(w, set, list) },
			[]string{`<file name="a/Dockerfile">`, `line="2" column="1" severity="warning" message="it is &lt;wrong&gt; &amp; \x1b[31mred" source="DL1"`, `severity="info" message="nowhere"`}},
		"junit": {func(w io.Writer) error { return JUnit(w, set, list, []string{"a/Dockerfile", "b"}) },
			[]string{`<testsuites tests="4" failures="3">`, `<testsuite name="b" tests="1" failures="0">`, `name="DL1 a/Dockerfile:3:1"`}},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, b.String())
			}
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %s in\n%s", name, want, b.String())
			}
		}
	}
}

// TestFingerprint holds that a finding is the same where the lines that its message names move, and
// another where more is other than that.
func TestFingerprint(t *testing.T) {
	print := func(name, message string) string {
		return Fingerprint(name, &diag.Diagnostic{Code: "X", Message: message})
	}
	want := print("a", "what line 9 copies is here again")
	if print("a", "what line 10 copies is here again") != want {
		t.Error("line 9 is another than line 10")
	}
	for _, other := range [][2]string{{"b", "what line 9 copies is here again"}, {"a", "what line copies is here again"}, {"a", "what line 9 8 copies is here again"}} {
		if print(other[0], other[1]) == want {
			t.Errorf("%v is the same", other)
		}
	}
}
