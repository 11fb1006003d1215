package include

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/seed-e0495807/strake/lang/late"
)

// Kind says where a file is.
type Kind uint8

// The kinds of references.
const (
	Path  Kind = iota // in the build context
	HTTPS             // at a URL
	Git               // in a git repository
	OCI               // the only layer of an artifact in a registry
)

// Ref says which file is meant.
type Ref struct {
	Kind Kind
	Text string // as it is written
	From string // the URL, the repository, or the artifact; "" for Path
	At   string // Git: a commit, branch or tag
	Path string // Path: with slashes, "/" first when it is not relative; Git: in the repository
}

var (
	commit  = late.Regexp(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	version = late.Regexp(`^[A-Za-z0-9][A-Za-z0-9._/+-]*$`)
	scp     = late.Regexp(`^git@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9_~/][^\s#]*$`)
	scheme  = late.Regexp(`^[A-Za-z][A-Za-z0-9+.-]*:`)
)

// Pinned reports whether the reference itself says what the file is: it names a commit,
// or the digest of an artifact. A Path is part of the build.
func (r Ref) Pinned() bool {
	switch r.Kind {
	case Path:
		return true
	case Git:
		return commit().MatchString(r.At)
	case OCI:
		return strings.Contains(r.From, "@")
	}
	return false
}

// ParseRef reads one of
//
//	path/in/the/context
//	https://host/file
//	https://host/repository.git#version:path
//	git@host:repository.git#version:path
//	ssh://git@host/repository.git#version:path
//	oci://registry/repository:tag@sha256:digest
func ParseRef(text string) (Ref, error) {
	switch {
	case text == "":
		return Ref{}, errors.New("it is empty")
	case strings.ContainsAny(text, "$\"'\\` \t\r\n\x00"):
		return Ref{}, errors.New("it has a quote, a blank or a variable")
	case strings.HasPrefix(text, "oci://"):
		return parseOCI(text)
	case strings.HasPrefix(text, "git@"), strings.HasPrefix(text, "ssh://"):
		return parseGit(text)
	case strings.HasPrefix(text, "https://"):
		if repo, _, _ := strings.Cut(text, "#"); strings.HasSuffix(repo, ".git") {
			return parseGit(text)
		}
		u, err := parseURL(text)
		if err == nil && u.Fragment != "" {
			err = errors.New("what is behind the # is for git repositories, whose URLs end in .git")
		}
		return Ref{Kind: HTTPS, Text: text, From: text}, err
	case scheme().MatchString(text):
		return Ref{}, fmt.Errorf("its scheme may be https, ssh or oci, not %s", strings.TrimRight(scheme().FindString(text), ":/"))
	}
	return Ref{Kind: Path, Text: text, Path: text}, nil
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case u.Hostname() == "" || strings.HasPrefix(u.Hostname(), "-"):
		return nil, errors.New("it names no host")
	case u.Scheme == "https" && u.User != nil:
		return nil, errors.New("it has a user or a password, which everybody could read")
	case u.User != nil && strings.HasPrefix(u.User.String(), "-"):
		return nil, errors.New("it names no user")
	}
	return u, nil
}

func parseGit(text string) (Ref, error) {
	repo, rest, _ := strings.Cut(text, "#")
	at, file, ok := strings.Cut(rest, ":")
	r := Ref{Kind: Git, Text: text, From: repo, At: at, Path: file}
	if !strings.HasPrefix(repo, "git@") {
		if _, err := parseURL(repo); err != nil {
			return Ref{}, err
		}
	} else if !scp().MatchString(repo) {
		return Ref{}, errors.New("it is not like git@host:repository.git")
	}
	switch {
	case !ok || at == "":
		return Ref{}, errors.New("a git repository needs #version:path behind it")
	case !version().MatchString(at) || strings.Contains(at, ".."):
		return Ref{}, fmt.Errorf("%q is no commit, branch or tag", at)
	case !fs.ValidPath(file) || file == ".":
		return Ref{}, fmt.Errorf("%q is no path of a file in a repository", file)
	}
	return r, nil
}

func parseOCI(text string) (Ref, error) {
	r := Ref{Kind: OCI, Text: text, From: strings.TrimPrefix(text, "oci://")}
	if _, err := name.ParseReference(r.From); err != nil {
		return Ref{}, err
	}
	return r, nil
}
