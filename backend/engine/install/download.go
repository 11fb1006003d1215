package install

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	maxArchive = 512 << 20        // bytes of an archive
	stallTime  = 30 * time.Second // without a byte a connection is dead
	tries      = 5                // of a download whose connection breaks
	sayTime    = 5 * time.Second  // between two reports
)

var errStalled = fmt.Errorf("nothing came for %v", stallTime)

func isURL(from string) bool {
	return strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://")
}

func isSHA256(sha string) bool {
	sum, err := hex.DecodeString(sha)
	return err == nil && len(sum) == sha256.Size && sha == strings.ToLower(sha)
}

// fromURL downloads an archive and installs what is in it. What was loaded stays until all
// is there, so that the next install goes on with it.
func (o *Options) fromURL(ctx context.Context, dir, url, sha string) error {
	f, err := os.OpenFile(o.partial(sha), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := o.download(ctx, f, url); err != nil {
		return unreachable(url, err)
	}
	os.Remove(f.Name())
	if err := verify(ctx, f, url, sha); err != nil {
		return err
	}
	return unpack(ctx, f, url, dir)
}

// download appends the rest of a URL to a file. A connection that breaks is made anew as
// long as each brings something.
func (o *Options) download(ctx context.Context, f *os.File, url string) error {
	for try := 1; ; try++ {
		before, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		err = o.rest(ctx, f, url, before)
		after, _ := f.Seek(0, io.SeekEnd)
		if err == nil || ctx.Err() != nil || after == before || try == tries {
			return err
		}
	}
}

// rest does one request for what is not there yet.
func (o *Options) rest(ctx context.Context, f *os.File, url string, have int64) error {
	resp, done, err := o.get(ctx, url, have)
	if err != nil {
		return err
	}
	defer done()
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
		return nil // it is all there, or verify will say that it is not
	case resp.StatusCode == http.StatusPartialContent && have > 0:
	case resp.StatusCode == http.StatusOK:
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := f.Truncate(0); err != nil {
			return err
		}
		have = 0
	default:
		return errors.New(resp.Status)
	}
	if have+max(resp.ContentLength, 0) > maxArchive {
		return fmt.Errorf("it has more than %d bytes", maxArchive)
	}
	r := &reporter{Reader: resp.Body, o: o, url: url, have: have, size: have + resp.ContentLength, next: time.Now()}
	n, err := io.Copy(f, io.LimitReader(r, maxArchive-have+1))
	if err == nil && have+n > maxArchive {
		err = fmt.Errorf("it has more than %d bytes", maxArchive)
	}
	return err
}

// get begins a request, from a byte of the answer on. Whoever gets a response calls done.
func (o *Options) get(ctx context.Context, url string, from int64) (*http.Response, func(), error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		cancel(nil)
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "strake")
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = redirect
	timer := time.AfterFunc(stallTime, func() { cancel(errStalled) })
	resp, err := client.Do(req)
	if err != nil {
		timer.Stop()
		defer cancel(nil)
		if cause := context.Cause(ctx); cause != nil {
			return nil, nil, cause
		}
		return nil, nil, errors.Unwrap(err) // without the URL
	}
	resp.Body = &body{resp.Body, ctx, timer}
	return resp, func() {
		timer.Stop()
		resp.Body.Close()
		cancel(nil)
	}, nil
}

// redirect does not leave TLS for the want of it.
func redirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= 10:
		return errors.New("too many redirects")
	case via[0].URL.Scheme == "https" && req.URL.Scheme != "https":
		return fmt.Errorf("it redirects to %s, without TLS", req.URL.Host)
	}
	return nil
}

// body is that of a response, whose clock starts again with each read.
type body struct {
	io.ReadCloser
	ctx   context.Context
	timer *time.Timer
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.timer.Reset(stallTime)
	if err != nil && err != io.EOF && context.Cause(b.ctx) != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// reporter says how far a download is.
type reporter struct {
	io.Reader
	o          *Options
	url        string
	have, size int64
	next       time.Time
}

func (r *reporter) Read(p []byte) (int, error) {
	if now := time.Now(); now.After(r.next) && r.o.Say != nil {
		r.next = now.Add(sayTime)
		r.o.Say(fmt.Sprintf("downloading %s: %d of %d MB", r.url, r.have>>20, r.size>>20))
	}
	n, err := r.Reader.Read(p)
	r.have += int64(n)
	return n, err
}

// verify compares an archive with its digest, and goes back to its beginning.
func verify(ctx context.Context, f *os.File, name, sha string) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, &patient{ctx, f}); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sha {
		return fail("nothing was installed: compare with what its publisher says, and try again", "%s has the sha256 %s, not %s", name, got, sha)
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// patient reads until the context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, context.Cause(p.ctx)
	}
	return p.r.Read(b)
}
