package main

import (
	"errors"
	"log"
	"log/slog"
	"os"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"

	"github.com/seed-e0495807/strake/cmd/internal/entry"
)

// noisy is a program whose libraries log in every way that those of strake can.
func noisy() {
	logTo(entry.DebugStream(os.Stderr, os.LookupEnv))
	log.Print("from log")
	slog.Error("from slog")
	logrus.Error("from logrus")
	grpclog.Error("from grpclog")
	grpclog.Component("transport").Warning("from a component of gRPC")
	otel.Handle(errors.New("from otel"))
}
