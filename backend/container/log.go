package container

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"
)

// logFile has what a container wrote, an Entry a line. One call of the system writes an
// entry, so that whoever kills the process leaves no half of one.
const logFile = "log"

// Entry is a part of what a container wrote: in the file all that was read at once, from
// Logs a line, or what there was of one.
type Entry struct {
	Time   time.Time `json:"time"`
	Stream string    `json:"stream"` // "stdout", which is all of a terminal, or "stderr"
	Text   string    `json:"log"`
}

// logger writes the log of a container. It is safe for concurrent use. A disk that is full
// ends the log, and not the container.
type logger struct {
	mu   sync.Mutex
	file *os.File
	line []byte // whose room serves again
}

func (c *Container) newLogger() (*logger, error) {
	f, err := os.OpenFile(c.path(logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, explain(c.dir, err)
	}
	return &logger{file: f}, nil
}

func (l *logger) close() { l.file.Close() }

func (l *logger) write(stream string, data []byte) {
	if len(data) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line[:0], `{"time":"`...)
	l.line = time.Now().AppendFormat(l.line, time.RFC3339Nano)
	l.line = append(append(append(l.line, `","stream":"`...), stream...), `","log":"`...)
	l.line = append(appendText(l.line, data), "\"}\n"...)
	l.file.Write(l.line)
}

// appendText appends what stands between the quotes of a string in JSON. What is no character
// becomes U+FFFD, as with encoding/json, which takes several times as long.
func appendText(line, text []byte) []byte {
	const digits = "0123456789abcdef"
	from := 0
	for at := 0; at < len(text); {
		c := text[at]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			at++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRune(text[at:]); r != utf8.RuneError || n > 1 {
				at += n
				continue
			}
		}
		line = append(line, text[from:at]...)
		switch {
		case c == '\n':
			line = append(line, `\n`...)
		case c == '"' || c == '\\':
			line = append(line, '\\', c)
		case c < ' ':
			line = append(line, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			line = append(line, "\ufffd"...)
		}
		at++
		from = at
	}
	return append(line, text[from:]...)
}

// chunk is how much is read at once of what a container writes, in bytes: as much as a pipe holds.
const chunk = 64 << 10

// tee copies what a container writes to who watches, if anybody does, and to the log. It
// ends when who watches has gone, as the first program of a pipeline ends. Another error of
// who watches is given at the end: what cannot be shown is still in the log.
func (l *logger) tee(stream string, from io.Reader, to io.Writer) (failed error) {
	buf, begun := make([]byte, chunk), 0 // so many bytes of a character, whose rest is to come
	for {
		n, err := from.Read(buf[begun:])
		read := buf[:begun+n]
		if to != nil && n > 0 {
			if _, werr := to.Write(read[begun:]); errors.Is(werr, syscall.EPIPE) {
				to, err = nil, werr
			} else if werr != nil {
				failed, to = werr, nil
			}
		}
		whole := len(read)
		if err == nil {
			whole -= unfinishedRune(read)
		}
		if l != nil {
			l.write(stream, read[:whole])
		}
		begun = copy(buf, read[whole:])
		if err != nil {
			return failed
		}
	}
}

// unfinishedRune is how many bytes at the end begin a character, and lack the rest of it.
func unfinishedRune(data []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		if tail := data[len(data)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
