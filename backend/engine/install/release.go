package install

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
)

// The versions of the programs, which are those in go.mod.
const (
	buildkitVersion    = "v0.34.2"
	rootlesskitVersion = "v3.3.0"
)

// Otherwise is how to have the programs without an archive.
const Otherwise = "`go install github.com/moby/buildkit/cmd/buildkitd@" + buildkitVersion + "` and `apt-get install runc`, or a BuildKit elsewhere in BUILDKIT_HOST"

// RootlessOtherwise is how to have rootlesskit without an archive.
const RootlessOtherwise = "`go install github.com/rootless-containers/rootlesskit/v3/cmd/rootlesskit@" + rootlesskitVersion + "`"

// release is an archive that a project publishes on GitHub.
type release struct{ repository, version, file string }

func buildkit() release {
	arch := runtime.GOARCH
	if arch == "arm" {
		arch = "arm-v7"
	}
	return release{"moby/buildkit", buildkitVersion, "buildkit-" + buildkitVersion + ".linux-" + arch + ".tar.gz"}
}

func rootlesskit() release {
	arch := runtime.GOARCH
	switch arch { // as uname has it
	case "amd64":
		arch = "x86_64"
	case "arm64":
		arch = "aarch64"
	case "arm":
		arch = "armv7l"
	}
	return release{"rootless-containers/rootlesskit", rootlesskitVersion, "rootlesskit-" + arch + ".tar.gz"}
}

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

func (r release) url() string {
	return "https://github.com/" + r.repository + "/releases/download/" + r.version + "/" + r.file
}

// listing is what GitHub says of the release.
func (r release) listing() string {
	return "https://api.github.com/repos/" + r.repository + "/releases/tags/" + r.version
}

// fromReleases installs what the projects publish.
func (o *Options) fromReleases(ctx context.Context, dir string) error {
	if err := o.fromRelease(ctx, dir, buildkit(), o.SHA256); err != nil {
		return err
	}
	if !o.Rootless {
		return nil
	}
	return o.fromRelease(ctx, dir, rootlesskit(), "")
}

// fromRelease installs an archive. Its digest is that which GitHub lists for it, when none
// is given.
func (o *Options) fromRelease(ctx context.Context, dir string, r release, sha string) error {
	if sha == "" {
		var err error
		if sha, err = o.digest(ctx, r); err != nil {
			return err
		}
	}
	return o.fromURL(ctx, dir, r.url(), sha)
}

// maxListing is how many bytes GitHub may say of a release.
const maxListing = 4 << 20

// digest asks for the sha256 of a release's archive:
// https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name
func (o *Options) digest(ctx context.Context, r release) (string, error) {
	resp, done, err := o.get(ctx, r.listing(), 0)
	if err != nil {
		return "", unreachable(r.listing(), err)
	}
	defer done()
	if resp.StatusCode != http.StatusOK {
		return "", unreachable(r.listing(), fmt.Errorf("%s", resp.Status))
	}
	var listed struct {
		Assets []struct{ Name, Digest string }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxListing)).Decode(&listed); err != nil {
		return "", unreachable(r.listing(), err)
	}
	for _, asset := range listed.Assets {
		if sha, ok := strings.CutPrefix(asset.Digest, "sha256:"); ok && asset.Name == r.file && isSHA256(sha) {
			return sha, nil
		}
	}
	return "", fail("give it with --sha256, or install otherwise: "+Otherwise,
		"%s lists no sha256 of %s", r.listing(), r.file)
}

// unreachable is an error of the network.
func unreachable(url string, err error) error {
	return fail("download it elsewhere, and give the file with --from; or "+Otherwise, "cannot download %s: %v", url, err)
}

// partial is the file that a download grows in, and that the next try goes on with.
func (o *Options) partial(sha string) string {
	return filepath.Join(filepath.Dir(o.Dir), "install-"+sha+".part")
}
