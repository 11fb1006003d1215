package effects

import (
	"slices"
	"strings"
)

// goes is go(1), which runs no code of what it builds: so says its security policy. It writes
// where it stands, in the module around that, and what its variables name.
func goes(k *call) {
	for _, name := range []string{"-ldflags", "-gcflags", "-asmflags"} {
		for _, f := range k.given[name] {
			if !harmlessFlags(f) {
				k.fail("`" + k.Text + "` has flags for the compiler or the linker that are not followed")
				return
			}
		}
	}
	if p := k.w.setting("GOPATH"); slices.ContainsFunc(p.list, func(s string) bool { return strings.Contains(s, ":") }) {
		k.fail("GOPATH has several directories")
		return
	}
	k.installsIn(k.topmost())
	k.installsIn(k.constant("${GOPATH:-~/go}/ ${GOBIN:-~/go/bin}/ ${GOCACHE:-~/.cache/go-build}/ ${GOMODCACHE:-~/go/pkg/mod}/ ~/.config/go/ /go/ /usr/ ${TMPDIR:-/tmp}/"))
	for _, f := range k.given["-o"] {
		k.writes(f.paths(k.dirs, strings.HasSuffix(f.text, "/")).each(product))
	}
	if k.Has("install") {
		k.writes(k.constant("${GOBIN:-${GOPATH:-~/go}/bin}/").each(product))
	}
	k.out.Reads.add(Anything()) // what is included, and what the module puts in the place of others
	for _, f := range k.operands {
		if k.Has("install", "get") && strings.Contains(f.text, "@") {
			k.install(f)
		}
	}
}

// harmlessFlags tells flags that neither name a file to write nor a program to run.
func harmlessFlags(f field) bool {
	if !f.known {
		return false
	}
	for word := range strings.FieldsSeq(f.text) {
		word = strings.Trim(strings.TrimPrefix(word, "all="), `"'`)
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		if strings.HasPrefix(word, "-") && !slices.Contains([]string{"s", "w", "d", "X", "N", "l", "m", "e", "-s", "-w", "-X", "extldflags", "linkmode", "buildid", "static", "trimpath", "lm", "lpthread"}, name) {
			return false
		}
	}
	return true
}
