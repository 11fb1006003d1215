package record

import "bytes"

// pasting follows bracketed paste in what is typed: the end of a line in it is text.
type pasting struct {
	in   bool
	seen []byte // the beginning of a bracket that came at the end of what was given
}

const pasteBegin, pasteEnd = "\x1b[200~", "\x1b[201~"

// next is the size of the part that comes next: one key that ends or gives up a line, or text up
// to such a key.
func (p *pasting) next(text []byte) int {
	for i, b := range text {
		p.seen = append(p.seen, b)
		switch {
		case bytes.HasSuffix(p.seen, []byte(pasteBegin)):
			p.in, p.seen = true, p.seen[:0]
		case bytes.HasSuffix(p.seen, []byte(pasteEnd)):
			p.in, p.seen = false, p.seen[:0]
			return i + 1
		case !p.in && bytes.IndexByte([]byte("\r\n\x03\x04\x1a\x1c"), b) >= 0:
			if p.seen = p.seen[:0]; i == 0 {
				return 1
			}
			return i
		}
		if len(p.seen) > len(pasteBegin) {
			p.seen = append(p.seen[:0], p.seen[1:]...)
		}
	}
	return len(text)
}
