package output

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/cmd/buildctl/debug"
)

// definition has a vertex of every kind.
func definition(t *testing.T) *bk.Definition {
	t.Helper()
	base := bk.Image("docker.io/library/alpine:3")
	file := bk.Scratch().
		File(bk.Mkdir("/d", 0o755).Mkfile("/d/<f>&\"\n", 0o600, []byte("x")).Rm("/d/f").Symlink("/d", "/l")).
		File(bk.Copy(bk.Git("https://example.com/x.git", "v1"), "/a", "/b"))
	exec := base.Run(bk.Args([]string{"sh", "-c", "echo <&> \"q\""}),
		bk.AddMount("/m", file), bk.AddMount("/c", bk.Scratch(), bk.AsPersistentCacheDir("id", bk.CacheMountShared)), bk.IgnoreCache)
	state := bk.Merge([]bk.State{exec.Root(), bk.Diff(base, exec.GetMount("/m")), bk.Local("context"), bk.HTTP("https://example.com/y")})
	def, err := state.Marshal(t.Context(), bk.LinuxAmd64, bk.LocalUniqueID("x"))
	if err != nil {
		t.Fatal(err)
	}
	return def
}

// dumpLLB is buildctl's.
func dumpLLB(t *testing.T, args ...string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	stdout := os.Stdout
	os.Stdout = out // it writes nowhere else
	err = debug.DumpLLBCommand.Run(context.Background(), append([]string{"dump-llb"}, args...))
	os.Stdout = stdout
	if err != nil {
		t.Fatal(err)
	}
	dt, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(dt)
}

func TestAgreesWithBuildctl(t *testing.T) {
	def := definition(t)
	var b bytes.Buffer
	if err := writeBinary(&b, def); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "def")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		write func(io.Writer, *bk.Definition) error
		args  []string
	}{{writeJSON, []string{name}}, {writeDot, []string{"--dot", name}}} {
		var got bytes.Buffer
		if err := c.write(&got, def); err != nil {
			t.Fatal(err)
		}
		if want := dumpLLB(t, c.args...); got.String() != want {
			t.Errorf("got:\n%s\nwant:\n%s", &got, want)
		}
	}
}

func TestBinaryIsStable(t *testing.T) {
	var want bytes.Buffer
	if err := writeBinary(&want, definition(t)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var got bytes.Buffer
		if err := writeBinary(&got, definition(t)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatal("two writings differ")
		}
	}
}
