package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// elsewhere are the commands of docker, buildx and buildctl, and of linters and
// formatters, as their manuals list them.
const elsewhere = `
run exec ps build bake pull push images login logout search version info
builder buildx compose container context image manifest plugin system volume network
config node secret service stack swarm trust checkpoint
attach commit cp create diff events export history import inspect kill load logs pause
port rename restart rm rmi save start stats stop tag top unpause update wait
scout sbom init debug
dial-stdio du imagetools ls prune use install uninstall
df lint fmt format validate check fix list remove delete clean gc status daemon`

// What people type out of habit is there, or is told what serves instead.
func TestHabits(t *testing.T) {
	for _, name := range strings.Fields(elsewhere) {
		err := parses([]string{name})
		if usage, ok := err.(*cli.UsageError); err != nil && (!ok || usage.Help == "" || usage.Hint != "") {
			t.Errorf("strake %s: %v", name, err)
		}
	}
	seen := map[string]bool{}
	for _, o := range cli.Others() {
		for _, name := range o.Names {
			if err := parses(strings.Fields(name)); err == nil || seen[name] {
				t.Errorf("`%s` is a command, or is twice in the list", name)
			}
			seen[name] = true
		}
		for _, line := range quotedCommands(o.Say) {
			accepted(t, line)
		}
	}
}

func TestInstead(t *testing.T) {
	for line, want := range map[string]string{
		"bake":                  "`strake build`",
		"validate .":            "`strake lint`",
		"format Dockerfile":     "`strake fmt`",
		"ls":                    "`strake images`",
		"attach web":            "`strake run`",
		"login -u me host":      "`docker login`",
		"lock":                  "`strake plugin lock`",
		"doctor":                "`strake plugin doctor`",
		"image ls":              "`strake images`",
		"image prune -f":        "`strake engine prune`",
		"image build .":         "it is `strake build`",
		"buildx build --push .": "it is `strake build`",
		"buildx bake":           "no bake",
		"buildx imagetools":     "`strake inspect`",
		"builder prune":         "`strake engine prune`",
		"system df":             "`strake engine df`",
		"container ls":          "`strake run`",
		"restart web":           "not started again",
		"plugin ls":             "`strake plugin list`",
		"plugin install acme":   "strake.yaml",
		"engine restart":        "`strake engine stop`",
		"engine du":             "`strake engine df`",
		"buidl .":               "Did you mean `strake build`?",
		"imges":                 "Did you mean `strake images`?",
		"engine satus":          "Did you mean `strake engine status`?",
		"plugin lits":           "Did you mean `strake plugin list`?",
		"help validate":         "`strake lint`",
		"help buildx build":     "it is `strake build`",
		"frobnicate":            "",
		"make":                  "", // and not save
		"fork":                  "", // and not import
		"patch":                 "",
		"engine frobnicate":     "",
		"imagetools frobnicate": "`strake inspect`",
		"sandboxed":             "",
		"engine rnu":            "",
	} {
		var out, err bytes.Buffer
		code := run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &err, noEnv)
		got := err.String()
		if code != cli.ExitUsage || out.Len() > 0 || !strings.Contains(got, want) || want == "" && strings.Contains(got, "`") {
			t.Errorf("strake %s: exit code %d, want %q:\n%s%s", line, code, want, got, &out)
		}
	}
}

// quotedCommands are the command lines in a text that stand between backquotes.
func quotedCommands(text string) []string {
	var lines []string
	for _, m := range regexp.MustCompile("`(strake [^`]+)`").FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Join(strings.Fields(m[1]), " "))
	}
	return lines
}
