package image

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// transfer shows how a pull or a push goes on: on a terminal one line that is
// written again, else a line for each layer. It is safe for concurrent use.
type transfer struct {
	out      io.Writer
	terminal bool
	verb     string // "Pulling NAME"
	words    map[registry.State]string

	mu          sync.Mutex
	todo, done  int
	bytes, want int64
	moved       map[digest.Digest]int64 // bytes of what was planned
	shown       time.Time
	dirty       bool
}

func newTransfer(p *cli.Process, verb string, words map[registry.State]string) *transfer {
	return &transfer{out: p.Stderr, terminal: cli.IsTerminal(p.Stderr), verb: verb, words: words, moved: map[digest.Digest]int64{}}
}

// report is a registry.Options.Report.
func (t *transfer) report(blob ocispecs.Descriptor, state registry.State, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if state == registry.Planned {
		t.todo++
		t.want += blob.Size
		t.moved[blob.Digest] = 0
		return
	}
	if _, ok := t.moved[blob.Digest]; !ok {
		return // a manifest
	}
	switch state {
	case registry.Moved:
		// What is sent again after a failure does not count twice.
		n = min(n, blob.Size-t.moved[blob.Digest])
		t.moved[blob.Digest] += n
		t.bytes += n
	default:
		t.done++
		t.bytes += blob.Size - t.moved[blob.Digest]
		t.moved[blob.Digest] = blob.Size
		if !t.terminal && images.IsLayerType(blob.MediaType) {
			fmt.Fprintf(t.out, "%s: %s\n", cli.ShortID(blob.Digest.String(), false), t.words[state])
		}
	}
	t.show()
}

func (t *transfer) show() {
	const pause = 100 * time.Millisecond
	if !t.terminal || time.Since(t.shown) < pause {
		return
	}
	t.shown, t.dirty = time.Now(), true
	fmt.Fprintf(t.out, "\r\x1b[K%s: %d of %d blobs, %s of %s", t.verb, t.done, t.todo, cli.HumanSize(t.bytes), cli.HumanSize(t.want))
}

// end clears the line.
func (t *transfer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
}
