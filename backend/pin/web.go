package pin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/store/registry"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Bounds of a download.
const (
	maxDownload  = 8 << 30 // bytes
	maxRedirects = 10
	mostTime     = 30 * time.Minute
)

// Web asks registries and servers.
type Web struct{ Registry *registry.Client }

// Image asks the registry of an image.
func (w Web) Image(ctx context.Context, name string) (digest.Digest, error) {
	return w.Registry.Digest(ctx, name)
}

// Download reads what a URL gives, and keeps none of it. It goes where redirects lead, as BuildKit does.
func (w Web) Download(ctx context.Context, url string) (digest.Digest, error) {
	ctx, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", failed(url, err)
	}
	client := &http.Client{CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("it is redirected more than %d times", maxRedirects)
		}
		return nil
	}}
	resp, err := client.Do(req)
	if err != nil {
		return "", failed(url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", failed(url, fmt.Errorf("the server says %s", resp.Status))
	}
	sum := digest.SHA256.Digester()
	n, err := io.Copy(sum.Hash(), io.LimitReader(resp.Body, maxDownload+1))
	switch {
	case err != nil:
		return "", failed(url, err)
	case n > maxDownload:
		return "", failed(url, fmt.Errorf("it is larger than %d GiB", maxDownload>>30))
	}
	return sum.Digest(), nil
}

func failed(url string, err error) error {
	return diag.Diagnostic{Code: "download", Message: fmt.Sprintf("%s is not to be had: %v", url, err), Hint: "check the URL and the network"}
}
