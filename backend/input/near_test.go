package input

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	above := write(t, t.TempDir(), "shared/lib.go", "LICENSE", "ctx/Dockerfile", "ctx/requirements.txt", "ctx/src/app/Main.go", "ctx/src/app/config.yaml",
		"ctx/cmd/tool/tool.go", "ctx/other/tool.go", "ctx/dist/app.js", "ctx/logs/run.log", "ctx/deep/a/b/c.txt", "ctx/link -> src/app/gone", "ctx/out -> ../../LICENSE",
		"ctx/abs -> /src/app", "ctx/todist -> dist", "ctx/node_modules/lib/only.js")
	root := filepath.Join(above, "ctx")
	write(t, root, "README.md")
	ignore, err := ParseIgnore(".dockerignore", []byte("# what is built\ndist\n*.log\n**/*.log\nnode_modules\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, want string }{
		{"/requirments.txt", "did you mean `requirements.txt`?"},
		{"/Requirements.txt", "did you mean `requirements.txt`?"},
		{"readme.md", "did you mean `README.md`?"},
		{"/src/app/main.go", "did you mean `src/app/Main.go`?"},
		{"/scr/ap/main.go", "did you mean `src/app/Main.go`?"},
		{"/src/app/config.yml", "did you mean `src/app/config.yaml`?"},
		{"/dist", "it is there, but line 2 of .dockerignore drops it from the context: `dist`; add the line `!dist` below it"},
		{"/dist/app.js", "it is there, but line 2 of .dockerignore drops it from the context: `dist`; add the line `!dist/app.js` below it"},
		{"/logs/run.log", "it is there, but line 4 of .dockerignore drops it from the context: `**/*.log`; add the line `!logs/run.log` below it"},
		{"/dist/ap.js", "did you mean `dist/app.js`? But line 2 of .dockerignore drops it from the context: `dist`"},
		{"/c.txt", "did you mean `deep/a/b/c.txt`? Paths are relative to the build context, "},
		{"/tool.go", "did you mean `other/tool.go` or `cmd/tool/tool.go`? Paths"},
		{"/x/tool/tool.go", "did you mean `cmd/tool/tool.go` or `other/tool.go`? Paths"},
		{"/ctx/cmd/tool/tool.go", "it is in the directory above: a build sees only its context, "},
		{"/tol.go", "did you mean `other/tool.go` or `cmd/tool/tool.go`? Paths"},
		{"/shared/lib.go", "it is in the directory above: a build sees only its context, "},
		{"/LICENSE", "it is in the directory above: "},
		{"/etc/passwd", "`/etc/passwd` is on this machine, but a build sees only its context, "},
		{"/link", "it is a link to `src/app/gone`, which is not in the build context"},
		{"/out", "it is a link to `../../LICENSE`, which is not in the build context"},
		{"/todist", "it is a link to `dist`, which line 2 of .dockerignore drops from the context: `dist`"},
		{"/abs", ""}, {"/src", ""}, {"/Dockerfile", ""}, {"/only.js", ""}, {"/quite/something/else", ""}, {"/zzzz", ""},
	}
	for _, tt := range tests {
		m := missing{dir: root, name: strings.TrimPrefix(tt.name, "/"), ignore: ignore}
		if got := m.hint(context.Background()); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestSourceNear(t *testing.T) {
	root := write(t, t.TempDir(), "Dockerfile", "src/main.go")
	in, err := Find(context.Background(), Request{Path: root})
	if err != nil {
		t.Fatal(err)
	}
	src, err := in.open(context.Background(), &gateway{input: in})
	if src == nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"/src/man.go": "did you mean `src/main.go`?", "/": "", "": "", "../../src": ""} {
		if got := src.Near(context.Background(), name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
