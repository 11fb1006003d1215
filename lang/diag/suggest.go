package diag

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Suggest gives the candidate nearest to word, or "" when none is near. Near is
// an edit distance, ignoring case, of at most a third of the characters of word
// rounded up, and at most 3; a word of one character has no near ones. Swapping
// two neighbours is one edit, because `FORM` is the commonest way to misspell
// `FROM`. Of equally near candidates the first in byte order wins, whatever
// order they come in.
func Suggest(word string, candidates []string) string {
	return SuggestWithin(word, candidates, min((utf8.RuneCountInString(word)+2)/3, 3))
}

// Spelt gives the candidate that a word stands for: itself, the same in another case, or
// else the nearest as Suggest has it; "" is none.
func Spelt(word string, candidates []string) string {
	if slices.Contains(candidates, word) {
		return word
	}
	if i := slices.IndexFunc(candidates, func(c string) bool { return strings.EqualFold(c, word) }); i >= 0 {
		return candidates[i]
	}
	return Suggest(word, candidates)
}

// SuggestWithin is Suggest with an edit distance of at most limit: less where the words
// are short and alike, and a wrong guess is worse than none.
func SuggestWithin(word string, candidates []string, limit int) string {
	n := utf8.RuneCountInString(word)
	if n < 2 {
		return ""
	}
	from := []rune(strings.ToLower(word))
	best, bestDistance := "", limit+1
	for _, c := range candidates {
		m := utf8.RuneCountInString(c)
		if m < n-limit || m > n+limit {
			continue
		}
		d := distance(from, []rune(strings.ToLower(c)), limit)
		if d < bestDistance || d == bestDistance && d <= limit && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the edit distance of a and b with swaps of neighbours (optimal
// string alignment), or limit+1 when it is more than limit. Only the diagonal
// band within limit is computed, so that long words cost no more than linear
// time.
func distance(a, b []rune, limit int) int {
	far := limit + 1
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return far
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = min(j, far)
	}
	for i := 1; i <= len(a); i++ {
		lo, hi := max(1, i-limit), min(len(b), i+limit)
		// The cells next to the band belong to older rows: they are reset so
		// that no path leaves the band.
		row[lo-1] = far
		if lo == 1 {
			row[0] = min(i, far)
		}
		for j := lo; j <= hi; j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j-1]+cost, last[j]+1, row[j-1]+1, far)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
		}
		if hi < len(b) {
			row[hi+1] = far
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
