// Package include is the built-in plugin include: the instruction INCLUDE, which puts
// the instructions of another file in its place, and FROM ./file#stage, which makes a
// stage of another Dockerfile a base. It may import lang, ir and plugins.
//
// A file is found by a Ref (ref.go) and read by a loader (load.go), from the build
// context or through a Fetcher (network.go). What is read becomes ops whose origins
// point into the file; its arguments are renamed so that they stay among them (scope.go).
package include

import (
	"context"

	"github.com/seed-e0495807/strake/plugins"
)

// Name is the plugin's name in strake.yaml.
const Name = "include"

// Limits of what is read.
const (
	MaxDepth = 10       // files that include one another
	MaxSize  = 1 << 20  // bytes of one file
	MaxTotal = 16 << 20 // bytes of all files
	MaxFiles = 1000
)

// Fetcher gets files that are not in the build context.
type Fetcher interface {
	// Fetch gives the file that a reference other than a Path is about, at most
	// MaxSize bytes. When the reference names a commit or the digest of an artifact,
	// the file is of that one; a --checksum is for the caller to look at.
	Fetch(ctx context.Context, ref Ref) ([]byte, error)
}

// New makes the plugin. Without a Fetcher there are files of the build context only.
func New(f Fetcher) plugins.Plugin { return &plugin{f} }

type plugin struct{ fetcher Fetcher }

// Info implements plugins.Plugin.
func (p *plugin) Info() plugins.Info {
	return plugins.Info{
		Name:    Name,
		Version: "1.0.0",
		Summary: "Puts in the instructions of other files, and takes stages of other Dockerfiles as bases.",
		URL:     "https://github.com/seed-e0495807/strake/blob/main/docs/plugins/include.md",
		Phases:  []plugins.Phase{plugins.Expand, plugins.Rewrite},
		Instructions: []plugins.Instruction{{
			Keyword: "INCLUDE",
			Usage:   "INCLUDE [--arg=NAME=VALUE]... [--checksum=sha256:HEX] FILE",
			Summary: "Puts the instructions of another file here.",
			Flags: []plugins.Flag{
				{Name: "arg", Repeated: true, Summary: "a value for an ARG at the top of the file"},
				{Name: "checksum", Summary: "the digest that the file has to have"},
			},
			Min: 1, Max: 1,
		}},
		Filter: plugins.Filter{Keywords: []string{"FROM"}, Contains: []string{"./"}},
		Needs:  []plugins.Grant{plugins.GrantContext},
	}
}

// Run implements plugins.Plugin.
func (p *plugin) Run(ctx context.Context, h plugins.Host, c *plugins.Call) (*plugins.Result, error) {
	l := &loader{ctx: ctx, host: h, fetcher: p.fetcher, call: c, files: c.Module.Files}
	var res *plugins.Result
	switch c.Phase {
	case plugins.Expand:
		res = l.expand()
	case plugins.Rewrite:
		res = l.rewrite()
	}
	return res, ctx.Err()
}
