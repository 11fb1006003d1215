package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	tabText = "    " // a fixed width keeps a cut line the same as the whole one
	cut     = "..."  // not an ellipsis, which some terminals draw two columns wide

	// maxMarks is how many combining marks are drawn on one character; the
	// others are escaped. Without it a line of no width could have any length.
	maxMarks = 4

	// maxText is how many columns of a message are shown. Messages quote source,
	// and a word of source can be the whole file.
	maxText = 1000
)

// cell is what a terminal gets for one character of source.
type cell struct {
	text  string
	size  int // bytes of source
	width int // columns
}

// nextCell gives the cell that s, which is not empty, starts with. marks is the
// number of marks already drawn on the character before it.
func nextCell(s string, marks int) cell {
	if c := s[0]; c >= ' ' && c < 0x7f {
		return cell{s[:1], 1, 1}
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return escaped(fmt.Sprintf(`\x%02x`, s[0]), size)
	case r == '\t':
		return cell{tabText, size, len(tabText)}
	case r == '\n':
		return escaped(`\n`, size)
	case r == '\r':
		return escaped(`\r`, size)
	case r < 0x80:
		return escaped(fmt.Sprintf(`\x%02x`, r), size)
	case unicode.IsPrint(r) && !isMark(r):
		return cell{s[:size], size, runeWidth(r)}
	case isMark(r) && marks < maxMarks:
		return cell{s[:size], size, 0}
	case r > 0xffff:
		return escaped(fmt.Sprintf(`\U%08x`, r), size)
	}
	// What does not print: controls, direction marks that reorder a line, and
	// spaces that are no blanks to the parser but look like one.
	return escaped(fmt.Sprintf(`\u%04x`, r), size)
}

func escaped(text string, size int) cell { return cell{text, size, len(text)} }

// isMark reports whether a terminal draws r on top of the character before.
// That includes the vowels and finals of conjoining Hangul.
func isMark(r rune) bool {
	return r >= 0x300 && (unicode.In(r, unicode.Mn, unicode.Me) || r >= 0x1160 && r <= 0x11ff)
}

// marksAfter counts the marks in a row up to and including c.
func marksAfter(c cell, marks int) int {
	if c.width == 0 {
		return marks + 1
	}
	return 0
}

// fits reports whether s is at most width columns wide. Its cost is bounded by
// width, not by the length of s.
func fits(s string, width int) bool {
	marks := 0
	for len(s) > 0 {
		c := nextCell(s, marks)
		if width -= c.width; width < 0 {
			return false
		}
		marks = marksAfter(c, marks)
		s = s[c.size:]
	}
	return true
}

// retreat gives the offset of a character of s that is at most width columns
// before offset at.
func retreat(s string, at, width int) int {
	for at > 0 {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		// How many marks are before it is not known here, so each is counted as
		// escaped, which is the widest that it can get.
		if width -= nextCell(s[at-size:at], maxMarks).width; width < 0 {
			break
		}
		at -= size
	}
	return at
}

// clean gives s on one line that is safe to send to a terminal, cut when it is
// very long.
func clean(s string) string {
	plain := len(s) <= maxText
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	marks, width := 0, 0
	for len(s) > 0 {
		c := nextCell(s, marks)
		if width += c.width; width > maxText {
			b.WriteString(cut)
			break
		}
		b.WriteString(c.text)
		marks = marksAfter(c, marks)
		s = s[c.size:]
	}
	return b.String()
}

// row is a line of source laid out for a terminal, with the columns [from,
// from+n) to underline.
type row struct {
	text    string
	from, n int
}

// layout fits a line into width columns, which must be at least minText. When
// it is wider, it is cut to a window that has offset a near its start. The
// columns to underline are those of the bytes [a, b) that are in the window, and
// at least one. The cost is bounded by width.
func layout(line string, a, b, width int) row {
	a = min(max(a, 0), len(line))
	b = min(max(b, a+1), len(line))
	start := 0
	if !fits(line, width) && !fits(line[:a], width/2) {
		start = retreat(line, a, width/3)
	}
	var text strings.Builder
	col, marks := 0, 0
	if start > 0 {
		text.WriteString(cut)
		col = len(cut)
	}
	limit, whole := width, fits(line[start:], width-col)
	if !whole {
		limit -= len(cut)
	}
	from, to := -1, -1
	for i := start; i < len(line); {
		c := nextCell(line[i:], marks)
		if col+c.width > limit {
			break
		}
		if i+c.size > a && i < b {
			if from < 0 {
				from = col
			}
			to = col + c.width
		}
		text.WriteString(c.text)
		col += c.width
		marks = marksAfter(c, marks)
		i += c.size
	}
	if from < 0 { // behind the last character
		from = col
	}
	if !whole {
		text.WriteString(cut)
	}
	return row{text: text.String(), from: from, n: max(1, to-from)}
}

// runeWidth is the number of columns of a printable character that is no mark.
func runeWidth(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
