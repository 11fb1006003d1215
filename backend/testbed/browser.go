package testbed

import (
	"context"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Window is what a browser shows a page in.
type Window struct {
	Width, Height int // in pixels
	Dark          bool
}

// Draw has a real browser draw a page, without a network. The test is skipped where there is none.
func Draw(t testing.TB, html string, w Window) image.Image {
	t.Helper()
	dir := t.TempDir()
	shot := filepath.Join(dir, "page.png")
	colours := "1"
	if w.Dark {
		colours = "0"
	}
	browse(t, dir, html, "--screenshot="+shot, "--hide-scrollbars", "--blink-settings=preferredColorScheme="+colours,
		"--window-size="+strconv.Itoa(w.Width)+","+strconv.Itoa(w.Height))
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// DOM gives what a real browser makes of a page, as HTML, after its scripts have run.
func DOM(t testing.TB, html string) string {
	t.Helper()
	return browse(t, t.TempDir(), html, "--dump-dom")
}

// Print has a real browser print a page, and gives how many sheets that takes.
func Print(t testing.TB, html string) int {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "page.pdf")
	browse(t, dir, html, "--no-pdf-header-footer", "--print-to-pdf="+name)
	pdf, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(`/Type /Page\b`).FindAll(pdf, -1))
}

// browse runs the browser on a page, and gives what it prints.
func browse(t testing.TB, dir, html string, args ...string) string {
	t.Helper()
	needProgram(t, "chromium", "chromium")
	page := filepath.Join(dir, "page.html")
	if err := os.WriteFile(page, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + filepath.Join(dir, "user")}, args...)
	cmd := exec.CommandContext(ctx, "chromium", append(args, "file://"+page)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return string(out)
}

// Colours counts the pixels of each colour of an image: red, green, blue.
func Colours(img image.Image) map[[3]uint8]int {
	count := map[[3]uint8]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			count[[3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}]++
		}
	}
	return count
}
