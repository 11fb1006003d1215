// Package input finds what a compile reads: the Dockerfile and the build
// context that a directory, a file, a URL or standard input stands for, and the
// .dockerignore files. It needs no daemon.
//
// BuildKit's own client library decides what the options of a build mean and
// what the LLB of a context is; this package answers what that library asks of a
// daemon. Of a context, no more is ever read than those few files. The package
// may import lang, ir and the other backends.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/redact"
)

// Request says what to compile.
type Request struct {
	Path  string    // a directory, a Dockerfile, a URL, or "-" for Stdin
	File  string    // the Dockerfile, when it is not the default one of Path; "-" is Stdin
	Stdin io.Reader // nil refuses it
	// StdinName is what a Dockerfile from Stdin is called; "" is that it has no name.
	StdinName string

	// Options are those of BuildKit's Dockerfile frontend, such as
	// "build-arg:NAME". Those that name the context are filled in.
	Options map[string]string
	// Contexts are the named contexts: a directory, or what docker build takes.
	Contexts map[string]string
	// Offline forbids to fetch a Dockerfile.
	Offline bool
	// Upload takes an archive that is the build context, and gives the URL by which
	// the daemon asks the session for it; nil when no daemon will.
	Upload func(io.Reader) string
	// Outside tells where a Dockerfile really is, and whether that is outside of the
	// repository that it was looked for in. The text of such a one is not shown unless
	// it is a Dockerfile. Nil shows all.
	Outside func(name string) (real string, outside bool)
}

// Source is a Dockerfile that was found.
type Source struct {
	Name     string // for messages: a path as the user would write it, or a URL
	Filename string // for BuildKit, inside the context
	Text     string
	Unnamed  bool             // no directory has it: it came from standard input
	Client   *dockerui.Client // knows the context and the options
	Map      *bk.SourceMap    // for vertices; nil has none but the text
	// Warn tells the client of the build something about the text; nil when the client
	// is this process.
	Warn func(ctx context.Context, message string, o client.WarnOpts)
	// Outside is where the file is, when that is outside of the repository that its name is
	// in: a link has led there. Its text is not to be shown then unless it is a Dockerfile;
	// NotShown is the error. "" shows it.
	Outside string

	input *Input
}

// Remote tells whether the Dockerfile or its context has to be fetched.
func (in *Input) Remote() bool { return in.remote != "" }

// Open reads the Dockerfile without a daemon. Named contexts that are images are asked for
// by images.
func (in *Input) Open(ctx context.Context, images bk.ImageMetaResolver) (*Source, error) {
	return in.open(ctx, &gateway{input: in, images: images})
}

// OpenWith reads the Dockerfile with the help of a daemon, which fetches what is
// remote. What is local is read here: that saves a round trip for each file.
func (in *Input) OpenWith(ctx context.Context, daemon client.Client) (*Source, error) {
	return in.open(ctx, &overlay{Client: daemon, input: in})
}

func (in *Input) open(ctx context.Context, c client.Client) (*Source, error) {
	client, err := dockerui.NewClient(c)
	if err != nil {
		return nil, err
	}
	if err := in.checkIgnore(); err != nil {
		return nil, err
	}
	entry, err := client.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return nil, in.explain(ctx, err)
	}
	s := &Source{Name: in.shown(), Filename: entry.Filename, Text: string(entry.Data), Outside: in.outside,
		input: in, Unnamed: in.name == stdinName && !in.Remote(), Client: client}
	return s, nil
}

// NotShown is the error about a text that is outside of its repository and no Dockerfile.
func (s *Source) NotShown() error {
	return fail("outside", "name the file itself to see what is wrong with it: -f "+s.input.outside,
		"%s is a link out of the repository, to %s, which is no Dockerfile; its text is not shown", s.Name, s.input.outside)
}

// FromGateway reads the Dockerfile of a build whose client is elsewhere: it, the context
// and the options come by the gateway.
func FromGateway(ctx context.Context, c client.Client) (*Source, error) {
	client, err := dockerui.NewClient(c)
	if err != nil {
		return nil, err
	}
	entry, err := client.ReadEntrypoint(ctx, "Dockerfile")
	if err != nil {
		return nil, err
	}
	return &Source{Name: entry.Filename, Filename: entry.Filename, Text: string(entry.Data), Client: client, Map: entry.SourceMap, Warn: entry.Warn}, nil
}

// Check tells what is wrong with the options, before anything is read.
func Check(options map[string]string) error {
	_, err := dockerui.NewClient(&gateway{input: &Input{Options: maps.Clone(options)}})
	return err
}

// LLB gives the options of a compile, for no platform yet.
func (s *Source) LLB() llb.Options {
	c := s.Client
	o := llb.Options{
		ResolveMode:      c.ImageResolveMode,
		Filename:         s.Filename,
		SourceMap:        s.Map,
		Hostname:         c.Hostname,
		CacheIDNamespace: c.CacheIDNamespace,
		CgroupParent:     c.CgroupParent,
		ExtraHosts:       c.ExtraHosts,
		Network:          c.NetworkMode,
		ShmSize:          c.ShmSize,
		Ulimits:          c.Ulimits,
		Devices:          c.Devices,
		Resources:        c.LinuxResources,
		GitAdvice:        c.GitAdvice,
	}
	o.Session = c.BuildOpts().SessionID
	o.BuildArgs, o.Labels, o.Target = c.BuildArgs, c.Labels, c.Target
	o.BuildPlatforms, o.MultiPlatform = c.BuildPlatforms, c.MultiPlatformRequested
	o.UseClient(c)
	return o
}

// IsRemote tells whether a path is a URL, of a git repository or not.
func IsRemote(path string) bool {
	_, isGit, _ := dfgitutil.ParseGitRef(path)
	return isGit || isHTTP(path)
}

// fail makes an error that the user can fix. The hint is the next step.
func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// place is where a remote context comes from, for messages.
func (in *Input) place() string {
	if in.name == stdinName {
		return "the archive on standard input"
	}
	return redact.URLs(in.remote)
}

// explain says what the user can do about a Dockerfile that could not be read.
func (in *Input) explain(ctx context.Context, err error) error {
	var d diag.Diagnostic
	switch {
	case errors.As(err, &d):
		return d
	case in.remote != "" && errors.Is(err, fs.ErrNotExist):
		return fail("no-dockerfile", "name the file inside it with -f FILE", "there is no %s in %s", in.filename(), in.place())
	case strings.Contains(err.Error(), " exceeds maximum allowed size") && // the error has no exported type
		!strings.Contains(err.Error(), dockerui.DefaultDockerignoreName):
		return fail("too-large", "is this a Dockerfile? name the right one with -f", "%s has more than %d bytes", in.name, lang.MaxSize)
	case in.remote != "" && strings.Contains(err.Error(), "no such file or directory") && !strings.Contains(err.Error(), "invalid subdir"):
		return fail("no-dockerfile", "name the file inside it with -f FILE", "there is no %s in %s", in.filename(), in.place())
	case in.remote != "":
		from := in.remote
		if IsRemote(from) {
			from, _, _ = strings.Cut(from, "#")
		}
		if d, ok := ExplainFetch(ctx, err.Error(), from); ok {
			return d
		}
	}
	return fail("unreadable", "", "cannot read %s: %v", in.name, err)
}
