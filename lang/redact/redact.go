// Package redact takes credentials out of text that is shown or kept. It imports nothing
// of the project.
package redact

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// Mask stands for what is left out, as in BuildKit's util/urlutil.
const Mask = "xxxxx"

var (
	// address is the beginning of a URL in a text, and the rest of it.
	address = late.Regexp("(?i)[a-z][a-z0-9+.-]*://[^\\s\"'`<>]+")
	// query is a parameter whose name says that its value is secret: tokens, and the
	// signatures of URLs that stand for a permission.
	query = late.Regexp(`(?i)([?&;][^=&;#\s]*(?:token|secret|passw|pwd|sig|credential|api[_-]?key|auth)[^=&;#\s]*=)[^&;#\s"'<>` + "`]+")
)

// URLs replaces the credentials of all URLs in a text: the user and the password, as a
// token may be either, and secret parameters. The user alone of ssh is no secret. What is
// too broken to be a URL is redacted, too, where url.Parse would give up.
func URLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return address().ReplaceAllStringFunc(text, func(u string) string {
		return query().ReplaceAllString(user(u), "${1}"+Mask)
	})
}

// login is a name that a person or a service logs in by; tokens are longer, or have capitals.
var login = late.Regexp(`^[a-z_][a-z0-9_.-]{0,19}$`)

// Remote is URLs for the address of a git repository, which may be in scp's form,
// user@host:path. Whoever pastes a token in front of that has it kept: git takes what stands
// before a colon for a host, and never asks for it.
func Remote(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || strings.Contains(address, "://") || strings.Contains(address[:at], "/") {
		return URLs(address)
	}
	if info := address[:at]; login().MatchString(info) {
		return address
	} else if strings.Contains(info, ":") {
		return Mask + ":" + Mask + address[at:]
	}
	return Mask + address[at:]
}

// user masks what stands before the host of a URL.
func user(u string) string {
	scheme, rest, _ := strings.Cut(u, "://")
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		end = i
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 && passwordLike(rest[:end]) {
		at = strings.LastIndexByte(rest, '@') // a password with a slash that is not escaped
	}
	if at < 0 {
		return u
	}
	info := rest[:at]
	switch {
	case strings.Contains(info, ":"):
		info = Mask + ":" + Mask
	case strings.Contains(strings.ToLower(scheme), "ssh"):
	case info != "":
		info = Mask
	}
	return scheme + "://" + info + rest[at:]
}

// passwordLike tells of what cannot be a host and a port.
func passwordLike(host string) bool {
	if strings.HasPrefix(host, "[") {
		return false
	}
	_, port, ok := strings.Cut(host, ":")
	return ok && strings.Trim(port, "0123456789") != ""
}
