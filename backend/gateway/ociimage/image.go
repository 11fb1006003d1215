// Package ociimage makes the image of a frontend: one layer of a few files, the labels that
// a daemon looks for, and the same bytes each time.
package ociimage

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/seed-e0495807/strake/backend/gateway"
)

// Program is where the frontend is in its image.
const Program = "/bin/strake-frontend"

// File is a file of the image.
type File struct {
	Name string // absolute; a directory ends with a slash
	Mode int64
	Data []byte
}

// Options say what is in an image.
type Options struct {
	Platform v1.Platform
	Program  []byte // a static binary
	Files    []File // beside it
	Network  bool   // the frontend needs one
}

// Make makes the image.
func Make(o Options) (v1.Image, error) {
	data, err := layer(append(slices.Clone(o.Files), File{Program, 0o755, o.Program}, File{"/tmp/", 0o1777, nil}))
	if err != nil {
		return nil, err
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), l)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = o.Platform.OS, o.Platform.Architecture, o.Platform.Variant
	config.Config = v1.Config{Entrypoint: []string{Program}, Labels: map[string]string{
		"moby.buildkit.frontend.caps": strings.Join(gateway.Capabilities(), ","),
	}}
	if !o.Network {
		config.Config.Labels["moby.buildkit.frontend.network.none"] = "true"
	}
	return mutate.ConfigFile(img, config)
}

// layer is an archive of files and the directories that they are in, sorted, without times.
func layer(files []File) ([]byte, error) {
	dirs := map[string]bool{}
	var list []tar.Header
	data := map[string][]byte{}
	for _, f := range files {
		name := strings.TrimPrefix(path.Clean(f.Name), "/")
		for dir := path.Dir(name); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			dirs[dir] = true
			list = append(list, tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
		}
		if strings.HasSuffix(f.Name, "/") {
			list = append(list, tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: f.Mode})
			continue
		}
		list = append(list, tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: f.Mode, Size: int64(len(f.Data))})
		data[name] = f.Data
	}
	slices.SortFunc(list, func(a, b tar.Header) int { return cmp.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range list {
		if err := w.WriteHeader(&h); err != nil {
			return nil, err
		}
		if _, err := w.Write(data[h.Name]); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

// Write writes an image as the archive of an OCI layout that has nothing else.
func Write(out io.Writer, img v1.Image, name string) error {
	blobs, err := blobsOf(img)
	if err != nil {
		return err
	}
	index, err := indexOf(img, name)
	if err != nil {
		return err
	}
	files := append(blobs, File{"/oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)}, File{"/index.json", 0o644, index})
	data, err := layer(files)
	if err == nil {
		_, err = out.Write(data)
	}
	return err
}

func blobsOf(img v1.Image) ([]File, error) {
	var files []File
	add := func(digest v1.Hash, data []byte, err error) error {
		files = append(files, File{"/blobs/" + digest.Algorithm + "/" + digest.Hex, 0o644, data})
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, err
	}
	manifest, err := img.RawManifest()
	if err := add(digest, manifest, err); err != nil {
		return nil, err
	}
	name, err := img.ConfigName()
	if err != nil {
		return nil, err
	}
	config, err := img.RawConfigFile()
	if err := add(name, config, err); err != nil {
		return nil, err
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			return nil, err
		}
		r, err := l.Compressed()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err := add(digest, data, err); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func indexOf(img v1.Image, name string) ([]byte, error) {
	digest, err := img.Digest()
	if err != nil {
		return nil, err
	}
	size, err := img.Size()
	if err != nil {
		return nil, err
	}
	d := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size}
	if name != "" {
		d.Annotations = map[string]string{"org.opencontainers.image.ref.name": name}
	}
	return json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
}
