package sshserver

import (
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// keyLine is a line of authorized_keys: options, a type of key, the key in base64, and a
// comment. See sshd(8), "AUTHORIZED_KEYS FILE FORMAT".
var keyLine = late.Regexp(`^([a-zA-Z0-9-]+(="([^"\\]|\\.)*")?(,[a-zA-Z0-9-]+(="([^"\\]|\\.)*")?)* )?` +
	`(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)(-cert-v01@openssh\.com)?` +
	` [A-Za-z0-9+/]{32,}={0,2}( [^\x00-\x1f]*)?$`)

// private is in every file of a private key.
const private = "PRIVATE KEY-----"

// keys checks that somebody can log in, and that it is not with a private key.
func (j *job) keys() {
	c := &j.config
	if len(c.Keys) == 0 && c.KeysFile == "" && c.KeysSecret == "" {
		j.errorf("keys", "nobody could log in: ssh-server has no public keys").
			Hint = "give it some in strake.yaml: authorized-keys, authorized-keys-file or authorized-keys-secret"
	}
	for i, key := range c.Keys {
		switch {
		case strings.Contains(key, private):
			j.errorf("keys", "number %d of authorized-keys is a private key", i+1).
				Hint = "it has to be kept secret: give the public one, of the file that ends in .pub, and make a new pair if strake.yaml is where others see it"
		case !keyLine().MatchString(key):
			j.errorf("keys", "number %d of authorized-keys is no public key", i+1).
				Hint = "it is written as in a line of authorized_keys, like `ssh-ed25519 AAAAC3Nz… me@home`"
		}
	}
	if c.KeysFile == "" {
		return
	}
	// What cannot be read here is looked at by the build.
	text, err := j.host.ReadFile(j.ctx, c.KeysFile)
	if err == nil && strings.Contains(string(text), private) {
		j.errorf("keys", "%s is a private key", c.KeysFile).Hint = "name the public one, which ends in .pub"
	}
}
