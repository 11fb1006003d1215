package lang_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// diagnostics are texts with all that is said about them.
var diagnostics = []struct {
	text string
	want []string
}{
	{"", []string{
		"Dockerfile:1:1: error: the Dockerfile cannot be empty [empty-file]; help: start it with `FROM image`",
	}},
	{"# x\n\n", []string{
		"Dockerfile:1:1: error: file with no instructions [empty-file]; help: start it with `FROM image`",
	}},
	{"ARG A=1\n", []string{
		"Dockerfile:1:9: error: dockerfile contains no stages to build [no-stage]; help: add a `FROM image`",
	}},
	{"\n  RUN x\nFROM a\nRUN y\nENV A=1\n", []string{
		"Dockerfile:2:3: error: no build stage in current context: RUN stands before the first FROM [no-stage]; help: start the stage with `FROM image`; only ARG may stand before it",
	}},
	{"ARG A\nCOPY a b\nFROM a\n", []string{
		"Dockerfile:2:1: error: no build stage in current context: COPY stands before the first FROM [no-stage]; help: start the stage with `FROM image`; only ARG may stand before it",
	}},
	{"# escape=x\nFROM a\n", []string{
		"Dockerfile:1:1: error: invalid escape character `x` [invalid-escape]; expected ` or \\",
	}},
	{"# syntax=a\n# Syntax=b\nFROM a\n", []string{
		`Dockerfile:2:1: error: only one syntax parser directive can be used [duplicate-directive]; help: remove this line`,
	}},
	{"FROM\n", []string{
		`Dockerfile:1:1: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]`,
	}},
	{"FROM a b\n", []string{
		`Dockerfile:1:8: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]`,
	}},
	{"FROM a IS b\n", []string{
		"Dockerfile:1:8: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]; help: did you mean `AS`?",
	}},
	{"FROM a AS b c\n", []string{
		`Dockerfile:1:13: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]`,
	}},
	{"FROM a AS\n", []string{
		`Dockerfile:1:8: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]`,
	}},
	{"FROM a\nENTRYPOINT[\"/x\"]\n", []string{
		"Dockerfile:2:1: error: unknown instruction: ENTRYPOINT[\"/x\"] [unknown-instruction]; help: put a blank behind `ENTRYPOINT`",
	}},
	{"FROM a AS 1x\n", []string{
		"Dockerfile:1:11: error: invalid name for build stage: `1x` [invalid-stage-name]; expected a letter, then letters, digits, `-`, `_` or `.`",
	}},
	{"FROM a AS $X\n", []string{
		"Dockerfile:1:11: error: invalid name for build stage: `$X` [invalid-stage-name]; expected a letter, then letters, digits, `-`, `_` or `.`",
	}},
	{"FROM a\nSHELL\n", []string{
		`Dockerfile:2:1: error: SHELL requires at least one argument [missing-argument]; expected SHELL ["program", "argument"…]`,
	}},
	{"FROM a\nSHELL []\n", []string{
		`Dockerfile:2:1: error: SHELL requires at least one argument [missing-argument]; expected SHELL ["program", "argument"…]`,
	}},
	{"FROM a\nSHELL bash -c\n", []string{
		`Dockerfile:2:7: error: SHELL requires the arguments to be in JSON form [not-json]; expected SHELL ["program", "argument"…]`,
	}},
	{"FROM a\nCOPY\n", []string{
		`Dockerfile:2:1: error: COPY requires at least two arguments: sources and a destination [missing-argument]; expected COPY [--flag…] source… destination`,
	}},
	{"FROM a\n  COPY a\n", []string{
		`Dockerfile:2:3: error: COPY requires at least two arguments: sources and a destination [missing-argument]; expected COPY [--flag…] source… destination`,
	}},
	{"FROM a\nCOPY [\"a\"]\n", []string{
		`Dockerfile:2:1: error: COPY requires at least two arguments: sources and a destination [missing-argument]; expected COPY [--flag…] source… destination`,
	}},
	{"FROM a\nADD \\\n  a\n", []string{
		`Dockerfile:2:1: error: ADD requires at least two arguments: sources and a destination [missing-argument]; expected ADD [--flag…] source… destination`,
	}},
	{"FROM a\nCOPY a <<E\nx\nE\n", []string{
		`Dockerfile:2:8: error: COPY cannot accept a heredoc as a destination [heredoc-destination]; expected COPY [--flag…] source… destination`,
	}},
	{"FROM a\nARG\n", []string{
		`Dockerfile:2:1: error: ARG requires at least one argument [missing-argument]; expected ARG name[=default]…`,
	}},
	{"FROM a\nARG =1\n", []string{
		`Dockerfile:2:5: error: ARG names can not be blank [blank-name]; expected ARG name[=default]…`,
	}},
	{"FROM a\nEXPOSE\n", []string{
		`Dockerfile:2:1: error: EXPOSE requires at least one argument [missing-argument]; expected EXPOSE port[/protocol]…`,
	}},
	{"FROM a\nVOLUME []\n", []string{
		`Dockerfile:2:1: error: VOLUME requires at least one argument [missing-argument]; expected VOLUME path…`,
	}},
	{"FROM a\nVOLUME [\"/a\", \" \"]\n", []string{
		`Dockerfile:2:15: error: VOLUME specified can not be an empty string [blank-volume]; expected VOLUME path…`,
	}},
	{"FROM a\nWORKDIR\n", []string{
		`Dockerfile:2:1: error: WORKDIR requires exactly one argument [missing-argument]; expected WORKDIR path`,
	}},
	{"FROM a\nUSER\n", []string{
		`Dockerfile:2:1: error: USER requires exactly one argument [missing-argument]; expected USER name[:group]`,
	}},
	{"FROM a\nSTOPSIGNAL\n", []string{
		`Dockerfile:2:1: error: STOPSIGNAL requires exactly one argument [missing-argument]; expected STOPSIGNAL signal`,
	}},
	{"FROM a\nMAINTAINER\n", []string{
		`Dockerfile:2:1: error: MAINTAINER requires exactly one argument [missing-argument]; expected MAINTAINER name`,
	}},
	{"FROM a\nHEALTHCHECK\n", []string{
		`Dockerfile:2:1: error: HEALTHCHECK requires at least one argument [missing-argument]; expected HEALTHCHECK [--flag…] CMD command, or HEALTHCHECK NONE`,
	}},
	{"FROM a\nHEALTHCHECK CMD\n", []string{
		`Dockerfile:2:13: error: missing command after HEALTHCHECK CMD [missing-argument]; expected HEALTHCHECK [--flag…] CMD command, or HEALTHCHECK NONE`,
	}},
	{"FROM a\nHEALTHCHECK CMD []\n", []string{
		`Dockerfile:2:13: error: missing command after HEALTHCHECK CMD [missing-argument]; expected HEALTHCHECK [--flag…] CMD command, or HEALTHCHECK NONE`,
	}},
	{"FROM a\nHEALTHCHECK NONE x y\n", []string{
		`Dockerfile:2:18: error: HEALTHCHECK NONE takes no arguments [healthcheck-none]; help: remove them, or write CMD in place of NONE`,
	}},
	{"FROM a\nHEALTHCHECK NONE [\"x\"]\n", []string{
		`Dockerfile:2:18: error: HEALTHCHECK NONE takes no arguments [healthcheck-none]; help: remove them, or write CMD in place of NONE`,
	}},
	{"FROM a\nHEALTHCHECK curl x\n", []string{
		"Dockerfile:2:13: error: unknown type `curl` in HEALTHCHECK [healthcheck-kind]; expected HEALTHCHECK [--flag…] CMD command, or HEALTHCHECK NONE; help: put CMD before the command",
	}},
	{"FROM a\nONBUILD\n", []string{
		`Dockerfile:2:1: error: ONBUILD requires at least one argument [missing-argument]; expected ONBUILD instruction`,
	}},
	{"FROM a\nONBUILD ONBUILD RUN x\n", []string{
		"Dockerfile:2:9: error: chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed [onbuild-chain]; help: remove one ONBUILD",
	}},
	{"FROM a\nONBUILD FROM x\n", []string{
		`Dockerfile:2:9: error: FROM isn't allowed as an ONBUILD trigger [onbuild-trigger]; help: remove the line`,
	}},
	{"FROM a\nONBUILD maintainer x\n", []string{
		`Dockerfile:2:9: error: MAINTAINER isn't allowed as an ONBUILD trigger [onbuild-trigger]; help: remove the line`,
	}},
	{"FROM a\nONBUILD COPY x\n", []string{
		`Dockerfile:2:9: warning: COPY requires at least two arguments: sources and a destination (the build that runs this trigger will fail) [missing-argument]; expected COPY [--flag…] source… destination`,
	}},
	{"FROM a\nONBUILD ENV A\n", []string{
		"Dockerfile:2:13: error: ENV must have two arguments [bad-pair]; expected ENV name=value…; help: write `A=value`",
	}},
	{"FROM a\nONBUILD CMD [1]\n", []string{
		`Dockerfile:2:13: error: when using JSON array syntax, arrays must be comprised of strings only [json-not-strings]; help: quote every element, or drop the brackets for the shell form`,
	}},
	{"FROM a\nONBUILD NOPE x\n", []string{
		"Dockerfile:2:9: warning: unknown instruction: NOPE (the build that runs this trigger will fail) [unknown-instruction]; help: did you mean `COPY`?",
	}},
	{"FROM a\nCMD [\"a\", 1]\n", []string{
		`Dockerfile:2:5: error: when using JSON array syntax, arrays must be comprised of strings only [json-not-strings]; help: quote every element, or drop the brackets for the shell form`,
	}},
	{"FROM a\nRUN [1]\n", []string{
		`Dockerfile:2:5: error: when using JSON array syntax, arrays must be comprised of strings only [json-not-strings]; help: quote every element, or drop the brackets for the shell form`,
	}},
	{"FROM a\nENV\n", []string{
		`Dockerfile:2:1: error: ENV requires at least one argument [missing-argument]; expected ENV name=value…`,
	}},
	{"FROM a\nENV A\n", []string{
		"Dockerfile:2:5: error: ENV must have two arguments [bad-pair]; expected ENV name=value…; help: write `A=value`",
	}},
	{"FROM a\nENV A=1 B\n", []string{
		"Dockerfile:2:9: error: can't find = in `B` [bad-pair]; expected name=value; help: quote a value that has blanks: name=\"a value\"",
	}},
	{"FROM a\nLABEL =1\n", []string{
		`Dockerfile:2:7: error: LABEL names can not be blank [blank-name]; expected LABEL name=value…`,
	}},
	{"FROM a\nENV A=1 =2\n", []string{
		`Dockerfile:2:9: error: ENV names can not be blank [blank-name]; expected ENV name=value…`,
	}},
	{"FROM a\nRUN <<E\nx\n", []string{
		"Dockerfile:2:5: error: unterminated heredoc `E` [unterminated-heredoc]; expected a line with nothing but E",
	}},
	{"FROM a\nRUN cat <<A <<B\nA\nx", []string{
		"Dockerfile:2:13: error: unterminated heredoc `B` [unterminated-heredoc]; expected a line with nothing but B",
	}},
	{"FROM a\nCOPPY x y\n", []string{
		"Dockerfile:2:1: error: unknown instruction: COPPY [unknown-instruction]; help: did you mean `COPY`?",
	}},
	{"FROM a\nQWERTY x\n", []string{
		"Dockerfile:2:1: error: unknown instruction: QWERTY [unknown-instruction]; expected one of ADD, ARG, CMD, COPY, ENTRYPOINT, ENV, EXPOSE, FROM, HEALTHCHECK, LABEL, MAINTAINER, ONBUILD, RUN, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR",
	}},
	{"FROM a\n\\\n\n", []string{
		`Dockerfile:2:1: error: a line continues, but there is no instruction [unknown-instruction]; help: remove it`,
		`Dockerfile:2:1: warning: empty continuation line [empty-continuation]; help: remove the blank lines, or start them with #`,
	}},
	{"FROM --platfrom=x a\n", []string{
		"Dockerfile:1:6: error: unknown flag: --platfrom of FROM [unknown-flag]; help: did you mean `--platform`?",
	}},
	{"FROM --zzzzzz=x a\n", []string{
		`Dockerfile:1:6: error: unknown flag: --zzzzzz of FROM [unknown-flag]; expected --platform`,
	}},
	{"FROM a\nENV --x A=1\n", []string{
		"Dockerfile:2:5: error: unknown flag: --x of ENV [unknown-flag]; help: ENV takes no flags; for an argument that starts with dashes put `--` before it",
	}},
	{"FROM a\nCOPY --from=x --from=y a b\n", []string{
		`Dockerfile:2:15: error: duplicate flag specified: --from [duplicate-flag]; help: keep one of them`,
	}},
	{"FROM a\nCOPY --from a b\n", []string{
		`Dockerfile:2:6: error: missing a value on flag: --from [missing-value]; expected --from=value`,
	}},
	// What stands in the place of the value shifts the arguments: that is one mistake.
	{"FROM --platform linux/amd64 a\n", []string{
		`Dockerfile:1:6: error: missing a value on flag: --platform [missing-value]; help: write --platform=linux/amd64`,
	}},
	{"FROM a\nRUN --mount type=cache,target=/x true\nRUN --network none true\nRUN --network ls\n", []string{
		`Dockerfile:2:5: error: missing a value on flag: --mount [missing-value]; help: write --mount=type=cache,target=/x`,
		`Dockerfile:3:5: error: missing a value on flag: --network [missing-value]; help: write --network=none`,
		`Dockerfile:4:5: error: missing a value on flag: --network [missing-value]; expected --network=value`,
	}},
	{"FROM a\nCOPY --from b c d\nHEALTHCHECK --interval 30s CMD x\nHEALTHCHECK --interval CMD x\n", []string{
		`Dockerfile:2:6: error: missing a value on flag: --from [missing-value]; help: write --from=b`,
		`Dockerfile:3:13: error: missing a value on flag: --interval [missing-value]; help: write --interval=30s`,
		`Dockerfile:4:13: error: missing a value on flag: --interval [missing-value]; expected --interval=value`,
	}},
	{"FROM a\nCOPY --link=yes a b\n", []string{
		`Dockerfile:2:6: error: expecting boolean value for flag --link, not: yes [bad-value]; expected true or false`,
	}},
	{"FROM a\nCOPY --link= a b\n", []string{
		`Dockerfile:2:6: error: missing a value on flag: --link [missing-value]; expected --link=true or =false`,
	}},
	{"FROM a\nARG --x A\n", []string{
		"Dockerfile:2:5: warning: ARG takes no flags; `--x` is ignored [ignored-flag]",
	}},
	{"FROM a\nSTOPSIGNAL --x 9\n", []string{
		"Dockerfile:2:12: warning: STOPSIGNAL takes no flags; `--x` is ignored [ignored-flag]",
	}},
	{"FROM a\nRUN a \\\n\n  b\n", []string{
		`Dockerfile:2:1: warning: empty continuation line [empty-continuation]; help: remove the blank lines, or start them with #`,
	}},
	{"FROM a\nHEALTHCHECK --foo=1 NONE\n", []string{}},
	{"FROM a\nHEALTHCHECK --foo=1 CMD x\n", []string{
		`Dockerfile:2:13: error: unknown flag: --foo of HEALTHCHECK [unknown-flag]; expected --interval, --retries, --start-interval, --start-period, --timeout`,
	}},
	{"FROM a\nRUN --foo x\n", []string{
		`Dockerfile:2:5: error: unknown flag: --foo of RUN [unknown-flag]; expected --device, --mount, --network, --security`,
	}},
	{"FROM a\nRUN a\nCOPPY a b\nCOPY a\nENV A\n  USER\nFROM x y z\nONBUILD\n", []string{
		"Dockerfile:3:1: error: unknown instruction: COPPY [unknown-instruction]; help: did you mean `COPY`?",
		`Dockerfile:4:1: error: COPY requires at least two arguments: sources and a destination [missing-argument]; expected COPY [--flag…] source… destination`,
		"Dockerfile:5:5: error: ENV must have two arguments [bad-pair]; expected ENV name=value…; help: write `A=value`",
		`Dockerfile:6:3: error: USER requires exactly one argument [missing-argument]; expected USER name[:group]`,
		"Dockerfile:7:8: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]; help: did you mean `AS`?",
		`Dockerfile:8:1: error: ONBUILD requires at least one argument [missing-argument]; expected ONBUILD instruction`,
	}},
	{"FROM alpine # x\n", []string{
		`Dockerfile:1:13: error: FROM requires either one or three arguments [from-arguments]; expected FROM [--platform=…] image [AS name]; help: a comment stands on a line of its own`,
	}},
}

func TestDiagnostics(t *testing.T) {
	for _, c := range diagnostics {
		src := source.NewFile("Dockerfile", c.text)
		file, list := lang.Parse(src)
		list = append(list, lang.Unclaimed(file)...)
		list.Sort()
		var got []string
		for _, d := range list {
			line := fmt.Sprintf("%v: %s: %s [%s]", src.Position(d.Span.Start), d.Severity, d.Message, d.Code)
			if d.Expected != "" {
				line += "; expected " + d.Expected
			}
			if d.Hint != "" {
				line += "; help: " + d.Hint
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got", c.text)
			for _, line := range got {
				t.Error("\t" + line)
			}
		}
	}
}

// TestDiagnosticCodes checks that the table has every code of the sources.
func TestDiagnosticCodes(t *testing.T) {
	var all strings.Builder
	for _, c := range diagnostics {
		fmt.Fprintln(&all, c.want)
	}
	code := regexp.MustCompile(`(?:Errorf|Warnf)\([^"]*"([a-z-]+)"|code\w+ += "([a-z-]+)"`)
	n := 0
	for _, name := range []string{"parse.go", "check.go", "explain.go", "unclaimed.go", "flags.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			n++
			if c := m[1] + m[2]; !strings.HasPrefix(c, "too-") && !strings.Contains(all.String(), "["+c+"]") {
				t.Errorf("no test of %q", c)
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d codes found in the sources", n)
	}
}

func TestTooLarge(t *testing.T) {
	src := source.NewFile("Dockerfile", strings.Repeat("#", lang.MaxSize+1))
	_, list := lang.Parse(src)
	if len(list) != 1 || list[0].Code != "too-large" {
		t.Errorf("got %v", list)
	}
}

// TestBrokenArray has a hint for an array of paths that is none.
func TestBrokenArray(t *testing.T) {
	for text, hint := range map[string]bool{`COPY ["a","b",]`: true, `ADD ["a","b"`: true, `COPY ["a"]`: false, "COPY a": false} {
		_, diags := lang.Parse(source.NewFile("Dockerfile", "FROM a\n"+text+"\n"))
		if len(diags) != 1 || strings.Contains(diags[0].Hint, "JSON") != hint {
			t.Errorf("%s: %v", text, diags)
		}
	}
}
