package engine

import (
	"context"
	"slices"
	"time"

	"github.com/containerd/platforms"
)

// Status is what is known of the BuildKit that Find would give.
type Status struct {
	Kind        Kind     `json:"kind"`
	Running     bool     `json:"running"` // only the embedded engine may be not
	Address     string   `json:"address"`
	Version     string   `json:"version,omitempty"`
	Snapshotter string   `json:"snapshotter,omitempty"`
	Platforms   []string `json:"platforms,omitempty"`

	// Of the embedded engine:
	PID       int        `json:"pid,omitempty"`
	Since     *time.Time `json:"since,omitempty"`
	Idle      string     `json:"idleTimeout,omitempty"`
	Rootless  bool       `json:"rootless,omitempty"`
	Buildkitd string     `json:"buildkitd,omitempty"` // the program
	Directory string     `json:"directory,omitempty"`
	Notes     []string   `json:"notes,omitempty"` // what the user should know of how it runs
	Problem   error      `json:"-"`               // why it could not start
}

// Installed is what there is after an Install.
type Installed struct {
	Programs []string // their paths
	Instead  string   // the buildkitd that starts nevertheless, "" for the installed one
	Problem  error    // why the engine could not start yet
}

// Inspect looks at the BuildKit that Find would give, and starts nothing.
func Inspect(ctx context.Context, o Options) (*Status, error) {
	var e *Engine
	var err error
	switch Kind(o.Addr) {
	case "":
		if e = running(ctx, &o); e == nil {
			return inspectEmbedded(ctx, &o)
		}
	case Embedded:
		return inspectEmbedded(ctx, &o)
	default:
		if e, err = Find(ctx, o); err != nil {
			return nil, err
		}
	}
	defer e.Close()
	return e.status(ctx)
}

// status asks the BuildKit about itself.
func (e *Engine) status(ctx context.Context) (*Status, error) {
	s := &Status{Kind: e.Kind, Running: true, Address: e.Addr, Version: e.Version}
	workers, err := e.Client.ListWorkers(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range workers {
		if s.Snapshotter == "" {
			s.Snapshotter = w.Labels["org.mobyproject.buildkit.worker.snapshotter"]
		}
		for _, p := range w.Platforms {
			if name := platforms.FormatAll(p); !slices.Contains(s.Platforms, name) {
				s.Platforms = append(s.Platforms, name)
			}
		}
	}
	return s, nil
}
