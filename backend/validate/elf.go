package validate

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
)

// maxNote bounds the id of a note: that of GNU has 20 bytes, and Go's 83.
const maxNote = 128

// elfForm is a program or a library without what names one build of it: the id that the
// linker wrote, and the name and checksum of the file with debug symbols. All other bytes
// count.
func elfForm(data []byte) ([]byte, bool) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	out := slices.Clone(data)
	for _, s := range f.Sections {
		var from, to uint64
		ok := true
		switch {
		case s.Name == ".note.gnu.build-id" || s.Name == ".note.go.buildid":
			from, to, ok = buildID(data, f.ByteOrder, s)
		case s.Name == ".gnu_debuglink" && s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_ALLOC == 0:
			from, to = s.Offset, s.Offset+s.FileSize
			ok = s.FileSize <= 4096 && to >= from && to <= uint64(len(data)) && !loaded(f, from, to)
		}
		if !ok || from < to && shared(f, s, from, to) {
			return nil, false
		}
		clear(out[from:to])
	}
	return out, true
}

// buildID gives where in the file the id is of the one note of a section: GNU's of type 3, or
// Go's of type 4.
func buildID(data []byte, order binary.ByteOrder, s *elf.Section) (from, to uint64, ok bool) {
	const head = 12
	size := uint64(len(data))
	if s.Type != elf.SHT_NOTE || s.Offset > size || s.FileSize > size-s.Offset || s.FileSize < head+4 {
		return 0, 0, false
	}
	note := data[s.Offset : s.Offset+s.FileSize]
	names, ids, kind := order.Uint32(note), order.Uint32(note[4:]), order.Uint32(note[8:])
	owner := string(note[head : head+4])
	if names != 4 || !(owner == "GNU\x00" && kind == 3 || owner == "Go\x00\x00" && kind == 4) {
		return 0, 0, false
	}
	from = s.Offset + head + 4
	to = from + uint64(ids)
	return from, to, ids <= maxNote && to <= s.Offset+s.FileSize
}

// loaded tells whether a process has a part of the file in its memory.
func loaded(f *elf.File, from, to uint64) bool {
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool {
		return p.Type == elf.PT_LOAD && from < p.Off+p.Filesz && p.Off < to
	})
}

// shared tells whether another section has a part of the file, too: it would be left out with
// the one that may.
func shared(f *elf.File, of *elf.Section, from, to uint64) bool {
	return slices.ContainsFunc(f.Sections, func(s *elf.Section) bool {
		return s != of && s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL && from < s.Offset+s.FileSize && s.Offset < to
	})
}
