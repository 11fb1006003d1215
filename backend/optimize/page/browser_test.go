package page_test

import (
	"fmt"
	"image"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/testbed"
)

// large is a report on a Dockerfile of 200 steps in 20 stages, with long lines.
func large(t testing.TB) *optimize.Report {
	var steps []string
	for i := range 200 {
		stage, n := i/10, i+1
		switch {
		case i%10 == 0:
			steps = append(steps, fmt.Sprintf("stage%d|FROM base|0.1|", stage))
		case i%10 == 5 && stage > 0:
			steps = append(steps, fmt.Sprintf("stage%d|COPY --from=stage%d /out /in|0.1|%d,copy %d", stage, stage-1, n-1, stage*10))
		default:
			steps = append(steps, fmt.Sprintf("stage%d|RUN %d %s|0.%d|%d", stage, i, strings.Repeat("a long command && ", i%12), i%10, n-1))
		}
	}
	r := example(t)
	r.Before = measured(t, steps, []int{1, 2, 3, 150, 151, 152})
	r.After = measured(t, append(steps[:190:190], "stage19|RUN x|1|190"), []int{191})
	r.Edits, r.Passes = []string{"1a2b3c an edit with a long subject, which goes on and on"}, r.Passes[:1]
	return r
}

// TestBrowser has a real browser draw pages: in each colour scheme there are the bars, the chain and the
// paper, and nothing is wider than the window.
func TestBrowser(t *testing.T) {
	rgb := func(text string) (c [3]uint8) {
		n, err := strconv.ParseUint(text, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return [3]uint8{uint8(n >> 16), uint8(n >> 8), uint8(n)}
	}
	for _, c := range []struct {
		name              string
		report            *optimize.Report
		window            testbed.Window
		paper, bar, chain string
	}{
		{"light", example(t), testbed.Window{Width: 1300, Height: 2000}, "ffffff", "2f7fa8", "c9711a"},
		{"dark", example(t), testbed.Window{Width: 1300, Height: 2000, Dark: true}, "162028", "5aa9d0", "e39a4f"},
		{"narrow", example(t), testbed.Window{Width: 500, Height: 3000}, "ffffff", "2f7fa8", "c9711a"},
		{"large", large(t), testbed.Window{Width: 1300, Height: 2500}, "ffffff", "2f7fa8", "c9711a"},
		{"large and narrow", large(t), testbed.Window{Width: 500, Height: 2500, Dark: true}, "162028", "5aa9d0", "e39a4f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			img := testbed.Draw(t, drawn(t, c.report, "-a\n+b\n"), c.window)
			colours := testbed.Colours(img)
			for name, want := range map[string]string{"the paper": c.paper, "the bars": c.bar, "the chain": c.chain} {
				if n := colours[rgb(want)]; n < 300 {
					t.Errorf("%s has %d pixels", name, n)
				}
			}
			if n := colours[rgb(c.paper)]; n < c.window.Width*c.window.Height/2 {
				t.Errorf("the paper has %d pixels of %d", n, c.window.Width*c.window.Height)
			}
			if edge := margin(img, rgb(c.paper)); edge < 8 {
				t.Errorf("the margin at the right is %d pixels: something is too wide", edge)
			}
		})
	}
}

// TestPrint has all 391 steps of two graphs on paper: what scrolls in a window is whole there.
func TestPrint(t *testing.T) {
	if n := testbed.Print(t, drawn(t, large(t), "")); n < 15 {
		t.Errorf("it is on %d sheets", n)
	}
}

// TestAccess holds what one needs who does not see the page or uses no mouse: a drawing has a text or
// says nothing new, what scrolls can be reached and has a name, and links lead somewhere.
func TestAccess(t *testing.T) {
	html := drawn(t, example(t), "-a\n+b\n")
	all := func(pattern string) (list []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(html, -1) {
			list = append(list, m[1])
		}
		return list
	}
	ids := map[string]bool{}
	for _, id := range all(` id="([^"]*)"`) {
		if ids[id] {
			t.Errorf("two elements are %s", id)
		}
		ids[id] = true
	}
	links := all(` href="#([^"]*)"`)
	for _, link := range links {
		if !ids[link] {
			t.Errorf("a link leads to %s, which is not there", link)
		}
	}
	if len(links) < 20 {
		t.Errorf("there are %d links", len(links))
	}
	for _, svg := range all(`(<svg[^>]*>)`) {
		if !strings.Contains(svg, `aria-hidden="true"`) && !regexp.MustCompile(`role="img" aria-label="[^"]+"`).MatchString(svg) {
			t.Errorf("a drawing without a text: %s", svg)
		}
	}
	for _, scrolls := range all(`(<div class="(?:scroll|graph)"[^>]*>)`) {
		if !regexp.MustCompile(`tabindex="0" role="region" aria-label="[^"]+"`).MatchString(scrolls) {
			t.Errorf("it scrolls, and no key reaches it: %s", scrolls)
		}
	}
	if !strings.Contains(html, `<html lang="en">`) || len(all(`(<h1>)`)) != 1 || len(all(`(<main>)`)) != 1 {
		t.Error("no language, no title, or no main part")
	}
}

// margin is how many columns at the right of an image have one colour.
func margin(img image.Image, paper [3]uint8) (n int) {
	for x := img.Bounds().Dx() - 1; x >= 0; x-- {
		for y := range img.Bounds().Dy() {
			r, g, b, _ := img.At(x, y).RGBA()
			if [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)} != paper {
				return n
			}
		}
		n++
	}
	return n
}

// TestContrast holds the colours of both schemes to WCAG 2.2: 4.5 to 1 for text, and 3 to 1 for what
// is drawn.
func TestContrast(t *testing.T) {
	text, _, _ := strings.Cut(drawn(t, example(t), ""), "<body>")
	schemes := [2]map[string]string{{}, {}}
	for rule := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(rule, ":root {") {
			continue
		}
		scheme := 0
		if strings.Contains(rule, "dark)") {
			scheme = 1
		}
		for _, v := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]+)`).FindAllStringSubmatch(rule, -1) {
			schemes[scheme][v[1]] = v[2]
		}
	}
	for _, scheme := range schemes {
		for name, least := range map[string]float64{"ink": 4.5, "soft": 4.5, "advice": 4.5, "added": 4.5, "gone": 4.5, "moved": 4.5, "seen": 3, "unseen": 3, "chain": 3} {
			for _, paper := range []string{"paper", "mark"} {
				if scheme[name] == "" || scheme[paper] == "" {
					t.Fatalf("no colour %s or %s in %v", name, paper, scheme)
				}
				if c := contrast(t, scheme[name], scheme[paper]); c < least {
					t.Errorf("%s %s on %s %s has %.2f, want %.1f", name, scheme[name], paper, scheme[paper], c, least)
				}
			}
		}
	}
}

// contrast is that of two colours, by WCAG.
func contrast(t *testing.T, a, b string) float64 {
	light := func(c string) (sum float64) {
		if c = strings.TrimPrefix(c, "#"); len(c) == 3 {
			c = string([]byte{c[0], c[0], c[1], c[1], c[2], c[2]})
		}
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(c[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
