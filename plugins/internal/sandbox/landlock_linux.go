package sandbox

import (
	"errors"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	landsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Rights of landlock(7).
const (
	readFile = landsys.AccessFSExecute | landsys.AccessFSReadFile
	readDir  = readFile | landsys.AccessFSReadDir
	device   = landsys.AccessFSReadFile | landsys.AccessFSWriteFile
	// A socket, and the empty file that go-plugin makes to find a name for it.
	socketDir = landsys.AccessFSReadDir | landsys.AccessFSReadFile | landsys.AccessFSWriteFile |
		landsys.AccessFSMakeSock | landsys.AccessFSMakeReg | landsys.AccessFSRemoveFile
)

// restrict takes all files from this process but those of the Spec, and reaching other
// processes by signals and abstract sockets where the kernel's Landlock knows of those.
func (s *Spec) restrict() error {
	if s.Network {
		return errors.New("the grant network needs namespaces: with it, sockets of the machine's services would be in reach")
	}
	if version, err := landsys.LandlockGetABIVersion(); err != nil || version < 1 {
		return errors.New("the kernel has neither namespaces nor Landlock for it")
	}
	reads, err := needs(s.Program)
	if err != nil {
		return err
	}
	rules := []landlock.Rule{landlock.PathAccess(socketDir, s.Shared)}
	for _, path := range append(reads, s.Reads...) {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			rules = append(rules, landlock.PathAccess(readDir, path))
		default:
			rules = append(rules, landlock.PathAccess(readFile, path))
		}
	}
	for _, path := range devices {
		rules = append(rules, landlock.PathAccess(device, path))
	}
	if err := landlock.V11.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	return nil
}

// restrictScopes keeps a program in the host's network from sockets without a file that
// other programs listen on, where the kernel can.
func restrictScopes() error { return landlock.V6.BestEffort().RestrictScoped() }
