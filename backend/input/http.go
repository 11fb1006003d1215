package input

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/util/archiveutil"
	"github.com/moby/go-archive/compression"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/redact"
)

const (
	fetchTimeout = 2 * time.Minute
	maxDownload  = 1 << 30 // bytes of an archive, and of what is in it
	headerSize   = 1024    // of a download, by which BuildKit knows an archive
)

func isHTTP(path string) bool {
	_, _, ok := dockerui.DetectHTTPContext(path)
	return ok
}

func isGit(path string) bool {
	_, ok, _ := dfgitutil.ParseGitRef(path)
	return ok
}

// fetchHTTP downloads a Dockerfile, or of an archive the files that are wanted.
func fetchHTTP(ctx context.Context, address string, wanted []string) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	body, err := download(ctx, address)
	if err != nil {
		return fetched{}, err
	}
	defer body.Close()
	const name = "context" // what dockerui calls a download
	r := bufio.NewReaderSize(body, headerSize)
	head, err := r.Peek(headerSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return fetched{}, downloadError(address, err)
	}
	if !archiveutil.IsArchive(head) {
		data, err := io.ReadAll(io.LimitReader(r, lang.MaxSize+1))
		if err != nil {
			return fetched{}, downloadError(address, err)
		}
		return fetched{raw: memory{name: data}}, nil
	}
	out := fetched{raw: memory{name: slices.Clone(head)}}
	files, err := unpack(r, wanted)
	if err != nil {
		return fetched{}, downloadError(address, err)
	}
	out.unpacked = files
	return out, nil
}

func download(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, downloadError(address, err)
	}
	req.Header.Set("User-Agent", "strake")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, downloadError(address, err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, downloadError(address, errors.New("the server says "+resp.Status))
	}
	return resp.Body, nil
}

func downloadError(address string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the rest of it is the URL, password included
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("it took more than %v", fetchTimeout)
	}
	return fail("download", "", "cannot download %s: %v", redact.URLs(address), redact.URLs(err.Error()))
}

// unpack reads an archive as far as needed.
func unpack(r io.Reader, wanted []string) (memory, error) {
	plain, err := compression.DecompressStream(&limited{r, maxDownload})
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	files := memory{}
	archive := tar.NewReader(&limited{plain, maxDownload})
	for len(files) < len(wanted) {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("its archive is broken: %w", err)
		}
		name := strings.TrimPrefix(path.Join("/", h.Name), "/")
		if h.Typeflag != tar.TypeReg || !slices.Contains(wanted, name) {
			continue
		}
		if files[name], err = io.ReadAll(io.LimitReader(archive, lang.MaxSize+1)); err != nil {
			return nil, fmt.Errorf("its archive is broken: %w", err)
		}
	}
	return files, nil
}

// limited is an io.LimitedReader that fails rather than ends.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("it has more than %d MiB", maxDownload>>20)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
