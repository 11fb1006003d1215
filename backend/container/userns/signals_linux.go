package userns

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// standIn is the signal that Run sends in the place of one. A terminal, and who signals a group, reaches
// this process and the one that it runs; who signals a process reaches this one alone, and nothing tells
// that from the other. So all of them are passed on, as signals that nobody else sends, and the process
// that is run goes by these, and not by what reaches it itself. SIGTERM is that of who ends either.
func standIn(s os.Signal) (os.Signal, bool) {
	const first = unix.Signal(40) // of the kernel's real-time signals; C libraries and Go have the lowest
	switch s {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM:
		return first + s.(unix.Signal), true
	}
	return s, false
}

// meant is the signal that one stands for.
func meant(s os.Signal) os.Signal {
	for m := unix.SIGHUP; m <= unix.SIGALRM; m++ {
		if in, stands := standIn(m); stands && in == s {
			return m
		}
	}
	return s
}

// Owned tells whether Run has started this process. It does not any more after EndWithOwner.
func Owned() bool { return os.Getenv(owner) != "" }

// Interrupts are the signals that are to interrupt this process. When it is owned, what a terminal sends is
// left to the owner.
func Interrupts() []os.Signal {
	if !Owned() {
		return []os.Signal{unix.SIGINT, unix.SIGTERM}
	}
	signal.Notify(make(chan os.Signal, 1), unix.SIGINT)
	list := []os.Signal{unix.SIGTERM}
	for _, s := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT} {
		in, _ := standIn(s)
		list = append(list, in)
	}
	return list
}

// Notify is signal.Notify for a process that may be owned, and gives what undoes it.
func Notify(owned bool, c chan<- os.Signal, list ...os.Signal) (stop func()) {
	if !owned {
		signal.Notify(c, list...)
		return func() { signal.Stop(c) }
	}
	got, stopped := make(chan os.Signal, cap(c)), make(chan struct{})
	for _, s := range list {
		in, _ := standIn(s)
		signal.Notify(got, s, in)
	}
	go func() {
		for {
			select {
			case s := <-got:
				if _, own := standIn(s); !own {
					select {
					case c <- meant(s):
					case <-stopped:
						return
					}
				}
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		signal.Stop(got)
		close(stopped)
	}
}
