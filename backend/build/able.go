package build

import (
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

const (
	oldBuildKit = "old-buildkit" // the code for what a BuildKit does not know yet
	ownEngine   = "--addr embedded"
	newEngine   = "update it, or build with strake's own engine: " + ownEngine
)

// missingFeature is how BuildKit refuses a vertex.
var missingFeature = late.Regexp(`requested experimental feature (\S+) +(?:is not supported|has been disabled)`)

// able checks that the daemon knows what the command line asks for: one that is too
// old passes it over. That a limit does not hold is a warning only, as docker build
// goes on, too. What the Dockerfile needs is in the definition, and the daemon checks
// it.
func (j *job) able(o gwclient.BuildOpts) error {
	knows := func(id apicaps.CapID) bool { return o.LLBCaps.Supports(id) == nil }
	switch {
	case len(j.Outputs) > 1 && !knows(pb.CapMultipleExporters):
		return tooOld("more than one output")
	case len(j.Annotations) > 0 && !knows(pb.CapAnnotations):
		return tooOld("--annotation")
	case len(j.Input.Layouts) > 0 && j.classic():
		return inDocker("the BuildKit inside this Docker Engine cannot read OCI layouts")
	case len(j.Input.Layouts) > 0 && !knows(pb.CapSourceOCILayout):
		return tooOld("contexts that are OCI layouts")
	}
	for _, limit := range []struct {
		flag    string
		id      apicaps.CapID
		options []string
	}{
		{"--ulimit", pb.CapExecMetaUlimit, []string{"ulimit"}},
		{"--shm-size", pb.CapExecMountTmpfsSize, []string{"shm-size"}},
		{"--cgroup-parent", pb.CapExecMetaCgroupParent, []string{"cgroup-parent"}},
		{"limits of memory and processors", pb.CapExecMetaLinuxResources,
			[]string{"memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems"}},
	} {
		for _, option := range limit.options {
			if o.Opts[option] != "" && !knows(limit.id) {
				d := tooOld(limit.flag)
				d.Severity = diag.Warning
				j.warn(d)
				break
			}
		}
	}
	return nil
}

func (j *job) warn(d diag.Diagnostic) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.diags = append(j.diags, d)
}

func tooOld(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: oldBuildKit, Message: "this BuildKit is too old for " + what,
		Hint: newEngine}
}
