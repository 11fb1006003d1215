package build

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"path"
	"strings"

	fstypes "github.com/tonistiigi/fsutil/types"
)

type stat = fstypes.Stat

// cannotRun says for certain why a file that is there cannot be run, "" when nothing
// tells.
func (c *command) cannotRun(ctx context.Context, file string) string {
	head := c.files.head(ctx, file)
	switch {
	case bytes.HasPrefix(head, []byte("#!")):
		return c.badScript(ctx, file, head)
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return c.badELF(ctx, file, head)
	case len(head) > 0 && c.code != 0 && !c.shellForm():
		return fmt.Sprintf("`%s` does not start with `#!` and is no program: a script has to say in its first line what runs it, like `#!/bin/sh`", file)
	}
	return ""
}

// shellForm tells whether a shell ran the command: it reads files without a first line.
func (c *command) shellForm() bool { return c.run == nil || !c.run.Command.Exec }

// badScript looks for what a script's first line names, as the kernel does: up to the end
// of the line or a blank (execve(2)).
func (c *command) badScript(ctx context.Context, file string, head []byte) string {
	line, _, _ := bytes.Cut(head[2:], []byte("\n"))
	text := strings.Trim(string(line), " \t")
	if strings.HasSuffix(text, "\r") {
		return fmt.Sprintf("`%s` has line ends of Windows (CRLF), so that its interpreter is looked for as `%s` with a carriage return: save it with LF alone, by `sed -i 's/\\r$//'`, or by `* text eol=lf` in .gitattributes", file, strings.TrimSuffix(text, "\r"))
	}
	interpreter, argument, _ := strings.Cut(text, " ")
	if found, known := c.look(ctx, interpreter); known && !found {
		return fmt.Sprintf("`%s` is there, but its first line names `%s`, which is not in this image: install that, or name another", file, interpreter)
	}
	if path.Base(interpreter) == "env" && argument != "" && !strings.ContainsAny(argument, " =-") {
		if where, st := c.program(ctx, argument); where != "" && st == nil {
			return fmt.Sprintf("`%s` is there, but its first line names `%s`, which is not in this image: install that, or name another", file, argument)
		}
	}
	return ""
}

// look tells whether a path is there, and whether that is known.
func (c *command) look(ctx context.Context, p string) (found, known bool) {
	if !path.IsAbs(p) || c.mounted(p) {
		return false, false
	}
	st, known := c.files.stat(ctx, p)
	return st != nil, known
}

// machines are what platforms call the processors of ELF files.
var machines = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_386: "386", elf.EM_AARCH64: "arm64", elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64",
	elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64", elf.EM_MIPS: "mips64le",
}

// badELF looks at whom a program is for, and for the loader that it names.
func (c *command) badELF(ctx context.Context, file string, head []byte) string {
	machine, loader := readELF(head)
	arch := machines[machine]
	if arch != "" && c.arch != "" && arch != c.arch && !(c.arch == "amd64" && arch == "386") {
		return fmt.Sprintf("`%s` is a program for %s, and the step runs on %s: take the one for %s, build for that platform, or install an emulator (qemu-user-static, binfmt-support)", file, arch, c.arch, c.arch)
	}
	if loader == "" {
		return ""
	}
	if found, known := c.look(ctx, loader); known && !found {
		hint := fmt.Sprintf("`%s` is there, but it needs `%s`, which is not in this image", file, loader)
		if strings.Contains(loader, "ld-linux") {
			return hint + ": it was made for an image with glibc, such as Debian; take one that is linked statically, or another base"
		}
		return hint + ": take a program that is linked statically, or another base"
	}
	return ""
}

// readELF reads the machine of an ELF file, and the loader that it asks for, as far as
// they are in the start of the file.
func readELF(head []byte) (machine elf.Machine, loader string) {
	if len(head) < 64 {
		return 0, ""
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	machine = elf.Machine(order.Uint16(head[18:]))
	wide := elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS64
	at, size, n := uint64(order.Uint32(head[28:])), uint64(order.Uint16(head[42:])), uint64(order.Uint16(head[44:]))
	if wide {
		at, size, n = order.Uint64(head[32:]), uint64(order.Uint16(head[54:])), uint64(order.Uint16(head[56:]))
	}
	room := uint64(len(head))
	for i := range n {
		start := at + i*size
		if start > room || room-start < 56 {
			break
		}
		header := head[start:]
		if elf.ProgType(order.Uint32(header)) != elf.PT_INTERP {
			continue
		}
		from, length := uint64(order.Uint32(header[4:])), uint64(order.Uint32(header[16:]))
		if wide {
			from, length = order.Uint64(header[8:]), order.Uint64(header[32:])
		}
		if from < room && length <= room-from {
			loader = strings.TrimRight(string(head[from:from+length]), "\x00")
		}
	}
	return machine, loader
}
