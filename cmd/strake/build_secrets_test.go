package main

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// testKey signs the release of examples/secrets-and-ssh.
func testKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte("a key for the tests of examples."))
}

// secretFlags lend a build the passphrase of the example, and an ssh agent.
func secretFlags(t *testing.T) []string {
	t.Helper()
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--secret", "id=passphrase,src=" + passphrase, "--ssh", "default=" + testbed.StartAgent(t, testKey())}
}

// checkSecrets checks that the passphrase has opened the notes, and that the key in
// the agent has signed them.
func checkSecrets(t *testing.T, c *testbed.Container) {
	t.Helper()
	const notes = "Release 1.0: the first one.\n"
	prints(notes)(t, c)
	armoured, err := os.ReadFile(filepath.Join(c.Rootfs, "release", "notes.txt.sig"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(armoured)
	if block == nil {
		t.Fatalf("no signature: %q", armoured)
	}
	// The format is OpenSSH's PROTOCOL.sshsig.
	var s struct {
		Magic                                     [6]byte
		Version                                   uint32
		Key, Namespace, Reserved, Hash, Signature string
	}
	if err := ssh.Unmarshal(block.Bytes, &s); err != nil {
		t.Fatal(err)
	}
	var signature ssh.Signature
	if err := ssh.Unmarshal([]byte(s.Signature), &signature); err != nil {
		t.Fatal(err)
	}
	hash := sha512.Sum512([]byte(notes))
	signed := ssh.Marshal(struct {
		Magic                          [6]byte
		Namespace, Reserved, Hash, Sum string
	}{s.Magic, "release", "", "sha512", string(hash[:])})
	key, err := ssh.NewPublicKey(testKey().Public())
	if err == nil {
		err = key.Verify(signed, &signature)
	}
	if err != nil {
		t.Errorf("the signature of the notes: %v", err)
	}
}
