package gateway

import (
	"context"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"

	"github.com/seed-e0495807/strake/backend/input"
)

// readAhead has the daemon fetch .dockerignore while the Dockerfile is fetched. What asks
// for it later finds it there: the vertex is the one that BuildKit's library makes.
// Errors are left to who needs it.
func readAhead(ctx context.Context, c client.Client) {
	build := c.BuildOpts()
	if input.IsRemote(build.Opts["context"]) || len(build.Opts["requestid"]) > 0 {
		return
	}
	name := build.Opts["contextkey"]
	if name == "" {
		name = dockerui.DefaultLocalNameContext
	}
	session := build.SessionID
	if id, ok := build.Opts["local-sessionid:"+name]; ok {
		session = id
	}
	const file = dockerui.DefaultDockerignoreName
	state := bk.Local(name, bk.SessionID(session), bk.FollowPaths([]string{file}), bk.SharedKeyHint(name+"-"+file),
		dockerui.WithInternalName("load "+file), bk.Differ(bk.DiffNone, false))
	def, err := state.Marshal(ctx, bk.WithCaps(build.LLBCaps))
	if err == nil {
		_, _ = c.Solve(ctx, client.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	}
}
