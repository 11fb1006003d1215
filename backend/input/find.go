package input

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/util/archiveutil"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/redact"
	"github.com/seed-e0495807/strake/lang/regular"
)

const (
	defaultName = dockerui.DefaultDockerfileName
	stdinName   = "<stdin>"
	maxEntries  = 1000 // of a directory that are looked at for a near name
)

// Input is what a request stands for. Find makes one.
type Input struct {
	// Options are those of BuildKit's Dockerfile frontend, with what names the
	// context.
	Options map[string]string
	// Locals are the directories that the build reads, by the name of the local
	// source: the main context is "context". There is none for a remote context.
	Locals map[string]string
	// Layouts are the OCI layouts that named contexts read, by the id of the store.
	Layouts map[string]string

	name    string          // of the Dockerfile in messages
	stdinAs string          // what one from standard input is called there; "" is nothing else
	outside string          // where it is, when that is outside of the repository
	trees   map[string]tree // where single files of local sources are read
	remote  string          // URL of the context, "" when it is local
	fetch   func() (fetched, error)
}

// fetched is what was read of a remote context.
type fetched struct {
	raw      tree // the download
	unpacked tree // the files of the archive that it is
}

// shown is the name of the Dockerfile for messages.
func (in *Input) shown() string {
	if in.name == stdinName && in.stdinAs != "" {
		return in.stdinAs
	}
	return in.name
}

// Known is the path that is known of the Dockerfile: its own, or what one from standard input is
// called; "" is none.
func (in *Input) Known() string {
	if in != nil && in.name == stdinName && in.stdinAs != "" {
		return in.stdinAs
	}
	return in.Dockerfile()
}

func (in *Input) filename() string {
	if name := in.Options["filename"]; name != "" {
		return name
	}
	return defaultName
}

// Find finds out what a request stands for. An error that the user can fix is a
// diag.Diagnostic.
func Find(ctx context.Context, r Request) (*Input, error) {
	in, err := locate(ctx, r)
	if name := in.Dockerfile(); err == nil && name != "" && r.Outside != nil {
		if real, outside := r.Outside(name); outside {
			in.outside = real
		}
	}
	return in, err
}

// Dockerfile is the path of the Dockerfile, "" when it is not a file of this machine.
func (in *Input) Dockerfile() string {
	if in == nil || in.Locals[dockerui.DefaultLocalNameDockerfile] == "" {
		return ""
	}
	return in.name
}

// ReadFile reads a file of the build context, a path with slashes, as steps would see
// it. The error is fs.ErrNotExist for one that is not there or is left out, and
// errors.ErrUnsupported for a context that is not a directory of this machine.
func (in *Input) ReadFile(_ context.Context, name string) ([]byte, error) {
	files := in.trees[dockerui.DefaultLocalNameContext]
	if files == nil {
		return nil, fmt.Errorf("the build context is not a directory of this machine: %w", errors.ErrUnsupported)
	}
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return nil, fmt.Errorf("/ is a directory: %w", fs.ErrInvalid)
	}
	ignore, err := in.Ignore()
	if err != nil {
		return nil, err
	}
	if ignore != nil {
		if line, pattern := ignore.Line(name); line > 0 {
			return nil, fmt.Errorf("%s is left out by %s: %w", name, pattern, fs.ErrNotExist)
		}
	}
	data, err := files.read(filepath.FromSlash(name), lang.MaxSize+1)
	if err == nil && len(data) > lang.MaxSize {
		err = fmt.Errorf("%s has more than %d bytes", name, lang.MaxSize)
	}
	return data, err
}

func locate(ctx context.Context, r Request) (*Input, error) {
	in := &Input{
		stdinAs: r.StdinName, Options: maps.Clone(r.Options), Locals: map[string]string{}, Layouts: map[string]string{}, trees: map[string]tree{},
	}
	if in.Options == nil {
		in.Options = map[string]string{}
	}
	if err := in.contexts(r.Contexts); err != nil {
		return nil, err
	}
	switch {
	case r.Stdin == nil && (r.Path == "-" || r.File == "-"):
		return nil, fail("no-stdin", "name a directory, and a Dockerfile that is a file", "standard input is read once, and this is about several builds")
	case r.Path == "-":
		return in, in.stdinContext(r)
	}
	info, err := os.Stat(r.Path)
	switch {
	case err != nil && IsRemote(r.Path):
		return in, in.url(ctx, r)
	case err != nil:
		return nil, missingPath(r.Path, err)
	case r.File == "-":
		in.context(r.Path)
		return in, in.stdin(r)
	case info.IsDir():
		return in, in.directory(ctx, r.Path, r.File)
	case r.File != "":
		return nil, fail("not-a-directory", "drop one of them", "%s is a file, and so is the Dockerfile %s", r.Path, r.File)
	}
	in.context(filepath.Dir(r.Path))
	return in, in.file(ctx, r.Path)
}

// context makes a directory the main context.
func (in *Input) context(path string) {
	in.Locals[dockerui.DefaultLocalNameContext] = path
	in.trees[dockerui.DefaultLocalNameContext] = dir(path)
}

// stdinContext takes standard input for all there is: a Dockerfile, or an archive
// of the context.
func (in *Input) stdinContext(r Request) error {
	input := bufio.NewReader(r.Stdin)
	head, err := input.Peek(headerSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.Stdin = input
	archive := archiveutil.IsArchive(head)
	switch {
	case archive && r.Upload == nil:
		return fail("stdin-archive", "unpack it, and compile the directory", "standard input is an archive, not a Dockerfile")
	case archive && r.File == "-":
		return fail("stdin-twice", "name the Dockerfile inside the archive", "standard input is the build context, and cannot be the Dockerfile, too")
	case archive:
		in.name, in.remote = stdinName, r.Upload(input)
		in.Options["context"] = in.remote
		if r.File != "" {
			in.Options["filename"] = r.File
		}
		return nil
	case r.File != "" && r.File != "-":
		return fail("stdin-context", "name the directory of the build context in place of -",
			"with -f, standard input is the build context, but it is no archive")
	}
	return in.stdin(r)
}

// stdin takes the Dockerfile from standard input.
func (in *Input) stdin(r Request) error {
	data, err := io.ReadAll(io.LimitReader(r.Stdin, lang.MaxSize+1))
	if err != nil {
		return err
	}
	if archiveutil.IsArchive(data[:min(len(data), headerSize)]) {
		return fail("stdin-archive", "drop -f, or give a Dockerfile", "standard input is an archive, not a Dockerfile")
	}
	in.name = stdinName
	in.trees[dockerui.DefaultLocalNameDockerfile] = memory{defaultName: data}
	return nil
}

// directory takes the Dockerfile of a directory, or another one for it.
func (in *Input) directory(ctx context.Context, path, file string) error {
	in.context(path)
	if file != "" {
		return in.file(ctx, file)
	}
	for _, name := range []string{defaultName, strings.ToLower(defaultName)} {
		name = filepath.Join(path, name)
		switch info, err := os.Stat(name); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && !info.Mode().IsRegular() && !info.IsDir(): // nobody named it
			_, err := regular.Open(name)
			return fail("unreadable", "name what to read with -f FILE", "cannot read %s: %v", name, cause(err))
		}
		return in.file(ctx, name)
	}
	hint := "create it, or name another file with -f FILE"
	if near := dockerfileLike(path); near != "" {
		hint = "did you mean `-f " + filepath.Join(path, near) + "`?"
	}
	return fail("no-dockerfile", hint, "there is no Dockerfile in %s; looked for %s and %s",
		path, defaultName, strings.ToLower(defaultName))
}

// file takes a Dockerfile by its path. The user named it, so it may be a pipe.
func (in *Input) file(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return missingPath(path, err)
	case info.IsDir():
		return fail("is-a-directory", "name the Dockerfile in it", "%s is a directory, not a Dockerfile", path)
	}
	f, err := regular.Stream(ctx, path)
	if err != nil {
		return fail("unreadable", "", "cannot read %s: %v", path, cause(err))
	}
	defer f.Close()
	in.name = filepath.Clean(path)
	in.Options["filename"] = filepath.Base(path)
	in.Locals[dockerui.DefaultLocalNameDockerfile] = filepath.Dir(path)
	var files tree = dockerfileDir{dir(filepath.Dir(path)), filepath.Base(path)}
	if !info.Mode().IsRegular() { // a pipe is read once only
		data, err := io.ReadAll(io.LimitReader(f, lang.MaxSize+1))
		if err != nil {
			return fail("unreadable", "", "cannot read %s: %v", path, cause(err))
		}
		files = memory{filepath.Base(path): data}
	}
	in.trees[dockerui.DefaultLocalNameDockerfile] = files
	return nil
}

// url takes a remote context. A Dockerfile that is not in it has an absolute
// path, or comes from standard input, as with docker build.
func (in *Input) url(ctx context.Context, r Request) error {
	in.remote, in.Options["context"] = r.Path, r.Path
	switch {
	case r.File == "-":
		in.Options["dockerfilekey"] = dockerui.DefaultLocalNameDockerfile
		if err := in.stdin(r); err != nil {
			return err
		}
	case filepath.IsAbs(r.File):
		in.Options["dockerfilekey"] = dockerui.DefaultLocalNameDockerfile
		if err := in.file(ctx, r.File); err != nil {
			return err
		}
	case r.File != "":
		in.Options["filename"] = strings.TrimPrefix(path.Join("/", filepath.ToSlash(r.File)), "/")
	}
	if in.name == "" {
		in.name = in.remoteName()
	}
	in.fetch = sync.OnceValues(func() (fetched, error) {
		switch {
		case r.Offline:
			return fetched{}, fail("offline", "drop --offline, or compile a local copy", "--offline forbids to fetch %s", redact.URLs(r.Path))
		case isGit(r.Path):
			files, err := fetchGit(ctx, r.Path, in.wanted())
			return fetched{raw: files}, err
		}
		return fetchHTTP(ctx, r.Path, in.wanted())
	})
	return nil
}

// remoteName is the name of a Dockerfile that is fetched, like
// https://host/repo.git#main:dir/Dockerfile.
func (in *Input) remoteName() string {
	ref, ok, err := dfgitutil.ParseGitRef(in.remote)
	if !ok || err != nil {
		return redact.URLs(in.remote)
	}
	return redact.URLs(ref.Remote) + "#" + ref.Ref + ":" + path.Join(ref.SubDir, in.filename())
}

// wanted are the files that BuildKit reads of a context for the Dockerfile.
func (in *Input) wanted() []string {
	name := in.filename()
	list := []string{name, name + dockerui.DefaultDockerignoreName}
	if path.Base(name) == defaultName {
		list = append(list, path.Join(path.Dir(name), strings.ToLower(defaultName)))
	}
	return list
}

func missingPath(name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fail("unreadable", "", "cannot read %s: %v", name, cause(err))
	}
	hint := ""
	if to, err := os.Readlink(name); err == nil {
		return fail("no-such-file", "make what it leads to, or name another file", "%s is a link to %s, and nothing is there", name, to)
	}
	if near := diag.Suggest(filepath.Base(name), entries(filepath.Dir(name))); near != "" {
		hint = "did you mean `" + filepath.Join(filepath.Dir(name), near) + "`?"
	}
	return fail("no-such-file", hint, "there is no file or directory %s", name)
}

// cause is the reason without the operation and the path.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// entries are the names in a directory, as far as they can be told.
func entries(path string) []string {
	d, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(maxEntries)
	return names
}

// dockerfileLike is the first name in a directory that looks like a Dockerfile.
func dockerfileLike(path string) string {
	best := ""
	for _, name := range entries(path) {
		low := strings.ToLower(name)
		like := strings.HasPrefix(low, "dockerfile") || strings.HasSuffix(low, ".dockerfile") || low == "containerfile" || low == "dokerfile"
		if like && !strings.HasSuffix(low, dockerui.DefaultDockerignoreName) && (best == "" || name < best) {
			best = name
		}
	}
	if best == "" {
		best = diag.Suggest(defaultName, entries(path))
	}
	return best
}
