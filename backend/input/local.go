package input

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// Local is a directory of this machine that a build reads, and which files of it
// are sent: those that Follow names or all, less those that Exclude matches.
type Local struct {
	Name    string   // of the local source in LLB, such as "context"
	Dir     string   // "" when nobody said which directory it is
	Follow  []string // paths, perhaps with wildcards, whose links are followed; nil is all
	Exclude []string // patterns of .dockerignore
}

// Context is the name of the local source that is the main build context.
const Context = dockerui.DefaultLocalNameContext

// Locals gives the local sources of definitions, each once, in the order they are
// first read. The build reads nothing of a directory that is not among them. Dir
// is looked up in dirs, by name.
func Locals(dirs map[string]string, defs ...*pb.Definition) ([]Local, error) {
	var list []Local
	for _, def := range defs {
		for _, dt := range def.GetDef() {
			var op pb.Op
			if err := op.UnmarshalVT(dt); err != nil {
				return nil, err
			}
			name, ok := strings.CutPrefix(op.GetSource().GetIdentifier(), "local://")
			if !ok {
				continue
			}
			l := Local{Name: name, Dir: dirs[name]}
			if err := l.filters(op.GetSource().GetAttrs()); err != nil {
				return nil, err
			}
			list = join(list, l)
		}
	}
	return list, nil
}

func (l *Local) filters(attrs map[string]string) error {
	for key, list := range map[string]*[]string{pb.AttrFollowPaths: &l.Follow, pb.AttrExcludePatterns: &l.Exclude} {
		if text := attrs[key]; text != "" {
			if err := json.Unmarshal([]byte(text), list); err != nil {
				return err
			}
		}
	}
	return nil
}

// join adds a source to the list. Two platforms may read different paths of one.
func join(list []Local, l Local) []Local {
	i := slices.IndexFunc(list, func(o Local) bool { return o.Name == l.Name })
	if i < 0 {
		return append(list, l)
	}
	switch o := &list[i]; {
	case o.Follow == nil || l.Follow == nil:
		o.Follow = nil
	default:
		o.Follow = append(o.Follow, l.Follow...)
		slices.Sort(o.Follow)
		o.Follow = slices.Compact(o.Follow)
	}
	return list
}

// NoImages knows one config for all images. What they bring along, variables and ONBUILD
// triggers, is not known then.
type NoImages struct{}

// ResolveImageConfig implements llb.ImageMetaResolver.
func (NoImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte("{}"), nil
}
