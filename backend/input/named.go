package input

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/regular"
)

const layoutScheme = "oci-layout://"

// contexts tells the frontend of the named contexts, as docker build does.
func (in *Input) contexts(named map[string]string) error {
	for name, value := range named {
		var err error
		switch {
		case strings.HasPrefix(value, layoutScheme):
			err = in.layout(name, strings.TrimPrefix(value, layoutScheme))
		case IsRemote(value) || strings.Contains(value, "://"):
			in.Options["context:"+name] = value
		default:
			err = in.localContext(name, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *Input) localContext(name, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return missingPath(path, err)
	case !info.IsDir():
		return fail("not-a-directory", "a context is a directory, a URL, oci-layout://DIR or docker-image://REF", "the context %s is a file: %s", name, path)
	}
	local := name
	if name == dockerui.DefaultLocalNameContext || name == dockerui.DefaultLocalNameDockerfile {
		local = "_" + name // those two are taken
	}
	in.Locals[local], in.trees[local] = path, dir(path)
	in.Options["context:"+name] = "local:" + local
	return nil
}

// layout is a context that is an image in an OCI layout: DIR[:TAG][@DIGEST]. The
// daemon gets at it through the session, by an id that is made here of the directory.
func (in *Input) layout(name, value string) error {
	path, pin, pinned := strings.Cut(value, "@")
	tag := ""
	if _, err := os.Stat(path); err != nil {
		if i := strings.LastIndexByte(path, ':'); i > strings.LastIndexByte(path, '/') {
			path, tag = path[:i], path[i+1:]
		}
	}
	if !pinned {
		desc, err := findInLayout(path, tag)
		if err != nil {
			return layoutError(value, path, err)
		}
		pin = desc.Digest.String()
	}
	if _, err := digest.Parse(pin); err != nil {
		return fail("bad-context", "a digest is sha256: and 64 digits", "the context %s: %q is no digest", name, pin)
	}
	id := digest.FromString(path).Encoded()[:25] // the same each time: graphs can be compared
	in.Layouts[id] = path
	in.Options["context:"+name] = layoutScheme + id + "@" + pin
	return nil
}

// findInLayout finds an image by its tag; without one, "latest", or the only
// image there is. A name that containerd gave counts before a tag, as in BuildKit's
// client/ociindex.
func findInLayout(path, tag string) (*ocispecs.Descriptor, error) {
	data, err := regular.Read(filepath.Join(path, ocispecs.ImageIndexFile), lang.MaxSize)
	if err != nil {
		return nil, err
	}
	var index ocispecs.Index
	if json.Unmarshal(data, &index) != nil { // the error would quote what may be another file
		return nil, errors.New("its index.json is no JSON of an index")
	}
	for _, key := range []string{"io.containerd.image.name", ocispecs.AnnotationRefName} {
		for _, desc := range index.Manifests {
			if name, ok := desc.Annotations[key]; ok && name == cmp.Or(tag, "latest") {
				return &desc, nil
			}
		}
	}
	if tag == "" && len(index.Manifests) == 1 {
		return &index.Manifests[0], nil
	}
	return nil, errors.New("there is no such image in it")
}

func layoutError(value, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fail("no-layout", "an OCI layout is a directory with a file index.json", "there is no OCI layout at %s", path)
	}
	return fail("no-layout", "name one as "+layoutScheme+"DIR:TAG, or by its digest, with @sha256:… in place of :TAG", "cannot use %s%s: %v", layoutScheme, value, err)
}
