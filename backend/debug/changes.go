package debug

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"sync"

	bk "github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// Helper is a program of this machine that calls Hold. The engine runs it in the container.
type Helper struct {
	Local string   // the directory that it is in, as the session calls it
	File  string   // its name there
	Hold  []string // arguments that make it call Hold
	Enter []string // and Enter, with the program and its arguments behind them
}

// run is a command line that calls the helper in the container.
func (h *Helper) run(args ...string) []string {
	return append([]string{helperDir + "/" + h.File}, args...)
}

// helperDir is where the container has the helper. It is not beside Run, which the user looks for.
const helperDir = "/dev/.strake"

// ready is what Hold says when it has seen the files.
const ready = "ready\n"

// holder is the first process of a container whose changes are to be had.
type holder struct {
	process gwclient.ContainerProcess
	in      *io.PipeWriter
	out     *io.PipeReader
	notes   *notes
	ended   chan struct{}
	err     error // of its end, once that is closed
}

// notes are what the process writes on its standard error.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.text.Len() < 1<<20 { // a container may write what it likes
		n.text.Write(p)
	}
	return len(p), nil
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// mount is what the container needs for the helper.
func (h *Helper) mount(ctx context.Context, gateway gwclient.Client) (gwclient.Mount, error) {
	state := bk.Local(h.Local, bk.SessionID(gateway.BuildOpts().SessionID), bk.IncludePatterns([]string{h.File}),
		bk.SharedKeyHint(h.Local), bk.WithCustomName(Mark+"what tells of changes"))
	ref, err := solve(ctx, gateway, state)
	return gwclient.Mount{Dest: helperDir, Ref: ref, Readonly: true}, err
}

// hold starts the helper, and waits until it has seen the files.
func (c *Container) hold(ctx context.Context, h *Helper) error {
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	holder := &holder{in: stdin, out: stdout, notes: &notes{}, ended: make(chan struct{})}
	var err error
	holder.process, err = c.c.Start(ctx, gwclient.StartRequest{
		Args: h.run(h.Hold...), Env: []string{"PATH=" + variable(c.meta.Env, "PATH")}, User: "0:0", Cwd: "/",
		Stdin: in, Stdout: out, Stderr: open{holder.notes}, SecurityMode: c.step.Exec.Security, RemoveMountStubsRecursive: true,
	})
	if err != nil {
		return err
	}
	go func() {
		holder.err = holder.process.Wait()
		close(holder.ended)
		out.CloseWithError(io.EOF)
		in.Close()
	}()
	said := make([]byte, len(ready))
	if _, err := io.ReadFull(stdout, said); err != nil || string(said) != ready {
		stdin.Close()
		stdout.Close()
		return holder.failed(ctx)
	}
	c.holder, c.helper = holder, h
	return nil
}

// failed tells why the process ended too early.
func (h *holder) failed(ctx context.Context) error {
	select {
	case <-h.ended:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	text := strings.TrimSpace(h.notes.String())
	if text == "" && h.err != nil {
		text = h.err.Error()
	}
	return &HelperError{text}
}

// HelperError is why the helper does not work. A container without it can be had.
type HelperError struct{ text string }

func (e *HelperError) Error() string { return "what tells of changes has failed: " + e.text }

// Keeps tells whether Changes can be had.
func (c *Container) Keeps() bool { return c.holder != nil }

// Command is the shell with its arguments.
func (c *Container) Command() []string { return c.shell }

// Changes ends all processes of the container, and writes what they changed, as the archive of a
// layer that is rootfs.NoChange for nothing; mounts have no part in it. It gives the exit code of
// the shell, and the paths of files that no layer can have. What it writes comes from the
// container, and is to be believed as little as that.
func (c *Container) Changes(ctx context.Context, w io.Writer) (code int, omitted []string, err error) {
	h := c.holder
	defer h.out.Close()
	stop := context.AfterFunc(ctx, func() { h.out.CloseWithError(context.Cause(ctx)) })
	defer stop()
	if _, err := io.WriteString(h.in, "changes\n"); err != nil {
		return 0, nil, h.failed(ctx)
	}
	h.in.Close()
	out := bufio.NewReader(h.out)
	line, err := out.ReadString('\n')
	if err != nil {
		return 0, nil, h.failed(ctx)
	}
	if code, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		return 0, nil, err
	}
	n, err := io.Copy(w, out)
	if err != nil {
		return 0, nil, err
	}
	select {
	case <-h.ended:
	case <-ctx.Done():
		return 0, nil, context.Cause(ctx)
	}
	if h.err != nil || n == 0 {
		return 0, nil, h.failed(ctx)
	}
	lines := bufio.NewScanner(strings.NewReader(h.notes.String()))
	for lines.Scan() {
		if name, err := strconv.Unquote(lines.Text()); err == nil {
			omitted = append(omitted, name)
		}
	}
	return code, omitted, nil
}
