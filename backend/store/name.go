package store

import (
	_ "crypto/sha256" // the algorithms of digests that there are
	_ "crypto/sha512"
	"errors"
	"fmt"
	"strings"

	digest "github.com/opencontainers/go-digest"
)

// imageName is the name of an image in its normal form: [DOMAIN/]PATH[:TAG][@DIGEST].
//
// The grammar is that of github.com/distribution/reference, which tests compare with. That one
// compiles its expressions when a process starts, which takes as long as all other packages of
// a command about containers together.
type imageName struct {
	domain, path, tag string
	digest            digest.Digest
}

const (
	hub       = "docker.io"
	official  = "library/" // of the hub's own images
	latest    = "latest"
	maxPath   = 255 // bytes
	maxTag    = 128
	minDigits = 32 // of a digest
	idDigits  = 64
)

// parseNormal reads a name in its short or its normal form, whose tag may be missing.
func parseNormal(text string) (imageName, error) {
	if len(text) == idDigits && only(text, hexadecimal) && strings.ToLower(text) == text {
		return imageName{}, fmt.Errorf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", text)
	}
	domain, rest := splitDomain(text)
	if remote, _, _ := strings.Cut(rest, ":"); strings.ToLower(remote) != remote {
		return imageName{}, fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", remote)
	}
	full := domain + "/" + rest
	n, ok := scanName(full)
	switch {
	case ok && len(n.path) > maxPath:
		return imageName{}, fmt.Errorf("repository name must not be more than %d characters", maxPath)
	case ok && n.digest != "":
		return n, n.digest.Validate()
	case ok:
		return n, nil
	}
	if _, ok := scanName(strings.ToLower(full)); ok {
		return imageName{}, errors.New("repository name must be lowercase")
	}
	return imageName{}, errors.New("invalid reference format")
}

// parseRef is parseNormal for what stands for one image: a digest, beside which a tag does not
// matter, or a tag, which is "latest" when there is none.
func parseRef(text string) (imageName, error) {
	n, err := parseNormal(text)
	switch {
	case err != nil:
		return imageName{}, err
	case n.digest != "":
		n.tag = ""
	case n.tag == "":
		n.tag = latest
	}
	return n, nil
}

// splitDomain tells a domain from what is on the hub: it has a dot, a port or a capital letter,
// or is localhost.
func splitDomain(text string) (domain, rest string) {
	first, rest, found := strings.Cut(text, "/")
	switch {
	case !found:
		return hub, official + text
	case first == "index.docker.io":
		first = hub
	case first != "localhost" && !strings.ContainsAny(first, ".:") && strings.ToLower(first) == first:
		first, rest = hub, text
	}
	if first == hub && !strings.Contains(rest, "/") {
		rest = official + rest
	}
	return first, rest
}

// scanName takes a name apart. What is in front of the first slash is a domain if it can be one.
func scanName(text string) (n imageName, ok bool) {
	text, sum, digested := strings.Cut(text, "@")
	if digested && !isDigest(sum) {
		return n, false
	}
	n.digest = digest.Digest(sum)
	n.path = text
	if at := strings.LastIndexByte(text, ':'); at > strings.LastIndexByte(text, '/') {
		if n.path, n.tag = text[:at], text[at+1:]; !isTag(n.tag) {
			return n, false
		}
	}
	if domain, rest, found := strings.Cut(n.path, "/"); found && isDomain(domain) && isPath(rest) {
		n.domain, n.path = domain, rest
		return n, true
	}
	return n, isPath(n.path)
}

// repository is the name without tag and digest.
func (n imageName) repository() string {
	if n.domain == "" {
		return n.path
	}
	return n.domain + "/" + n.path
}

func (n imageName) String() string {
	text := n.repository()
	if n.tag != "" {
		text += ":" + n.tag
	}
	if n.digest != "" {
		text += "@" + n.digest.String()
	}
	return text
}

// familiar is the short form, in which the hub is not named.
func (n imageName) familiar() imageName {
	if n.domain != hub {
		return n
	}
	n.domain = ""
	if short, ok := strings.CutPrefix(n.path, official); ok && !strings.Contains(short, "/") {
		n.path = short
	}
	return n
}

// isDomain tells whether a text is HOST[:PORT].
func isDomain(text string) bool {
	host, port := text, ""
	if at := strings.LastIndexByte(text, ':'); at > strings.LastIndexByte(text, ']') {
		if host, port = text[:at], text[at+1:]; port == "" || !only(port, digit) {
			return false
		}
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		return ok && inside != "" && only(inside, func(c byte) bool { return hexadecimal(c) || c == ':' })
	}
	for part := range strings.SplitSeq(host, ".") {
		if part == "" || strings.Trim(part, "-") != part || !only(part, func(c byte) bool { return letter(c) || digit(c) || c == '-' }) {
			return false
		}
	}
	return true
}

// isPath tells whether a text is words of small letters and digits, between which there is a
// slash, a dot, one or two underscores, or dashes.
func isPath(text string) bool {
	word := func(c byte) bool { return digit(c) || 'a' <= c && c <= 'z' }
	for {
		rest := strings.TrimLeftFunc(text, func(r rune) bool { return r < 0x80 && word(byte(r)) })
		if len(rest) == len(text) {
			return false
		}
		if rest == "" {
			return true
		}
		text = strings.TrimLeft(rest, "-")
		if len(text) < len(rest) {
			continue
		}
		if text = strings.TrimPrefix(rest, "__"); len(text) == len(rest) {
			if strings.IndexByte("/._", rest[0]) < 0 {
				return false
			}
			text = rest[1:]
		}
	}
}

func isTag(text string) bool {
	return text != "" && len(text) <= maxTag && text[0] != '.' && text[0] != '-' &&
		only(text, func(c byte) bool { return letter(c) || digit(c) || strings.IndexByte("_.-", c) >= 0 })
}

// isDigest tells whether a text is ALGORITHM:DIGITS, of an algorithm that there need not be.
func isDigest(text string) bool {
	algorithm, digits, _ := strings.Cut(text, ":")
	if len(digits) < minDigits || !only(digits, hexadecimal) {
		return false
	}
	start := true
	for i := range len(algorithm) {
		switch c := algorithm[i]; {
		case letter(c):
			start = false
		case start:
			return false
		case strings.IndexByte("-_+.", c) >= 0:
			start = true
		case !digit(c):
			return false
		}
	}
	return !start
}

func only(text string, is func(byte) bool) bool {
	for i := range len(text) {
		if !is(text[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool       { return '0' <= c && c <= '9' }
func letter(c byte) bool      { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func hexadecimal(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
