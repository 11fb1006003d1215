package include

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/plugins/credentials"
)

const (
	timeout      = time.Minute // for one file
	maxRedirects = 5
)

// Network is the Fetcher that goes out: by HTTPS, with the git program, and to
// registries with the credentials of docker's config. Its zero value is fine. It is
// safe for concurrent use.
type Network struct {
	Transport http.RoundTripper // nil is that of net/http
	Env       []string          // for git, besides that of this process
}

// Fetch implements Fetcher.
func (n Network) Fetch(ctx context.Context, ref Ref) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it takes more than %v", timeout))
	defer cancel()
	var data []byte
	var err error
	switch ref.Kind {
	case HTTPS:
		data, err = n.get(ctx, ref.From)
	case Git:
		data, err = n.git(ctx, ref)
	case OCI:
		data, err = n.artifact(ctx, ref.From)
	default:
		err = errors.New("it is not in the network")
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return data, err
}

// get reads a URL. It is never sent on to one that is not HTTPS.
func (n Network) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: n.Transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		switch {
		case req.URL.Scheme != "https":
			return errors.New("it is sent on to a URL that is not https")
		case len(via) > maxRedirects:
			return fmt.Errorf("it is sent on more than %d times", maxRedirects)
		}
		return nil
	}}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server says %s", res.Status)
	}
	return limited(res.Body)
}

// limited reads up to the limit of a file.
func limited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		return nil, errTooLarge
	}
	return data, err
}

var errTooLarge = fmt.Errorf("it has more than %d bytes", MaxSize)

// artifact reads the only layer of an artifact. Digests are checked on the way.
func (n Network) artifact(ctx context.Context, text string) ([]byte, error) {
	ref, err := name.ParseReference(text)
	if err != nil {
		return nil, err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(credentials.Keychain(os.LookupEnv))}
	if n.Transport != nil {
		options = append(options, remote.WithTransport(n.Transport))
	}
	found, err := remote.Get(ref, options...)
	if err != nil {
		return nil, err
	}
	if !found.MediaType.IsImage() {
		return nil, fmt.Errorf("it is a %s, and not a manifest with one layer", found.MediaType)
	}
	image, err := found.Image()
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	if len(layers) != 1 {
		return nil, fmt.Errorf("it has %d layers; the only layer of an artifact is the file", len(layers))
	}
	kind, err := layers[0].MediaType()
	if err == nil && kind.IsLayer() {
		err = fmt.Errorf("its layer is a %s, and not a file", kind)
	}
	if err != nil {
		return nil, err
	}
	body, err := layers[0].Compressed() // as it is stored: of a file there is no other form
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return limited(body)
}

// folder makes a folder and gives a function that removes it.
func folder() (string, func(), error) {
	dir, err := os.MkdirTemp("", "strake-include-")
	return dir, func() { os.RemoveAll(dir) }, err
}
