package plugintest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/remote"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Wire gives a plugin as it is at the other end of a connection: its calls and results
// go through the protocol, over a socket.
func Wire(t testing.TB, p plugins.Plugin) plugins.Plugin {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterPluginServer(server, &remote.Server{Plugin: p})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := remote.Connect(ctx, conn, remote.Limits{Call: time.Minute, Message: 64 << 20, Log: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
