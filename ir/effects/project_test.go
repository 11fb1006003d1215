package effects_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestProjectOf is about what commands have to do with the project that they stand in.
func TestProjectOf(t *testing.T) {
	for line, want := range map[string]string{
		"npm ci":                              "npm ci makes node_modules/",
		"npm --quiet ci --omit=dev":           "npm ci makes node_modules/",
		"npm clean-install --production":      "npm clean-install makes node_modules/",
		"npm i --no-audit":                    "npm i makes node_modules/ locks package.json package-lock.json npm-shrinkwrap.json yarn.lock",
		"npm install express":                 "npm: it installs what it is told by name",
		"npm ci --prefix x":                   "npm: it has an option that is not known",
		"npm ci -g":                           "none",
		"npm ci $X":                           "npm: it has a word that only the run shows",
		"npm run build":                       "none",
		"npm":                                 "none",
		"npm --prefix x ci":                   "none",
		"./npm ci":                            "npm: it is no program of the system",
		"/usr/local/bin/npm ci":               "npm ci makes node_modules/",
		"sudo npm ci":                         "npm: it is run by another program",
		"xargs npm ci":                        "npm: it is run by another program",
		"yarn":                                "yarn makes node_modules/ yarn-error.log locks yarn.lock",
		"yarn --frozen-lockfile":              "yarn makes node_modules/ yarn-error.log",
		"yarn install --pure-lockfile":        "yarn install makes node_modules/ yarn-error.log",
		"yarn build":                          "none",
		"yarn --version":                      "none",
		"yarn add x":                          "none",
		"pnpm install --frozen-lockfile=true": "pnpm install makes node_modules/ .pnpm-store/",
		"pnpm i --frozen-lockfile=false":      "pnpm i makes node_modules/ .pnpm-store/ locks pnpm-lock.yaml",
		"pnpm":                                "none",
		"pip install -r a.txt -c b.txt x":     "pip install files a.txt b.txt",
		"pip3 --no-cache-dir install -ra.txt": "pip install files a.txt",
		"pip install -e .":                    "pip: it has an option that is not known",
		"pip install --target=/x y":           "pip install dirs /x",
		"pip install -i https://x.example y":  "pip install from https://x.example",
		"python3 -m pip install -r x":         "pip: python -m takes modules of the directory that it stands in for its own",
		"python3 -m venv x":                   "none",
		"go mod download":                     "go mod download locks go.mod go.sum go.work.sum",
		"go mod download -x":                  "go mod download locks go.mod go.sum go.work.sum",
		"go mod download all":                 "go: it installs what it is told by name",
		"go mod tidy":                         "none",
		"go download mod":                     "none",
		"go build -json":                      "none",
		"bundle install --jobs 4 --frozen":    "bundle install makes .bundle/ vendor/bundle/",
		"bundle":                              "bundle makes .bundle/ vendor/bundle/ locks Gemfile.lock gems.locked",
		"bundle install --path x":             "bundle: it has an option that is not known",
		"composer install --no-dev --no-scripts --no-autoloader": "composer install makes vendor/ locks composer.lock symfony.lock",
		"composer -n install -d x":                               "composer: it has an option that is not known",
		"composer update":                                        "none",
		"make":                                                   "none",
	} {
		script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := project(script.Commands[0]); got != want {
			t.Errorf("%s: %s, not %s", line, got, want)
		}
	}
}

func project(c *shell.Command) string {
	p, why := effects.ProjectOf(c)
	switch {
	case p == nil:
		return "none"
	case why != "":
		return p.Manager + ": " + why
	}
	out := strings.TrimSpace(p.Manager + " " + strings.TrimPrefix(p.Command, p.Manager+" "))
	texts := func(what string, list []shell.Word) {
		for i, w := range list {
			if i == 0 {
				out += " " + what
			}
			out += " " + w.Text
		}
	}
	if len(p.Makes) > 0 {
		out += fmt.Sprintf(" makes %s", strings.Join(p.Makes, " "))
	}
	if len(p.Locks) > 0 {
		out += fmt.Sprintf(" locks %s", strings.Join(p.Locks, " "))
	}
	texts("files", p.Files)
	texts("dirs", p.Dirs)
	texts("from", p.Sources)
	return out
}
