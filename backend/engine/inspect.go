//go:build linux

package engine

import (
	"context"
	"os"
	"path/filepath"
)

// inspectEmbedded looks at the embedded engine, running or not.
func inspectEmbedded(ctx context.Context, o *Options) (*Status, error) {
	p, err := o.place()
	if err != nil {
		return nil, err
	}
	plan, problem := o.prepare(p)
	if p.holder() == 0 {
		s := &Status{Kind: Embedded, Address: "unix://" + p.socket(), Directory: p.dir, Rootless: !isRoot(), Problem: problem}
		if problem == nil {
			s.Idle, s.Buildkitd = plan.Idle.String(), plan.Buildkitd
		}
		return s, nil
	}
	p.update()
	e, err := (&session{place: p}).connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Status{Kind: Embedded, Address: "unix://" + p.socket()}
	if e != nil {
		defer e.Client.Close()
		if s, err = e.status(ctx); err != nil {
			return nil, err
		}
	}
	state := p.state()
	s.PID, s.Directory, s.Rootless = max(p.holder(), 0), p.dir, !isRoot()
	if state.Since.IsZero() {
		s.Notes = append(s.Notes, "its state file cannot be read: `strake engine stop` fixes that")
		return s, nil
	}
	s.Since, s.Idle, s.Buildkitd = &state.Since, state.Idle.String(), state.Buildkitd
	if problem == nil {
		s.Notes = state.differs(plan)
	}
	return s, nil
}

// differs says how the engine that runs is not the one that would be started now.
func (l *launch) differs(plan *launch) []string {
	const again = ": `strake engine stop` makes the next command use it"
	var notes []string
	newer := func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.ModTime().After(l.Since)
	}
	if l.Buildkitd != plan.Buildkitd || newer(plan.Buildkitd) {
		notes = append(notes, "there is another "+filepath.Base(plan.Buildkitd)+" now, "+plan.Buildkitd+again)
	}
	if l.Config != plan.Config || plan.Config != "" && newer(plan.Config) {
		notes = append(notes, "the configuration has changed since it started"+again)
	}
	return notes
}

// LogFile is the log of the embedded engine.
func LogFile(dir string) string { return place{dir: dir}.path(logFile) }
