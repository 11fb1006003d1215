package sandbox

import (
	"bufio"
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-e0495807/strake/lang/regular"
)

// libraries are where a dynamic program finds its own. Those that are symbolic links
// lead to the others.
var libraries = [...]string{"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.conf"}

// needs are the files to run a program: itself, when it is a script what reads it, and
// when one of them is dynamic the libraries. A symbolic link on the way is among them.
func needs(program string) ([]string, error) {
	list, dynamic := []string(nil), false
	for range 4 { // the kernel goes no further either
		chain, err := links(program)
		if err != nil {
			return nil, err
		}
		list = append(list, chain...)
		readers, isDynamic, err := inspect(program)
		if err != nil {
			return nil, err
		}
		dynamic = dynamic || isDynamic
		if len(readers) == 0 {
			break
		}
		for _, r := range readers[:len(readers)-1] {
			chain, err := links(r)
			if err != nil {
				return nil, err
			}
			list, dynamic = append(list, chain...), true // env, which is no script
		}
		program = readers[len(readers)-1]
	}
	if dynamic {
		for _, path := range libraries {
			if _, err := os.Lstat(path); err == nil {
				list = append(list, path)
			}
		}
	}
	return list, nil
}

// links are a path and where its symbolic links lead.
func links(path string) ([]string, error) {
	list := []string{path}
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
		list = append(list, path)
	}
	_, err := os.Stat(path)
	return list, err
}

// inspect tells what reads a script, the last of which may be one itself, or whether a
// program is dynamic.
func inspect(path string) (readers []string, dynamic bool, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	if script, ok := bytes.CutPrefix(line, []byte("#!")); ok && err == nil {
		readers, err = interpreters(strings.Fields(string(script)))
		return readers, false, err
	}
	program, err := elf.NewFile(f)
	if err != nil {
		return nil, true, nil // whatever it is: running it tells
	}
	for _, p := range program.Progs {
		dynamic = dynamic || p.Type == elf.PT_INTERP
	}
	return nil, dynamic, nil
}

// interpreters reads the line of a script: "/bin/sh -e", or "/usr/bin/env node".
func interpreters(words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, nil
	}
	if filepath.Base(words[0]) != "env" {
		return words[:1], nil
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		path, err := exec.LookPath(word)
		if err != nil {
			return nil, fmt.Errorf("what the script is for: %w", err)
		}
		return []string{words[0], path}, nil
	}
	return words[:1], nil
}
