package config

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// lazy is a program that strake.lock says enough of: it is started by the first call.
type lazy struct {
	info    plugins.Info
	starter Starter
	program Program

	mu      sync.Mutex
	started Started
	failed  error
	closed  bool
}

// Info gives what strake.lock says.
func (l *lazy) Info() plugins.Info { return l.info }

// Run starts the program when that was not done before.
func (l *lazy) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	p, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	return p.Run(ctx, h, c)
}

// start starts the program once. A start that failed is not tried again, unless it was
// the context that ended.
func (l *lazy) start(ctx context.Context) (Started, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, errors.New("it was closed")
	case l.failed != nil:
		return nil, l.failed
	case l.started != nil:
		return l.started, nil
	case l.starter == nil:
		return nil, errors.New("programs cannot be started here")
	}
	p, err := l.starter.Start(ctx, l.program)
	if ctx.Err() != nil {
		if err == nil {
			err = p.Close()
		}
		return nil, errors.Join(context.Cause(ctx), err)
	}
	if err == nil && !trust.SameInfo(p.Info(), l.info) {
		err = errors.Join(errors.New("it says other things of itself than strake.lock: run `strake plugin lock`"), p.Close())
	}
	if err != nil {
		l.failed = err
		return nil, err
	}
	l.started = p
	return p, nil
}

// Close ends the program.
func (l *lazy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.started == nil {
		return nil
	}
	p := l.started
	l.started = nil
	return p.Close()
}

// renamed is a plugin under a name that strake.yaml gives it.
type renamed struct {
	plugins.Plugin
	name string
}

// Info has the name.
func (r renamed) Info() plugins.Info {
	info := r.Plugin.Info()
	info.Name = r.name
	return info
}

// Run drops the plugin's own name from codes, which will get the new one.
func (r renamed) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	res, err := r.Plugin.Run(ctx, h, c)
	if res == nil || err != nil {
		return res, err
	}
	own := r.Plugin.Info().Name
	out := *res
	out.Diags = append(diag.List(nil), res.Diags...)
	for i := range out.Diags {
		switch d := &out.Diags[i]; {
		case d.Code == own:
			d.Code = ""
		case len(d.Code) > len(own) && d.Code[:len(own)+1] == own+"/":
			d.Code = d.Code[len(own)+1:]
		}
	}
	return &out, nil
}
