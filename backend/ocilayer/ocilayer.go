// Package ocilayer is what all that reads layers of OCI images knows of their form.
package ocilayer

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// XattrPrefix is that of PAX records which are extended attributes, as GNU tar and containerd write them.
const XattrPrefix = "SCHILY.xattr."

// Decompress undoes the compressions that layers have: gzip, zstd, none. The error is that of reading the
// first bytes, or of a damaged header. What is not compressed and can seek still can, so that who reads
// it can pass over what it does not need. Unlike containerd's it starts no program.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		magic := make([]byte, 4)
		n, err := io.ReadFull(s, magic)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		if _, err := s.Seek(int64(-n), io.SeekCurrent); err != nil {
			return nil, err
		}
		if form(magic[:n]) == "" {
			return struct {
				io.ReadSeeker
				io.Closer
			}{s, io.NopCloser(nil)}, nil
		}
	}
	in := bufio.NewReaderSize(r, 1<<17)
	magic, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch form(magic) {
	case "gzip":
		return gzip.NewReader(in)
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(in), nil
}

// form tells how what begins so is compressed, "" if it is not: RFC 1952, RFC 8878.
func form(magic []byte) string {
	switch {
	case len(magic) > 1 && string(magic[:2]) == "\x1f\x8b":
		return "gzip"
	case string(magic) == "\x28\xb5\x2f\xfd":
		return "zstd"
	}
	return ""
}
