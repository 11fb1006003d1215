// Package editorconfig finds out how a Dockerfile is to be laid out: what the .editorconfig
// files beside it and above say, as https://editorconfig.org has it.
package editorconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"mvdan.cc/editorconfig"

	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/format/script"
	"github.com/seed-e0495807/strake/lang/regular"
)

// maxSize is how many bytes of a .editorconfig are read, and maxIndent how deep it may indent.
const (
	maxSize   = 1 << 20
	maxIndent = 16
)

// Reader reads each file once. It is for one goroutine.
type Reader struct {
	files    map[string]*editorconfig.File // by directory; nil is that there is none
	patterns map[string]*regexp.Regexp
}

// New makes a reader.
func New() *Reader {
	return &Reader{map[string]*editorconfig.File{}, map[string]*regexp.Regexp{}}
}

// Options are those for the Dockerfile of a name, which need not be there, with scripts laid out. The error is of a
// .editorconfig that cannot be read.
func (r *Reader) Options(name string) (format.Options, error) {
	section, err := r.find(name)
	if err != nil {
		return format.Options{}, err
	}
	on := func(name string) bool { return section.Get(name) == "true" }
	return format.Options{Indent: indent(section), Scripts: &script.Style{
		Indent: indent(section), Variant: section.Get("shell_variant"), BinaryNextLine: on("binary_next_line"),
		SwitchCaseIndent: on("switch_case_indent"), SpaceRedirects: on("space_redirects"), FunctionNextLine: on("function_next_line"),
	}}, nil
}

// find gives the properties of a file.
func (r *Reader) find(name string) (section editorconfig.Section, err error) {
	if name, err = filepath.Abs(name); err != nil {
		return section, err
	}
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		file, err := r.read(dir)
		if err != nil {
			return section, err
		}
		if file != nil && file.Root || dir == filepath.Dir(dir) {
			break
		}
	}
	defer func() { // of a pattern that is none
		if p := recover(); p != nil {
			err = fmt.Errorf("%s for %s: %v", editorconfig.DefaultName, name, p)
		}
	}()
	return editorconfig.Query{FileCache: r.files, RegexpCache: r.patterns}.Find(name, nil)
}

// read reads the file of a directory, if there is one.
func (r *Reader) read(dir string) (*editorconfig.File, error) {
	if file, ok := r.files[dir]; ok {
		return file, nil
	}
	data, err := regular.Read(filepath.Join(dir, editorconfig.DefaultName), maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		r.files[dir] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := editorconfig.Parse(bytes.NewReader(data))
	if err == nil {
		r.files[dir] = file
	}
	return file, err
}

// indent is what a line is indented by; "" where nothing is said.
func indent(s editorconfig.Section) string {
	if s.Get("indent_style") == "tab" {
		return "\t"
	}
	size := s.Get("indent_size")
	if size == "tab" {
		size = s.Get("tab_width")
	}
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 || n > maxIndent {
		return ""
	}
	return strings.Repeat(" ", n)
}
