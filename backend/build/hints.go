package build

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// knownError is what a text in an error of BuildKit means. Its message and hint may
// have $1 … $9 of the pattern; no message leaves the text.
type knownError struct {
	pattern             *regexp.Regexp
	code, message, hint string
}

// notAllowed is the code for an entitlement that was not given.
const notAllowed = "not-allowed"

// noCacheExport is the code for a cache that an engine cannot export.
const noCacheExport = "no-cache-export"

// known are errors that have a next step. The texts are BuildKit's; a daemon of
// another version may have others, which are shown as they are.
var known = []knownError{
	{regexp.MustCompile(`secret ([^:\s]+):? not found`), "no-secret",
		"the build needs the secret $1", "give it: --secret id=$1,src=FILE or --secret id=$1,env=NAME"},
	{regexp.MustCompile(`unset ssh forward key ([^:\s]+)|no SSH key "([^"]+)" forwarded`), "no-ssh-key",
		"the build needs the ssh agent $1$2", "give it: --ssh $1$2"},
	{regexp.MustCompile(`no SSH key "" forwarded`), "no-ssh-key",
		"the build needs the ssh agent default", "give it: --ssh default"},
	{regexp.MustCompile(`(network\.host|security\.insecure|device[^ ]*) is not allowed`), notAllowed,
		"the build needs the entitlement $1", "if you trust the Dockerfile, add --allow $1"},
	{regexp.MustCompile(`failed to authorize|401 Unauthorized|pull access denied|push access denied|insufficient_scope|authorization failed|no basic auth credentials|403 Forbidden`), "unauthorised", "",
		"log in with `docker login REGISTRY`: strake reads docker's credentials; a private image that you may not see looks the same as one that does not exist"},
	{regexp.MustCompile(`no match for platform in manifest`), "no-platform", "",
		"the image has no variant for this platform: choose another with --platform, or another image"},
	{regexp.MustCompile(`exec format error`), "emulation", "",
		"the step runs a program for another processor: install an emulator (qemu-user-static, binfmt-support), or compile on the builder with FROM --platform=$$BUILDPLATFORM"},
	{regexp.MustCompile(`no such host|i/o timeout|connection refused|network is unreachable|TLS handshake timeout|server misbehaving`), "unreachable", "",
		"check the network and the name of the host; behind a proxy, set HTTPS_PROXY"},
	{regexp.MustCompile(`connection reset by peer|connection broken|malformed (?:MIME|HTTP)|broken pipe|use of closed network connection|\bEOF\b`), "connection-lost", "",
		"the connection broke off: try again, and check the network if that does not help"},
	{regexp.MustCompile(`failed to create synctarget dest dir ([^:]+): mkdir [^:]+: (.*)`), "unwritable", "cannot write $1: $2", "name another place with dest="},
	{regexp.MustCompile(`network bridge not found`), "no-network",
		"this Docker Engine has no network for the step", "use that of the machine, with --network host, or none, with --network none"},
	{regexp.MustCompile(`exporting multiple references to image store|docker exporter does not currently support exporting manifest lists`), dockerEngine,
		"the image store of this Docker Engine keeps one platform of an image",
		"choose it with --platform; strake's own store keeps them all, without --load and with " + ownEngine},
	{regexp.MustCompile(`unknown cache exporter: "?(\w+)`), noCacheExport,
		"this BuildKit cannot export its cache with type=$1", "export it with type=inline, or build with strake's own engine: " + ownEngine},
	{regexp.MustCompile(`unsupported request frontend\.`), oldBuildKit,
		"this BuildKit is too old for --call and --check", "build with strake's own engine: " + ownEngine},
	{regexp.MustCompile(`^this BuildKit is too old`), oldBuildKit, "", newEngine},
	{regexp.MustCompile(`: not found$`), "not-found", "", "check the name and the tag"},
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
			if m := k.pattern.FindStringSubmatch(d.Message); m != nil {
				list[i].Hint = expand(k.hint, m)
				break
			}
		}
	}
	return list
}

var commandNotFound = regexp.MustCompile(`(?m)(?:^|: )([^\s:]+): (?:command )?not found\s*$|exec: "([^"]+)": (?:executable file not found|stat)`)

var noPackage = regexp.MustCompile(`Unable to locate package (\S+)`)

// runHint says what an exit code and what a command printed usually mean, "" when
// that is not known.
func runHint(code int, output string) string {
	switch {
	case strings.Contains(output, "No space left on device"):
		return "the disk of the build engine is full: `strake engine prune` frees some"
	case noPackage.MatchString(output):
		name := noPackage.FindStringSubmatch(output)[1]
		if strings.Contains(output, "\nGet:") || strings.HasPrefix(output, "Get:") || strings.Contains(output, "Hit:") {
			return "there is no package `" + name + "`: check its name"
		}
		return "run `apt-get update` in the same RUN, in front of `apt-get install`; and check the name of the package " + name
	case strings.Contains(output, "Temporary failure resolving") || strings.Contains(output, "Could not resolve host"):
		return "the step has no network: check --network, and the DNS of this machine"
	case strings.Contains(output, "Permission denied"):
		return "the step runs as the user of the last USER instruction; a script needs to be executable (COPY --chmod=755)"
	}
	if m := commandNotFound.FindStringSubmatch(output); m != nil {
		name := m[1] + m[2]
		return fmt.Sprintf("`%s` is not in this image: install it in an earlier step, or check its spelling", name)
	}
	switch code {
	case 126:
		return "the file is there but cannot be run: it must be executable, and for this processor"
	case 127:
		return "the shell did not find the command: install it in an earlier step, or check its spelling"
	case 137:
		return "the command was killed, most often as memory ran out: give the machine more, or let it do less at once"
	case 139:
		return "the command crashed (segmentation fault); under emulation that happens: build on a machine of that platform"
	}
	return ""
}

// missingFile finds what a COPY or ADD did not find.
var missingFile = regexp.MustCompile(`"([^"]+)":? not found`)

// missing is a source that is not in the build context, with what is like it.
func (j *job) missing(ctx context.Context, name string) diag.Diagnostic {
	d := diag.Diagnostic{Code: "missing-source", Message: fmt.Sprintf("%q is not there to copy", name),
		Hint: "paths are relative to the build context, and .dockerignore drops files from it: `strake context` lists what is sent"}
	if dir := j.Input.Locals["context"]; dir != "" && j.source != nil {
		if hint := j.source.Near(ctx, name); hint != "" {
			d.Hint = hint
		}
	}
	return d
}
