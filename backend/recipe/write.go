package recipe

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/ocilayer"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// Dockerfile is the text of the recipe.
func (r *Recipe) Dockerfile() string {
	var b strings.Builder
	fmt.Fprintf(&b, "FROM %s\n", r.Base)
	if r.About != "" {
		fmt.Fprintf(&b, "\n# %s\n", oneLine(r.About))
	}
	asRoot := r.user == "" || r.user == "root" || r.user == "0"
	runs := slices.ContainsFunc(r.Steps, func(s Step) bool { return strings.HasPrefix(s.Instruction, "RUN ") })
	if runs && !asRoot {
		b.WriteString("\nUSER root\n")
	}
	last := ""
	for _, s := range r.Steps {
		if b.WriteByte('\n'); s.Kind == Metadata && runs && !asRoot {
			runs = false
			fmt.Fprintf(&b, "USER %s\n\n", r.user)
		}
		if len(s.Comment) == 0 && s.Group == last { // it belongs to the one above
			text := strings.TrimSuffix(b.String(), "\n")
			b.Reset()
			b.WriteString(text)
		}
		for _, line := range s.Comment {
			fmt.Fprintf(&b, "# %s\n", oneLine(line))
		}
		b.WriteString(s.Instruction + "\n")
		last = s.Group
	}
	if runs && !asRoot {
		fmt.Fprintf(&b, "\nUSER %s\n", r.user)
	}
	return b.String()
}

// oneLine keeps a comment one.
func oneLine(text string) string { return strings.Join(strings.Fields(diag.Printable(text)), " ") }

// Write makes a directory with the Dockerfile and its context. It appears whole, or not at all:
// the directory must be empty or not there.
func (r *Recipe) Write(ctx context.Context, dir string) (err error) {
	dir = filepath.Clean(dir)
	list, err := os.ReadDir(dir)
	switch {
	case len(list) > 0:
		return diag.Diagnostic{Code: "not-empty", Message: dir + " has files already", Hint: "name another directory with -o, or remove it"}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := os.WriteFile(filepath.Join(temp, "Dockerfile"), []byte(r.Dockerfile()), 0o666); err != nil {
		return err
	}
	if err := r.context(ctx, temp); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(temp, dir)
}

// context writes the files. Each layer is read once.
func (r *Recipe) context(ctx context.Context, dir string) error {
	root, err := regular.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var (
		nodes []*validate.Node
		files = map[*validate.Node][]string{}
		dirs  []File
	)
	for _, s := range r.Steps {
		for _, f := range s.Files {
			if err := root.MkdirAll(path.Dir(f.Name), 0o755); err != nil {
				return err
			}
			switch {
			case f.Members != nil:
				err = r.archive(ctx, root, f)
			case f.Node.Kind == validate.Directory:
				err = root.MkdirAll(f.Name, 0o755)
				dirs = append(dirs, f)
			case f.Node.Kind == validate.Symlink:
				err = root.Symlink(f.Node.Target, f.Name)
			default:
				if files[f.Node] == nil {
					nodes = append(nodes, f.Node)
				}
				files[f.Node] = append(files[f.Node], f.Name)
			}
			if err != nil {
				return err
			}
		}
	}
	err = r.reading.reader.Contents(ctx, nodes, func(same []*validate.Node, body io.Reader) error {
		for i, n := range same {
			for j, name := range files[n] {
				var err error
				if i == 0 && j == 0 {
					err = writeFile(root, name, n, body)
				} else {
					err = copyFile(root, files[same[0]][0], name, n)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range slices.Backward(dirs) {
		if err := root.Chmod(f.Name, permissions(f.Node)); err != nil {
			return err
		}
	}
	return nil
}

// permissions are those of a file of the context: who builds has to read it.
func permissions(n *validate.Node) fs.FileMode {
	m := fs.FileMode(n.Mode & 0o777)
	if m |= 0o600; n.Kind == validate.Directory {
		m |= 0o100
	}
	return m
}

func writeFile(root *os.Root, name string, n *validate.Node, body io.Reader) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if err = cmp.Or(err, f.Chmod(permissions(n))); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return root.Chtimes(name, n.ModTime, n.ModTime)
}

func copyFile(root *os.Root, from, to string, n *validate.Node) error {
	f, err := root.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeFile(root, to, n, f)
}

// archive writes a tar of paths, with owners, modes, hard links and extended attributes.
// Directories come first, files in the order of their layers.
func (r *Recipe) archive(ctx context.Context, root *os.Root, f File) (err error) {
	out, err := root.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	var regular []*validate.Node
	for _, n := range f.Members {
		if n.Kind == validate.Regular {
			regular = append(regular, n)
		} else if err := w.WriteHeader(header(n)); err != nil {
			return err
		}
	}
	err = r.reading.reader.Contents(ctx, regular, func(same []*validate.Node, body io.Reader) error {
		for i, n := range same {
			h := header(n)
			if i > 0 {
				h.Typeflag, h.Linkname, h.Size = tar.TypeLink, header(same[0]).Name, 0
			}
			if err := w.WriteHeader(h); err != nil {
				return err
			}
			if i == 0 {
				if _, err := io.Copy(w, body); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return cmp.Or(err, w.Close())
}

// header is what a tar says of a path.
func header(n *validate.Node) *tar.Header {
	h := &tar.Header{Name: strings.TrimPrefix(n.Path(), "/"), Mode: n.Mode, Uid: n.UID, Gid: n.GID, ModTime: n.ModTime, Format: tar.FormatPAX}
	for key, value := range n.Xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords[ocilayer.XattrPrefix+key] = value
	}
	switch n.Kind {
	case validate.Regular:
		h.Typeflag, h.Size = tar.TypeReg, n.Size
	case validate.Directory:
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
	case validate.Symlink:
		h.Typeflag, h.Linkname = tar.TypeSymlink, n.Target
	case validate.CharDev:
		h.Typeflag, h.Devmajor, h.Devminor = tar.TypeChar, n.Major, n.Minor
	case validate.BlockDev:
		h.Typeflag, h.Devmajor, h.Devminor = tar.TypeBlock, n.Major, n.Minor
	case validate.Fifo:
		h.Typeflag = tar.TypeFifo
	}
	return h
}
