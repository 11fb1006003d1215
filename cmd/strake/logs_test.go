package main

import (
	"errors"
	"log"
	"log/slog"
	"os"

	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"
)

// noisy is a program whose libraries log in every way that those of strake can.
func noisy() {
	logTo(debugStream(os.Stderr, os.LookupEnv))
	log.Print("from log")
	slog.Error("from slog")
	logrus.Error("from logrus")
	grpclog.Error("from grpclog")
	grpclog.Component("transport").Warning("from a component of gRPC")
	otel.Handle(errors.New("from otel"))
}
