// Command strake-frontend is strake as a frontend of BuildKit: what "# syntax=" at the top
// of a Dockerfile has a daemon run. It speaks to the daemon over stdin and stdout, which
// nothing else may touch; what it logs goes to stderr.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto" // the codec that the daemon speaks

	"github.com/seed-e0495807/strake/backend/gateway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "strake-frontend:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	p := &plugins{}
	defer p.close()
	return grpcclient.RunFromEnvironment(ctx, gateway.Server{Config: p.read, Plugins: p.watched}.Build)
}
