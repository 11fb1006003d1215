package cachemounts

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// TestGlobsRoot holds the scan against the expression that says what it looks for.
func TestGlobsRoot(t *testing.T) {
	re := regexp.MustCompile(`(^|[\s"'=(])/+(d(ev?)?|p(r(oc?)?)?)?[*?\[{]`)
	r := rand.New(rand.NewPCG(1, 2))
	const letters = "/// \"'=(\n\td e v p r o c * ? [ { x devproc/*"
	found := 0
	for range 200_000 {
		text := make([]byte, 1+r.IntN(12))
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		want := re.Match(text)
		if got := globsRoot(string(text)); got != want {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		if want {
			found++
		}
	}
	if found < 1000 {
		t.Errorf("only %d texts have one", found)
	}
}
