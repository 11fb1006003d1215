//go:build linux

package splitcopy_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// naive splits a Dockerfile as somebody does who takes it for the usual case.
func naive(text string) string {
	head, rest, _ := strings.Cut(text, "COPY . .\n")
	var out strings.Builder
	out.WriteString(head + "COPY package*.json requirements*.txt go.* ./\n")
	done := false
	for line := range strings.Lines(rest) {
		out.WriteString(line)
		if !done && (strings.Contains(line, "npm ") || strings.Contains(line, "pip ") || strings.Contains(line, "go mod")) {
			done = true
			out.WriteString("COPY . .\n")
		}
	}
	return out.String()
}

// TestAdverse has projects for which the usual split makes another image on a real BuildKit, or none:
// the plugin leaves them whole, or what it makes of them is the same.
func TestAdverse(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox))
	b := &builder{testbed.Buildx(t), d.Remote(t)}
	const start, npm = "WORKDIR /app\nCOPY . .\n", "RUN npm ci\n"
	pip, mod := "RUN pip install -r requirements.txt\n", "RUN go mod download\n"
	hooked := sources("package.json", `{"scripts": {"postinstall": "ls src > seen"}}`)
	for i, tt := range []struct {
		name, text string
		files      tree
	}{
		{"a script of the project", start + npm, hooked},
		{"prepare", start + npm, sources("package.json", `{"scripts": {"prepare": "cp -r src built"}}`)},
		{"a path", start + npm, sources("package.json", `{"dependencies": {"src": "file:./src"}}`)},
		{"workspaces", start + npm, sources("package.json", `{"workspaces": ["src"]}`)},
		{"an addon", start + npm, sources("binding.gyp", "{}")},
		{"a schema", start + npm, sources("package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/@prisma/client": {"hasInstallScript": true}}}`, "prisma/schema", "s")},
		{"settings", start + npm, sources(".npmrc", "cache=src\n")},
		{"what the install makes", start + npm, sources("node_modules/.installed", "old")},
		{"a lock that is written anew", start + "RUN npm install\nRUN cat package-lock.json > /lock\n", sources()},
		{"a second command", start + "RUN npm ci && cp -r src /copied\n", sources()},
		{"a second command with a variable", start + "RUN X=src && npm ci && cp -r $X /copied\n", sources()},
		{"a second command with a mask", start + "RUN umask 077 && npm ci && cp src/index.js /copied\n", sources()},
		{"a command in front", start + "RUN rm -rf src && npm ci\n", sources()},
		{"a RUN in front", start + "RUN ls > /names\n" + npm, sources()},
		{"what changes owners", start + "RUN chown -R 1000:1000 /app\n" + npm, sources()},
		{"what copies over it", start + "COPY --from=base /etc/passwd src/index.js\n" + npm, sources()},
		{"a program of the project", "ENV PATH=/app/bin:$PATH\n" + start + npm, sources("bin/npm 0755", "#!/bin/sh\necho mine > /mine\n")},
		{"a wildcard", start + "RUN echo * > /names && npm ci\n", sources()},
		{"itself", start + pip, sources("requirements.txt", "-e src\n")},
		{"a directory", start + pip, sources("requirements.txt", "./src\n")},
		{"a module of python", "ENV PYTHONPATH=/app\n" + start + pip, sources("sitecustomize.py", "x\n")},
		{"a directory for a module", start + mod, sources("go.mod", "module a\nreplace b => ./src\n")},
		{"a directory that is made later", "COPY . .\nWORKDIR /src/deep\nRUN cd / && pip install -r requirements.txt\n", sources()},
		{"a directory that gives its group", start + "RUN cd web && npm ci\n", tree{"web/package.json": "{}", "web/src/index.js": "1", "web/ 2755": ""}},
		{"a directory into which all may write", start + "USER me\nRUN cd web && npm ci\n", tree{"web/package.json": "{}", "web/src/index.js": "1", "web/ 0777": ""}},
		{"a home", "ENV HOME=/app\nRUN mkdir -p /app && echo x > /app/.keep\n" + start + "RUN cp -r ~ /home2 && npm ci\n", sources()},
		{"a mount of the context", start + "RUN --mount=target=/ctx cp -r src /copied && npm ci\n", sources()},
	} {
		if !testbed.Sample(i, 5) {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.files.write(t)
			text := installers + tt.text
			split, why := after(t, text, dir)
			plain, _, err := b.try(t, text, dir)
			if err != nil {
				t.Fatal(err)
			}
			usual, _, err := b.try(t, naive(text), dir)
			if err == nil && len(differences(plain, usual)) == 0 {
				t.Errorf("the usual split makes the same image\n%s", naive(tt.text))
			}
			t.Logf("%s", why)
			if split == "" {
				return
			}
			ours, _ := b.build(t, split, dir)
			if list := differences(plain, ours); len(list) > 0 {
				t.Errorf("%s\n%s", strings.Join(list, "\n"), split)
			}
		})
	}
}
