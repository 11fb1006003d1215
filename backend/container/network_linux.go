package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// forwarder is a program that forwards, in user mode, between a network namespace and the
// network of the machine. It ends with the process that holds it.
type forwarder struct {
	cmd  *exec.Cmd
	hold *os.File
}

const (
	forwarderProgram = "slirp4netns"
	forwarderSocket  = "network.sock"
	forwarderWait    = 10 * time.Second
	forwarderDNS     = "10.0.2.3" // where it answers names
)

// private puts this thread, and what it starts, into a network namespace of its own.
func (r *Runner) private(ctx context.Context, c *Container) (*forwarder, error) {
	program := ""
	if r.Look != nil {
		program = r.Look(forwarderProgram)
	}
	if program == "" {
		return nil, fail("no-"+forwarderProgram, "as root: apt-get install "+forwarderProgram+"; or give --network host, with which the container has all ports itself, or none",
			"a network of its own needs %s, which is not installed", forwarderProgram)
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fail("no-namespaces", "give --network host", "cannot make a network namespace: %v", err)
	}
	at := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	type started struct {
		f   *forwarder
		err error
	}
	done := make(chan started)
	go func() { // on a thread that is in the network of the machine
		f, err := forward(ctx, c, program, at)
		done <- started{f, err}
	}()
	s := <-done
	return s.f, s.err
}

// forward starts the program for a namespace, and waits until it is ready.
func forward(ctx context.Context, c *Container, program, namespace string) (f *forwarder, err error) {
	ready, readyW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer ready.Close()
	exitR, exitW, err := os.Pipe()
	if err != nil {
		readyW.Close()
		return nil, err
	}
	defer exitR.Close()
	const readyFD, exitFD = "3", "4"
	var log strings.Builder
	cmd := exec.Command(program, "--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp",
		"--ready-fd="+readyFD, "--exit-fd="+exitFD, "--api-socket="+forwarderSocket, "--netns-type=path", namespace, "tap0")
	os.Remove(c.path(forwarderSocket))
	cmd.Dir, cmd.Env, cmd.ExtraFiles = c.dir, []string{}, []*os.File{readyW, exitR}
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Start()
	readyW.Close()
	if err != nil {
		exitW.Close()
		return nil, err
	}
	f = &forwarder{cmd, exitW}
	ready.SetReadDeadline(time.Now().Add(forwarderWait))
	if n, _ := ready.Read(make([]byte, 1)); n == 0 {
		f.stop()
		hint := "give --network host or none"
		if strings.Contains(log.String(), "/dev/net/tun") {
			hint = "as root: chmod 666 /dev/net/tun, which is the usual mode; or " + hint
		}
		return nil, fail("no-network", hint, "%s did not start: %s", forwarderProgram, strings.TrimSpace(log.String()))
	}
	for _, p := range c.Ports {
		if err := f.publish(ctx, c, p); err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, nil
}

// stop ends the program. What it listened on is free afterwards.
func (f *forwarder) stop() {
	f.hold.Close()
	late := time.AfterFunc(time.Second, func() { f.cmd.Process.Kill() })
	defer late.Stop()
	f.cmd.Wait()
}

// publish has a port of the machine lead into the namespace.
func (f *forwarder) publish(ctx context.Context, c *Container, p Port) error {
	at, err := os.OpenFile(c.dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer at.Close()
	// The paths of sockets may have 107 bytes.
	conn, err := new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", at.Fd(), forwarderSocket))
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(forwarderWait))
	host := p.HostIP
	if host == "" {
		host = "0.0.0.0"
	}
	type arguments struct {
		Protocol string `json:"proto"`
		HostAddr string `json:"host_addr"`
		Host     uint16 `json:"host_port"`
		Guest    uint16 `json:"guest_port"`
	}
	request, err := json.Marshal(map[string]any{"execute": "add_hostfwd", "arguments": arguments{p.Protocol, host, p.Host, p.Container}})
	if err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	if u, ok := conn.(*net.UnixConn); ok {
		u.CloseWrite()
	}
	var answer struct {
		Error *struct{ Desc string } `json:"error"`
	}
	data, err := io.ReadAll(conn)
	if err == nil {
		err = json.Unmarshal(data, &answer)
	}
	if answer.Error != nil {
		err = errors.New(answer.Error.Desc)
	}
	if err != nil {
		return fail("port-in-use", "look who has the port with `ss -ltnp`, or choose another one; IPv6 addresses cannot be forwarded",
			"cannot forward port %d of %s: %v", p.Host, host, err)
	}
	return nil
}
