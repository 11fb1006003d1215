package page_test

import (
	"fmt"
	stdhtml "html"
	"regexp"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/optimize/page"
	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/backend/validate"
)

// vertex is a step as a test writes it: "stage|text|seconds|inputs", an input being "3" for the step that
// it changes, "copy 3" or "mount 3".
func vertex(t testing.TB, text string, line int) (build.Vertex, time.Duration) {
	t.Helper()
	f := strings.Split(text, "|")
	took, err := time.ParseDuration(f[2] + "s")
	if err != nil {
		t.Fatal(err)
	}
	v := build.Vertex{Stage: f[0], Text: f[1], Kind: "exec", Line: line}
	for in := range strings.SplitSeq(f[3], ",") {
		var n int
		use := build.Stands
		if word, rest, ok := strings.Cut(in, " "); ok {
			use, in = build.Use(word), rest
		}
		if in == "" {
			v.Kind = "source"
			continue
		}
		if _, err := fmt.Sscan(in, &n); err != nil {
			t.Fatal(err)
		}
		path := ""
		if use != build.Stands {
			path = "/out"
		}
		v.Inputs = append(v.Inputs, build.Input{Vertex: n - 1, Use: use, Path: path})
	}
	return v, took
}

// measured is a measurement of steps, of which those that a list names run again in the edit of its
// place, one after the other.
func measured(t testing.TB, steps []string, edits ...[]int) *optimize.Measurement {
	t.Helper()
	m := &optimize.Measurement{Size: int64(1e6 * len(steps)), Layers: len(steps), Details: optimize.Details{Traces: []*build.Trace{{}}}}
	cold := m.Traces[0]
	for i, s := range steps {
		v, took := vertex(t, s, i+1)
		cold.Graph = append(cold.Graph, v)
		var start time.Duration
		for _, in := range v.Inputs {
			start = max(start, cold.Times[in.Vertex].Start+cold.Times[in.Vertex].Took)
		}
		cold.Times = append(cold.Times, build.Time{Start: start, Took: took, Ran: true})
		m.Cold = max(m.Cold, start+took)
	}
	for _, ran := range edits {
		trace := &build.Trace{Graph: cold.Graph, Times: make([]build.Time, len(steps))}
		var at time.Duration
		for i := range trace.Times {
			trace.Times[i].Cached = true
		}
		for _, n := range ran {
			trace.Times[n-1] = build.Time{Start: at, Took: cold.Times[n-1].Took, Ran: true}
			at += cold.Times[n-1].Took
		}
		m.Traces, m.Rebuilds = append(m.Traces, trace), append(m.Rebuilds, at+time.Second/10)
	}
	return m
}

// example is a report with some of each.
func example(t testing.TB) *optimize.Report {
	before := measured(t, []string{
		"tools|FROM base|0.1|",
		"tools|RUN make tools|1|1",
		"|[internal] load build context|0.05|",
		"build|COPY . .|0.2|1,copy 3",
		"build|RUN npm ci|3|4",
		"build|RUN --mount=from=tools cp -r src dist|1|5,mount 2",
		"app|COPY --from=build /app/dist /srv|0.1|1,copy 6",
		"app|RUN dd of=/tmp/a|0.4|7",
		"app|RUN rm /tmp/a|0.2|8",
	}, []int{3, 4, 5, 6, 7, 8, 9}, []int{3, 4, 5})
	after := measured(t, []string{
		"tools|FROM base|0.1|",
		"tools|RUN make tools|1|1",
		"|[internal] load build context|0.05|",
		"build|COPY package.json .|0.2|1,copy 3",
		"build|RUN npm ci|3|4",
		"build|COPY . .|0.2|5,copy 3",
		"build|RUN --mount=from=tools cp -r src dist|1|6,mount 2",
		"app|COPY --from=build /app/dist /srv|0.1|1,copy 7",
		"app|RUN dd of=/tmp/a && rm /tmp/a|0.5|8",
	}, []int{3, 6, 7}, []int{3, 6})
	made := validate.Origin{Layer: 2, Step: "RUN dd of=/tmp/a", Dockerfile: "Dockerfile", Line: 8}
	hides := validate.Origin{Layer: 3, Step: "RUN rm /tmp/a", Dockerfile: "Dockerfile", Line: 9}
	before.Image = &report.Report{Bytes: 5e6, Wasted: 4e6, Left: 1e5,
		Layers:    []report.Layer{{Origin: made, Files: 1, Bytes: 5e6, Hidden: 4e6}, {Origin: hides}},
		Waste:     []report.Waste{{Path: "/tmp/a", Files: 1, Bytes: 4e6, Made: made, Hidden: hides, Removed: true, Advice: "join them"}},
		Hidden:    []report.HiddenFile{{File: report.File{Path: "/tmp/a", Bytes: 4e6}}},
		Leftovers: []report.Leftover{{Kind: "logs", Pattern: "/var/log/x", Files: 2, Bytes: 1e5, Made: made, Command: "dd of=/tmp/a"}}}
	after.Image = &report.Report{Bytes: 1e6, Left: 1e5, Leftovers: before.Image.Leftovers, Layers: []report.Layer{{Origin: made, Files: 1, Bytes: 1e6}}}
	split := *after
	split.Image = before.Image
	return &optimize.Report{Name: "Dockerfile", Edits: []string{"1a2b edit src/a.js", "3c4d edit docs"}, Before: before, After: after,
		Passes: []optimize.Outcome{
			{Pass: optimize.Pass{Name: "drop-dead"}, Result: optimize.Idle},
			{Pass: optimize.Pass{Name: "split-copy"}, Result: optimize.Kept, Before: before, After: &split},
			{Pass: optimize.Pass{Name: "merge-run"}, Result: optimize.Kept, Before: &split, After: after},
		},
		Refusals: []optimize.Refusal{{Pass: "reorder", Code: "apart", Line: 5, Text: "stays behind `COPY . .`"}},
		Proof: &validate.Verdict{A: validate.Side{Name: "before", ID: digest.FromString("a")}, B: validate.Side{Name: "after", ID: digest.FromString("b")},
			Answer: validate.Equal, Paths: 372},
	}
}

// drawn is a page.
func drawn(t testing.TB, r *optimize.Report, diff string) string {
	t.Helper()
	var b strings.Builder
	if err := page.Write(&b, r, diff); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plain is what a page says: its texts, without tags.
func plain(html string) string {
	html = regexp.MustCompile(`(?s)<style>.*?</style>|<title>.*?</title>`).ReplaceAllString(html, "")
	return strings.Join(strings.Fields(stdhtml.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, " "))), " ")
}

// TestPage holds what the page says: the steps of each edit, the marks, the chain, and what became of
// what is wasted.
func TestPage(t *testing.T) {
	text := plain(drawn(t, example(t), "--- a\n+++ b\n@@ -1 +1 @@\n-RUN a\n+RUN b\n"))
	for _, want := range []string{
		"without a cache 5.0s 5.1s +2 %",
		"all 2 edits 8.4s 1.7s -80 %",
		"1a2b edit src/a.js before 5.0 s 7 steps ran, 2 cached",
		"From the cache: 1–2. after 1.4 s 3 steps ran, 6 cached",
		"0.2 s 6 COPY . . 1.0 s 7 RUN --mount=from=tools cp -r src dist From the cache: 1–2, 4–5, 8–9.",
		"before: 9 steps, 3 of them changed; the longest chain takes 5.0 s of 5.0 s",
		"after: 9 steps, 3 of them changed; the longest chain takes 5.1 s of 5.1 s",
		"2 RUN make tools line 2 1.0 s no edit",
		"4 COPY . . moved chain line 4 · copy /out of step 3 0.2 s 2 of 2 edits 0.4 s",
		"5 RUN npm ci chain line 5 3.0 s 2 of 2 edits 6.0 s",
		"5 RUN npm ci chain line 5 3.0 s no edit",
		"4 COPY package.json . added chain line 4 ·",
		"6 RUN --mount=from=tools cp -r src dist chain line 6 · mount /out of step 2",
		"9 RUN rm /tmp/a gone chain line 9",
		"4MB of 5MB before, 0B of 1MB after; package managers left 100kB before, 100kB after.",
		"gone after: the plugin merge-run took it out",
		"it is there after, too",
		"line 5 reorder/apart stays behind `COPY . .`",
		"372 paths",
		"-RUN a +RUN b",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestNothing has a report in which nothing pays, and one of whose steps nothing is known.
func TestNothing(t *testing.T) {
	r := example(t)
	r.After, r.Proof = nil, nil
	text := plain(drawn(t, r, ""))
	if !strings.Contains(text, "Nothing is to be done") || strings.Contains(text, "after:") || strings.Contains(text, "moved chain") {
		t.Error(text)
	}
	r.Before.Details = optimize.Details{}
	text = plain(drawn(t, r, ""))
	if !strings.Contains(text, "What its steps took is not known.") || !strings.Contains(text, "It is not known what is in the layers.") {
		t.Error(text)
	}
	r = example(t) // an edit that has another graph
	r.Before.Traces[1] = &build.Trace{}
	if text = plain(drawn(t, r, "")); strings.Count(text, "What its steps took is not known.") != 1 {
		t.Error(text)
	}
}
