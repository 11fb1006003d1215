package build

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/lang/diag"
)

// Answer is a frontend's answer to a call: the metadata of its result.
type Answer struct {
	call     string
	metadata map[string][]byte
	Found    diag.List // by a check, beside what rules find
	errors   []string  // rules of which findings are errors
	checked  bool      // by this program's frontend, which says whether it failed
	failed   bool
}

// question has the frontend fill in what its metadata does not tell.
func (a *Answer) question() gateway.Question {
	return gateway.Question{Found: func(c gateway.Checked) { a.Found, a.errors, a.checked, a.failed = c.Found, c.Errors, true, c.Failed }}
}

// given tells whether the build gets what it needs.
func (r *Request) given(n compile.Need) bool {
	switch n.Flag {
	case "secret":
		return slices.ContainsFunc(r.Secrets, func(s secretsprovider.Source) bool { return s.ID == n.ID })
	case "ssh":
		return slices.ContainsFunc(r.SSH, func(a sshprovider.AgentConfig) bool { return cmp.Or(a.ID, "default") == n.ID })
	}
	return slices.Contains(r.Allow, n.ID)
}

// calls are the options that ask for an answer in place of a build.
func (r *Request) calls(options map[string]string) {
	options["requestid"] = "frontend." + r.Call
	options["frontend.caps"] = "moby.buildkit.frontend.subrequests"
}

// AskHere answers a call without an engine: Request.Engine does not count. Ok is false when
// the Dockerfile is elsewhere, or a base image is where perhaps an engine finds it; a check
// then has a result all the same, of what does not depend on that.
func AskHere(ctx context.Context, r Request, images bk.ImageMetaResolver) (result *Result, ok bool, err error) {
	if r.Input.Remote() || r.Pull {
		return nil, false, nil
	}
	r.calls(r.Input.Options)
	found := &watched{ImageMetaResolver: images}
	src, err := r.Input.Open(ctx, found)
	if err != nil {
		return nil, false, err
	}
	config := r.Compile
	config.Given = r.given
	s, err := gateway.Open(src.Client.GatewayClient(), src, StoreImages(r.Images), config, nil)
	if err != nil {
		return nil, false, err
	}
	if _, _, elsewhere := gateway.Foreign(src.Text, r.Input.Options); elsewhere {
		return nil, false, nil
	}
	result = &Result{Set: s.Files(), Answer: Answer{call: r.Call}}
	res, err := gateway.Ask(ctx, src.Client.GatewayClient(), src, s, result.Answer.question())
	if res != nil {
		result.Answer.metadata = res.Metadata
	}
	var list diag.List
	switch missed := found.missed.Load(); {
	case missed && err == nil && r.Call == "lint":
		return result, false, nil
	case missed:
		return nil, false, nil
	case errors.As(err, &list):
		return nil, false, &Failure{Set: result.Set, Diags: list}
	case err != nil:
		return nil, false, err
	}
	return result, true, nil
}

// watched notices that an image was not found.
type watched struct {
	bk.ImageMetaResolver
	missed atomic.Bool
}

func (w *watched) ResolveImageConfig(ctx context.Context, ref string, o sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, dgst, config, err := w.ImageMetaResolver.ResolveImageConfig(ctx, ref, o)
	if err != nil {
		w.missed.Store(true)
	}
	return ref, dgst, config, err
}

// ask answers a call with the help of an engine.
func (j *job) ask(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
	src, err := j.open(ctx, c)
	if err != nil {
		return nil, err
	}
	answer := Answer{call: j.Call}
	res, err := gateway.Ask(ctx, c, src, j.snapshot, answer.question())
	if err != nil {
		return nil, err
	}
	answer.metadata = res.Metadata
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answer = answer
	return res, nil
}

// Print writes an answer for people, or as the frontend's JSON. The file names the
// Dockerfile. Ok is false when a check failed. What is in Found is left to
// the caller.
func (a Answer) Print(w io.Writer, file string, asJSON bool) (ok bool, err error) {
	data := a.metadata["result.json"]
	status := string(a.metadata["result.statuscode"])
	ok = status == "" || status == "0"
	if a.checked {
		ok = !a.failed
	}
	if asJSON && data != nil {
		_, err := fmt.Fprintln(w, string(data))
		return ok, err
	}
	switch a.call {
	case "targets":
		return ok, targets.PrintTargets(data, w)
	case "outline":
		return ok, outline.PrintOutline(data, w)
	case "lint":
	default:
		text := a.metadata["result.txt"]
		if text == nil {
			text = data
		}
		_, err := w.Write(append(bytes.TrimRight(text, "\n"), '\n'))
		return ok, err
	}
	var found lint.LintResults
	if err := json.Unmarshal(data, &found); err != nil {
		return false, fmt.Errorf("the frontend's answer: %w", err)
	}
	if slices.ContainsFunc(a.Found, func(d diag.Diagnostic) bool { return d.Severity <= diag.Warning }) {
		found.Error = nil
		if len(found.Warnings) == 0 {
			return ok, nil
		}
	}
	return ok, printChecks(w, found, a.errors, file)
}

// printChecks writes what a check found, as buildx does. Only that some findings are errors buildx
// does not know.
func printChecks(w io.Writer, found lint.LintResults, bad []string, file string) error {
	isBad := func(w lint.Warning) bool { return slices.Contains(bad, w.RuleName) }
	errs := 0
	for _, w := range found.Warnings {
		if isBad(w) {
			errs++
		}
	}
	switch n := len(found.Warnings); {
	case n == 0 && found.Error == nil:
		_, err := fmt.Fprintln(w, "Check complete, no warnings found.")
		return err
	case errs > 0:
		fmt.Fprintf(w, "Check complete, %s found!\n", counted(errs, n-errs))
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
	var text bytes.Buffer
	if err := found.PrintTo(&text, named); err != nil { // it sorts them
		return err
	}
	rest := text.String()
	for _, f := range found.Warnings {
		const word = "\nWARNING: "
		before, after, ok := strings.Cut(rest, word+f.RuleName)
		if !ok {
			break
		}
		if isBad(f) {
			fmt.Fprintf(w, "%s\nERROR: %s", before, f.RuleName)
		} else {
			fmt.Fprintf(w, "%s%s%s", before, word, f.RuleName)
		}
		rest = after
	}
	if _, err := io.WriteString(w, rest); err != nil || found.Error == nil {
		return err
	}
	found.PrintErrorTo(w, named)
	return nil
}

// counted says how many errors and warnings have been found.
func counted(errs, warnings int) string {
	text := fmt.Sprintf("%d errors", errs)
	if errs == 1 {
		text = "1 error"
	}
	switch {
	case warnings > 1:
		text += fmt.Sprintf(" and %d warnings", warnings)
	case warnings == 1:
		text += " and 1 warning"
	}
	if errs+warnings == 1 {
		return text + " has been"
	}
	return text + " have been"
}
