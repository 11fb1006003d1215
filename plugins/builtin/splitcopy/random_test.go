package splitcopy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// machine is a model of a build: files by their paths, and where a stage stands. Its programs do what
// the files say that real ones are told to.
type machine struct {
	context, files map[string]string
	dir            string
	env            map[string]string
	failed         bool
}

// simulate gives the files of the last stage; it is false when the build fails.
func simulate(m *ir.Module, context map[string]string) (map[string]string, bool) {
	s := &machine{context: context, files: map[string]string{}, dir: "/", env: map[string]string{}}
	for _, op := range m.Stages[len(m.Stages)-1].Ops {
		switch b := op.Body.(type) {
		case *ir.Workdir:
			s.dir = s.at(b.Path)
		case *ir.Env:
			for _, p := range b.Pairs {
				s.env[p.Key] = p.Value
			}
		case *ir.Copy:
			s.copy(b)
		case *ir.Run:
			dir := s.dir
			for command := range strings.SplitSeq(b.Command.Line, "&&") {
				s.run(strings.Fields(command))
			}
			s.dir = dir
		}
		if s.failed {
			return nil, false
		}
	}
	return s.files, true
}

func (s *machine) at(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(s.dir, name)
}

// copy is COPY of files, and of directories by what is in them.
func (s *machine) copy(b *ir.Copy) {
	dest := s.at(b.Dest)
	for _, source := range b.Sources {
		source = strings.Trim(path.Clean("/"+source), "/")
		found := false
		for name, text := range s.context {
			rest, inside := strings.CutPrefix("/"+name, path.Join("/", source)+"/")
			if source == "" {
				rest, inside = name, true
			}
			switch {
			case name == source:
				s.files[path.Join(dest, path.Base(name))], found = text, true
			case inside:
				found = true
				if !slices.Contains(b.Excludes, rest) {
					s.files[path.Join(dest, rest)] = text
				}
			}
		}
		s.failed = s.failed || !found
	}
}

// below are the files of a directory, in their order.
func (s *machine) below(dir string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if strings.HasPrefix(name, path.Clean(dir)+"/") {
			list = append(list, name)
		}
	}
	return list
}

// show is all of a directory as a text.
func (s *machine) show(dir string) string {
	var out strings.Builder
	for _, name := range s.below(dir) {
		fmt.Fprintln(&out, name, s.files[name])
	}
	return out.String()
}

// run does a command.
func (s *machine) run(words []string) {
	switch line := strings.Join(words, " "); {
	case words[0] == "cd":
		s.dir = s.at(words[1])
	case line == "make":
		s.files["/made"] = s.show(s.dir)
	case strings.HasPrefix(line, "ls "):
		s.files["/names"] += strings.Join(s.below(s.at(words[1])), " ")
	case strings.HasPrefix(line, "rm -rf "):
		for _, name := range s.below(s.at(words[2])) {
			delete(s.files, name)
		}
		delete(s.files, s.at(words[2]))
	case strings.HasPrefix(line, "echo "):
		s.files[s.at(words[3])] = words[1]
	case strings.HasPrefix(line, "cp -r "):
		for _, name := range s.below(s.at(words[2])) {
			s.files[path.Join(s.at(words[3]), strings.TrimPrefix(name, s.at(words[2])))] = s.files[name]
		}
	case words[0] == "npm":
		s.npm(words[1:])
	case words[0] == "pip":
		for i, w := range words {
			if w == "-r" {
				s.files["/site"] += s.requirements(s.at(words[i+1]))
			}
		}
		if p := s.env["PYTHONPATH"]; p != "" {
			s.files["/site"] += s.files[path.Join(s.at(p), "sitecustomize.py")]
		}
		s.files["/site"] += s.files[s.at("setup.cfg")]
	}
}

func (s *machine) npm(words []string) {
	manifest, ok := s.files[s.at("package.json")]
	if !ok {
		s.failed = true
		return
	}
	for _, name := range s.below(s.at("node_modules")) {
		delete(s.files, name)
	}
	made := ""
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		made += s.files[s.at(name)]
	}
	if strings.Contains(manifest, "file:./src") || strings.Contains(manifest, "workspaces") || s.files[s.at("binding.gyp")] != "" ||
		!slices.Contains(words, "--ignore-scripts") && (strings.Contains(manifest, "postinstall") || strings.Contains(s.files[s.at("package-lock.json")], "prisma")) {
		made += s.show(s.dir)
	}
	if strings.Contains(s.files[s.at(".npmrc")], "cache=src") || s.env["npm_config_cache"] == "src" {
		s.files[s.at("src/entry")] = "cached"
		s.files[s.at("src/index.js")] = "cached"
	}
	s.files[s.at("node_modules/made")] = made
	if words[0] == "install" {
		s.files[s.at("package-lock.json")] = "{}"
	}
}

func (s *machine) requirements(name string) (out string) {
	text, ok := s.files[name]
	s.failed = s.failed || !ok
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if more, ok := strings.CutPrefix(line, "-r "); ok && path.Clean(more) != path.Base(name) {
			out += s.requirements(path.Join(path.Dir(name), more))
		}
		if strings.HasPrefix(line, "-e ") || strings.HasPrefix(line, "./") {
			out += s.show(s.dir)
		}
		out += line
	}
	return out
}

// TestRandom has random Dockerfiles and build contexts make the same files split, in the model.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 3))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	rare := func(list ...string) string {
		if r.IntN(4) > 0 {
			return list[0]
		}
		return pick(list...)
	}
	n, split, built := 20_000, 0, 0
	if testing.Short() {
		n = 6_000
	}
	for range n {
		context := map[string]string{"src/index.js": pick("1", "2"), "app/src/x": "x"}
		for _, dir := range []string{"", "app/"} {
			for name, text := range map[string]string{
				"package.json":      rare(`{}`, `{"dependencies": {"a": "1"}}`, `{"dependencies": {"a": "file:./src"}}`, `{"scripts": {"postinstall": "x"}}`, `{"workspaces": ["src"]}`, ""),
				"package-lock.json": rare(`{"lockfileVersion": 3}`, "", `{"lockfileVersion": 3, "packages": {"node_modules/@prisma/client": {"hasInstallScript": true}}}`),
				"requirements.txt":  rare("a==1\n", "-r more.txt\n", "-e src\n", "./src\n", ""), "more.txt": rare("b\n", "./src\n", ""), "setup.cfg": rare("", "[install]\n"), "sitecustomize.py": rare("", "x"),
				".npmrc": rare("", "fund=false\n", "cache=src\n"), "binding.gyp": rare("", "", "{}"), "node_modules/old": rare("", "", "old"), "logs/x": rare("", "log"),
			} {
				if text != "" && (dir == "" || r.IntN(3) > 0) {
					context[dir+name] = text
				}
			}
		}
		var b strings.Builder
		fmt.Fprintf(&b, "FROM x\n%s", rare("", "ENV A=b\n", "ENV PYTHONPATH=/w\n", "ENV npm_config_cache=src\n", "ENV npm_config_cache=/var/cache/npm\n"))
		fmt.Fprintf(&b, "WORKDIR %s\n%s", pick("/w", "/w", "/w/app", "/"), rare("", "RUN echo x > a\n", "RUN echo x > src/index.js\n", "COPY package.json ./\n"))
		fmt.Fprintf(&b, "COPY %s\n", pick(". .", ". .", ". /w", "app .", "app /w/app", ". /w/deep", "src /w/src"))
		for range r.IntN(5) {
			fmt.Fprintln(&b, rare("RUN "+command(pick, rare), "ENV C=d", "WORKDIR /w", "WORKDIR /w/src", "WORKDIR app", "COPY src/index.js /w/other", "COPY app/src /w/src", "USER root"))
		}
		text := b.String()
		m := irtest.Module(t, text)
		out, _ := run(t, text, context)
		before, ok := simulate(m, context)
		if plugintest.Print(out) == plugintest.Print(m) {
			continue
		}
		split++
		after, still := simulate(out, context)
		if !ok {
			continue // it failed, which the model has for what it does not know, too
		}
		built++
		if !still || !maps.Equal(before, after) {
			t.Fatalf("%s\nbecomes\n%s\nof %q\nit was\n%q\nand is\n%q", text, plugintest.Print(out), context, before, after)
		}
	}
	t.Logf("of %d Dockerfiles, %d are split, and %d of these build", n, split, built)
	if built < n/100 {
		t.Error("too few")
	}
}

// command is a random script.
func command(pick, rare func(...string) string) string {
	one := func() string {
		return rare(pick("npm ci", "npm ci --ignore-scripts", "npm install", "pip install -r requirements.txt", "pip install -r /w/requirements.txt", "cd app && npm ci", "cd /w && npm install"),
			"make", "ls .", "ls /etc", "rm -rf src", "rm -rf node_modules", "rm -rf /w/logs", "echo x > /tmp/x", "echo x > logs/x", "echo x > src/index.js", "echo x > package.json", "cp -r src /c", "cp -r /etc /w/src")
	}
	list := []string{one()}
	for rare("", "more") != "" {
		list = append(list, one())
	}
	return strings.Join(list, " && ")
}
