// Package record keeps the commands that a user types in a container, so that what was done by
// hand can be read again. It takes them from what stands on the screen, never from the keys:
// what a program takes without echo is nowhere to be seen, and the container has no hook in
// it that its shell, its image or its environment could show. See Terminal.
//
// Lines are kept with what looks secret masked; see Redact. It imports of the project ir and
// what stands below.
package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// maxLine bounds a command. What is longer is a file that somebody pasted.
const maxLine = 16 << 10

// A Command is one that was typed. What is not known is left out.
type Command struct {
	Line string    `json:"line"` // may have several lines, as a loop has
	Dir  string    `json:"dir,omitempty"`
	User string    `json:"user,omitempty"`
	Exit *int      `json:"exit,omitempty"`
	Time time.Time `json:"time"`
}

// A Log is the file of the commands of one container, a JSON object a line. It is safe for
// many goroutines, and for many processes that append.
type Log struct {
	mu   sync.Mutex
	file *os.File
	err  error
}

// Open makes the file where it is missing, for its owner only.
func Open(path string) (*Log, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &Log{file: f}, nil
}

// Add appends a command, redacted. A session goes on when its record cannot be written: the
// error is that of Close.
func (l *Log) Add(c Command) {
	c.Line = strings.TrimRight(c.Line, " \t\n")
	if c.Line == "" || len(c.Line) > maxLine {
		return
	}
	c.Line = Redact(c.Line)
	if c.Time.IsZero() {
		c.Time = time.Now()
	}
	c.Time = c.Time.UTC().Truncate(time.Millisecond)
	data, err := json.Marshal(c)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, err = l.file.Write(append(data, '\n'))
	}
	l.err = errors.Join(l.err, err)
}

// Args adds the command that a container or an exec is started with, with what c has besides its
// line. The script of sh -c is what was typed.
func (l *Log) Args(args []string, c Command) {
	if len(args) == 3 && args[1] == "-c" && isShell(args[0]) {
		c.Line = args[2]
		l.Add(c)
		return
	}
	if ReadsCommands(args) {
		return // its commands are what counts
	}
	words := make([]string, len(args))
	for i, a := range args {
		quoted, err := syntax.Quote(a, syntax.LangBash)
		if err != nil {
			return // a byte that no shell can be given
		}
		words[i] = quoted
	}
	c.Line = strings.Join(words, " ")
	l.Add(c)
}

// Close gives the first error of what was added, too.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.err, l.file.Close())
}

// Read gives the commands of a file, in the order in which they were typed. No file is no
// commands; a last line that was cut off, as by a full disk, is left out.
func Read(path string) ([]Command, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []Command
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 8*maxLine)
	for lines.Scan() {
		var c Command
		if json.Unmarshal(lines.Bytes(), &c) == nil && c.Line != "" {
			list = append(list, c)
		}
	}
	return list, lines.Err()
}
