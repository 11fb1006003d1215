package gateway

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/frontend/gateway/client"
	"golang.org/x/tools/txtar"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
)

// Whatever a client asks for, its Dockerfile is parsed once, and planned and lowered at most once
// for each platform; a build of one does all of it once.
func TestWork(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/requests.txtar")
	if err != nil {
		t.Fatal(err)
	}
	work := map[string]map[compile.Work]int{} // by case
	for _, f := range archive.Files {
		name, path, _ := strings.Cut(f.Name, "/")
		if path != "answer" {
			continue
		}
		d, _ := newDaemon(archive, name)
		done := workOf(t, d)
		work[name] = done
		n := strings.Count(d.options["platform"], ",") + 1
		if name == "error-warned" { // one platform ended the plan of the other, whose findings count
			n++
		}
		if done[compile.Parse] > 1 || done[compile.Plan] > n || done[compile.Lower] > n {
			t.Errorf("%s: %v, for %d platforms", name, done, n)
		}
	}
	for name, n := range map[string]int{"build": 1, "platforms": 2} {
		want := map[compile.Work]int{compile.Parse: 1, compile.Plan: n, compile.Lower: n}
		if !maps.Equal(work[name], want) {
			t.Errorf("%s: %v; want %v", name, work[name], want)
		}
	}
}

// workOf counts the work of a server that answers a daemon's client. Errors are TestGolden's.
func workOf(t *testing.T, d *daemon) map[compile.Work]int {
	t.Helper()
	var mu sync.Mutex
	done := map[compile.Work]int{}
	s := Server{Plugins: func(context.Context, client.Client, *input.Source, []byte) (compile.Config, error) {
		return compile.Config{Watch: func(w compile.Work) {
			mu.Lock()
			defer mu.Unlock()
			done[w]++
		}}, nil
	}}
	_, _ = s.Build(t.Context(), d)
	return done
}
