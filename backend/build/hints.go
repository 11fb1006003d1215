package build

import (
	"fmt"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// knownError is what a text in an error of BuildKit means. Its message and hint may
// have $1 … $9 of the pattern; no message leaves the text.
type knownError struct {
	pattern             func() *late.Expression
	code, message, hint string
}

// notAllowed is the code for an entitlement that was not given.
const notAllowed = "not-allowed"

// noCacheExport is the code for a cache that an engine cannot export.
const noCacheExport = "no-cache-export"

// known are errors that have a next step. The texts are BuildKit's; a daemon of
// another version may have others, which are shown as they are.
var known = []knownError{
	{late.Regexp(`secret ([^:\s]+):? not found`), "no-secret",
		"the build needs the secret $1", "give it: --secret id=$1,src=FILE or --secret id=$1,env=NAME"},
	{late.Regexp(`unset ssh forward key ([^:\s]+)|no SSH key "([^"]+)" forwarded`), "no-ssh-key",
		"the build needs the ssh agent $1$2", "give it: --ssh $1$2"},
	{late.Regexp(`no SSH key "" forwarded`), "no-ssh-key",
		"the build needs the ssh agent default", "give it: --ssh default"},
	{late.Regexp(`granting entitlement (\S+) is not allowed by build daemon configuration`), notAllowed,
		"the engine does not allow $1", "the engine has to allow it: insecure-entitlements in its buildkitd.toml, builder.entitlements in Docker's daemon.json"},
	{late.Regexp(`(?:^|: )devices? (\S+?)(?:, .*)? (?:is|are) requested by the build but not allowed`), notAllowed,
		"the build needs the entitlement device=$1", "if you trust the Dockerfile, add --allow device=$1"},
	{late.Regexp(`CDI device support is disabled|required device "?([^"\s]*)"? is not registered`), "no-device", "",
		"the engine has no such device: its machine needs a CDI specification of it in /etc/cdi, and cdi not disabled in buildkitd.toml; or make it optional with --device=NAME,required=false"},
	{late.Regexp(`source (\S+) not allowed by policy`), "source-policy",
		"the source policy of this build does not allow $1", "take another source, or have the policy changed by who made it"},
	{late.Regexp(`no support for running processes with (\S+) platform`), "emulation", "",
		"choose another platform with --platform, or install an emulator (qemu-user-static, binfmt-support)"},
	{late.Regexp(`(?:^|: )(\S+) is not allowed(?:$| )`), notAllowed,
		"the build needs the entitlement $1", "if you trust the Dockerfile, add --allow $1"},
	{late.Regexp(`failed to authorize|401 Unauthorized|pull access denied|push access denied|insufficient_scope|authorization failed|no basic auth credentials|403 Forbidden`), "unauthorised", "",
		"log in with `docker login REGISTRY`: strake reads docker's credentials; a private image that you may not see looks the same as one that does not exist"},
	{late.Regexp(`no match for platform in manifest`), "no-platform", "",
		"the image has no variant for this platform: choose another with --platform, or another image"},
	{late.Regexp(`exec format error`), "emulation", "",
		"the step runs a program for another processor: install an emulator (qemu-user-static, binfmt-support), or compile on the builder with FROM --platform=$$BUILDPLATFORM"},
	{late.Regexp(`no such host|i/o timeout|connection refused|network is unreachable|TLS handshake timeout|server misbehaving`), "unreachable", "",
		"check the network and the name of the host; behind a proxy, set HTTPS_PROXY: an engine has that of its start, `strake engine stop` ends it"},
	{late.Regexp(`connection reset by peer|connection broken|malformed (?:MIME|HTTP)|broken pipe|use of closed network connection|\bEOF\b`), "connection-lost", "",
		"the connection broke off: try again, and check the network if that does not help"},
	{late.Regexp(`failed to create synctarget dest dir ([^:]+): mkdir [^:]+: (.*)`), "unwritable", "cannot write $1: $2", "name another place with dest="},
	{late.Regexp(`too many links`), "link-loop",
		"a path of the step leads through links without an end", "look for a link that leads to itself: find . -type l"},
	{late.Regexp(`mismatched image rootfs and manifest layers`), "broken-image",
		"the image has other layers than its config says", "it is damaged where it is kept: build and push it again, or name another"},
	{late.Regexp(`no active sessions?|no local sources enabled`), "connection-lost",
		"the engine has lost the connection to strake", "try again; `strake engine logs` tells whether the engine was stopped"},
	{late.Regexp(`network bridge not found`), "no-network",
		"this Docker Engine has no network for the step", "use that of the machine, with --network host, or none, with --network none"},
	{late.Regexp(`exporting multiple references to image store|docker exporter does not currently support exporting manifest lists`), dockerEngine,
		"the image store of this Docker Engine keeps one platform of an image",
		"choose it with --platform; strake's own store keeps them all, without --load and with " + ownEngine},
	{late.Regexp(`unknown cache importer: "?(\w+)`), "no-cache-import",
		"this BuildKit cannot import a cache of type=$1", "check the type behind --cache-from: registry, local, gha, s3 and azblob are usual"},
	{late.Regexp(`unknown cache exporter: "?(\w+)`), noCacheExport,
		"this BuildKit cannot export its cache with type=$1", "export it with type=inline, or build with strake's own engine: " + ownEngine},
	{late.Regexp(`unsupported request frontend\.`), oldBuildKit,
		"this BuildKit is too old for --call and --check", "build with strake's own engine: " + ownEngine},
	{late.Regexp(`^this BuildKit is too old`), oldBuildKit, "", newEngine},
	{late.Regexp(`: not found$`), "not-found", "", "check the name and the tag"},
}

// translate says what a text of BuildKit means; one that is not known stays as it is.
func translate(text string) diag.Diagnostic {
	d := diag.Diagnostic{Code: "build-failed", Message: text}
	for _, k := range known {
		if m := k.pattern().FindStringSubmatch(text); m != nil {
			d.Code, d.Hint = k.code, expand(k.hint, m)
			if k.message != "" {
				d.Message = expand(k.message, m)
			}
			break
		}
	}
	return d
}

func expand(template string, m []string) string {
	for i := len(m) - 1; i > 0; i-- {
		template = strings.ReplaceAll(template, fmt.Sprintf("$%d", i), m[i])
	}
	return strings.ReplaceAll(template, "$$", "$")
}

// withHints adds to errors of the compiler what is known about their texts, such
// as those of registries.
func (j *job) withHints(list diag.List) diag.List {
	for i, d := range list {
		if d.Hint != "" {
			continue
		}
		for _, k := range known {
			if m := k.pattern().FindStringSubmatch(d.Message); m != nil {
				list[i].Hint = expand(k.hint, m)
				break
			}
		}
	}
	return list
}
