package debug

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"golang.org/x/term"
)

// Streams are those of the user. With a terminal at both ends the shell has one, too.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Term           string // $TERM, "" is not known
}

// terminal gives the terminal where the shell is typed and seen, nil when there is none.
func (s Streams) terminal() (in, out *os.File) {
	in, _ = s.Stdin.(*os.File)
	out, _ = s.Stdout.(*os.File)
	if in == nil || out == nil || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil, nil
	}
	return in, out
}

// Shell runs the shell until it ends, with whatever exit code.
func (c *Container) Shell(ctx context.Context, s Streams) error {
	env := with(c.meta.Env, "PATH", variable(c.meta.Env, "PATH")+":"+Tools)
	request := gwclient.StartRequest{
		Args: c.shell, Env: env, User: c.meta.User, Cwd: c.meta.Cwd,
		Stdin: io.NopCloser(s.Stdin), Stdout: open{s.Stdout}, Stderr: open{s.Stderr},
		SecretEnv: c.step.Exec.Secretenv, SecurityMode: c.step.Exec.Security,
		RemoveMountStubsRecursive: true,
	}
	if c.helper != nil {
		request.Args = c.helper.run(append(slices.Clone(c.helper.Enter), c.shell...)...)
	}
	in, out := s.terminal()
	if in != nil {
		request.Tty, request.Stderr = true, nil
		if s.Term != "" {
			request.Env = with(request.Env, "TERM", s.Term)
		}
	}
	p, err := c.c.Start(ctx, request)
	if err != nil {
		return err
	}
	if in != nil {
		old, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return err
		}
		defer term.Restore(int(in.Fd()), old)
		following, stop := context.WithCancel(ctx)
		defer stop()
		go follow(following, out, p)
	}
	err = p.Wait()
	var exit *gwpb.ExitError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &exit):
		return nil
	}
	return err
}

// follow gives the size of the user's terminal to that of a process.
func follow(ctx context.Context, out *os.File, p gwclient.ContainerProcess) {
	changes := make(chan os.Signal, 1)
	defer notify(changes)()
	for {
		if w, h, err := term.GetSize(int(out.Fd())); err == nil && w > 0 && h > 0 {
			_ = p.Resize(ctx, gwclient.WinSize{Rows: uint32(h), Cols: uint32(w)}) // it is gone, then
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
		}
	}
}

// open is a stream that outlives the shell.
type open struct{ io.Writer }

func (open) Close() error { return nil }
