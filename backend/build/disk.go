package build

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/engine"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

var noSpace = late.Regexp(`no space left on device|disk quota exceeded`)

// full tells which disk is full: the engine writes to its own, and this process
// to that of the image store and to those of other outputs. Errors of files name
// the file, also when they have come back over the connection.
func (j *job) full(text string) (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Code: "disk-full"}
	if !noSpace().MatchString(text) {
		return d, false
	}
	if strings.Contains(text, " "+j.Images.Dir()) {
		d, _ = j.Images.Explain(syscall.ENOSPC).(diag.Diagnostic)
		if j.Engine.Kind == engine.Embedded {
			d.Hint += "; `strake engine prune` drops the build cache"
		}
		return d, true
	}
	dests := map[string]string{" /dev/stdout": "standard output"}
	for _, o := range j.Outputs {
		if o.Dest != "" && o.Dest != "-" {
			dests[" "+filepath.Clean(o.Dest)] = o.Dest
			dests["/."+filepath.Base(o.Dest)+"."] = o.Dest // until it is complete
		}
	}
	for _, c := range j.CacheTo {
		if dest := c.Attrs["dest"]; c.Type == "local" && dest != "" {
			dests[" "+filepath.Clean(dest)] = dest
		}
	}
	for part, dest := range dests {
		if strings.Contains(text, part) {
			d.Message, d.Hint = "the disk of "+dest+" is full", "free some space there, or name another place with dest="
			return d, true
		}
	}
	d.Message = "the disk of the build engine is full"
	d.Hint = "free some: `strake engine prune` drops the build cache, `strake engine df` tells what it holds"
	return d, true
}

// unwritten tells why files for an output on this machine could not be written. The
// engine learns only that the connection has ended, and BuildKit's client does not
// tell: it is tried again.
func (j *job) unwritten(text string) (diag.Diagnostic, bool) {
	for _, o := range j.Outputs {
		if o.Type != client.ExporterLocal || !strings.HasSuffix(text, io.EOF.Error()) {
			continue
		}
		f, err := os.CreateTemp(o.Dest, ".strake-*")
		if err == nil {
			defer os.Remove(f.Name())
			defer f.Close()
			_, err = f.Write(make([]byte, 64<<10))
		}
		if err == nil {
			continue
		}
		d, ok := j.full(err.Error())
		if !ok {
			d, ok = unwritable(o.Dest, err).(diag.Diagnostic)
		}
		return d, ok
	}
	return diag.Diagnostic{}, false
}
