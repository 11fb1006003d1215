package compile

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// ofHadolint are the flags of hadolint, as its README lists them.
const ofHadolint = `version config file-path-in-report no-fail no-color verbose format error warning info style ignore
	trusted-registry require-label strict-labels disable-ignore-pragma failure-threshold v V t`

// TestHadolintFlags holds that each flag of hadolint is there, or is told what to do instead.
func TestHadolintFlags(t *testing.T) {
	p := &cli.Process{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Commands: Commands(),
		Env: func(string) (string, bool) { return "", false }}
	set := lintCommand(p).Flags()
	said := map[string]string{}
	for _, a := range hadolintFlags() {
		for _, name := range a.Names {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			var usage *cli.UsageError
			_, err := p.Call(t.Context(), []string{"lint", dashes + name, "x"})
			if !errors.As(err, &usage) || usage.Help != a.Say || said[name] != "" {
				t.Errorf("%s%s: %v", dashes, name, err)
			}
			said[name] = a.Say
		}
	}
	for name := range strings.FieldsSeq(ofHadolint) {
		if set.Lookup(name) == nil && said[name] == "" {
			t.Errorf("--%s is neither there nor explained", name)
		}
	}
}

// TestHadolintFormats holds that each form of hadolint's is one of ours, or is told another.
func TestHadolintFormats(t *testing.T) {
	for name := range strings.FieldsSeq("tty json checkstyle codeclimate gitlab_codeclimate gnu codacy sonarqube sarif") {
		form, say := hadolintFormat(name)
		if ours := form != "" && (say == "") == (form == name); !ours && (form != "" || say == "") {
			t.Errorf("%s: %q, %q", name, form, say)
		}
	}
}

// TestHadolintLevels holds what hadolint's words are here.
func TestHadolintLevels(t *testing.T) {
	got := hadolintLevel("style", "hint", "never") + hadolintLevel("ignore", "hint", "never") + hadolintLevel("none", "hint", "never") +
		hadolintLevel("ignore", "off", "off") + hadolintLevel("error", "hint", "never")
	if want := "hadolint's style is hint here.hadolint's ignore is hint here.hadolint's none is never here.hadolint's ignore is off here."; got != want {
		t.Error(got)
	}
}
