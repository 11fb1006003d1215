package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

var errStalled = errors.New("nothing came or went")

// stallGuard ends a request on which nothing happens any more: no byte of its body is
// taken, no response comes, or no byte of that. A limit for the whole of it would end
// large layers on slow connections. What the caller does between two reads takes no time
// here.
type stallGuard struct {
	base http.RoundTripper
	idle time.Duration
}

func (g stallGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{idle: g.idle, ctx: ctx, cancel: cancel}
	w.timer = time.AfterFunc(g.idle, func() { cancel(errStalled) })
	resp, err := g.base.RoundTrip(w.request(req.WithContext(ctx)))
	w.timer.Stop()
	if err != nil {
		err = w.explain(err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &responseBody{ReadCloser: resp.Body, watch: w}
	return resp, nil
}

// watch is the clock of one request.
type watch struct {
	idle   time.Duration
	timer  *time.Timer
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// explain tells the end of the request by the clock from that by its caller.
func (w *watch) explain(err error) error {
	if errors.Is(context.Cause(w.ctx), errStalled) {
		return errStalled
	}
	return err
}

// request gives a request whose body is watched. The request is a copy already.
func (w *watch) request(req *http.Request) *http.Request {
	if req.Body == nil || req.Body == http.NoBody {
		return req
	}
	req.Body = &requestBody{req.Body, w}
	if again := req.GetBody; again != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			return &requestBody{body, w}, err
		}
	}
	return req
}

// requestBody is read by the transport: the time that counts is that between reads, when
// it writes to the network.
type requestBody struct {
	io.ReadCloser
	*watch
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.timer.Stop()
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		b.timer.Reset(b.idle)
	} else {
		// What was written last may still be on its way, and has to be checked over there.
		b.timer.Reset(2 * b.idle)
	}
	return n, err
}

// responseBody is read by the caller: the time that counts is that of a read.
type responseBody struct {
	io.ReadCloser
	*watch
	once sync.Once
}

func (b *responseBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.explain(err)
	}
	return n, err
}

func (b *responseBody) Close() error {
	b.once.Do(func() {
		b.timer.Stop()
		b.cancel(nil)
	})
	return b.ReadCloser.Close()
}

// blobError is what went wrong with a blob.
type blobError struct {
	blob ocispecs.Descriptor
	error
}

func (e blobError) Unwrap() error { return e.error }

// name tells people which blob it is.
func (e blobError) name() string {
	kind := "blob"
	switch t := e.blob.MediaType; {
	case images.IsLayerType(t):
		kind = "layer"
	case images.IsConfigType(t):
		kind = "config"
	case images.IsManifestType(t) || images.IsIndexType(t):
		kind = "manifest"
	}
	return kind + " " + e.blob.Digest.String()
}
