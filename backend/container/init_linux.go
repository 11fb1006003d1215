package container

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Init is the first process of a container that was made with one. It runs a command,
// passes signals on to it, and reaps all that becomes its child. It gives the exit code.
func Init(args []string) (int, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if tty, err := os.Open("/dev/tty"); err == nil {
		// Keys of the terminal are for the command and its group.
		cmd.SysProcAttr.Foreground, cmd.SysProcAttr.Ctty = true, int(tty.Fd())
		defer tty.Close()
	} else {
		cmd.SysProcAttr.Setpgid = true
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return CodeNotFound, nil
		}
		return CodeNotRunnable, nil
	}
	go func() {
		for s := range signals {
			if s != syscall.SIGCHLD && s != syscall.SIGURG && s != syscall.SIGTTIN && s != syscall.SIGTTOU {
				cmd.Process.Signal(s)
			}
		}
	}()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, err
		case pid == cmd.Process.Pid:
			return exitCode(status), nil
		}
	}
}
