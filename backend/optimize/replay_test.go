package optimize

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// repository makes one whose commits are steps of a shell.
func repository(t *testing.T, steps ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	dir := t.TempDir()
	for i, step := range append([]string{"git init -q && git config user.name me && git config user.email me@example.com && git config commit.gpgsign false"}, steps...) {
		if i > 0 {
			step += fmt.Sprintf("\ngit add -A && git commit -q --allow-empty -m 'step %d'", i)
		}
		cmd := exec.Command("sh", "-ec", step)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", step, err, out)
		}
	}
	return dir
}

// files are those of a directory: mode and content by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		text, _ := os.Readlink(name)
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			text = string(data)
		}
		rel, err := filepath.Rel(dir, name)
		out[filepath.ToSlash(rel)] = fmt.Sprintf("%v %s", info.Mode(), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// steps are the commits of a project: files come, change, become links, directories and programs,
// and go.
var steps = []string{
	"mkdir -p app/src app/old; echo 1 >app/src/a; echo x >app/b; echo x >outside; echo y >app/old/c; ln -s b app/link",
	"echo 2 >>app/src/a; echo z >outside",
	"echo only >outside",
	"rm app/link app/b; mkdir app/b; echo in >app/b/inside; chmod +x app/src/a; printf '%s' 'no end' >'app/ä b'",
	"rm -r app/old; rm -r app/b; ln -s src app/b; echo '*.md' >app/.dockerignore",
}

// TestCommits holds a replay, forwards and backwards, against what git itself checks out.
func TestCommits(t *testing.T) {
	dir := filepath.Join(repository(t, steps...), "app")
	commits, err := history(t.Context(), dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, c := range commits {
		subjects = append(subjects, c.Subject)
	}
	if want := []string{"step 5", "step 4", "step 2", "step 1"}; !slices.Equal(subjects, want) {
		t.Fatalf("commits %q, want %q: one does not touch the directory", subjects, want)
	}
	if got, want := commits[1].Files, []string{"b", "b/inside", "link", "src/a", "ä b"}; !slices.Equal(got, want) {
		t.Errorf("step 4 touched %q, want %q", got, want)
	}
	r, err := ofCommits(t.Context(), dir, commits, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Edits) != 3 || !strings.HasSuffix(r.Edits[0], "step 2") {
		t.Errorf("edits %q", r.Edits)
	}
	for _, i := range []int{0, 1, 2, 3, 0, 2, 2, 1} {
		if err := r.To(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		want := t.TempDir()
		cmd := exec.Command("sh", "-c", `git archive "$1" | tar xp -C "$2"`, "sh", commits[3-i].ID, want)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		state := files(t, want)
		for name, text := range state { // git archive sets what the umask of another user would
			state[name] = strings.NewReplacer("-rw-rw-r--", "-rw-r--r--", "-rwxrwxr-x", "-rwxr-xr-x").Replace(text)
		}
		state[ignoreName] = "-rw-r--r-- *.md\n" // that of now
		if got := files(t, r.Dir()); !maps.Equal(got, state) {
			t.Fatalf("state %d\nhas  %q\nwant %q", i, got, state)
		}
	}
}

// TestAttackGit has a repository whose config names programs for all that git can run one for
// when it reads. None runs.
func TestAttackGit(t *testing.T) {
	dir := repository(t, "echo 1 >a; echo '* filter=evil diff=evil export-subst' >.gitattributes", "echo 2 >a")
	trap := filepath.Join(t.TempDir(), "ran")
	program := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho $0 $@ >>"+trap+"\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hooks := filepath.Join(dir, ".git", "hooks")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"} {
		if err := os.Symlink(program, filepath.Join(hooks, hook)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.command", "diff.evil.textconv", "diff.external",
		"core.fsmonitor", "core.pager", "pager.log", "pager.ls-tree", "core.sshCommand", "gpg.program", "core.editor", "core.askPass", "interactive.diffFilter"} {
		if out, err := exec.Command("git", "-C", dir, "config", key, program).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", key, out)
		}
	}
	for _, pair := range [][2]string{{"log.showSignature", "true"}, {"core.quotePath", "true"}, {"log.mailmap", "true"}} {
		if out, err := exec.Command("git", "-C", dir, "config", pair[0], pair[1]).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", pair[0], out)
		}
	}
	commits, err := history(t.Context(), dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ofCommits(t.Context(), dir, commits, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.To(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got := files(t, r.Dir())["a"]; got != "-rw-r--r-- 2\n" {
		t.Errorf("a is %q", got)
	}
	if ran, err := os.ReadFile(trap); err == nil {
		t.Errorf("a program of the repository ran: %s", ran)
	}
}

// TestEdits holds that made edits reach a build, whatever is left out of the context, and that
// nothing of the user's is touched.
func TestEdits(t *testing.T) {
	for _, c := range []struct{ ignore, want string }{
		{"", "strake-edit.txt"},
		{"*.log\nnode_modules\n", "strake-edit.txt"},
		{"*\n!src\n", "src/strake-edit.txt"},
		{"*\n", ""},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"Dockerfile": "FROM scratch\n", ".dockerignore": c.ignore, "src/a": "1", "node_modules/x": "2", "big.log": "3", ".git/HEAD": "4"} {
			at := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(filepath.Join(dir, "src", "empty"), 0o750); err != nil {
			t.Fatal(err)
		}
		before := files(t, dir)
		in, err := input.Find(t.Context(), input.Request{Path: dir})
		if err != nil {
			t.Fatal(err)
		}
		r, err := ofEdits(t.Context(), in, dir, 2, t.TempDir())
		if c.want == "" {
			if err == nil {
				t.Errorf("%q: an edit that no build sees", c.ignore)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := r.To(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			want := ""
			if i > 0 {
				want = fmt.Sprintf("-rw-r--r-- %d\n", i)
			}
			got := files(t, r.Dir())
			if got[c.want] != want {
				t.Errorf("%q, state %d: %s is %q, want %q", c.ignore, i, c.want, got[c.want], want)
			}
			if _, there := got[".git/HEAD"]; there || got["src/a"] != "-rw-r----- 1" {
				t.Errorf("%q, state %d: %q", c.ignore, i, got)
			}
			if info, err := os.Stat(filepath.Join(r.Dir(), "src", "empty")); err != nil || info.Mode().Perm() != 0o750 {
				t.Errorf("an empty directory: %v", err)
			}
		}
		if !maps.Equal(before, files(t, dir)) {
			t.Error("files of the user have changed")
		}
	}
}

// TestShares has how often the sources of each COPY change.
func TestShares(t *testing.T) {
	commits := []Commit{{Files: []string{"src/a", "README.md"}}, {Files: []string{"src/b/c", "package.json"}}, {Files: []string{"src/a"}}, {Files: []string{"docs/x"}}}
	for text, want := range map[string]map[string]float64{
		"FROM x\nCOPY package.json src assets/ ./\n":                                 {"package.json": 0.25, "src": 0.75, "assets": 0},
		"FROM x\nCOPY . .\n":                                                         {"package.json": 0.25, "src": 0.75, "README.md": 0.25, "docs": 0.25},
		"FROM x\nCOPY src/b/*.c ./\nADD docs https://example.com/x ./\n":             {"src/b": 0.25, "docs": 0.25},
		"FROM x\nCOPY --from=x / /\nRUN true\n":                                      nil,
		"FROM x AS a\nCOPY ./src/ /s\nFROM a\nARG D=x\nCOPY ${D}/y package.json /\n": {"src": 0.75, "package.json": 0.25, "README.md": 0.25, "docs": 0.25},
	} {
		tree, found := lang.Parse(source.NewFile("Dockerfile", text))
		m, _, err := ir.Parsed(tree, found)
		if err != nil {
			t.Fatal(err)
		}
		if got := shares(m, commits); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		if got := shares(m, nil); got != nil {
			t.Errorf("%q: %v without a history", text, got)
		}
	}
}
