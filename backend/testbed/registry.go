package testbed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Registry is a running registry of images.
type Registry struct {
	Host           string // "127.0.0.1:port"
	CA             string // file of the authority for its certificate; "" is plain HTTP
	User, Password string // "" without a login
}

// Transport trusts the registry's certificate.
func (r *Registry) Transport(t testing.TB) http.RoundTripper {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	if r.CA != "" {
		pem, err := os.ReadFile(r.CA)
		if err != nil {
			t.Fatal(err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return transport
}

// StartRegistry starts a registry in the test's own process. It serves base images
// by their names in Docker Hub ("library/debian"), and what is pushed to it.
func StartRegistry(t testing.TB, bases ...Base) *Registry {
	t.Helper()
	pushed := t.TempDir()
	store := blobs{dirs: []string{pushed}}
	images := map[string]v1.Image{}
	for _, b := range bases {
		img, dir := b.stored(t)
		store.dirs = append(store.dirs, filepath.Join(dir, "blobs"))
		for _, name := range b.names() {
			images[name] = img
		}
	}
	store.put = registry.NewDiskBlobHandler(pushed).(registry.BlobPutHandler)
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithBlobHandler(&store)))
	t.Cleanup(srv.Close)
	r := &Registry{Host: strings.TrimPrefix(srv.URL, "http://")}
	for repo, img := range images {
		// The blobs are there: only manifests are sent.
		ref, err := name.ParseReference(r.Host + "/" + repo)
		if err == nil {
			err = remote.Write(ref, img, remote.WithContext(t.Context()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// blobs reads base images where they lie, and keeps what is pushed in the first
// directory.
type blobs struct {
	dirs []string // with sha256/HEX
	put  registry.BlobPutHandler
}

func (b *blobs) open(h v1.Hash) (*os.File, error) {
	for _, dir := range b.dirs {
		f, err := os.Open(filepath.Join(dir, h.Algorithm, h.Hex))
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, registry.ErrNotFound
}

// Get implements [registry.BlobHandler].
func (b *blobs) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) { return b.open(h) }

// Stat implements [registry.BlobStatHandler].
func (b *blobs) Stat(_ context.Context, _ string, h v1.Hash) (int64, error) {
	f, err := b.open(h)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Put implements [registry.BlobPutHandler].
func (b *blobs) Put(ctx context.Context, repo string, h v1.Hash, rc io.ReadCloser) error {
	return b.put.Put(ctx, repo, h, rc)
}
