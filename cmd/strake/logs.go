package main

import (
	"io"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"

	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

// logTo is entry.LogTo for the libraries, too, that only the whole program has: http2 of a
// session that ends early, gRPC of an engine that stops, containerd of a retry.
func logTo(w io.Writer) {
	entry.LogTo(w)
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, w, w))
	otel.SetLogger(logr.Discard()) // it has a logger of its own, to os.Stderr
}
