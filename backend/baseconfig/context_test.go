package baseconfig_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

// hanging is a registry with app:1 that gives out no manifest until it is released.
func hanging(t *testing.T) (s *server, release func()) {
	s = newServer(t)
	s.image("app", "1", config("linux/amd64", ""))
	released := make(chan struct{})
	s.misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/manifests/") {
			select {
			case <-released:
			case <-r.Context().Done():
			}
		}
		return false
	})
	return s, func() { close(released) }
}

func ask(ctx context.Context, r *baseconfig.Resolver, s *server) error {
	_, _, _, err := r.ResolveImageConfig(ctx, s.ref("app:1"), opt("linux/amd64", ""))
	return err
}

func TestContexts(t *testing.T) {
	s, _ := hanging(t)
	o := options(t)
	dead, cancel := context.WithCancel(context.Background())
	cancel()
	wantErr(t, ask(dead, baseconfig.New(o), s), baseconfig.Canceled)

	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := ask(short, baseconfig.New(o), s)
	wantErr(t, err, baseconfig.Unreachable, "in time")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is no deadline error", err)
	}
	o.Timeout = 50 * time.Millisecond
	wantErr(t, ask(context.Background(), baseconfig.New(o), s), baseconfig.Unreachable, "in time")
}

// One of two callers gives up; the other one still gets its answer.
func TestCallerLeaves(t *testing.T) {
	s, release := hanging(t)
	r := baseconfig.New(options(t))
	first, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- ask(first, r, s) }()
	eventually(t, "the registry is asked", func() bool { return s.requests("GET manifests") > 0 })
	go func() { done <- ask(context.Background(), r, s) }()
	eventually(t, "there are two callers", func() bool { return r.Waiters() == 2 })
	cancel()
	err := <-done
	wantErr(t, err, baseconfig.Canceled)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is no cancellation", err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := s.requests("GET manifests"); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still waiting: %s", what)
		}
	}
}

func TestBadRequests(t *testing.T) {
	r := baseconfig.New(options(t))
	_, _, _, err := r.ResolveImageConfig(context.Background(), "UPPER:1:2", opt("", ""))
	wantErr(t, err, baseconfig.Invalid, "HOST")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", opt("", "sometimes"))
	wantErr(t, err, baseconfig.Invalid, "sometimes")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", sourceresolver.Opt{OCILayoutOpt: &sourceresolver.ResolveOCILayoutOpt{}})
	wantErr(t, err, baseconfig.Unsupported, "OCI layout")
	_, _, _, err = r.ResolveImageConfig(context.Background(), "app", sourceresolver.Opt{SourcePolicies: []*spb.Policy{{}}})
	wantErr(t, err, baseconfig.Unsupported, "policies")
}
