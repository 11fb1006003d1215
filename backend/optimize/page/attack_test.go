package page_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
)

// named is the example with one text wherever a Dockerfile, a commit, an image or a plugin has one.
func named(t *testing.T, text string) (*optimize.Report, string) {
	r := example(t)
	r.Name, r.Why, r.Made = text, text, true
	r.Edits = []string{text, text}
	graph := slices.Clone(r.Before.Traces[0].Graph)
	for i := range graph {
		v := &graph[i]
		v.Text, v.Stage, v.Mounts = text, text, []string{text}
		v.Inputs = slices.Clone(v.Inputs)
		for n := range v.Inputs {
			if v.Inputs[n].Use != build.Stands {
				v.Inputs[n].Path = text
			}
		}
	}
	r.Before.Traces[0].Graph = graph
	from := validate.Origin{Layer: 1, Step: "RUN " + text, Dockerfile: text, Line: 1, By: text}
	r.Before.Image = &report.Report{
		Layers:    []report.Layer{{Origin: from, Bytes: 3, Top: []report.File{{Path: text, Bytes: 1}}}},
		Waste:     []report.Waste{{Path: text, Files: 1, Made: from, Hidden: from, Wrote: []string{text, text}, Hid: []string{text, text}, Pass: text, Advice: text}},
		Hidden:    []report.HiddenFile{{File: report.File{Path: text}}},
		Leftovers: []report.Leftover{{Kind: text, Pattern: text, Made: from, Command: text}},
	}
	r.Passes[0] = optimize.Outcome{Pass: optimize.Pass{Name: text}, Result: optimize.Wrong, Why: text}
	r.Refusals = []optimize.Refusal{{Pass: text, Code: text, Text: text}}
	r.Proof.Notes = []string{text}
	return r, "-" + text + "\n+" + text + "\n"
}

// skeleton is a page without what it says: its elements, and their attributes without values.
func skeleton(html string) string {
	var b strings.Builder
	for _, tag := range regexp.MustCompile(`(?s)<[^>]*>`).FindAllString(html, -1) {
		b.WriteString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, `""`) + "\n")
	}
	return b.String()
}

// TestAttackPage has the texts of others say what they want: they make no element and no attribute,
// nothing runs, nothing is loaded, and no line turns its direction.
func TestAttackPage(t *testing.T) {
	want := skeleton(drawnOf(t, "harmless"))
	for _, evil := range []string{
		`</code><script>document.title="done"</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "` onload=x `",
		`</style><style>*{display:none}`, `</title></svg><svg onload=alert(1)>`, `{{.Name}}`, `<!--`, `-->`, `]]>`, `javascript:alert(1)`, `url(http://127.0.0.1/x)`,
		`&lt;script&gt;`, `</pre>`, `</html>`, "\x00", "a\xff\xfeb",
	} {
		page := drawnOf(t, evil)
		if got := skeleton(page); got != want {
			t.Errorf("%q makes other elements", evil)
		}
		for _, value := range regexp.MustCompile(`style="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !regexp.MustCompile(`^(padding-left|width): \d+(\.\d+)?(px|%)$`).MatchString(value[1]) {
				t.Errorf("%q is in a style: %s", evil, value[1])
			}
		}
		for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !regexp.MustCompile(`^#[a-z]+(-\d+)?$`).MatchString(link[1]) {
				t.Errorf("%q is in a link: %s", evil, link[1])
			}
		}
	}
	page := drawnOf(t, "gpj.\u202eexe\x1b[31m\u2066x\u200f\x07y")
	if strings.ContainsAny(page, "\u202e\x1b\u2066\u200f\x07") || !strings.Contains(page, "exe") {
		t.Error("the page has marks that turn its lines, or that control a terminal")
	}
	page = drawnOf(t, "harmless")
	for _, load := range []string{"src=", "url(", "@import", "http:", "https:", "<script", "<link", "<iframe", "<object"} {
		if strings.Contains(page, load) {
			t.Errorf("the page may load something: %s", load)
		}
	}
}

// drawnOf is the page with a text in all places.
func drawnOf(t *testing.T, text string) string {
	t.Helper()
	r, diff := named(t, text)
	return drawn(t, r, diff)
}

// TestAttackBrowser has a browser read a page that tries to run a script: the title stays.
func TestAttackBrowser(t *testing.T) {
	r, diff := named(t, `</code></svg></title></pre><script>document.body.innerHTML="taken over"</script><img src=x onerror="document.body.innerHTML='taken over'">`)
	dom := testbed.DOM(t, drawn(t, r, diff))
	if !strings.Contains(dom, "What the image has that no container sees") || strings.Contains(dom, "<script") || strings.Contains(dom, "<img") {
		t.Errorf("the page is another one:\n%.2000s", dom)
	}
}
