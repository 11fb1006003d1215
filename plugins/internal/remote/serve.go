package remote

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// What go-plugin tells a program by its environment, and expects on its stdout.
const (
	certVariable = "PLUGIN_CLIENT_CERT"
	dirVariable  = "PLUGIN_UNIX_SOCKET_DIR"
	coreVersion  = 1
)

// Serve makes this process a plugin, until the host ends it. It speaks the protocol of
// go-plugin by itself: go-plugin's own server takes longer to start than all the
// rest, for keys of a kind that are slow to make, and sends what is printed over the
// connection, which loses it when the plugin breaks.
func Serve(p plugins.Plugin) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	// A process that lives for one command is done before it pays to collect its garbage
	// often; the host lets it have 1 GiB.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(512 << 20)
	config, cert, err := serverTLS([]byte(os.Getenv(certVariable)))
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)), grpc.InitialWindowSize(Window), grpc.InitialConnWindowSize(Window))
	pb.RegisterPluginServer(server, &Server{Plugin: p})
	fmt.Printf("%d|%d|unix|%s|grpc|%s\n", coreVersion, Version, listener.Addr(), base64.RawStdEncoding.EncodeToString(cert))
	os.Stdout = os.Stderr // what is printed from now on is for the log
	return server.Serve(listener)
}

func listen() (net.Listener, error) {
	if os.Getenv(CookieName) != CookieValue {
		return nil, errors.New("this is a plugin for strake: name it in strake.yaml, and strake runs it")
	}
	return net.Listen("unix", filepath.Join(os.Getenv(dirVariable), "plugin"))
}

// serverTLS makes a certificate for this process, which lets in who has the key of
// another one. It is also given by itself, in DER.
func serverTLS(client []byte) (*tls.Config, []byte, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(client) {
		return nil, nil, errors.New("strake gave no certificate in " + certVariable)
	}
	cert, err := NewCertificate()
	if err != nil {
		return nil, nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}, cert.Certificate[0], nil
}
