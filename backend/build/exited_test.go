package build

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
)

// TestOutputAlone has only the output of a command: nothing that is read from it may be
// said for certain.
func TestOutputAlone(t *testing.T) {
	for _, c := range []struct {
		code   int
		output string
		want   string
	}{
		{127, "/bin/sh: 1: vimm: not found", "`vimm` may not be in this image"},
		{127, "/bin/sh: apt-get: not found", "`apt-get` may not be in this image"},
		{127, "bash: line 1: foo: command not found", "`foo` may not be in this image"},
		{127, "/bin/sh: /run.sh: not found", "`/run.sh` may not be there, or the interpreter that its first line names"},
		{127, "/bin/sh: 1: ./run.sh: not found", "`./run.sh` may not be there, or the interpreter"},
		{126, "/run.sh: /bin/bash: bad interpreter", "may not be there"},
		{127, "", "most often a command was not found"},
		{126, "", "most often"},
		{126, "/bin/sh: ./x: Permission denied", "`./x` may not be executable: a script needs COPY --chmod=755"},
		{1, "exec /e: exec format error", "may be a program for another processor"},
		{126, "bash: line 1: /e: cannot execute binary file: Exec format error", "may be a program for another processor"},
		{2, "/bin/sh: 1: \x7fELF\x02\x01\x01: not found", "may be a program for another processor"},
		{2, "./configure: line 3: syntax error near unexpected token", ""},
		{137, "", "memory"},
		{100, "E: Unable to locate package vimm", "apt-get update"},
		{100, "Get:1 http://mirror.example.com x\nE: Unable to locate package vimm", "no package `vimm`"},
		{100, "Temporary failure resolving 'mirror.example.com'", "the step may have no network"},
		{1, "write: No space left on device", "strake engine prune"},
		{1, "cat: /etc/shadow: Permission denied", ""},
	} {
		cmd := &command{code: c.code, output: c.output}
		got := cmd.hint(t.Context())
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%d %q: got %q, want %q", c.code, c.output, got, c.want)
		}
	}
}

// TestModuleIsAsked has the instruction, and no files.
func TestModuleIsAsked(t *testing.T) {
	shell := &ir.Run{Command: ir.Command{Line: "x"}}
	exec := &pb.ExecOp{Meta: &pb.Meta{Args: []string{"/bin/sh", "-c", "x"}}}
	scratch, image := &plan.Stage{}, &plan.Stage{Base: plan.Base{Kind: plan.BaseImage}}
	const noShell = `runc run failed: unable to start container process: exec: "/bin/sh": stat /bin/sh: no such file or directory`
	token := &pb.ExecOp{Meta: exec.Meta, Mounts: []*pb.Mount{{Dest: "/run/secrets/token", MountType: pb.MountType_SECRET, SecretOpt: &pb.SecretOpt{ID: "token", Optional: true}}}}
	user := &pb.ExecOp{Meta: &pb.Meta{Args: exec.Meta.Args, User: "web:web"}}
	for _, c := range []struct {
		name string
		cmd  command
		want string
	}{
		{"scratch", command{code: 1, output: noShell, run: shell, exec: exec, stage: scratch}, "starts from scratch, which is empty"},
		{"no shell", command{code: 1, output: noShell, run: shell, exec: exec, stage: image}, "this image has no /bin/sh"},
		{"comma", command{code: 127, output: "/bin/sh: [sh,: not found", run: &ir.Run{Command: ir.Command{Line: `["sh", "-c" "x"]`}}, exec: exec}, "not valid JSON"},
		{"quotes", command{code: 127, output: "/bin/sh: 1: [npm,: not found", run: &ir.Run{Command: ir.Command{Line: `['npm', 'ci']`}}, exec: exec}, "not valid JSON"},
		{"curly quotes", command{code: 127, output: "/bin/sh: [“npm”,: not found", run: &ir.Run{Command: ir.Command{Line: `[“npm”, “ci”]`}}, exec: exec}, "not valid JSON"},
		{"a test is no list", command{code: 127, output: "/bin/sh: [-f: not found", run: &ir.Run{Command: ir.Command{Line: `[-f x ] && y`}}, exec: exec}, "`[-f` may not be"},
		{"secret", command{code: 1, output: "cat: can't open '/run/secrets/token': No such file", run: shell, exec: token, lacks: []string{"token"}}, "the secret token was not given"},
		{"secret, perhaps", command{code: 1, output: "401", run: shell, exec: token, lacks: []string{"token"}}, "if that is why"},
		{"secret that was given", command{code: 1, output: "/run/secrets/token: bad", run: shell, exec: token}, ""},
		{"user", command{code: 1, output: "touch: /x: Permission denied", run: shell, exec: user}, "the user web:web"},
		{"root", command{code: 1, output: "touch: /x: Permission denied", run: shell, exec: exec}, ""},
		{"network none", command{code: 1, output: "curl: (6) Could not resolve host: x", run: shell, exec: &pb.ExecOp{Meta: exec.Meta, Network: pb.NetMode_NONE}}, "--network=none"},
		{"shell under a mount", command{code: 1, output: noShell, run: shell, exec: &pb.ExecOp{Meta: exec.Meta, Mounts: []*pb.Mount{{Dest: "/"}, {Dest: "/bin", MountType: pb.MountType_TMPFS}}}, stage: image}, "mounts a tmpfs at `/bin`, which hides"},
		{"shell beside a mount", command{code: 1, output: noShell, run: shell, exec: &pb.ExecOp{Meta: exec.Meta, Mounts: []*pb.Mount{{Dest: "/"}, {Dest: "/bi", MountType: pb.MountType_TMPFS}}}, stage: image}, "this image has no /bin/sh"},
	} {
		got := c.cmd.hint(t.Context())
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
