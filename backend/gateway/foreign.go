package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/distribution/reference"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Foreign tells whether a text or the build argument BUILDKIT_SYNTAX asks for
// another frontend than the Dockerfile's, and which image that is. The command line
// has the arguments, too.
func Foreign(text string, options map[string]string) (ref, cmdline string, ok bool) {
	if _, ok := options["cmdline"]; ok { // this is the frontend that was asked for
		return "", "", false
	}
	cmdline, ok = options["build-arg:BUILDKIT_SYNTAX"]
	if !ok {
		cmdline, ok = syntax(text)
	}
	ref, _, _ = strings.Cut(strings.TrimSpace(cmdline), " ")
	return ref, cmdline, ok && !ours(ref)
}

// syntax finds the directive in each of the forms that BuildKit knows: a comment
// with #, one with //, or the key of a JSON object.
func syntax(text string) (string, bool) {
	if d, ok := lang.FindDirective(source.NewFile("", text), "syntax"); ok {
		return d.Value, true
	}
	if strings.HasPrefix(text, "//") {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			rest, ok := strings.CutPrefix(line, "//")
			if !ok {
				lines = lines[:i]
				break
			}
			lines[i] = "#" + rest
		}
		d, ok := lang.FindDirective(source.NewFile("", strings.Join(lines, "\n")), "syntax")
		return d.Value, ok
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil {
			value, ok := object["syntax"].(string)
			return value, ok
		}
	}
	return "", false
}

// ours tells whether a frontend is for the language that this one compiles: any
// version of Docker's own.
func ours(ref string) bool {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return false
	}
	switch named.Name() {
	case "docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream":
		return true
	}
	return false
}

// foreign leaves the build of a Dockerfile that asks for another frontend to that one.
func foreign(ctx context.Context, c client.Client, src *input.Source) (*client.Result, bool, error) {
	opts := c.BuildOpts().Opts
	ref, cmdline, ok := Foreign(src.Text, opts)
	if !ok {
		return nil, false, nil
	}
	res, err := forward(ctx, c, src, ref, cmdline)
	if err == nil || len(errdefs.Sources(err)) > 0 {
		return res, true, err
	}
	if _, asked := opts["build-arg:BUILDKIT_SYNTAX"]; asked {
		return nil, true, fmt.Errorf("failed with build-arg:BUILDKIT_SYNTAX = %s: %w", cmdline, err)
	}
	f := source.NewFile(src.Name, src.Text)
	at := SyntaxSpan(f)
	if missed(err, ref) && src.Map == nil { // the client is this process
		return nil, true, NoFrontend(at, ref, err)
	}
	return nil, true, errdefs.WithSource(err, place(f, at, src.Map))
}

// SyntaxSpan is where a text names its frontend.
func SyntaxSpan(f *source.File) source.Span {
	if d, ok := lang.FindDirective(f, "syntax"); ok {
		return d.At
	}
	at := max(0, strings.Index(strings.ToLower(f.Text), "syntax"))
	return source.Span{File: f.ID, Start: uint32(at), End: uint32(at)}
}

// NoFrontend is the error about an image of a frontend that is not to be had; err is why.
func NoFrontend(at source.Span, ref string, err error) diag.List {
	return diag.List{{Code: "no-frontend", Span: at, Message: fmt.Sprintf("cannot get the frontend %s, which is to read this file: %v", ref, err),
		Hint: "check the name and the registry; without the line, strake reads the file itself"}}
}

// missed tells whether an error is that the image of a frontend was not found.
func missed(err error, ref string) bool {
	named, bad := reference.ParseNormalizedNamed(ref)
	return bad != nil || strings.Contains(err.Error(), reference.TagNameOnly(named).String()+": ") && strings.Contains(err.Error(), "resolve")
}

// forward leaves the build to another frontend, which runs in the daemon.
func forward(ctx context.Context, c client.Client, src *input.Source, ref, cmdline string) (*client.Result, error) {
	build := c.BuildOpts()
	opts := maps.Clone(build.Opts)
	if opts == nil {
		opts = map[string]string{}
	}
	opts["cmdline"], opts["source"] = cmdline, ref
	inputs, err := inputs(ctx, c, src)
	if err != nil {
		return nil, err
	}
	return c.Solve(ctx, client.SolveRequest{Frontend: "gateway.v0", FrontendOpt: opts, FrontendInputs: inputs})
}

// inputs are the states that another frontend gets besides the options.
func inputs(ctx context.Context, c client.Client, src *input.Source) (map[string]*pb.Definition, error) {
	inputs := map[string]*pb.Definition{}
	if build := c.BuildOpts(); build.Caps.Supports(gwpb.CapFrontendInputs) != nil {
		return inputs, nil
	}
	states, err := c.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	if states == nil {
		states = map[string]bk.State{}
	}
	if src.Unnamed { // no directory has it
		states[dockerui.DefaultLocalNameDockerfile] = bk.Scratch().File(bk.Mkfile(src.Filename, 0o644, []byte(src.Text)))
	}
	for name, state := range states {
		def, err := state.Marshal(ctx)
		if err != nil {
			return nil, err
		}
		inputs[name] = def.ToPB()
	}
	return inputs, nil
}
