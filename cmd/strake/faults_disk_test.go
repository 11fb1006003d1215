//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// ownDisk mounts a file system of so many bytes, for this test and what it starts.
// The thread of the test has mounts of its own: the kernel unmounts it in any case.
func ownDisk(t *testing.T, dir string, size int) {
	t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test
	err := syscall.Unshare(syscall.CLONE_FS | syscall.CLONE_NEWNS)
	if err == nil {
		err = syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	}
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", size))
	}
	if err != nil {
		t.Skipf("this machine does not let root mount: %v", err)
	}
}

// incompressible makes a layer of so many MiB.
func incompressible(size int) string {
	return fmt.Sprintf("RUN dd if=/dev/urandom of=/random-%[1]d bs=1M count=%[1]d", size)
}

// TestBuildDiskFull has everything on one small disk.
func TestBuildDiskFull(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRegistry(t, testbed.Busybox)
	s := newSandbox(t, registry)
	ownDisk(t, s.home, 96<<20)
	s.configure(t, registry)
	s.must(t, "build", "-t", "kept", contextWith(t, "FROM busybox", "RUN echo kept >/kept"))
	kept := s.id(t, "kept")
	for name, lines := range map[string][]string{
		"step":   {"FROM busybox", "RUN dd if=/dev/zero of=/zeros bs=1M count=200"},
		"export": {"FROM busybox", incompressible(12), incompressible(13), incompressible(14)},
		"copy":   {"FROM busybox", incompressible(25), "FROM busybox", "COPY --from=0 /random* /1/", "COPY --from=0 /random* /2/", "COPY --from=0 /random* /3/"},
	} {
		for range 2 {
			o := s.run(t, "build", "-t", "big", contextWith(t, lines...))
			if o.code != cli.ExitFailure || len(o.errors()) != 1 {
				t.Errorf("%s: expected one error: %v", name, o)
			}
			shown := o.stderr[max(0, strings.LastIndex(o.stderr, "error: ")):]
			if !strings.Contains(shown, "disk") || !strings.Contains(shown, "full") || !strings.Contains(shown, "strake engine prune") && !strings.Contains(shown, "strake rmi") {
				t.Errorf("%s: the error does not tell of the disk and of what to do:\n%s", name, shown)
			}
			t.Logf("%s: %s", name, shown)
			s.verify(t)
		}
		if now := s.id(t, "kept"); now != kept || s.id(t, "big") != "" {
			t.Errorf("%s: the images are: %s", name, s.must(t, "images"))
		}
		s.must(t, "engine", "prune", "-a", "-f")
		s.must(t, "build", "-t", "small", contextWith(t, "FROM busybox", "RUN echo "+name))
		s.must(t, "rmi", "small")
	}
}

// TestNoByteLeft frees space on a disk that is full to the last byte, with the engine
// running or not.
func TestNoByteLeft(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRegistry(t, testbed.Busybox)
	s := newSandbox(t, registry)
	ownDisk(t, s.home, 96<<20)
	s.configure(t, registry)
	s.must(t, "build", "-t", "kept", contextWith(t, "FROM busybox", "RUN echo kept >/kept"))
	for _, kill := range []bool{false, true} {
		s.must(t, "build", "-t", "app", contextWith(t, "FROM busybox", incompressible(10)))
		filler := s.home + "/filler"
		f, err := os.Create(filler)
		if err != nil {
			t.Fatal(err)
		}
		for size := 1 << 20; size > 0; {
			if _, err := f.Write(make([]byte, size)); err != nil {
				size /= 2
			}
		}
		f.Close()
		if kill {
			supervisor, _ := s.engine()
			syscall.Kill(supervisor, syscall.SIGKILL)
		}
		o := s.run(t, "build", contextWith(t, "FROM busybox", incompressible(9)))
		if o.code != cli.ExitFailure || !strings.Contains(o.stderr, "the disk of the build engine is full") {
			t.Errorf("expected an error: %v", o)
		}
		s.verify(t)
		if kill {
			s.must(t, "engine", "prune", "-a", "-f")
			s.must(t, "rmi", "app")
		} else {
			s.must(t, "rmi", "app")
			s.must(t, "engine", "prune", "-a", "-f")
		}
		s.verify(t)
		s.must(t, "build", "-t", "small", contextWith(t, "FROM busybox", incompressible(1)))
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBuildStoreFull has only the image store on a small disk.
func TestBuildStoreFull(t *testing.T) {
	t.Parallel()
	registry := testbed.StartRegistry(t, testbed.Busybox)
	s := newSandbox(t, registry)
	daemon := testbed.StartDaemon(t, registry)
	s.env = append(s.env, "BUILDKIT_HOST="+daemon.Addr)
	ownDisk(t, s.home, 16<<20)
	s.must(t, "build", "-t", "kept", contextWith(t, "FROM busybox", "RUN echo kept >/kept"))
	free := freeBytes(t, s.home)
	big := contextWith(t, "FROM busybox", incompressible(5), incompressible(6), incompressible(7))
	out := filepath.Join(s.home, "out")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-t", "big"}, "the disk of the image store " + s.home + "/store is full"},
		{[]string{"-o", "type=oci,dest=" + out + "/big.tar"}, out + "/big.tar"},
		{[]string{"-o", out + "/big"}, out + "/big"},
	} {
		o := s.run(t, append([]string{"build", big}, c.args...)...)
		shown := o.stderr[max(0, strings.LastIndex(o.stderr, "error: ")):]
		if o.code != cli.ExitFailure || len(o.errors()) != 1 || !strings.Contains(shown, c.want) || !strings.Contains(shown, "[disk-full]") {
			t.Errorf("%q: expected one error about %q: %v", c.args, c.want, o)
		}
		t.Logf("%q: %s", c.args, shown)
		os.RemoveAll(out + "/big") // files, which are written one by one
		left, err := os.ReadDir(out)
		if len(left) > 0 {
			t.Errorf("%q: %v is left, %v", c.args, left, err)
		}
		if now := freeBytes(t, s.home); now < free-64<<10 {
			t.Errorf("%q: %d bytes were free, and now %d", c.args, free, now)
		}
		s.verify(t)
	}
	s.must(t, "build", "-t", "small", contextWith(t, "FROM busybox", "RUN echo small"))
}

func freeBytes(t *testing.T, dir string) int64 {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	return int64(disk.Bavail) * disk.Bsize
}
