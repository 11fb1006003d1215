package testbed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// RealOptions say how a registry is reached.
type RealOptions struct {
	User, Password string // "" without a login
	TLS            bool   // with a certificate for 127.0.0.1 and localhost
	Data           string // where it keeps its images; "" is a place of its own
}

// StartRealRegistry starts the registry of Docker, empty, on an own port. Debian
// has it as docker-registry.
func StartRealRegistry(t testing.TB, o RealOptions) *Registry {
	t.Helper()
	program := needProgram(t, "docker-registry", "docker-registry")
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yml")
	r := &Registry{User: o.User, Password: o.Password}
	if o.Data == "" {
		o.Data = filepath.Join(dir, "data")
	}
	text := fmt.Sprintf("version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage:\n  filesystem: {rootdirectory: %q}\n  delete: {enabled: true}\n"+
		"http:\n  addr: 127.0.0.1:0\n", o.Data)
	if o.TLS {
		r.CA = filepath.Join(dir, "ca.pem")
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		if err := certificate(r.CA, cert, key); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("  tls: {certificate: %q, key: %q}\n", cert, key)
	}
	if o.User != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(o.Password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		passwords := filepath.Join(dir, "htpasswd")
		if err := os.WriteFile(passwords, []byte(o.User+":"+string(hash)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("auth:\n  htpasswd: {realm: testbed, path: %q}\n", passwords)
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", config)
	cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	p := start(t, cmd)
	// The kernel has chosen the port.
	listening := regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)
	p.ready(t, func() error {
		found := listening.FindStringSubmatch(p.log.String())
		if found == nil {
			return errors.New("it does not listen")
		}
		r.Host = found[1]
		return nil
	})
	return r
}

// certificate writes the certificate of a new authority, and one for this machine
// with its key.
func certificate(caFile, certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "testbed authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "testbed"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	// One key is enough for both.
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return err
	}
	serverDER, err := x509.CreateCertificate(rand.Reader, server, ca, &key.PublicKey, key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
	}{{caFile, "CERTIFICATE", caDER}, {certFile, "CERTIFICATE", serverDER}, {keyFile, "EC PRIVATE KEY", keyDER}} {
		block := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := os.WriteFile(f.name, block, 0o600); err != nil {
			return err
		}
	}
	return nil
}
