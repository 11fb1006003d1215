package record

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// A screen is what a terminal shows, as far as it takes to read a line that was edited on it:
// text, the moves of its cursor and what erases, of ECMA-48 and xterm.
type screen struct {
	cols, height int
	rows         []row // with some that have scrolled out; the last height ones are seen
	top          int   // the first row that is seen
	x, y         int   // of the cursor; y counts from the first row that is kept
	wrap         bool  // the next character goes to the next row
	floor        int   // the row where the line that is edited began
	saved        [2]int
	main         *screen // what comes back when the other screen, of full-screen programs, is left

	state  func(*screen, byte) // nil outside of sequences
	params []byte
	char   []byte // of one that is not whole yet
}

type row struct {
	cells   []rune // 0 is the second half of a wide one
	wrapped bool   // the line goes on in the next row
}

const maxRows = 500

func newScreen(cols, height int) *screen {
	s := &screen{}
	s.resize(cols, height)
	return s
}

func (s *screen) resize(cols, height int) {
	if cols <= 0 || height <= 0 {
		cols, height = 80, 24
	}
	s.cols, s.height = min(cols, 1000), min(height, maxRows)
	s.x, s.wrap = min(s.x, s.cols-1), false
	s.fill()
}

// fill makes the rows up to the last one that is seen.
func (s *screen) fill() {
	for len(s.rows) < s.top+s.height {
		s.rows = append(s.rows, row{})
	}
	s.y = min(s.y, s.top+s.height-1)
}

// put takes a byte of output.
func (s *screen) put(b byte) {
	switch {
	case s.state != nil:
		s.state(s, b)
	case b == 0x1b:
		s.char, s.state = nil, (*screen).escape
	case b < 0x20 || b == 0x7f:
		s.char = nil
		s.control(b)
	default:
		s.char = append(s.char, b)
		if utf8.FullRune(s.char) {
			r, _ := utf8.DecodeRune(s.char)
			s.char = s.char[:0]
			s.print(r)
		}
	}
}

func (s *screen) control(b byte) {
	switch b {
	case '\r':
		s.x, s.wrap = 0, false
	case '\n', '\v', '\f':
		s.rows[s.y].wrapped = false
		s.down()
	case '\b':
		s.x, s.wrap = max(s.x-1, 0), false
	case '\t':
		s.x = min((s.x/8+1)*8, s.cols-1)
	}
}

func (s *screen) down() {
	s.wrap = false
	s.y++
	if s.y < s.top+s.height {
		return
	}
	s.top++
	s.fill()
	s.y = s.top + s.height - 1
	if drop := len(s.rows) - 2*maxRows; drop > 0 {
		s.rows = append([]row(nil), s.rows[drop:]...)
		s.top, s.y, s.floor = s.top-drop, s.y-drop, max(s.floor-drop, 0)
	}
}

func (s *screen) print(r rune) {
	w := 1
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		w = 2
	}
	if s.wrap || s.x+w > s.cols {
		s.rows[s.y].wrapped = true
		s.x = 0
		s.down()
	}
	line := &s.rows[s.y]
	for len(line.cells) < s.x+w {
		line.cells = append(line.cells, ' ')
	}
	line.cells[s.x] = r
	if w == 2 {
		line.cells[s.x+1] = 0
	}
	s.x += w
	if s.x >= s.cols {
		s.x, s.wrap = s.cols-1, true
	}
}

// escape takes what stands behind ESC.
func (s *screen) escape(b byte) {
	s.state = nil
	switch b {
	case '[':
		s.params, s.state = s.params[:0], (*screen).csi
	case ']', 'P', '_', '^', 'X':
		s.state = (*screen).text
	case '(', ')', '*', '+', '#', '%', ' ':
		s.state = func(s *screen, _ byte) { s.state = nil }
	case '7':
		s.saved = [2]int{s.x, s.y - s.top}
	case '8':
		s.move(s.saved[0], s.saved[1])
	case 'M':
		s.move(s.x, s.y-s.top-1)
	case 'D':
		s.down()
	case 'E':
		s.x = 0
		s.down()
	case 'c':
		s.erase(0, s.height)
		s.move(0, 0)
	}
}

// text takes a string that is not shown, as a title, up to BEL or ESC \.
func (s *screen) text(b byte) {
	switch b {
	case 0x07, 0x18, 0x1a:
		s.state = nil
	case 0x1b:
		s.state = func(s *screen, b byte) {
			if s.state = nil; b != '\\' {
				s.escape(b)
			}
		}
	}
}

// csi takes a control sequence up to its last byte.
func (s *screen) csi(b byte) {
	switch {
	case b < 0x20:
		s.control(b)
	case b < 0x40:
		if len(s.params) < 64 {
			s.params = append(s.params, b)
		}
	default:
		s.state = nil
		s.run(b)
	}
}

func (s *screen) run(final byte) {
	text := string(s.params)
	if private, ok := strings.CutPrefix(text, "?"); ok {
		s.mode(private, final)
		return
	}
	if strings.Trim(text, "0123456789;") != "" {
		return
	}
	fields := strings.Split(text, ";")
	arg := func(i, missing int) int {
		if i < len(fields) {
			if n, err := strconv.Atoi(fields[i]); err == nil && n > 0 {
				return min(n, 1000)
			}
		}
		return missing
	}
	n, y := arg(0, 1), s.y-s.top
	switch final {
	case 'A':
		s.move(s.x, y-n)
	case 'B', 'e':
		s.move(s.x, y+n)
	case 'C', 'a':
		s.move(s.x+n, y)
	case 'D':
		s.move(s.x-n, y)
	case 'E':
		s.move(0, y+n)
	case 'F':
		s.move(0, y-n)
	case 'G', '`':
		s.move(n-1, y)
	case 'd':
		s.move(s.x, n-1)
	case 'H', 'f':
		s.move(arg(1, 1)-1, n-1)
	case 'J', 'K':
		s.clear(final, arg(0, 0))
	case 'P', '@', 'X':
		s.shift(final, n)
	case 'L', 'M':
		s.lines(final, n)
	case 's':
		s.saved = [2]int{s.x, y}
	case 'u':
		s.move(s.saved[0], s.saved[1])
	}
}

// mode changes to the screen of full-screen programs, and back.
func (s *screen) mode(number string, final byte) {
	if number != "1049" && number != "1047" && number != "47" {
		return
	}
	switch {
	case final == 'h' && s.main == nil:
		main := *s
		*s = screen{main: &main}
		s.resize(main.cols, main.height)
	case final == 'l' && s.main != nil:
		cols, height := s.cols, s.height
		*s = *s.main
		s.resize(cols, height)
	}
}

func (s *screen) move(x, y int) {
	s.x, s.y, s.wrap = min(max(x, 0), s.cols-1), s.top+min(max(y, 0), s.height-1), false
	s.floor = min(s.floor, s.y)
}

// erase empties rows that are seen.
func (s *screen) erase(from, to int) {
	for i := from; i < to; i++ {
		s.rows[s.top+i] = row{}
	}
}

// clear is ED and EL: behind the cursor, in front of it, or all.
func (s *screen) clear(final byte, how int) {
	line, y := &s.rows[s.y], s.y-s.top
	switch how {
	case 0:
		line.cells, line.wrapped = line.cells[:min(s.x, len(line.cells))], false
		if final == 'J' {
			s.erase(y+1, s.height)
		}
	case 1:
		for i := range min(s.x+1, len(line.cells)) {
			line.cells[i] = ' '
		}
		if final == 'J' {
			s.erase(0, y)
		}
	case 2, 3:
		*line = row{}
		if final == 'J' {
			s.erase(0, s.height)
		}
	}
	s.wrap = false
}

// shift is DCH, ICH and ECH, in the row of the cursor.
func (s *screen) shift(final byte, n int) {
	line := &s.rows[s.y]
	if s.x >= len(line.cells) {
		return
	}
	head, tail := line.cells[:s.x:s.x], line.cells[s.x:]
	blank := []rune(strings.Repeat(" ", min(n, s.cols)))
	switch final {
	case 'P':
		line.cells = append(head, tail[min(n, len(tail)):]...)
	case '@':
		line.cells = append(append(head, blank...), tail...)
		line.cells = line.cells[:min(len(line.cells), s.cols)]
	case 'X':
		copy(tail, blank)
	}
}

// lines is IL and DL: rows move in the part that is seen.
func (s *screen) lines(final byte, n int) {
	seen := s.rows[s.y : s.top+s.height]
	n = min(n, len(seen))
	if final == 'L' {
		copy(seen[n:], seen[:len(seen)-n])
		clear(seen[:n])
	} else {
		copy(seen, seen[n:])
		clear(seen[len(seen)-n:])
	}
}

// left is what stands in front of the cursor, from the first row of its line.
func (s *screen) left() string {
	first := s.first(s.y)
	var b strings.Builder
	for y := first; y < s.y; y++ {
		s.write(&b, y, s.cols)
	}
	s.write(&b, s.y, s.x)
	return b.String()
}

// first is the first row of the line that a row belongs to.
func (s *screen) first(y int) int {
	for y > 0 && s.rows[y-1].wrapped {
		y--
	}
	return y
}

// line is what stands in rows that go on in one another.
func (s *screen) line(first, end int) string {
	var b strings.Builder
	for y := first; y <= end; y++ {
		n := len(s.rows[y].cells)
		if s.rows[y].wrapped {
			n = s.cols
		}
		s.write(&b, y, n)
	}
	return b.String()
}

// write adds the first cells of a row, which is blank behind its text.
func (s *screen) write(b *strings.Builder, y, cells int) {
	for x := range cells {
		switch {
		case x >= len(s.rows[y].cells):
			b.WriteByte(' ')
		case s.rows[y].cells[x] != 0:
			b.WriteRune(s.rows[y].cells[x])
		}
	}
}

// behind gives what stands behind a prompt, from the last line that begins with it to that of
// the cursor. There is none where the prompt is not to be seen.
func (s *screen) behind(prompt string) (text string, ok bool) {
	last := s.y
	for last+1 < len(s.rows) && s.rows[last].wrapped {
		last++
	}
	var lines []string
	var full []bool
	for end := last; end >= s.floor; {
		first := s.first(end)
		line := s.line(first, end)
		full = append(full, len(s.rows[end].cells) == s.cols && !strings.HasSuffix(line, " "))
		if rest, found := strings.CutPrefix(line, prompt); found {
			lines, ok = append(lines, rest), true
			break
		} else if strings.TrimRight(line, " ") == strings.TrimRight(prompt, " ") {
			lines, ok = append(lines, ""), true
			break
		}
		lines = append(lines, line)
		end = first - 1
	}
	if !ok {
		return "", false
	}
	var b strings.Builder
	for i := len(lines) - 1; i >= 0; i-- {
		b.WriteString(strings.TrimRight(lines[i], " "))
		if !full[i] { // busybox goes on by itself
			b.WriteByte('\n')
		}
	}
	return strings.TrimRight(b.String(), "\n"), true
}
