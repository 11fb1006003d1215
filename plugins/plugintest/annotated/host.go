package annotated

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/plugins"
)

// Host is a host that has what a test gives it.
type Host struct {
	plugins.NoHost
	Base   string            // /etc/os-release of every base image; "" is none
	Config string            // the config of every base image, JSON
	Files  map[string]string // of the build context
	Known  plugins.Facts     // of every base image
	Module *ir.Module        // that effects are of; nil has none
}

// Expand gives words without variables back, and knows of nothing else.
func (h Host) Expand(_ context.Context, _ plugins.Place, word string) (string, error) {
	if strings.ContainsAny(word, `$\"'`) {
		return "", plugins.ErrUnavailable
	}
	return word, nil
}

// ReadFile reads one of Files.
func (h Host) ReadFile(_ context.Context, path string) ([]byte, error) {
	text, ok := h.Files[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	return []byte(text), nil
}

// ListFiles lists Files, and the directories that they are in.
func (h Host) ListFiles(_ context.Context, patterns []string) ([]plugins.File, error) {
	return plugins.Match(patterns, func(dir string) ([]fs.FileInfo, error) {
		list := map[string]fs.FileInfo{}
		for name, text := range h.Files {
			if dir != "." && !strings.HasPrefix(name, dir+"/") {
				continue
			}
			name, _, inside := strings.Cut(strings.TrimPrefix(name, dir+"/"), "/")
			list[name] = entry{plugins.File{Path: name, Mode: 0o644, Size: int64(len(text))}}
			if inside {
				list[name] = entry{plugins.File{Path: name, Mode: fs.ModeDir | 0o755}}
			}
		}
		return slices.Collect(maps.Values(list)), nil
	})
}

// entry is one of a directory.
type entry struct{ plugins.File }

func (e entry) Name() string       { return e.Path }
func (e entry) Size() int64        { return e.File.Size }
func (e entry) Mode() fs.FileMode  { return e.File.Mode }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return e.File.Mode.IsDir() }
func (e entry) Sys() any           { return nil }

// BaseConfig gives Config.
func (h Host) BaseConfig(context.Context, int) (json.RawMessage, error) {
	if h.Config == "" {
		return nil, plugins.ErrUnavailable
	}
	return json.RawMessage(h.Config), nil
}

// Facts gives Known.
func (h Host) Facts(context.Context, int) (plugins.Facts, error) { return h.Known, nil }

// Effects are those of a stage of Module.
func (h Host) Effects(ctx context.Context, stage int) ([]plugins.OpEffects, error) {
	if h.Module == nil {
		return nil, plugins.ErrUnavailable
	}
	states := eval.New(h.Module, func(stage int) *eval.State { return distro.Base(ctx, h, nil, h.Module, stage) })
	return plugins.StageEffects(h.Module, stage, states.Stage(stage), h.Config == ""), nil
}

// BaseFile knows os-release.
func (h Host) BaseFile(_ context.Context, _ int, path string) ([]byte, error) {
	switch {
	case h.Base == "":
		return nil, plugins.ErrUnavailable
	case path == "/etc/os-release" || path == "/usr/lib/os-release":
		return []byte(h.Base), nil
	}
	return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
}
