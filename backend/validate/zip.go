package validate

import (
	"archive/zip"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"slices"
)

// zipForm has the members of a zip, in the order of its directory, without their times and
// compression.
func zipForm(data []byte) ([]byte, bool) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, false
	}
	locals, ok := zipLocals(data, z)
	if !ok {
		return nil, false
	}
	out := newMembers()
	left := int64(maxUnpacked)
	for i, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, false
		}
		sum := sha256.New()
		n, err := io.Copy(sum, io.LimitReader(r, left+1))
		r.Close()
		if left -= n; err != nil || left < 0 {
			return nil, false
		}
		extra, ok := extraFields(f.Extra)
		if !ok || !out.add(member{
			Name: f.Name, Comment: f.Comment, Mode: int64(f.ExternalAttrs), Size: n, Extra: extra, Local: locals[i], Sum: sum.Sum(nil), Creator: f.CreatorVersion, UTF8: f.Flags&zipUTF8 != 0,
		}) {
			return nil, false
		}
	}
	return append(out.sum(), z.Comment...), true
}

// Flags of a member (APPNOTE.TXT of PKWARE, 4.4.4), and how long its headers are without names.
const (
	zipDescribed = 1 << 3 // sizes and checksum stand behind the data
	zipUTF8      = 1 << 11

	zipLocal   = 30 // bytes
	zipCentral = 46
	zipEnd     = 22
)

// zipLocals makes sure that a zip is its members one behind the other, its directory and nothing
// else, and that those who read it as a stream see the same members. It gives the extra fields of
// their own headers, in the order of the directory.
func zipLocals(data []byte, z *zip.Reader) (locals [][]byte, ok bool) {
	order := make([]int, len(z.File))
	starts := make([]int64, len(z.File))
	for i, f := range z.File {
		var err error
		if starts[i], err = f.DataOffset(); err != nil {
			return nil, false
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(starts[a], starts[b]) })
	locals = make([][]byte, len(z.File))
	rest := data
	for _, i := range order {
		f, start := z.File[i], starts[i]-int64(len(data)-len(rest))
		if start < zipLocal || start > int64(len(rest)) || f.CompressedSize64 > uint64(int64(len(rest))-start) || !zipAgrees(rest[:start], f) {
			return nil, false
		}
		if locals[i], ok = extraFields(rest[zipLocal+len(f.Name) : start]); !ok {
			return nil, false
		}
		rest = rest[start+int64(f.CompressedSize64):]
		if f.Flags&zipDescribed != 0 {
			if rest, ok = zipDescriptor(rest, f); !ok {
				return nil, false
			}
		}
	}
	for range z.File {
		if len(rest) < zipCentral || string(rest[:4]) != "PK\x01\x02" {
			return nil, false
		}
		size := zipCentral
		for _, at := range []int{28, 30, 32} {
			size += int(binary.LittleEndian.Uint16(rest[at:]))
		}
		if size > len(rest) {
			return nil, false
		}
		rest = rest[size:]
	}
	return locals, len(rest) == zipEnd+len(z.Comment) && string(rest[:4]) == "PK\x05\x06"
}

// zipAgrees tells whether the header in front of a member says what the directory does.
func zipAgrees(h []byte, f *zip.File) bool {
	le := binary.LittleEndian
	if string(h[:4]) != "PK\x03\x04" || le.Uint16(h[6:]) != f.Flags || le.Uint16(h[8:]) != f.Method {
		return false
	}
	names := int(le.Uint16(h[26:]))
	if zipLocal+names+int(le.Uint16(h[28:])) != len(h) || string(h[zipLocal:zipLocal+names]) != f.Name {
		return false
	}
	return f.Flags&zipDescribed != 0 ||
		le.Uint32(h[14:]) == f.CRC32 && uint64(le.Uint32(h[18:])) == f.CompressedSize64 && uint64(le.Uint32(h[22:])) == f.UncompressedSize64
}

// zipDescriptor gives what is behind the sizes and the checksum of a member, of which each writer
// has a form: with a signature or without, of 32 bits or of 64 (APPNOTE.TXT, 4.3.9).
func zipDescriptor(data []byte, f *zip.File) (rest []byte, ok bool) {
	le := binary.LittleEndian
	sum := le.AppendUint32(nil, f.CRC32)
	narrow := le.AppendUint32(le.AppendUint32(slices.Clone(sum), uint32(f.CompressedSize64)), uint32(f.UncompressedSize64))
	wide := le.AppendUint64(le.AppendUint64(slices.Clone(sum), f.CompressedSize64), f.UncompressedSize64)
	data = bytes.TrimPrefix(data, []byte("PK\x07\x08"))
	for _, form := range [][]byte{wide, narrow} {
		if rest, ok = bytes.CutPrefix(data, form); ok {
			return rest, true
		}
	}
	return nil, false
}

// extraFields drops those that have a time: NTFS' and the extended timestamp.
func extraFields(data []byte) (kept []byte, ok bool) {
	const ntfs, extended = 0x000a, 0x5455
	for len(data) > 0 {
		if len(data) < 4 {
			return nil, false
		}
		id, size := binary.LittleEndian.Uint16(data), 4+int(binary.LittleEndian.Uint16(data[2:]))
		if size > len(data) {
			return nil, false
		}
		if id != ntfs && id != extended {
			kept = append(kept, data[:size]...)
		}
		data = data[size:]
	}
	return kept, true
}
