package diag

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/seed-e0495807/strake/lang/late"
)

// Printable makes a text fit into one line of a terminal: what does not print is escaped,
// as in diagnostics, so that a name or a label neither moves the cursor nor hides text.
func Printable(text string) string {
	safe, _ := screen(text, "", nil)
	return safe
}

// Screen does the same for text of several lines with tabs, as a table is.
func Screen(text string) string {
	safe, _ := screen(text, "\n\t", nil)
	return safe
}

// ScreenLog is Screen for a piece of what a program writes: carriage returns stay, too, and
// sequences that set colours or erase what follows. rest is the start of a character or of a
// sequence, of which the next piece may have the end.
func ScreenLog(text string) (safe, rest string) { return screen(text, "\n\t\r", colours().Regexp) }

var (
	// ECMA-48: SGR with its parameters, and EL without one, which grep and gcc send with it.
	colours = late.Regexp(`^\x1b\[([0-9;:]*m|0?K)`)
	// The start of such a sequence. Longer ones are none.
	begun = late.Regexp(`^\x1b(\[[0-9;:]{0,40})?$`)
)

func screen(text, keep string, sequences *regexp.Regexp) (safe, rest string) {
	var b strings.Builder
	marks := 0
	for len(text) > 0 {
		if strings.IndexByte(keep, text[0]) >= 0 {
			b.WriteByte(text[0])
			text, marks = text[1:], 0
			continue
		}
		if sequences != nil {
			if text[0] == 0x1b && begun().MatchString(text[:min(len(text), 50)]) || len(text) < utf8.UTFMax && !utf8.FullRuneInString(text) {
				return b.String(), text
			}
			if seq := sequences.FindString(text[:min(len(text), 50)]); seq != "" {
				b.WriteString(seq)
				text = text[len(seq):]
				continue
			}
		}
		c := nextCell(text, marks)
		b.WriteString(c.text)
		marks = marksAfter(c, marks)
		text = text[c.size:]
	}
	return b.String(), ""
}

// PrintableJSON writes what does not print in a JSON document as \u escapes, which mean the
// same: encoding/json lets some of it through.
func PrintableJSON(document []byte) []byte {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	_ = writePrintable(w, document) // a buffer takes everything
	_ = w.Flush()
	return b.Bytes()
}
