package lexer

import "encoding/json"

// isArray reports whether text is a JSON array, of whatever elements. Text that
// is not falls back to the shell form.
func isArray(text string) bool {
	var elements []any // as BuildKit decodes it: a number that is out of range is no array
	return json.Unmarshal([]byte(text), &elements) == nil
}

// Strings finds the string literals of a JSON array of strings: their bounds in
// text, quotes included. It reports false for anything else.
func Strings(text string) (bounds [][2]int, ok bool) {
	var few [8][2]int
	bounds = few[:0]
	i := skipJSON(text, 0)
	if i >= len(text) || text[i] != '[' {
		return nil, false
	}
	if i = skipJSON(text, i+1); i < len(text) && text[i] == ']' {
		return nil, skipJSON(text, i+1) == len(text)
	}
	for {
		end := stringEnd(text, i)
		if end < 0 {
			return nil, false
		}
		bounds = append(bounds, [2]int{i, end})
		i = skipJSON(text, end)
		if i >= len(text) {
			return nil, false
		}
		if text[i] == ']' {
			if skipJSON(text, i+1) != len(text) {
				return nil, false
			}
			return append([][2]int(nil), bounds...), true
		}
		if text[i] != ',' {
			return nil, false
		}
		i = skipJSON(text, i+1)
	}
}

func skipJSON(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// stringEnd gives the end of the literal at i, or -1. Literals with escapes are
// checked by encoding/json, which decides what BuildKit accepts.
func stringEnd(text string, i int) int {
	if i >= len(text) || text[i] != '"' {
		return -1
	}
	escaped := false
	for p := i + 1; p < len(text); p++ {
		switch c := text[p]; {
		case c == '\\':
			escaped = true
			p++
		case c == '"':
			if escaped && !json.Valid([]byte(text[i:p+1])) {
				return -1
			}
			return p + 1
		case c < ' ':
			return -1
		}
	}
	return -1
}

// unquote decodes a JSON string literal that Strings found.
func unquote(literal string) string {
	for i := 1; i < len(literal)-1; i++ {
		if c := literal[i]; c == '\\' || c >= 0x80 {
			var s string
			_ = json.Unmarshal([]byte(literal), &s) // Strings has checked it
			return s
		}
	}
	return literal[1 : len(literal)-1]
}
