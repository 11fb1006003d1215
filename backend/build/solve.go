package build

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/lang/redact"
)

// product is what daemons log as their client.
const product = "strake"

// patience is how long the daemon may take to end a build that is canceled, and then the
// client to notice that its connection is closed.
const patience = time.Second

// silence is how long the daemon may say nothing at all of a build. The first step of one, which
// is to load the Dockerfile, takes no time.
const silence = 20 * time.Second

// solve runs the build, and shows its progress meanwhile. When ctx is done, or the files
// of the result have stopped coming, it returns whatever BuildKit's client does.
func (j *job) solve(ctx context.Context, opt client.SolveOpt) (*client.SolveResponse, error) {
	limit := cmp.Or(j.Stall, stallTime)
	statuses := make(chan *client.SolveStatus, 16)
	shown := make(chan error, 1)
	j.log = newStepLog()
	go func() {
		warnings, err := j.Progress.show(j.log.tee(j.watch.tee(j.cleaned(statuses))))
		j.warnings = warnings
		shown <- err
	}()
	solving, cancel := context.WithCancel(ctx)
	defer cancel()
	var resp *client.SolveResponse
	var err error
	over := make(chan struct{})
	go func() {
		defer close(over)
		resp, err = j.Engine.Client.Build(solving, opt, product, j.frontend, statuses)
		if showErr := <-shown; err == nil {
			err = showErr
		}
	}()
	if j.Silent != nil {
		go j.watch.silent(silence, over, j.Silent)
	}
	var stalled <-chan struct{}
	if filesOnly(j.Outputs) && j.Call == "" {
		stalled = j.watch.stalled(limit, over)
	}
	var abandoned error
	select {
	case <-over:
		return resp, err
	case <-ctx.Done():
		abandoned = context.Cause(ctx)
	case <-stalled:
		abandoned = errStalled(limit)
		cancel()
	}
	if !soon(over) {
		j.Engine.Client.Close() // the daemon hangs: all calls fail
	}
	if soon(over) && ctx.Err() != nil {
		return resp, err
	}
	return nil, abandoned
}

// cleaned drops the findings of the daemon's frontend when ours has the same, and takes
// credentials out of the names of steps: that which fetches a context has the whole URL.
func (j *job) cleaned(in <-chan *client.SolveStatus) chan *client.SolveStatus {
	out := make(chan *client.SolveStatus)
	go func() {
		defer close(out)
		for status := range in {
			if j.linting.Load() {
				status.Warnings = slices.DeleteFunc(status.Warnings, func(w *client.VertexWarning) bool {
					return strings.HasPrefix(w.URL, "https://docs.docker.com/go/dockerfile/rule/")
				})
			}
			for _, v := range status.Vertexes {
				v.Name, v.Error = redact.URLs(v.Name), redact.URLs(v.Error)
			}
			for _, s := range status.Statuses {
				s.ID, s.Name = redact.URLs(s.ID), redact.URLs(s.Name)
			}
			out <- status
		}
	}()
	return out
}

// soon waits for the end, but not for long.
func soon(over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	case <-time.After(patience):
		return false
	}
}

// frontend is the build function.
func (j *job) frontend(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
	res, err := j.compile(ctx, c)
	if err != nil {
		j.mu.Lock()
		j.frontErr = err
		j.mu.Unlock()
	}
	j.watch.solved.Store(true)
	return res, err
}
