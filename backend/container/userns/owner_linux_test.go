package userns

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// role is what this test's program is in TestEndWithOwner, unless it is the test.
const role = "STRAKE_TEST_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(role) {
	case "owner":
		err = ownerRole()
	case "owned":
		err = ownedRole()
	default:
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// ownerRole starts a process that is to end with it.
func ownerRole() error {
	runtime.LockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"=owned", owner+"="+strconv.Itoa(os.Getpid()))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// ownedRole has the thread end that has asked for its end.
func ownedRole() error {
	asked := make(chan error)
	go onNewThread(func() { asked <- EndWithOwner() })
	if err := <-asked; err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond) // the thread ends
	fmt.Println(os.Getpid())
	time.Sleep(time.Hour)
	return nil
}

// onNewThread calls fn on a thread that ends after that, which the first one never does.
func onNewThread(fn func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		fn()
		return
	}
	go onNewThread(fn)
	select {} // the first thread is taken
}

// TestEndWithOwner kills an owner: the process that it has started ends, and with it the last one that
// has the stream.
func TestEndWithOwner(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"=owner")
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	_, err = fmt.Fscanln(r, &pid)
	err = errors.Join(err, cmd.Process.Kill())
	cmd.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		unix.Kill(pid, unix.SIGKILL)
		t.Errorf("the process goes on without its owner: %v", err)
	}
}

// TestEndWithOwnerBefore is one whose owner has ended before it asks.
func TestEndWithOwnerBefore(t *testing.T) {
	t.Setenv(owner, strconv.Itoa(os.Getpid())) // which is not this process's parent
	if err := EndWithOwner(); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Error(err)
	}
	if _, set := os.LookupEnv(owner); set {
		t.Error("the variable is still set")
	}
}
