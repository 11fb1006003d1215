package validate

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// maxUnpacked bounds what is unpacked of one archive that is a file of an image.
const maxUnpacked = 1 << 30

// gzipForm is what is compressed, or the form of that where it is a tar.
func gzipForm(data []byte) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	whole := sha256.New()
	left := &io.LimitedReader{R: z, N: maxUnpacked + 1}
	plain := bufio.NewReaderSize(io.TeeReader(left, whole), 1<<16)
	head, _ := plain.Peek(tarBlock) // what is wrong is found below, too
	var members []byte
	if isTar("", head) {
		if sum, ok := tarMembers(plain); ok {
			members = sum
		}
	}
	if _, err := io.Copy(io.Discard, plain); err != nil || left.N == 0 {
		return nil, false
	}
	if members != nil {
		return append([]byte("tar"), members...), true
	}
	return append([]byte("any"), whole.Sum(nil)...), true
}

const tarBlock = 512 // bytes

// isTar finds the archives of POSIX and of GNU.
func isTar(_ string, data []byte) bool {
	const at = 257
	return len(data) >= tarBlock && string(data[at:at+5]) == "ustar"
}

func tarForm(data []byte) ([]byte, bool) { return tarMembers(bytes.NewReader(data)) }

// member is what counts of a file in an archive.
type member struct {
	Name, Link, Comment string
	Kind                byte
	Mode, Size          int64
	UID, GID            int
	User, Group         string
	Major, Minor        int64
	Records             map[string]string
	Extra, Local        []byte // extra fields of a zip, in its directory and in front of the member
	Sum                 []byte
	Creator             uint16
	UTF8                bool // its name is said to be
}

// timeRecords are the PAX records that have a time.
var timeRecords = []string{"mtime", "atime", "ctime", "LIBARCHIVE.creationtime"}

// tarMembers sums up the members of an archive, in their order, without their times. Behind
// its end there may be nothing but zeros.
func tarMembers(in io.Reader) ([]byte, bool) {
	t := tar.NewReader(in)
	out := newMembers()
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return out.sum(), onlyZeros(in)
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return nil, false
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, t); err != nil {
			return nil, false
		}
		records := maps.Clone(h.PAXRecords)
		maps.DeleteFunc(records, func(key, _ string) bool { return slices.Contains(timeRecords, key) })
		ok := out.add(member{
			Name: h.Name, Link: h.Linkname, Kind: h.Typeflag, Mode: h.Mode, Size: h.Size, UID: h.Uid, GID: h.Gid,
			User: h.Uname, Group: h.Gname, Major: h.Devmajor, Minor: h.Devminor, Records: records, Sum: sum.Sum(nil),
		})
		if !ok {
			return nil, false
		}
	}
}

// onlyZeros reads a stream to its end.
func onlyZeros(in io.Reader) bool {
	buf := make([]byte, 1<<15)
	for {
		n, err := in.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return false
		}
		if err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// memberSum is the sum of all members.
type memberSum struct{ hash.Hash }

func newMembers() memberSum { return memberSum{sha256.New()} }

func (m memberSum) add(one member) bool {
	// JSON has no names that are not UTF-8: two of them would look the same.
	for _, s := range []string{one.Name, one.Link, one.Comment, one.User, one.Group} {
		if strings.ToValidUTF8(s, "") != s {
			return false
		}
	}
	for key, value := range one.Records {
		if strings.ToValidUTF8(key+value, "") != key+value {
			return false
		}
	}
	return json.NewEncoder(m).Encode(one) == nil
}

func (m memberSum) sum() []byte { return m.Sum(nil) }
