// Package rootfs gives containers the root file systems of images. The layers of an image
// are unpacked once and shared; what a container changes is apart from them, and can be had
// as one layer more.
//
//	lock                        held shared while layers are unpacked or mounted, and
//	                            exclusive while they are collected
//	KIND.probed                 the boot in which overlayfs was found to work
//	KIND/sha256/DIFFID/fs       a layer, with the marks of overlayfs for what it removes
//	KIND/sha256/DIFFID/layer.json  what the tree cannot say of it, see details
//	KIND/sha256/DIFFID.part     a layer that is being unpacked
//	KIND/sha256/DIFFID.lock     held by who unpacks it
//
// KIND keeps apart what one process cannot use as the other has made it: see kind. And of a
// container, in its own directory:
//
//	init                        the mount points, and what layers lack of directories: lies
//	                            over the layers, and is no change
//	upper, work                 of overlayfs: what was changed
//	rootfs                      where it is mounted; or, without upper, a copy
//
// A process may be killed at any point: layers appear whole or not at all, and locks vanish
// with the process that holds them.
package rootfs

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Way is how the root file system of a container is made of its layers.
type Way string

// The ways.
const (
	Overlay Way = "overlay" // layers are shared
	Copy    Way = "copy"    // of all layers, where the kernel has no overlay for us
)

// Mounted is the root file system of a container.
type Mounted struct {
	Path string // absolute if the container's directory is
	Way  Way

	unmount func() error
}

// Unmount takes it away; what was changed stays.
func (m Mounted) Unmount() error {
	if m.unmount == nil {
		return nil
	}
	return m.unmount()
}

// Options are how the root file system of a container is mounted.
type Options struct {
	Points []Point
	// Volatile is for what goes when the mount does: nothing that is written has to reach the
	// disk first. It can be mounted once.
	Volatile bool
}

// Point is a place that something will be mounted on.
type Point struct {
	Path string // in the container
	File bool   // it is no directory
}

// The names in the directories of layers and containers.
const (
	treeName    = "fs"
	detailsName = "layer.json"
	lockName    = "lock"
	probeName   = "probe-"

	probedSuffix = ".probed"

	initName  = "init"
	upperName = "upper"
	workName  = "work"
	rootName  = "rootfs"
)

// Names of the image specification that mark what a layer removes.
const (
	whiteout = ".wh."
	aufs     = whiteout + whiteout // aufs' own, which no unpacker makes
	opaque   = aufs + ".opq"       // hides all that lower layers have in its directory
	capXattr = "security.capability"
)

// NoChange is the diff ID of a layer without files, which no image has.
const NoChange = digest.Digest("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")

func fail(code, hint, format string, args ...any) error {
	return diag.Diagnostic{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// explain says what the user can do about a failure to write below dir.
func explain(dir string, err error) error {
	var d diag.Diagnostic
	switch {
	case err == nil || errors.As(err, &d):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fail("disk-full", "remove containers with `strake rm` and images with `strake rmi`, or set STRAKE_HOME to a directory on a larger disk",
			"the disk of %s is full", dir)
	case errors.Is(err, syscall.EROFS):
		return fail("store-read-only", "set STRAKE_HOME to a directory that may be written", "%s may not be written: %v", dir, err)
	case strings.Contains(err.Error(), syscall.EMFILE.Error()):
		return fail("too-many-files", "raise the limit with `ulimit -n`", "no more files can be opened: %v", err)
	}
	return err
}
