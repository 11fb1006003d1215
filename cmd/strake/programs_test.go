package main

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/late"
)

// programNames are programs that a Dockerfile runs: who names them in code knows what they do.
var programNames = strings.Fields(`apt-get aptitude apt-cache dpkg apk dnf dnf5 yum microdnf zypper pacman rpm pip pip3 npm yarn pnpm gem bundle cargo conda mamba poetry pipenv mvn gradle composer
	curl wget rsync useradd adduser groupadd usermod sed awk unzip gunzip xargs find`)

// listed are words one behind the other, as programs stand in a table.
var listed = late.Regexp(`^[a-z0-9_.:\[+-]+( [a-z0-9_.:\[+-]+)*$`)

// knowers are the files outside of ir/effects, ir/distro and ir/shell that name programs, and why. One
// that ends in a slash is a directory.
var knowers = map[string]string{
	"ir/eval/account.go": "it has the homes of users that RUNs make, for the state in front of an op, on which ir/effects stands",
	"ir/eval/state.go":   "it looks for these RUNs",

	"plugins/builtin/cachemounts/managers.go": "the managers whose commands it edits, and their caches",
	"plugins/builtin/cachemounts/lead.go":     "how it edits them",
	"plugins/builtin/cachemounts/job.go":      "the id of a cache of apk",
	"plugins/builtin/cachemounts/match.go":    "which of their commands it edits",
	"plugins/builtin/cachemounts/settings.go": "files that say where these managers have their caches",
	"plugins/builtin/cachemounts/runtime.go":  "which of their commands only fill a cache",
	"plugins/builtin/cachemounts/keeps.go":    "programs that have no use for a cache which it mounts",

	"plugins/builtin/packages/install/manager.go": "it writes their commands",
	"plugins/builtin/policy/shippedrun.go":        "rules that are about programs by name, in the language of rules",
	"plugins/builtin/slim/drop.go":                "the command that it edits",
	"plugins/builtin/slim/purge.go":               "a manager whose packages it leaves alone, as it has a database of its own",
	"plugins/builtin/sshmount/needs.go":           "managers of which it knows when they use ssh, besides what their words say",

	"ir/lint/script/": "ShellCheck's rules are about programs by name",

	"backend/container/record/programs.go": "options that take secrets, which ir/effects does not ask for, and of programs that no Dockerfile has",

	"backend/container/network_linux.go":       "as these",
	"backend/container/userns/userns_linux.go": "hints for people name what to install",
	"cmd/internal/cli/container/exec.go":       "an example",
	"cmd/internal/cli/format/format.go":        "no program: a flag of shfmt",

	"backend/build/hints.go":           "hints for people name what to run",
	"backend/build/missing.go":         "as these",
	"backend/engine/programs/check.go": "as these",
	"backend/testbed/base.go":          "tests run them",
	"backend/recipe/accounts.go":       "it reads what a user did, typed commands and tables that programs have left",
	"backend/recipe/apk.go":            "as it",
	"backend/recipe/dpkg.go":           "as it",
	"backend/recipe/edits.go":          "it writes a command",
	"backend/recipe/substitutions.go":  "as typed.go, and it does what a user has typed again",
	"backend/recipe/gem.go":            "as accounts.go",
	"backend/recipe/npm.go":            "as it",
	"backend/recipe/python.go":         "as it",
	"backend/recipe/tools.go":          "it writes commands for programs that an image has",
	"backend/recipe/typed.go":          "as accounts.go",
	"backend/validate/packages.go":     "it reads databases of packages that are in an image",

	"ir/lint/hadolint/": "rules about a program are about its name; what a command does they ask ir/effects",

	"plugins/builtin/splitcopy/": "the files of a project that the install of each manager reads; what installs it asks ir/effects",

	"ir/lint/graph/": "what rules are about by name, as options that turn a check off; what commands do it asks ir/effects",

	"plugins/builtin/mergerun/past.go":     "no program: a message has the word",
	"plugins/builtin/mergerun/program.go":  "xargs and find, which give commands arguments of their own",
	"plugins/builtin/mergerun/programs.go": "as these",
	"plugins/builtin/mergerun/tables.go":   "what runs, removes or puts another shell in the place of what a RUN starts with",
	"plugins/builtin/mergerun/tame.go":     "what puts no program where a shell remembers one",
	"plugins/builtin/mergerun/workdir.go":  "what may remove the working directory",
}

// knows tells why a file may name programs.
func knows(file string) (entry string, ok bool) {
	for entry := range knowers {
		if file == entry || strings.HasSuffix(entry, "/") && strings.HasPrefix(file, entry) {
			return entry, true
		}
	}
	return "", false
}

// TestPrograms holds that what programs do is known in one place, the rows of ir/effects: files that
// name programs outside of it are few, and each says why.
func TestPrograms(t *testing.T) {
	used := map[string]bool{}
	for _, room := range []string{"lang", "ir", "plugins", "backend", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(filepath.Join("..", ".."), name)
			if rel = filepath.ToSlash(rel); err != nil || d.IsDir() && slices.Contains([]string{"ir/effects", "ir/distro", "ir/shell", "ir/irtest"}, rel) {
				return cmp.Or(err, fs.SkipDir)
			}
			if d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
				return nil
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			found, err := namesIn(string(text))
			if entry, ok := knows(rel); len(found) > 0 && ok {
				used[entry] = true
			} else if len(found) > 0 {
				t.Errorf("%s names %s: ask ir/effects what they do, or say here why not", rel, strings.Join(found, ", "))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range knowers {
		if !used[name] {
			t.Errorf("%s names no programs any more, and stands in the list", name)
		}
	}
}

// TestNamesIn holds that the test above sees them.
func TestNamesIn(t *testing.T) {
	for text, want := range map[string]string{
		`var x = "apt-get"`: "apt-get", "var x = strings.Fields(`cat\n\tcurl : [ x`)": "curl", `const y = "The npm of Node"`: "", `var z = a == "dnf" || b == "yum"`: "dnf yum", "// apt-get\nvar q = 1": "", `var x = "apt-get install"`: "apt-get",
	} {
		got, err := namesIn("package x\n" + text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// namesIn are the programs that strings of a Go file name, alone or in a list of words.
func namesIn(text string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		value, err := strconv.Unquote(lit.Value)
		if words := strings.Fields(value); err == nil && listed().MatchString(strings.Join(words, " ")) {
			for _, w := range words {
				found[w] = found[w] || slices.Contains(programNames, w)
			}
		}
		return true
	})
	var out []string
	for w, is := range found {
		if is {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out, nil
}
