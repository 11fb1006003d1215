package format

// array writes an array of strings: a blank behind each comma, none inside the brackets. It
// reports false, and writes nothing, for what is no array.
func (p *printer) array(items []arg) bool {
	if items[0].at.IsZero() {
		return false
	}
	marks := make([]uint32, len(items)+1) // the brackets and commas
	from := p.at
	for i := range marks {
		to, sign := p.end, byte(',')
		switch i {
		case 0:
			sign = '['
		case len(items):
			sign = ']'
		}
		if i < len(items) {
			to = items[i].at.Start
		}
		if marks[i] = p.mark(from, to, sign); marks[i] == to {
			return false
		}
		if i < len(items) {
			from = items[i].at.End
		}
	}
	p.space(marks[0], false)
	p.WriteByte('[')
	p.at++
	for i, item := range items {
		none := " "
		if i == 0 {
			none = ""
		}
		p.fill(p.between(p.at, item.at.Start), none, p.indent)
		p.at = item.at.Start
		p.copy(item.at.End)
		if i < len(items)-1 {
			p.WriteByte(',')
		}
	}
	close := marks[len(items)]
	p.fill(p.between(p.at, close), "", "")
	p.WriteByte(']')
	p.at = close + 1
	return true
}

// mark finds a sign that has nothing but blanks around it in a part of the source; it gives
// the end of the part when there is none.
func (p *printer) mark(from, to uint32, sign byte) uint32 {
	gap := p.between(from, to)
	at := p.skip(from, to, gap)
	if at == to || p.src[at] != sign || !p.blank(at+1, to, p.between(at, to)) {
		return to
	}
	return at
}
