package build

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang"
)

// Answer is a frontend's answer to a call: the metadata of its result.
type Answer struct {
	call     string
	metadata map[string][]byte
}

// call asks the frontend of the daemon a question instead of having it build. That
// one does not know of the local store: the images that are there become named
// contexts, where the daemon can read them.
func (j *job) call(ctx context.Context, attrs map[string]string) {
	attrs["requestid"] = "frontend." + j.Call
	attrs["frontend.caps"] = "moby.buildkit.frontend.subrequests"
	src, err := j.Input.Open(ctx)
	if j.Pull || j.Input.Remote() || err != nil || j.classic() {
		return
	}
	file, _ := lang.Parse(j.set.Add(src.Name, src.Text))
	module, _ := ir.Build(file)
	for _, s := range module.Stages {
		if img, err := j.Images.Find(s.Base); err == nil && attrs["context:"+s.Base] == "" {
			attrs["context:"+s.Base] = "oci-layout://" + storeID + "@" + img.Descriptor.Digest.String()
		}
	}
}

func (j *job) ask(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
	res, err := c.Solve(ctx, gateway.SolveRequest{Frontend: "dockerfile.v0", FrontendOpt: c.BuildOpts().Opts})
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	j.answer = Answer{j.Call, res.Metadata}
	j.mu.Unlock()
	return res, nil
}

// Print writes an answer for people, or as the frontend's JSON. The file names the
// Dockerfile. Ok is false when a check found something.
func (a Answer) Print(w io.Writer, file string, asJSON bool) (ok bool, err error) {
	data := a.metadata["result.json"]
	status := string(a.metadata["result.statuscode"])
	ok = status == "" || status == "0"
	if asJSON {
		_, err := fmt.Fprintln(w, string(data))
		return ok, err
	}
	switch a.call {
	case "targets":
		return ok, targets.PrintTargets(data, w)
	case "outline":
		return ok, outline.PrintOutline(data, w)
	}
	var found lint.LintResults
	if err := json.Unmarshal(data, &found); err != nil {
		return false, fmt.Errorf("the frontend's answer: %w", err)
	}
	return ok, printChecks(w, found, file)
}

// printChecks writes what a check found, as buildx does.
func printChecks(w io.Writer, found lint.LintResults, file string) error {
	switch n := len(found.Warnings); {
	case n == 0 && found.Error == nil:
		_, err := fmt.Fprintln(w, "Check complete, no warnings found.")
		return err
	case n == 1:
		fmt.Fprintln(w, "Check complete, 1 warning has been found!")
	case n > 1:
		fmt.Fprintf(w, "Check complete, %d warnings have been found!\n", n)
	}
	named := func(info *pb.SourceInfo) *pb.SourceInfo {
		if info == nil || file == "" {
			return info
		}
		info = info.CloneVT()
		info.Filename = file
		return info
	}
	if err := found.PrintTo(w, named); err != nil || found.Error == nil {
		return err
	}
	found.PrintErrorTo(w, named)
	return nil
}
