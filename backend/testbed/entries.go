package testbed

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Entries lists the files of an image below some directories, one a line, sorted: path, kind, mode, owner,
// extended attributes, what a link leads to and a digest of what is in it; and times of files that are
// before a year, which a build does not set.
func Entries(img v1.Image, year int, dirs ...string) (string, error) {
	files := mutate.Extract(img)
	defer files.Close()
	var lines []string
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if err == io.EOF {
			slices.Sort(lines)
			return strings.Join(lines, "\n") + "\n", nil
		}
		if err != nil {
			return "", err
		}
		name := path.Clean("/" + h.Name)
		if !slices.ContainsFunc(dirs, func(dir string) bool { return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/") }) {
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return "", err
		}
		line := fmt.Sprintf("%s %c %o %d:%d %v %s %x", name, h.Typeflag, h.Mode&0o7777, h.Uid, h.Gid, h.PAXRecords["SCHILY.xattr.security.capability"], h.Linkname, sum.Sum(nil)[:8])
		if h.Typeflag == tar.TypeReg && h.ModTime.Year() < year {
			line += " " + h.ModTime.UTC().String()
		}
		lines = append(lines, line)
	}
}
