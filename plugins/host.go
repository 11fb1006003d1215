package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
	"mvdan.cc/sh/v3/syntax/typedjson"
)

// NoHost is a host that knows of nothing but shells.
type NoHost struct{}

// Log drops the line.
func (NoHost) Log(context.Context, string) {}

// Expand is not there.
func (NoHost) Expand(context.Context, Place, string) (string, error) { return "", ErrUnavailable }

// ReadFile is not there.
func (NoHost) ReadFile(context.Context, string) ([]byte, error) { return nil, ErrUnavailable }

// ListFiles is not there.
func (NoHost) ListFiles(context.Context, []string) ([]File, error) { return nil, ErrUnavailable }

// BaseConfig is not there.
func (NoHost) BaseConfig(context.Context, int) (json.RawMessage, error) { return nil, ErrUnavailable }

// Facts are not there.
func (NoHost) Facts(context.Context, int) (Facts, error) { return Facts{}, ErrUnavailable }

// Effects are not there.
func (NoHost) Effects(context.Context, int) ([]OpEffects, error) { return nil, ErrUnavailable }

// BaseFile is not there.
func (NoHost) BaseFile(context.Context, int, string) ([]byte, error) { return nil, ErrUnavailable }

// ParseShell parses.
func (NoHost) ParseShell(_ context.Context, dialect, script string) (json.RawMessage, error) {
	variants := map[string]syntax.LangVariant{"": syntax.LangPOSIX, "posix": syntax.LangPOSIX, "bash": syntax.LangBash, "mksh": syntax.LangMirBSDKorn}
	variant, ok := variants[dialect]
	if !ok {
		return nil, fmt.Errorf("unknown dialect %q of shells", dialect)
	}
	file, err := syntax.NewParser(syntax.Variant(variant), syntax.KeepComments(true)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := typedjson.Encode(&b, file); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// guarded is a host that gives a plugin what it was granted, and nothing of the bases of
// stages that are not needed.
type guarded struct {
	Host
	name   string
	grants []Grant
	needed []bool
}

func (s step) guard(h Host, needed []bool) Host {
	return guarded{h, s.info.Name, s.Grants, needed}
}

// Log says whose log it is.
func (g guarded) Log(ctx context.Context, text string) { g.Host.Log(ctx, "plugin "+g.name+": "+text) }

func (g guarded) need(what Grant) error {
	if slices.Contains(g.grants, what) {
		return nil
	}
	return fmt.Errorf("grant %s: %w", what, ErrDenied)
}

// image tells whether the base of a stage may be asked for.
func (g guarded) image(stage int) error {
	if stage >= 0 && stage < len(g.needed) && !g.needed[stage] {
		return fmt.Errorf("the target does not need stage %d: %w", stage, ErrUnavailable)
	}
	return g.need(GrantImages)
}

func (g guarded) ReadFile(ctx context.Context, path string) ([]byte, error) {
	if err := g.need(GrantContext); err != nil {
		return nil, err
	}
	return g.Host.ReadFile(ctx, path)
}

func (g guarded) ListFiles(ctx context.Context, patterns []string) ([]File, error) {
	if err := g.need(GrantContext); err != nil {
		return nil, err
	}
	return g.Host.ListFiles(ctx, patterns)
}

func (g guarded) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	if err := g.image(stage); err != nil {
		return nil, err
	}
	return g.Host.BaseConfig(ctx, stage)
}

func (g guarded) BaseFile(ctx context.Context, stage int, path string) ([]byte, error) {
	if err := g.image(stage); err != nil {
		return nil, err
	}
	return g.Host.BaseFile(ctx, stage, path)
}
