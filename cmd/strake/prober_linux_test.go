package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// prober runs in a container of an attack, and prints what it was able to do there, a
// line each: a name, and the error that the kernel gave, or "done".
func prober() {
	switch os.Args[1] {
	case "status":
		for name := range strings.SplitSeq("CapInh CapPrm CapEff CapBnd CapAmb Seccomp NoNewPrivs", " ") {
			fmt.Println(name, statusOf(name))
		}
	case "calls":
		calls := refused()
		for _, name := range slices.Sorted(maps.Keys(calls)) {
			_, _, errno := unix.RawSyscall6(calls[name], 0, 0, 0, 0, 0, 0)
			answer(name, errno)
		}
		cmd := exec.Command("/prober", "status")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}
		answer("clone", errors.Unwrap(cmd.Run()))
		_, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
		answer("vsock", err)
		_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, 0, 0, 0)
		answer("clone3", errno)
	case "read":
		for _, name := range os.Args[2:] {
			fmt.Println(name, readable(name))
		}
	case "write":
		for _, name := range os.Args[2:] {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err == nil {
				f.Close()
			}
			answer(name, err)
		}
	case "create":
		for _, name := range os.Args[2:] {
			answer(name, os.WriteFile(name, []byte("was here\n"), 0o644))
		}
	case "change": // what root of a container may do to files of its own
		for _, name := range os.Args[2:] {
			answer(name, errors.Join(os.Chmod(name, 0o777), os.WriteFile(name, []byte("was here\n"), 0o644)))
		}
	case "devices":
		entries, _ := os.ReadDir("/dev")
		for _, e := range entries {
			fmt.Println(e.Name(), "there")
		}
		for _, d := range [][2]uint32{{8, 0}, {254, 0}, {253, 0}, {259, 0}, {7, 0}} { // disks
			name := fmt.Sprintf("/disk%d:%d", d[0], d[1])
			err := unix.Mknod(name, unix.S_IFBLK|0o600, int(unix.Mkdev(d[0], d[1])))
			if err == nil {
				var f *os.File
				if f, err = os.OpenFile(name, os.O_RDWR, 0); err == nil {
					f.Close()
				}
			}
			answer(name, err)
		}
	case "fds":
		entries, _ := os.ReadDir("/proc/self/fd")
		for _, e := range entries {
			// The runtime of Go has an epoll and settings of its control group.
			if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(filepath.Base(to), "cpu.") && len(e.Name()) < 2 && e.Name() > "2" {
				fmt.Println(e.Name(), to)
			}
		}
	case "namespaces":
		for _, name := range namespaceNames() {
			to, _ := os.Readlink("/proc/self/ns/" + name)
			fmt.Println(name, to)
		}
	case "trap": // a program that is the runtime itself, for who runs it
		for _, name := range os.Args[2:] {
			answer(name, os.WriteFile(name, []byte("#!/proc/self/exe\n"), 0o755))
		}
	case "grab": // write to the program of each process that is seen
		for pid := range 200 {
			if f, err := os.OpenFile(fmt.Sprintf("/proc/%d/exe", pid), os.O_WRONLY, 0); err == nil {
				fmt.Fprint(f, "#!/bin/false\n")
				f.Close()
			}
		}
	case "wait":
		io.Copy(io.Discard, os.Stdin)
	case "where":
		dir, err := os.Getwd()
		fmt.Println(dir, err)
	}
}

func namespaceNames() []string { return []string{"pid", "mnt", "ipc", "uts", "cgroup", "net"} }

func answer(name string, err error) {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 {
		fmt.Println(name, unix.ErrnoName(errno))
		return
	}
	if err != nil && err != error(syscall.Errno(0)) {
		fmt.Println(name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Println(name, "done")
}

func statusOf(field string) string {
	data, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(data), "\n"+field+":\t")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// readable tells what there is to read at a path.
func readable(name string) string {
	info, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		return "absent"
	}
	if err != nil {
		return err.Error()
	}
	if info.IsDir() {
		names, _ := filepath.Glob(name + "/*")
		return fmt.Sprint(len(names), " entries")
	}
	f, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	n, _ := f.Read(make([]byte, 4096))
	return fmt.Sprint(n, " bytes")
}

// refused are system calls that docker's default profile refuses with EPERM, at once: with
// arguments that are all 0 the kernel would answer most of them otherwise.
func refused() map[string]uintptr {
	return map[string]uintptr{
		"mount": unix.SYS_MOUNT, "umount2": unix.SYS_UMOUNT2, "pivot_root": unix.SYS_PIVOT_ROOT, "unshare": unix.SYS_UNSHARE, "setns": unix.SYS_SETNS,
		"fsopen": unix.SYS_FSOPEN, "fsconfig": unix.SYS_FSCONFIG, "fsmount": unix.SYS_FSMOUNT, "fspick": unix.SYS_FSPICK, "open_tree": unix.SYS_OPEN_TREE,
		"move_mount": unix.SYS_MOVE_MOUNT, "mount_setattr": unix.SYS_MOUNT_SETATTR, "open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT,
		"keyctl": unix.SYS_KEYCTL, "add_key": unix.SYS_ADD_KEY, "request_key": unix.SYS_REQUEST_KEY,
		"bpf": unix.SYS_BPF, "perf_event_open": unix.SYS_PERF_EVENT_OPEN, "userfaultfd": unix.SYS_USERFAULTFD, "io_uring_setup": unix.SYS_IO_URING_SETUP,
		"init_module": unix.SYS_INIT_MODULE, "finit_module": unix.SYS_FINIT_MODULE, "delete_module": unix.SYS_DELETE_MODULE,
		"kexec_load": unix.SYS_KEXEC_LOAD, "kexec_file_load": unix.SYS_KEXEC_FILE_LOAD, "reboot": unix.SYS_REBOOT,
		"settimeofday": unix.SYS_SETTIMEOFDAY, "clock_settime": unix.SYS_CLOCK_SETTIME, "sethostname": unix.SYS_SETHOSTNAME, "setdomainname": unix.SYS_SETDOMAINNAME,
		"acct": unix.SYS_ACCT, "swapon": unix.SYS_SWAPON, "swapoff": unix.SYS_SWAPOFF, "quotactl": unix.SYS_QUOTACTL, "syslog": unix.SYS_SYSLOG,
		"fanotify_init": unix.SYS_FANOTIFY_INIT, "lookup_dcookie": unix.SYS_LOOKUP_DCOOKIE, "vhangup": unix.SYS_VHANGUP, "nfsservctl": unix.SYS_NFSSERVCTL,
		"mbind": unix.SYS_MBIND, "set_mempolicy": unix.SYS_SET_MEMPOLICY, "move_pages": unix.SYS_MOVE_PAGES, "migrate_pages": unix.SYS_MIGRATE_PAGES,
	}
}
