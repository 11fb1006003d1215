package hadolint

import (
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/github/go-spdx/v2/spdxexp"
	"golang.org/x/mod/semver"

	"github.com/seed-e0495807/strake/lang/late"
)

// The formats of labels.

// isURL tells an absolute URI of RFC 3986.
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "") && !strings.ContainsAny(text, " <>\"{}|\\^`$")
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// isLicense tells an expression of identifiers, too.
func isLicense(text string) bool {
	if strings.TrimSpace(text) == "" {
		return false
	}
	ok, _ := spdxexp.ValidateLicenses([]string{text})
	return ok
}

var gitHash = late.Regexp(`^([0-9a-fA-F]{7,40}|[0-9a-fA-F]{64})$`)

// isHash tells a hash, whole or as short as git abbreviates it.
func isHash(text string) bool { return gitHash().MatchString(text) }

// isVersion tells a version by semver.org 2.0.0, all three numbers of it.
func isVersion(text string) bool {
	core, _, _ := strings.Cut(text, "+")
	core, _, _ = strings.Cut(core, "-")
	return semver.IsValid("v"+text) && strings.Count(core, ".") == 2
}

// isEmail tells an address alone, without a name in front of it.
func isEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text
}
