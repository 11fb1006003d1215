// Package sums gives the SHA-256 of a file, and reads the file for that once: at every other
// time it is known by what the system says of it. It may import lang/regular.
package sums

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-e0495807/strake/lang/regular"
)

// maxNote bounds a note that is read, in bytes.
const maxNote = 64 << 10

// Notes is a directory that nobody but the user can change, with the sums of files that were
// read before. "" has none, and takes none.
type Notes string

// note is that of a file.
type note struct{ Path, Stamp, SHA256 string }

// Stamp identifies the content of a file without reading it: two readings between which it
// stayed the same, and which is not empty, were of the same bytes. It is of device, inode,
// size and times, of which the last change of the inode can be set by nobody.
func Stamp(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	return stamp(info)
}

// Of gives the sum of a file in hex. Errors are those of regular.Open and of reading.
func (n Notes) Of(path string) (string, error) {
	f, err := regular.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	before := Stamp(f)
	if sum := n.Recall(path, before); sum != "" {
		return sum, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if Stamp(f) == before {
		n.Remember(path, before, sum)
	}
	return sum, nil
}

// Recall gives the sum that was noted for a file of this stamp, "" when none was.
func (n Notes) Recall(path, stamp string) string {
	if n == "" || stamp == "" {
		return ""
	}
	data, err := regular.Read(n.file(path), maxNote)
	var have note
	if err != nil || json.Unmarshal(data, &have) != nil || have.Path != path || have.Stamp != stamp {
		return ""
	}
	return have.SHA256
}

// Remember notes the sum of a file that had this stamp before and after it was read. When that
// fails, the file is read again next time.
func (n Notes) Remember(path, stamp, sum string) {
	if n == "" || stamp == "" {
		return
	}
	if data, err := json.Marshal(note{path, stamp, sum}); err == nil {
		_ = n.write(path, data)
	}
}

func (n Notes) file(path string) string {
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(string(n), "seen-"+hex.EncodeToString(sum[:16])+".json")
}

// write writes a note that appears whole or not at all. One that a crash of the machine loses
// is made again, so the disk is not waited for; one that it leaves empty is none.
func (n Notes) write(path string, data []byte) error {
	f, err := os.CreateTemp(string(n), ".seen-*.tmp") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), n.file(path))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
