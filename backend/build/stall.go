package build

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

// stallTime is how long files on their way here may not move.
const stallTime = 2 * time.Minute

// stallTicks is how often the watch looks in that time. It counts looks, so that a process
// that was stopped itself does not take that for the daemon's silence.
const stallTicks = 8

// stallWatch finds out that BuildKit has stopped sending the files of a result, or that it
// does not end when all are here, as reported in moby/buildkit#2950. The cause that is known
// is dealt with in backend/engine/serve; this is for any other. While files move it tells so every 100 ms, thus silence means
// that they do not. Nothing else of a build is watched: a step, a layer that is unpacked
// and an export to elsewhere may take any time without a word.
type stallWatch struct {
	activity atomic.Int64 // statuses and writes so far
	begun    atomic.Bool  // the daemon has begun a step; it names them at once
	solved   atomic.Bool  // the build function has returned
	moving   atomic.Bool  // files have begun to come, and nothing but that is going on
	writing  atomic.Int64 // writes of a tar that whoever reads it has not taken yet
}

// tee looks at what passes.
func (w *stallWatch) tee(in <-chan *client.SolveStatus) chan *client.SolveStatus {
	out := make(chan *client.SolveStatus)
	go func() {
		defer close(out)
		open, begun := map[digest.Digest]string{}, false
		for status := range in {
			for _, v := range status.Vertexes {
				if v.Started != nil || v.Completed != nil {
					w.begun.Store(true)
				}
				if v.Started == nil || v.Completed != nil {
					delete(open, v.Digest)
				} else {
					open[v.Digest] = v.Name
				}
			}
			for _, s := range status.Statuses {
				begun = begun || strings.HasPrefix(s.ID, "copying files") || s.ID == "sending tarball"
			}
			moving := begun
			for _, name := range open {
				moving = moving && strings.HasPrefix(name, "exporting to client ")
			}
			w.moving.Store(moving)
			w.activity.Add(1)
			out <- status
		}
	}()
	return out
}

// writer counts what is written as activity.
func (w *stallWatch) writer(to io.WriteCloser) io.WriteCloser { return &watchedWriter{to, w} }

type watchedWriter struct {
	io.WriteCloser
	watch *stallWatch
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	w.watch.activity.Add(1)
	w.watch.writing.Add(1)
	defer w.watch.writing.Add(-1)
	return w.WriteCloser.Write(p)
}

// stalled is closed when nothing has moved for the time. It stops looking when done is
// closed.
func (w *stallWatch) stalled(limit time.Duration, done <-chan struct{}) <-chan struct{} {
	stalled := make(chan struct{})
	go func() {
		tick := time.NewTicker(limit / stallTicks)
		defer tick.Stop()
		last, silent := int64(-1), 0
		for silent < stallTicks {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			now := w.activity.Load()
			if silent++; now != last || w.writing.Load() > 0 || !w.solved.Load() || !w.moving.Load() {
				last, silent = now, 0
			}
		}
		close(stalled)
	}()
	return stalled
}

// silent calls tell once, when a build has begun and none of its steps after the time:
// the daemon is busy with another one that holds everything up. One that waits for the
// registry of a cache does, also when it was cancelled.
func (w *stallWatch) silent(limit time.Duration, done <-chan struct{}, tell func()) {
	select {
	case <-done:
	case <-time.After(limit):
		if !w.begun.Load() {
			tell()
		}
	}
}

// errStalled tells the user what hangs. The daemon has the result in its cache.
func errStalled(limit time.Duration) error {
	return diag.Diagnostic{Code: "export-stalled",
		Message: fmt.Sprintf("BuildKit has stopped sending the files of the result: nothing came for %s, and they may be incomplete", limit),
		Hint:    "build again, the steps are in the cache; if it comes back, take another way: -o - . | tar -x -C DIR (this is moby/buildkit#2950)"}
}

// filesOnly tells whether all outputs are files of the result.
func filesOnly(list []Output) bool {
	for _, o := range list {
		if o.Type != client.ExporterLocal && o.Type != client.ExporterTar {
			return false
		}
	}
	return len(list) > 0
}
