package policy

import (
	"strings"

	"github.com/distribution/reference"
)

// image is a reference to an image, split up.
type image struct {
	text       string // as written
	known      bool   // every variable of it has a value, and it is a reference
	registry   string // docker.io when none is written
	repository string // library/debian for debian
	tag        string // latest when there is neither tag nor digest
	digest     string // with its algorithm
}

// newImage splits a reference without variables. What is none is not known.
func newImage(text, expanded string) *image {
	img := &image{text: text}
	named, err := reference.ParseNormalizedNamed(expanded)
	if err != nil {
		return img
	}
	img.known = true
	img.registry, img.repository = reference.Domain(named), reference.Path(named)
	if d, ok := named.(reference.Digested); ok {
		img.digest = d.Digest().String()
	} else {
		named = reference.TagNameOnly(named)
	}
	if t, ok := named.(reference.Tagged); ok {
		img.tag = t.Tag()
	}
	return img
}

// name is the reference without tag and digest, "" when it is not known.
func (i *image) name() string {
	if !i.known {
		return ""
	}
	return i.registry + "/" + i.repository
}

// glob tells whether a text is like a pattern, in which * is any text and ? any
// byte.
func glob(text, pattern string) bool {
	star, from := -1, 0 // the last *, and where the text it stands for ends
	i, j := 0, 0
	for i < len(text) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, from = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == text[i]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[j:], "*") == ""
}
