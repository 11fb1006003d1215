package splitcopy_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/splitcopy"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// base is the config of every base image here.
const base = `{"os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/"}}`

// lock is one of a project with a package of each kind.
const lock = `{"lockfileVersion": 3, "packages": {"": {"name": "app"}, "node_modules/a": {"version": "1.0.0", "resolved": "https://r.example/a.tgz"},
	"node_modules/esbuild": {"version": "0.20.0", "hasInstallScript": true}}}`

// contexts has files of a project for each manager.
func project() map[string]string {
	return map[string]string{
		"package.json":      `{"name": "app", "scripts": {"build": "x"}, "dependencies": {"a": "^1.0.0"}}`,
		"package-lock.json": lock,
		"src/index.js":      "1",
		"requirements.txt":  "a==1.0 --hash=sha256:00\nb[x]>=2; python_version < '3.9'  # why\n",
		"go.mod":            "module app\n\ngo 1.22\n\nrequire a.example/b v1.0.0 // indirect\n",
		"go.sum":            "",
		"main.go":           "package main",
		"yarn.lock":         "# yarn lockfile v1\n\n\"@a/b@^1.0.0\", \"@a/b@^1.2.0\":\n  version \"1.2.0\"\n  resolved \"https://r.example/b.tgz#00\"\n  dependencies:\n    c \"^1\"\n\nc@^1, c@~1.2:\n  version \"1.2.0\"\n",
		"Gemfile":           "# frozen_string_literal: true\nsource 'https://rubygems.org'\nruby \"3.2.0\"\ngem 'rails', '~> 7.0', '>= 7.0.1' # why\ngem \"b\", require: false, platforms: [:mri, :mingw]\ngroup :development, :test do\n  gem 'c', :git => 'https://g.example/c.git'\nend\n",
		"Gemfile.lock":      "GEM\n  remote: https://rubygems.org/\n",
		"composer.json":     `{"repositories": [{"type": "vcs", "url": "https://g.example/x"}], "config": {"sort-packages": true}}`,
		"composer.lock":     `{"packages": [{"name": "a/b", "type": "library", "dist": {"type": "zip", "url": "https://d.example/b.zip"}}]}`,
	}
}

// with is a project with other files; "" takes one away.
func with(pairs ...string) map[string]string {
	p := project()
	for i := 0; i < len(pairs); i += 2 {
		if p[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(p, pairs[i])
		}
	}
	return p
}

// run takes a text through the plugin, for a build context.
func run(t testing.TB, text string, files map[string]string) (*ir.Module, diag.List) {
	t.Helper()
	return runWith(t, `{"explain": true}`, text, files)
}

func runWith(t testing.TB, config, text string, files map[string]string) (*ir.Module, diag.List) {
	t.Helper()
	m := irtest.Module(t, text)
	p := plugins.Pipeline{Steps: []plugins.Step{{Plugin: splitcopy.New(), Config: []byte(config), Grants: []plugins.Grant{plugins.GrantContext, plugins.GrantImages}}}}
	out, err := p.Run(t.Context(), plugins.Input{Module: m, Host: func(*ir.Module) plugins.Host {
		return plugintest.Host{Config: base, Files: files}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Module, out.Diags
}

const npm = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"

// TestSplit has what a Dockerfile becomes.
func TestSplit(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"npm ci", npm, "FROM node:22\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"},
		{"npm install", "FROM node:22\nWORKDIR /app\nCOPY . /app\nRUN npm install --omit=dev\nCMD x\n",
			"FROM node:22\nWORKDIR /app\nCOPY package-lock.json package.json yarn.lock /app/\nRUN npm install --omit=dev\nCOPY --exclude=package-lock.json --exclude=package.json --exclude=yarn.lock . /app\nCMD x\n"},
		{"pip", "FROM python:3\nWORKDIR /app\nCOPY --chown=1:1 . ./\nENV A=b\nRUN pip install --no-cache-dir -r requirements.txt\n",
			"FROM python:3\nWORKDIR /app\nCOPY --chown=1:1 requirements.txt ./\nENV A=b\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY --chown=1:1 . ./\n"},
		{"pip by its path", "FROM python:3\nADD . /srv/app\nRUN pip install -r /srv/app/requirements.txt\n",
			"FROM python:3\nCOPY requirements.txt /srv/app/\nRUN pip install -r /srv/app/requirements.txt\nADD . /srv/app\n"},
		{"go", "FROM golang:1\nWORKDIR /src\nCOPY . .\nRUN go mod download\nRUN go build\n",
			"FROM golang:1\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY --exclude=go.mod --exclude=go.sum . .\nRUN go build\n"},
		{"two installs", "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nLABEL a=b\nRUN npm ci\nRUN make\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json requirements.txt ./\nRUN pip install -r requirements.txt\nLABEL a=b\nRUN npm ci\nCOPY . .\nRUN make\n"},
		{"a second that cannot", "FROM x\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN make\nRUN pip install -r requirements.txt\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN npm ci\nCOPY . .\nRUN make\nRUN pip install -r requirements.txt\n"},
		{"what stands between", "FROM x\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /data && echo hi > /data/x\nUSER root\nRUN npm ci && npm cache clean --force\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN mkdir -p /data && echo hi > /data/x\nUSER root\nRUN npm ci && npm cache clean --force\nCOPY . .\n"},
		{"another directory behind it", "FROM x\nWORKDIR /app\nCOPY . .\nWORKDIR /\nRUN cd /app && npm ci\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nWORKDIR /\nRUN cd /app && npm ci\nCOPY . /app/\n"},
		{"one RUN", "FROM x\nWORKDIR /app\nCOPY . .\nRUN npm ci && \\\n    npm run build && rm -rf /tmp/x\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build && rm -rf /tmp/x\n"},
		{"one RUN in another directory", "FROM x\nCOPY . /app\nRUN --mount=type=cache,target=/c cd /app && npm ci && make\n",
			"FROM x\nCOPY package-lock.json package.json /app/\nRUN --mount=type=cache,target=/c cd /app && npm ci\nCOPY . /app\nRUN --mount=type=cache,target=/c cd /app && make\n"},
		{"what is not in the context", "FROM x\nWORKDIR /app\nCOPY . .\nRUN mkdir -p logs && rm -rf node_modules && npm ci\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN mkdir -p logs && rm -rf node_modules && npm ci\nCOPY . .\n"},
		{"a program for all", "FROM x\nWORKDIR /app\nCOPY . .\nRUN npm install -g yarn\nRUN npm ci\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN npm install -g yarn\nRUN npm ci\nCOPY . .\n"},
		{"what reads nothing there", "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install flask\n", "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install flask\n"},
		{"variables that lead nowhere", "FROM x\nENV PIP_NO_CACHE_DIR=1 NODE_ENV=production NPM_CONFIG_LOGLEVEL=warn PYTHONUNBUFFERED=1 NODE_OPTIONS=--max-old-space-size=4096 PATH=/app/node_modules/.bin:/usr/bin APP=/app GOPATH=/go\nARG X\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
			"FROM x\nENV PIP_NO_CACHE_DIR=1 NODE_ENV=production NPM_CONFIG_LOGLEVEL=warn PYTHONUNBUFFERED=1 NODE_OPTIONS=--max-old-space-size=4096 PATH=/app/node_modules/.bin:/usr/bin APP=/app GOPATH=/go\nARG X\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN npm ci\nCOPY . .\n"},
		{"bundle", "FROM x\nWORKDIR /app\nCOPY . .\nRUN bundle install --jobs 4\n",
			"FROM x\nWORKDIR /app\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install --jobs 4\nCOPY --exclude=Gemfile.lock . .\n"},
		{"composer", "FROM x\nWORKDIR /app\nCOPY . .\nRUN composer install --no-scripts --no-autoloader --no-dev\n",
			"FROM x\nWORKDIR /app\nCOPY composer.json composer.lock ./\nRUN composer install --no-scripts --no-autoloader --no-dev\nCOPY --exclude=composer.lock . .\n"},
		{"yarn", "FROM x\nWORKDIR /app\nCOPY . .\nRUN yarn --frozen-lockfile\n",
			"FROM x\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile\nCOPY . .\n"},
		{"exec form", "FROM x\nWORKDIR /app\nCOPY . .\nRUN [\"npm\", \"ci\"]\n", "FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN [\"npm\", \"ci\"]\nCOPY . .\n"},
		{"a heredoc", "FROM x\nWORKDIR /app\nCOPY . .\nRUN <<E\nset -e\nnpm ci\nE\n", "FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN <<E\nset -e\nnpm ci\nE\nCOPY . .\n"},
		{"a cache", "FROM x\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
			"FROM x\nWORKDIR /app\nCOPY package-lock.json package.json ./\nRUN --mount=type=cache,target=/root/.npm npm ci\nCOPY . .\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, diags := run(t, tt.text, project())
			if got := plugintest.Print(m); got != tt.want {
				t.Errorf("%s\nnot\n%s\n%+v", got, tt.want, []diag.Diagnostic(diags))
			}
			again, _ := run(t, tt.want, project())
			if got := plugintest.Print(again); got != tt.want {
				t.Errorf("a second run makes\n%s", got)
			}
		})
	}
}

// TestPackages has packages of a distribution installed in between, with and without trust.
func TestPackages(t *testing.T) {
	const trust = `{"explain": true, "packages": "trust"}`
	text := func(dir, between string) string {
		return "FROM debian\nWORKDIR " + dir + "\nCOPY . .\nRUN " + between + "\nRUN npm ci\n"
	}
	for _, tt := range []struct {
		config, text string
		splits       bool
	}{
		{trust, text("/opt/app", "apt-get install -y curl"), true},
		{`{"explain": true}`, text("/opt/app", "apt-get install -y curl"), false},
		{trust, text("/opt/app", "apt-get install -y curl && rm -rf /opt"), false},
		{trust, text("/home/app", "apt-get install -y curl"), false},
	} {
		_, diags := runWith(t, tt.config, tt.text, project())
		want := map[bool]string{true: "split-copy/split", false: "split-copy/between"}[tt.splits]
		if len(diags) != 1 || diags[0].Code != want {
			t.Errorf("%s\n%v, not %s", tt.text, diags, want)
		}
	}
}

// TestRefused has what is not split, and by which code.
func TestRefused(t *testing.T) {
	pkg := func(more string) map[string]string { return with("package.json", `{"name": "app", `+more+`}`) }
	locked := func(entry string) map[string]string {
		return with("package-lock.json", `{"lockfileVersion": 3, "packages": {"": {}, `+entry+`}}`)
	}
	pip := "FROM x\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
	req := func(text string) map[string]string { return with("requirements.txt", text) }
	npmWith := func(before string) string { return strings.Replace(npm, "RUN npm ci", before+"\nRUN npm ci", 1) }
	for _, tt := range []struct {
		name, text string
		files      map[string]string
		code       string
	}{
		{"a script of the project", npm, pkg(`"scripts": {"postinstall": "node src/x.js"}`), "scripts"},
		{"prepare", npm, pkg(`"scripts": {"prepare": "husky"}`), "scripts"},
		{"workspaces", npm, pkg(`"workspaces": ["p/*"]`), "reads"},
		{"a path", npm, pkg(`"dependencies": {"a": "file:./a"}`), "reads"},
		{"a path without a word", npm, pkg(`"dependencies": {"a": "../a"}`), "reads"},
		{"an archive", npm, pkg(`"dependencies": {"a": "a.tgz"}`), "reads"},
		{"an override with a path", npm, pkg(`"overrides": {"b": {"a": "file:./a"}}`), "reads"},
		{"a program", npm, pkg(`"bin": "cli.js"`), "reads"},
		{"no JSON", npm, with("package.json", "{"), "manifests"},
		{"no package", npm, with("package.json", ""), "manifests"},
		{"an addon", npm, with("binding.gyp", "{}"), "reads"},
		{"a link in the lock", npm, locked(`"node_modules/a": {"link": true, "resolved": "packages/a"}`), "reads"},
		{"a directory in the lock", npm, locked(`"packages/a": {"version": "1.0.0"}`), "reads"},
		{"a file in the lock", npm, locked(`"node_modules/a": {"resolved": "file:a.tgz"}`), "reads"},
		{"an old lock with a file", npm, with("package-lock.json", `{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "file:b"}}}}}`), "reads"},
		{"a script of a package", npm, locked(`"node_modules/zzz": {"hasInstallScript": true}`), "scripts"},
		{"prisma", npm, locked(`"node_modules/@prisma/client": {"hasInstallScript": true}`), "scripts"},
		{"settings of npm", npm, with(".npmrc", "script-shell=./sh\n"), "reads"},
		{"a cache in the context", npm, with(".npmrc", "cache=.cache\n"), "reads"},
		{"node_modules", npm, with("node_modules/a/index.js", "1"), "made"},
		{"yarn 2", strings.Replace(npm, "npm ci", "yarn install", 1), with(".yarnrc.yml", "yarnPath: x"), "reads"},
		{"a lock of yarn 2", strings.Replace(npm, "npm ci", "yarn", 1), with("yarn.lock", "__metadata:\n  version: 6\n"), "install"},
		{"yarn with a path", strings.Replace(npm, "npm ci", "yarn", 1), with("yarn.lock", "\"a@file:./a\":\n  version \"1\"\n"), "reads"},
		{"pnpm with a hook", strings.Replace(npm, "npm ci", "pnpm i", 1), with(".pnpmfile.cjs", "x"), "reads"},

		{"an old lock with a repository in the project", npm, with("package-lock.json", `{"lockfileVersion": 1, "dependencies": {"a": {"version": "git+file:///app/a"}}}`), "reads"},
		{"an old lock with an archive", npm, with("package-lock.json", `{"lockfileVersion": 1, "dependencies": {"a": {"version": "../a.tgz"}}}`), "reads"},
		{"itself", pip, req("-e .\n"), "reads"},
		{"a directory", pip, req("a\n./lib\n"), "reads"},
		{"a dot", pip, req("."), "reads"},
		{"an archive of python", pip, req("a-1.0.tar.gz\n"), "reads"},
		{"a wheel", pip, req("a.whl"), "reads"},
		{"a file at a name", pip, req("a @ file:///app/a.whl"), "reads"},
		{"links", pip, req("--find-links wheels\na"), "reads"},
		{"a variable", pip, req("a==${V}"), "reads"},
		{"no requirements", pip, with("requirements.txt", ""), "manifests"},
		{"requirements that are not there", pip, req("-r other.txt"), "manifests"},
		{"requirements elsewhere", pip, req("-r ../other.txt"), "elsewhere"},
		{"nested", pip, with("requirements.txt", "-r b/c.txt\n", "b/c.txt", "-c ../d.txt\n", "d.txt", "./x"), "reads"},
		{"python -m", strings.Replace(pip, "pip", "python -m pip", 1), nil, "install"},
		{"a directory beside", strings.Replace(pip, "-r", ". -r", 1), nil, "reads"},
		{"a target", strings.Replace(pip, "-r", "-t lib -r", 1), nil, "elsewhere"},
		{"a glob", strings.Replace(pip, "-r", "flask[async] -r", 1), nil, "script"},

		{"a directory for a module", "FROM x\nWORKDIR /app\nCOPY . .\nRUN go mod download\n", with("go.mod", "module a\nreplace b => ../b\n"), "reads"},
		{"a workspace", "FROM x\nWORKDIR /app\nCOPY . .\nRUN go mod download\n", with("go.work", "use ./a\n"), "reads"},
		{"vendor", "FROM x\nWORKDIR /app\nCOPY . .\nRUN go mod download\n", with("vendor/modules.txt", "x"), "reads"},

		{"what reads it", npmWith("RUN make"), nil, "between"},
		{"what changes it", npmWith("RUN chown -R node /app"), nil, "between"},
		{"what removes in it", npmWith("RUN rm -rf /app/src"), nil, "between"},
		{"what copies to it", npmWith("COPY --from=y /z /app/src"), nil, "between"},
		{"a working directory of it", "FROM x\nCOPY . /app\nWORKDIR /app/src\nRUN cd .. && npm ci\n", nil, "between"},
		{"a glob of a shell", npmWith("RUN echo *"), nil, "script"},
		{"in one RUN, with ;", strings.Replace(npm, "npm ci", "npm ci; npm run build", 1), nil, "between"},
		{"in one RUN, or else", strings.Replace(npm, "npm ci", "npm ci && npm run build || true", 1), nil, "script"},
		{"in one RUN, with a variable", strings.Replace(npm, "npm ci", "A=b && npm ci && make $A", 1), nil, "between"},
		{"in one RUN, with an option", strings.Replace(npm, "npm ci", "set -x && npm ci && make", 1), nil, "between"},
		{"in one RUN, with a mount of memory", strings.Replace(npm, "RUN npm ci", "RUN --mount=type=tmpfs,target=/t npm ci && make", 1), nil, "between"},
		{"in one RUN, with what the install makes", strings.Replace(npm, "npm ci", "npm ci && npm run build", 1), with("node_modules/a/index.js", "1"), "made"},
		{"a directory that the context has", npmWith("RUN mkdir -p src/x"), nil, "between"},
		{"a list of the directory", npmWith("RUN ls /app"), nil, "between"},
		{"with what stands there", strings.Replace(npm, "npm ci", "rm -rf src && npm ci", 1), nil, "between"},
		{"or else", strings.Replace(npm, "npm ci", "npm ci || npm install", 1), nil, "script"},
		{"an alias", strings.Replace(npm, "npm ci", "alias npm=./npm; npm ci", 1), nil, "script"},
		{"an output", strings.Replace(npm, "npm ci", "npm ci > log", 1), nil, "script"},
		{"another directory", strings.Replace(npm, "npm ci", "cd /other && npm ci", 1), nil, "elsewhere"},
		{"an unknown directory", strings.Replace(npm, "npm ci", "cd $X && npm ci", 1), nil, "elsewhere"},
		{"a mount of the context", strings.Replace(npm, "RUN npm ci", "RUN --mount=target=/app npm ci", 1), nil, "mounts"},
		{"a mount in it", strings.Replace(npm, "RUN npm ci", "RUN --mount=type=cache,target=node_modules npm ci", 1), nil, "mounts"},
		{"another shell", strings.Replace(npm, "COPY", "SHELL [\"pwsh\"]\nCOPY", 1), nil, "shell"},

		{"the root", "FROM x\nCOPY . /\nRUN npm ci\n", nil, "place"},
		{"the system", "FROM x\nWORKDIR /usr/local\nCOPY . .\nRUN npm ci\n", nil, "place"},
		{"the home", "FROM x\nWORKDIR /root\nCOPY . .\nRUN npm ci\n", nil, "home"},
		{"a home that is set", "FROM x\nENV HOME=/app/home\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "home"},
		{"a user that is not known", "FROM x\nWORKDIR /app\nCOPY . .\nUSER app\nRUN npm ci\n", nil, "home"},
		{"a path of programs", "FROM x\nENV PATH=/app/src:$PATH\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "variables"},
		{"a relative path of programs", "FROM x\nENV PATH=bin:$PATH\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "variables"},
		{"modules of python", "FROM x\nENV PYTHONPATH=/app\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n", nil, "variables"},
		{"options of node", "FROM x\nENV NODE_OPTIONS=\"--require ./x.js\"\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "variables"},
		{"a variable in front", "FROM x\nWORKDIR /app\nCOPY . .\nRUN npm_config_cache=src npm ci\n", nil, "variables"},
		{"an exported variable", "FROM x\nWORKDIR /app\nCOPY . .\nRUN export NODE_PATH=/app/src && npm ci\n", nil, "variables"},
		{"a word for a directory", "FROM x\nENV npm_config_cache=test\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "variables"},
		{"a number for a directory", "FROM x\nENV PIP_TARGET=1\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n", nil, "variables"},
		{"an owner who changes", "FROM x\nWORKDIR /app\nCOPY --chown=app . .\nRUN usermod -u 7 app\nRUN npm ci\n", nil, "between"},
		{"another place for it", "FROM x\nWORKDIR /srv/app\nCOPY . .\nRUN ln -sfn /data /srv\nRUN npm ci\n", nil, "between"},
		{"a directory outside of the lock", npm, locked(`"node_modules/../src": {"version": "1.0.0"}`), "reads"},
		{"an option of a requirement", pip, req("a==1 --config-settings=x=y\n"), "reads"},
		{"a list that reads", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "gem 'a', require: [File.read('v')]\n"), "reads"},
		{"composer with a directory", strings.Replace(npm, "npm ci", "composer install --no-scripts --no-autoloader", 1), with("composer.json", `{"repositories": [{"t\u0079pe": "p\u0061th", "url": "lib"}]}`, "composer.lock", "{}"), "reads"},
		{"composer with a plugin", strings.Replace(npm, "npm ci", "composer install --no-scripts --no-autoloader", 1), with("composer.json", `{}`, "composer.lock", `{"packages": [{"name": "a", "type": "composer-plugin"}]}`), "scripts"},
		{"a mount around it", strings.Replace(npm, "RUN npm ci", "RUN --mount=type=cache,target=/ npm ci", 1), nil, "mounts"},
		{"an argument", "FROM x\nARG PIP_INDEX_URL\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "variables"},
		{"settings", "FROM x\nRUN npm config set script-shell /app/sh\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", nil, "settings"},

		{"a link", "FROM x\nWORKDIR /app\nCOPY --link . .\nRUN npm ci\n", nil, "flags"},
		{"parents", "FROM x\nWORKDIR /app\nCOPY --parents . .\nRUN npm ci\n", nil, "flags"},
		{"what it leaves out", "FROM x\nWORKDIR /app\nCOPY --exclude=*.md . .\nRUN npm ci\n", nil, "flags"},
		{"an owner by a variable", "FROM x\nARG U\nWORKDIR /app\nCOPY --chown=$U . .\nRUN npm ci\n", nil, "flags"},
		{"a place by a variable", "FROM x\nARG D\nCOPY . $D\nRUN npm ci\n", nil, "place"},
		{"composer with scripts", strings.Replace(npm, "npm ci", "composer install", 1), with("composer.json", "{}"), "scripts"},
		{"composer with its repository", strings.Replace(npm, "npm ci", "composer install --no-scripts --no-autoloader", 1), with("composer.json", "{}", ".git/HEAD", "x"), "reads"},
		{"a Gemfile that reads", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "source 'https://rubygems.org'\ngem 'a', File.read('v')\n"), "reads"},
		{"a Gemfile with a path", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "gem 'a', path: 'a'\n"), "reads"},
		{"a Gemfile with a repository in the project", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "gem 'a', git: 'vendor/a'\n"), "reads"},
		{"a Gemfile with a repository of files", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "gem 'a', :git => 'file:///app/a'\n"), "reads"},
		{"a Gemfile with a source of files", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "source 'file:///app/gems'\n"), "reads"},
		{"a Gemfile.lock with a repository in the project", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile.lock", "GIT\n  remote: vendor/a\n"), "reads"},
		{"a gemspec", strings.Replace(npm, "npm ci", "bundle install", 1), with("Gemfile", "gemspec\n"), "reads"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := tt.files
			if files == nil {
				files = maps.Clone(project())
			}
			m, diags := run(t, tt.text, files)
			if len(diags) != 1 || diags[0].Code != "split-copy/"+tt.code {
				t.Errorf("%v\n%s", diags, plugintest.Print(m))
			}
		})
	}
}

func TestCases(t *testing.T) { plugintest.Dir(t, splitcopy.New(), "testdata") }
