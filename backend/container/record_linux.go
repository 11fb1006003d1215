package container

import (
	"io"
	"time"

	"github.com/seed-e0495807/strake/backend/container/record"
)

// recorder keeps what is typed to a process of a container. All of it may be called on nil.
type recorder struct {
	log       *record.Log
	args      []string
	dir, user string
	begun     time.Time
}

// newRecorder is nil where nothing is to be recorded.
func (c *Container) newRecorder(wanted bool, args []string, dir, user string) (*recorder, error) {
	if !wanted {
		return nil, nil
	}
	log, err := record.Open(c.path(recordFile))
	if err != nil {
		return nil, explain(c.dir, err)
	}
	return &recorder{log: log, args: args, dir: dir, user: user, begun: time.Now()}, nil
}

// terminal gives what stands in front of the master of a terminal, for keys and for output.
func (r *recorder) terminal(t *terminal, out io.Writer) (io.Writer, io.Writer) {
	if r == nil {
		return t.master, out
	}
	cols, rows := 0, 0
	if size := t.size(); size != nil {
		cols, rows = int(size.Width), int(size.Height)
	}
	typed, err := record.NewTerminal(t.master, r.log, cols, rows)
	if err != nil {
		return t.master, out
	}
	t.typed = typed
	return typed, &tap{out, typed}
}

// tap shows a recorder what comes out of a terminal.
type tap struct {
	io.Writer // may be nil
	typed     *record.Terminal
}

func (t *tap) Write(p []byte) (int, error) {
	t.typed.Output(p)
	if t.Writer == nil {
		return len(p), nil
	}
	if _, err := t.Writer.Write(p); err != nil {
		t.Writer = nil // nobody watches any more, and the record goes on
	}
	return len(p), nil
}

// input is what a process reads that has no terminal. That of a shell is a script.
func (r *recorder) input(in io.Reader, pid int) io.Reader {
	if r == nil || !record.ReadsCommands(r.args) {
		return in
	}
	return r.log.Script(in, func() int { return pid }, r.dir, r.user)
}

// recorded ends the record of a process that has ended, and adds its command. What went wrong with
// the record is said, and is no failure of the process.
func (r *Runner) recorded(ch *channel, code int, err error) {
	if ch.recorder == nil {
		return
	}
	if t := ch.terminal; t != nil && t.typed != nil {
		t.typed.Close()
	}
	if err == nil {
		ch.recorder.log.Args(ch.recorder.args, record.Command{Dir: ch.recorder.dir, User: ch.recorder.user, Exit: &code, Time: ch.recorder.begun})
	}
	if err := ch.recorder.log.Close(); err != nil {
		r.note("not all of what was typed is recorded: " + err.Error())
	}
}
