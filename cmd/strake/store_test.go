package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	randomly "github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// homed is the environment of a process that has a directory for images.
func homed(home string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == "STRAKE_HOME" {
			return home, true
		}
		return "", false
	}
}

// strake runs a command in this process, and gives its standard output.
func strake(t *testing.T, home string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr, homed(home)); code != 0 {
		t.Fatalf("strake %s: exit code %d: %s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String()
}

// built puts an image into a store as a build does: with a history, and a record of
// how it came about.
func built(t *testing.T, home string) store.Image {
	t.Helper()
	s, err := store.Open(cli.StoreDir(home))
	if err != nil {
		t.Fatal(err)
	}
	write := func(mediaType string, data []byte) ocispecs.Descriptor {
		d, err := s.Write(t.Context(), mediaType, data)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	asJSON := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	w.WriteHeader(&tar.Header{Name: "file", Size: 1500, Mode: 0o644})
	w.Write(make([]byte, 1500))
	w.Close()
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	c := dockerspec.DockerOCIImage{}
	c.OS, c.Architecture, c.Created = "linux", "amd64", &at
	c.RootFS = ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer.Bytes())}}
	c.History = []ocispecs.History{
		{Created: &at, CreatedBy: "ADD rootfs / # of the base image"},
		{Created: &at, CreatedBy: "RUN /bin/sh -c make\tall && make install && make clean # buildkit", Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
		{Created: &at, CreatedBy: `CMD ["a"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
	}
	m := ocispecs.Manifest{MediaType: ocispecs.MediaTypeImageManifest}
	m.SchemaVersion = 2
	m.Config = write(ocispecs.MediaTypeImageConfig, asJSON(c))
	m.Layers = []ocispecs.Descriptor{write(ocispecs.MediaTypeImageLayer, layer.Bytes())}
	rec := &store.Record{Dockerfile: "app/Dockerfile", Entries: []store.Entry{
		{}, {Line: 2, Text: "RUN make all && \\\n    make install && make clean"}, {Line: 5, Text: `CMD ["a"]`, By: "entry"},
	}}
	if err := s.Put(t.Context(), write(m.MediaType, asJSON(m)), []string{"built"}, rec); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("built")
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// twin puts an image into the store that is another one in an index: the same config,
// and so the same id, in another wrapping. It has no name.
func twin(t *testing.T, home, name string) store.Image {
	t.Helper()
	s, err := store.Open(cli.StoreDir(home))
	if err != nil {
		t.Fatal(err)
	}
	img, err := s.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	index := ocispecs.Index{MediaType: ocispecs.MediaTypeImageIndex, Manifests: []ocispecs.Descriptor{img.Descriptor}}
	index.SchemaVersion = 2
	data, err := json.Marshal(index)
	if err != nil {
		t.Fatal(err)
	}
	desc, err := s.Write(t.Context(), index.MediaType, data)
	if err == nil {
		err = s.Put(t.Context(), desc, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := s.Find(desc.Digest.String())
	if err != nil || wrapped.ID != img.ID {
		t.Fatalf("%s %v", wrapped.ID, err)
	}
	return wrapped
}

func TestHistoryOfBuild(t *testing.T) {
	home := t.TempDir()
	img := built(t, home)
	id, diffID := img.ID.Encoded(), img.Variants[0].Config.RootFS.DiffIDs[0].Encoded()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-H=false"}, `
IMAGE          CREATED AT             CREATED BY                                      SIZE      COMMENT
` + id[:12] + `   2024-05-06T07:08:09Z   CMD ["a"]                                       0         buildkit.dockerfile.v0
<missing>      2024-05-06T07:08:09Z   RUN /bin/sh -c make all && make install && m…   0         buildkit.dockerfile.v0
<missing>      2024-05-06T07:08:09Z   ADD rootfs / # of the base image                1500      
`},
		{[]string{"--verbose", "-H=false"}, `
LAYER          CREATED AT             LINE               INSTRUCTION                                  SIZE      BY
               2024-05-06T07:08:09Z   app/Dockerfile:5   CMD ["a"]                                    0         entry
               2024-05-06T07:08:09Z   app/Dockerfile:2   RUN make all && make install && make clean   0         
` + diffID[:12] + `   2024-05-06T07:08:09Z                      ADD rootfs / # of the base image             1500      
`},
		{[]string{"--no-trunc", "--format", "{{.ID}} {{.Size}} {{.CreatedBy}}"}, `
sha256:` + id + ` 0B CMD ["a"]
<missing> 0B RUN /bin/sh -c make all && make install && make clean # buildkit
<missing> 1.5kB ADD rootfs / # of the base image
`},
		{[]string{"--format", "table {{.Line}}\t{{.By}}"}, `
LINE               BY
app/Dockerfile:5   entry
app/Dockerfile:2   
                   
`},
		{[]string{"-q"}, "\n" + id[:12] + "\n<missing>\n<missing>\n"},
	} {
		got := strake(t, home, append([]string{"history", "built"}, c.args...)...)
		if "\n"+got != c.want {
			t.Errorf("%v:\n%s\nwant%s", c.args, got, c.want)
		}
	}
	var steps []struct {
		Dockerfile, Instruction string
		Line                    int
		Size                    int64
		DiffID                  digest.Digest
		EmptyLayer              bool
	}
	if err := json.Unmarshal([]byte(strake(t, home, "history", "--json", "built")), &steps); err != nil || len(steps) != 3 {
		t.Fatalf("%v %v", steps, err)
	}
	if s := steps[1]; s.Line != 2 || s.Dockerfile != "app/Dockerfile" || !strings.Contains(s.Instruction, "\n") || !s.EmptyLayer {
		t.Errorf("%+v", s)
	}
	if s := steps[2]; s.Size != 1500 || s.DiffID.Encoded() != diffID || s.Dockerfile != "" {
		t.Errorf("%+v", s)
	}
}

// An archive is nothing for a terminal, in either direction.
func TestArchiveTerminal(t *testing.T) {
	home := t.TempDir()
	built(t, home)
	tty := testbed.Terminal(t)
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"save", "built"}, nil, tty, &stderr, homed(home)); code != cli.ExitUsage || !strings.Contains(stderr.String(), "refusing to write an archive to a terminal") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"load"}, tty, &stdout, &stderr, homed(home)); code != cli.ExitUsage || !strings.Contains(stderr.String(), "refusing to read an archive from a terminal") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// program is strake in a process of its own.
func program(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "strake" // see TestMain
	cmd.Env = append(os.Environ(), "STRAKE_HOME="+home, "DOCKER_CONFIG="+home)
	return cmd
}

// A command that is killed at any point leaves a store that is in order, and works
// when it is tried again.
func TestKilledCommands(t *testing.T) {
	home := t.TempDir()
	img, err := randomly.Image(1<<20, 6)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	ref, err := name.ParseReference(strings.TrimPrefix(srv.URL, "http://") + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	strake(t, home, "pull", ref.String())
	archive := filepath.Join(home, "app.tar")
	strake(t, home, "save", "-o", archive, ref.String())
	for _, args := range [][]string{{"load", "-i", archive}, {"pull", ref.String()}} {
		strake(t, home, "rmi", ref.String())
		for range 10 {
			cmd := program(t, home, args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			cmd.Process.Kill()
			cmd.Wait()
			if out := strake(t, home, "fsck"); !strings.Contains(out, "all in order") {
				t.Fatalf("%v: %s", args, out)
			}
		}
		strake(t, home, args...)
		if out := strake(t, home, "images", "-q"); strings.Count(out, "\n") != 1 {
			t.Errorf("%v: %s", args, out)
		}
	}
	strake(t, home, "fsck", "--repair")
	if out := strake(t, home, "fsck"); out != "images: 1, blobs: 8, all in order\n" {
		t.Error(out)
	}
}

// Many commands at once do not disturb one another.
func TestManyCommands(t *testing.T) {
	home := t.TempDir()
	built(t, home)
	archive := filepath.Join(home, "app.tar")
	strake(t, home, "save", "-o", archive, "built")
	type job struct {
		cmd *exec.Cmd
		out *bytes.Buffer
	}
	var jobs []job
	for i := range 20 {
		args := [][]string{
			{"load", "-i", archive}, {"tag", "built", fmt.Sprintf("n:%d", i)}, {"images"}, {"rmi", "-f", fmt.Sprintf("n:%d", i-3)}, {"history", "built"},
		}[i%5]
		j := job{program(t, home, args...), &bytes.Buffer{}}
		j.cmd.Stdout, j.cmd.Stderr = j.out, j.out
		if err := j.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		if err := j.cmd.Wait(); err != nil {
			t.Errorf("%v: %v: %s", j.cmd.Args, err, j.out)
		}
	}
	strake(t, home, "inspect", "built")
	if out := strake(t, home, "fsck"); !strings.Contains(out, "all in order") {
		t.Error(out)
	}
}

// A full disk is said to be one, and the store is as before.
func TestDiskFull(t *testing.T) {
	home := smallDisk(t, "3m")
	built(t, home)
	img, err := randomly.Image(1<<20, 6)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	ref, err := name.ParseReference(host + "/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	strake(t, elsewhere, "pull", ref.String())
	archive := filepath.Join(elsewhere, "app.tar")
	strake(t, elsewhere, "save", "-o", archive, ref.String())
	for _, args := range [][]string{{"pull", ref.String()}, {"load", "-i", archive}, {"import", archive}} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, nil, &stdout, &stderr, homed(home))
		if code != cli.ExitFailure || !strings.Contains(stderr.String(), "[disk-full]") {
			t.Errorf("%v: exit code %d: %s", args, code, &stderr)
		}
		if out := strake(t, home, "fsck"); out != "images: 1, blobs: 4, all in order\n" {
			t.Errorf("%v: %s", args, out)
		}
	}
}

// smallDisk is a directory with a file system of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small file system here: %s", out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", dir).Run() })
	return dir
}

// A pull that is interrupted ends at once.
func TestPullInterrupted(t *testing.T) {
	hang, asked := make(chan struct{}), make(chan struct{}, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-hang }))
	defer srv.Close()
	defer close(hang)
	cmd := program(t, t.TempDir(), "pull", strings.TrimPrefix(srv.URL, "http://")+"/app")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(soon):
		t.Error("it asks nobody")
	}
	start := time.Now()
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != cli.ExitInterrupt || time.Since(start) > soon {
		t.Errorf("exit code %d after %v", code, time.Since(start))
	}
}

// A file that has no room is not the store's disk.
func TestSaveDiskFull(t *testing.T) {
	home, full := t.TempDir(), smallDisk(t, "4k")
	built(t, home)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"save", "-o", filepath.Join(full, "x.tar"), "built"}, nil, &stdout, &stderr, homed(home))
	if left, _ := os.ReadDir(full); code != cli.ExitFailure || !strings.Contains(stderr.String(), "no space left") || strings.Contains(stderr.String(), "image store") || len(left) > 0 {
		t.Errorf("exit code %d, left %v: %s", code, left, &stderr)
	}
}
