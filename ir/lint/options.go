package lint

// Options are what rules are told beyond which of them look.
type Options struct {
	Registries   []string               // that images may come from; "*" stands for any text in a name; none is all
	Labels       map[string]LabelFormat // that an image has to have, and what they hold
	StrictLabels bool                   // there are no others
	NoPragmas    bool                   // comments for hadolint ignore nothing
}

// LabelFormat is what a label holds.
type LabelFormat string

// The formats.
const (
	AnyText LabelFormat = "text"
	URL     LabelFormat = "url"     // RFC 3986
	SemVer  LabelFormat = "semver"  // semver.org 2.0.0
	Hash    LabelFormat = "hash"    // of git, whole or short
	License LabelFormat = "spdx"    // an identifier of SPDX
	Time    LabelFormat = "rfc3339" // RFC 3339
	Email   LabelFormat = "email"   // RFC 5322
)

// LabelFormats are all of them.
func LabelFormats() []LabelFormat {
	return []LabelFormat{AnyText, URL, SemVer, Hash, License, Time, Email}
}
