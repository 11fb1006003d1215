package image_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"github.com/seed-e0495807/strake/backend/image"
)

func TestContexts(t *testing.T) {
	s := newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	release := make(chan struct{})
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/manifests/") {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	})
	o := options(t)
	r := image.New(o)
	call := func(ctx context.Context) error {
		_, _, _, err := r.ResolveImageConfig(ctx, s.ref("app:1"), opt("linux/amd64", ""))
		return err
	}
	dead, cancel := context.WithCancel(context.Background())
	cancel()
	wantErr(t, call(dead), image.Canceled)

	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := call(short)
	wantErr(t, err, image.Unreachable, "in time")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is no deadline error", err)
	}
	o.Timeout = 50 * time.Millisecond
	_, _, _, err = image.New(o).ResolveImageConfig(context.Background(), s.ref("app:1"), opt("linux/amd64", ""))
	wantErr(t, err, image.Unreachable, "in time")

	// One of two callers gives up; the other one still gets its answer.
	first, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- call(first) }()
	for s.requests("GET manifests") < 3 {
		time.Sleep(time.Millisecond)
	}
	go func() { done <- call(context.Background()) }()
	time.Sleep(50 * time.Millisecond)
	cancel()
	err = <-done
	wantErr(t, err, image.Canceled)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is no cancellation", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := s.requests("GET manifests"); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

func TestBadRequests(t *testing.T) {
	r := image.New(options(t))
	_, _, _, err := r.ResolveImageConfig(context.Background(), "UPPER:1:2", opt("", ""))
	wantErr(t, err, image.Invalid, "HOST")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", opt("", "sometimes"))
	wantErr(t, err, image.Invalid, "sometimes")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", sourceresolver.Opt{OCILayoutOpt: &sourceresolver.ResolveOCILayoutOpt{}})
	wantErr(t, err, image.Unsupported, "OCI layout")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", sourceresolver.Opt{SourcePolicies: []*spb.Policy{{}}})
	wantErr(t, err, image.Unsupported, "policies")
}
