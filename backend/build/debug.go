package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/seed-e0495807/strake/backend/debug"
	"github.com/seed-e0495807/strake/lang/diag"
)

// closeTime is how long the container of a shell may take to end.
const closeTime = 5 * time.Second

// Debug asks for a shell where a step runs.
type Debug struct {
	At      *Line    // the step in front of which the shell opens; nil is one that fails
	Shell   []string // program and arguments; nil is the stage's shell
	Streams debug.Streams
	// Failed is told why the step failed, before the shell starts.
	Failed func(*Failure)
	// Say gets what the user should know of the shell, of one or more lines.
	Say func(text string)
	// Keeper keeps what is changed in the shell; nil loses it.
	Keeper *Keeper
}

// debugger opens at most one shell in a build.
type debugger struct {
	mu     sync.Mutex // held while the shell runs, so that no other failure ends the build
	opened bool
	shown  bool  // why the step failed has been told
	err    error // of the shell
}

// shellAtFailure opens a shell where a step has failed, and returns when that is over.
func (j *job) shellAtFailure(ctx context.Context, c gwclient.Client, err error) {
	j.debugger.mu.Lock()
	defer j.debugger.mu.Unlock()
	if j.debugger.opened || j.Debug.At != nil || ctx.Err() != nil {
		return
	}
	j.debugger.opened = true
	resume := j.Progress.pause(ctx)
	defer resume()
	j.mu.Lock()
	failure := &Failure{Set: j.set, Diags: slices.Concat(j.diags, j.failed)}
	vs := j.vertices(ctx)
	v := vs.find(subject(err))
	j.mu.Unlock()
	j.Debug.Failed(failure)
	j.debugger.shown = true
	var f *front
	if v != nil {
		f, err = (&scene{c, vs}).front(ctx, v)
	}
	switch {
	case v == nil || f == nil && err == nil:
		j.Debug.Say("There is no shell: what failed has no files in front of it. --on LINE opens one in front of a RUN.\n")
		return
	case err == nil:
		err = j.openShell(ctx, c, f, "`exit` ends it, and the build with the error.")
	}
	j.debugger.err = err
}

// told leaves out what has been told already, but for what went wrong, and adds what went
// wrong with the shell.
func (d *debugger) told(failed diag.List) diag.List {
	var out diag.List
	for _, f := range failed {
		if d.shown {
			f.Notes, f.Hint = nil, ""
		}
		out = append(out, f)
	}
	if list, ok := diag.From(d.err); ok {
		out = append(out, list...)
	} else if d.err != nil {
		out.Add(diag.Diagnostic{Code: "no-shell", Message: d.err.Error()})
	}
	return out
}

// openShell runs a shell in front of a step. The end says what comes behind it.
func (j *job) openShell(ctx context.Context, gateway gwclient.Client, f *front, end string) error {
	c, err := debug.Open(ctx, gateway, f.step, j.Debug.Shell, j.helper(gateway))
	if failed := new(debug.HelperError); errors.As(err, &failed) && ctx.Err() == nil {
		j.Debug.Keeper.Failed(errUnkept(failed.Error(), ""))
		c, err = debug.Open(ctx, gateway, f.step, j.Debug.Shell, nil)
	}
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = c.Close(ctx) // it ends with the build
	}()
	j.Debug.Say(greeting(f.name, c, end))
	watched, stop := j.watched(ctx)
	defer stop()
	if err := c.Shell(watched, j.Debug.Streams); err != nil {
		return fmt.Errorf("the shell: %w", err)
	}
	if c.Keeps() {
		if err := j.keepChanges(watched, f, c); err != nil && ctx.Err() == nil {
			j.Debug.Keeper.Failed(err)
		}
	}
	return nil
}

// watched is a context that ends when the engine is gone: BuildKit's client does not notice
// while it waits for a process.
func (j *job) watched(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		for ctx.Err() == nil {
			if _, err := j.Engine.Client.Info(ctx); grpcerrors.Code(err) == codes.Unavailable {
				cancel(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// greeting says where the shell is, and how the step is run.
func greeting(name string, c *debug.Container, end string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nA shell in front of the step: the files are as it finds them. %s\n\n  %s\n\n", end, name)
	if c.Runs {
		fmt.Fprintf(&b, "`%s` runs the step, and %s/%s is its command.\n", debug.Run, debug.Tools, debug.Run)
	}
	return b.String()
}
