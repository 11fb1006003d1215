package main

import (
	"io"
	"log"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"
)

// logTo sends what libraries log to a stream. They log as a daemon would, to standard
// error and at any time: http2 of a session that ends early, gRPC of an engine that
// stops, containerd of a retry. What a user has to know of that is in the error of the
// command, so that without STRAKE_DEBUG nobody sees the rest.
func logTo(w io.Writer) {
	log.SetOutput(w) // and so yamux, go-plugin and OpenTelemetry's errors, which use it
	logrus.SetOutput(w)
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, w, w))
	otel.SetLogger(logr.Discard()) // it has a logger of its own, to os.Stderr
}

// debugStream is where logs go: to standard error when the user asks for them.
func debugStream(stderr io.Writer, env func(string) (string, bool)) io.Writer {
	if v, _ := env("STRAKE_DEBUG"); v != "" && v != "0" {
		return stderr
	}
	return io.Discard
}
