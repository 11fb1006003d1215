package llb_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	driver "github.com/seed-e0495807/strake/backend/compile"
	strake "github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/rules"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
)

// TestRandomFixes makes files of what fixes that keep the graph look at, in odd places, and applies
// each of them and all at once. The build is the same with arguments that the fix did not know.
// The files are the same in each run.
func TestRandomFixes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, uint64(*random)))
	held := map[string]int{}
	for range *random / 10 {
		c := cases.Case{Dockerfile: oddFile(r)}
		var all diag.List
		for _, d := range allChecks(t, c.Dockerfile) {
			if len(d.Fixes) == 0 || d.Fixes[0].Keeps != diag.Graph {
				continue
			}
			held[d.Code]++
			all = append(all, d)
			text, err := diag.Apply(c.Dockerfile, d.Fixes[0].Edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := differs(c, text, otherGraph); diff != "" {
				t.Errorf("%q: %s: %s\n%q", c.Dockerfile, d.Code, diff, text)
			}
		}
		if len(all) == 0 {
			continue
		}
		text, _, err := diag.ApplyFixes(c.Dockerfile, all, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range []map[string]string{nil, {"A": "/other", "B": "", "HOME": "/h"}} {
			c.BuildArgs = args
			if diff := differs(c, text, otherGraph); diff != "" {
				t.Errorf("%q with %v: %s\n%q", c.Dockerfile, args, diff, text)
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Log(held)
}

func allChecks(t *testing.T, text string) diag.List {
	builder, err := parsePlatform("linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	o := strake.Options{Resolver: oracleResolver{}, Caps: &oracleCaps}
	o.AllStages, o.BuildPlatforms = true, []ocispecs.Platform{builder}
	found, _ := driver.New(driver.Config{Name: "Dockerfile", Text: text, Build: o, Rules: rules.All()}).Checks(t.Context(), driver.Default)
	return lint.Diags(found)
}

// oddFile makes a file of a few stages.
func oddFile(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	blank := func() string {
		return pick(" ", " ", " ", "  ", "\t", " \\\n", " \\\n  # x\n ", "\\\n ", " \\\n\n", "\\ \n", "\u00a0", " \\\r\n")
	}
	name := func() string { return pick("base", "Base", "BASE", "x", "X", "two", "a-b") }
	value := func() string {
		return pick("a", "a b", "a  b", "$A", "$A b", "${A:-c d}", `"a b"`, `a\ b`, "'a' b", "a=b", "= b", "a b=c", `\$A b`, "$B$A", "#a b", "a #b", "é ü", "a\u00a0b", "${A}c d ", "$A\tb", "a\\\nb c", `a\\ b`, "`a b", "$$ b", "${A:+x y}", "${A/b/c d}", "${A#x y}")
	}
	dir := func() string {
		return pick("a", "a/b", "./c", "..", "../d", "/e", "/f/", "$A", "/$A", "${B}/x", "a b", `"q"`, "'r'", ".", "/", "a$A", `C:\x`, "c:/y", "a//b", "/a/../b", "$HOME", "~", "a,b")
	}
	key := func() string { return pick("A", "B", "C", "HOME", "PATH", `"k"`, "$A", "k.k", "WORKDIR", "a b") }
	line := func() string {
		kw := func(w string) string { return pick(w, w, strings.ToLower(w), w[:1]+strings.ToLower(w[1:])) }
		switch r.IntN(16) {
		case 0, 1:
			return kw("ENV") + blank() + key() + blank() + value()
		case 2:
			return kw("LABEL") + blank() + key() + blank() + value()
		case 3, 4:
			return kw("WORKDIR") + blank() + dir()
		case 5:
			return kw("ARG") + blank() + pick("A", "B", "A=/w", "B=v w", "HOME", "A=$B", "A B=c")
		case 6:
			return kw("EXPOSE") + blank() + pick("80/TCP", "80/TCP 80/TCP", "8080:80", "80/tcp\\\n 90/UDP", "127.0.0.1:1:2/Tcp", "80-90:80-90/TCP", "$A/TCP", "80/${B}TCP", "[::1]:80:80")
		case 7:
			return kw("CMD") + blank() + pick("a", `["a"]`, "a \\\n b", "")
		case 8:
			return kw("ENTRYPOINT") + blank() + pick("a", `["a"]`, "[]", "a b")
		case 9:
			return kw("HEALTHCHECK") + blank() + pick("NONE", "cmd a", "CMD a", "--interval=3s CMD a b", "none")
		case 10:
			return kw("COPY") + blank() + "--from=" + name() + blank() + "/a /b"
		case 11:
			return kw("RUN") + blank() + pick("", "--mount=type=bind,from="+name()+",target=/x ", "--mount=from="+name()+",target=/x ") + pick("a", "a \\\n # x\n && b", "a \\\n\n b", "<<E\nx\nE", "<<E cat\nRUN y\nE")
		case 12:
			return kw("ONBUILD") + blank() + pick("run a", "RUN a", "WORKDIR q", "ENV A b c", "CMD a", "env A b c", "copy --from="+name()+" /a /b", "EXPOSE 80/TCP", "ARG A")
		case 13:
			return pick("# x", "# base is", "  # Base", "#", "# check=skip=all", "# escape=`", "# strake: ignore-end", "")
		case 14:
			return kw("MAINTAINER") + blank() + "a b"
		}
		return kw("SHELL") + blank() + pick(`["/bin/sh","-c"]`, `["powershell"]`)
	}
	var b strings.Builder
	b.WriteString(pick("", "", "", "# escape=`\n", "# syntax=docker/dockerfile:1\n", "ARG A=1\n", "arg B\n", "# check=skip=all\n", "\ufeff", "# x\n# y\n"))
	end := pick("\n", "\n", "\n", "\r\n")
	for range 1 + r.IntN(3) {
		b.WriteString(pick("# x"+end, "", "# two lines"+end+"# of it"+end, "# base stage"+end, "# strake: ignore-end"+end))
		b.WriteString(pick("FROM", "from", "From") + blank() + pick("", "--platform=linux/amd64 ", "--platform=$TARGETPLATFORM ") + pick("alpine", "scratch", name(), name(), "$A") + pick("", blank()+pick("as", "AS", "As")+blank()+name()) + end)
		for range r.IntN(7) {
			b.WriteString(line() + pick("", "", "", " ", "\t") + end)
		}
	}
	text := b.String()
	if r.IntN(4) == 0 {
		text = strings.TrimSuffix(text, end)
	}
	return text
}
