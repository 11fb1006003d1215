package cases

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// File is one Dockerfile of the corpus.
type File struct {
	Name string // its path in the archive, below "visible/"
	Data []byte
}

// NeedCorpus gives the files of Corpus. Without the archive the test is skipped.
func NeedCorpus(t testing.TB) []File {
	t.Helper()
	files, ok, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Skip("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	return files
}

// Corpus reads the archive of real Dockerfiles that is named by $STRAKE_CORPUS
// or, without it, lies at ../shared/corpus/visible.tar.gz beside the module.
// The files are sorted by name. It reports false when there is no archive.
func Corpus() (files []File, ok bool, err error) {
	name := os.Getenv("STRAKE_CORPUS")
	if name == "" {
		root, err := moduleRoot()
		if err != nil {
			return nil, false, err
		}
		name = filepath.Join(filepath.Dir(root), "shared", "corpus", "visible.tar.gz")
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return nil, false, err
	}
	for tr := tar.NewReader(zr); ; {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false, err
		}
		rel, below := strings.CutPrefix(hdr.Name, "visible/")
		if !below || hdr.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			return nil, false, err
		}
		files = append(files, File{Name: rel, Data: data})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, true, nil
}

// moduleRoot is the directory of go.mod, found upwards from the working
// directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}
