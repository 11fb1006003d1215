package trust

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-e0495807/strake/lang/regular"
)

// nobody is the owner that a file has in a user namespace without a number for its own. In a
// container that is most often the machine's user 0.
const nobody = 65534

// openError tells of a directory that others can put a file into, and the next step.
type openError struct{ text, hint string }

func (e *openError) Error() string { return e.text }

// heldBy looks at the directories that a file is in, by its name and where links lead. Who
// can write to one of them can put another file, or a directory with one, in its place: that
// the file is the user's own and for nobody else to write says nothing then. In one with the
// sticky bit, like /tmp, only the owner of what is there can.
func heldBy(name string) error {
	names := []string{name}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil { // the file need not be there yet
		names = slices.Insert(names, 0, filepath.Join(dir, filepath.Base(name)))
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		names = slices.Insert(names, 0, real)
	}
	for _, name := range names { // where links lead comes first: it is what there is to fix
		name, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			if err != nil {
				return err
			}
			if err := heldDir(dir, info); err != nil {
				return err
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return nil
}

func heldDir(dir string, info fs.FileInfo) error {
	if uid, ok := regular.Owner(info); ok && uid != os.Geteuid() && uid != 0 && uid != nobody {
		return &openError{fmt.Sprintf("the directory %s belongs to user %d, and you are %d", dir, uid, os.Geteuid()),
			"set XDG_CONFIG_HOME to a directory of yours"}
	}
	if perm := info.Mode().Perm(); perm&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &openError{fmt.Sprintf("others may write to the directory %s (mode %03o)", dir, perm),
			fmt.Sprintf("run `chmod go-w %s`, and look at what `strake plugin list` says is allowed", dir)}
	}
	return nil
}
