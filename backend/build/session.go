package build

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config/configfile"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/util/gitutil"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins/credentials"
)

// session is what the daemon may ask of this machine during the build.
func (j *job) session() ([]session.Attachable, error) {
	logins, err := credentials.Load(j.Env)
	if err != nil { // as for docker: what needs no login goes on
		logins = configfile.New("")
	}
	list := append(j.Session[:len(j.Session):len(j.Session)], j.Engine.Session, authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(logins),
	}))
	if len(j.Secrets) > 0 {
		secrets, err := j.secrets()
		if err != nil {
			return nil, err
		}
		list = append(list, secrets)
	}
	agents := j.SSH
	if socket, _ := j.Env("SSH_AUTH_SOCK"); len(agents) == 0 && socket != "" && overSSH(j.Input.Options["context"]) {
		agents = []sshprovider.AgentConfig{{ID: "default"}}
	}
	if len(agents) == 0 {
		return list, nil
	}
	ssh, err := sshprovider.NewSSHAgentProvider(agents)
	if err != nil {
		return nil, diag.Diagnostic{Code: "no-ssh-key", Message: "--ssh: " + err.Error(),
			Hint: "start an agent (eval $(ssh-agent); ssh-add), or name a key: --ssh default=FILE"}
	}
	return append(list, ssh), nil
}

// overSSH tells whether a context is a git repository that is fetched over ssh.
func overSSH(context string) bool {
	ref, ok, err := dfgitutil.ParseGitRef(context)
	if !ok || err != nil {
		return false
	}
	u, err := gitutil.ParseURL(ref.Remote)
	return err == nil && u.Scheme == gitutil.SSHProtocol
}

// sharedKey names a build context of this machine, so that the daemon keeps what
// it was sent of it, and the next build sends only what changed.
func sharedKey(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(host + "\x00" + path))
	return filepath.Base(path) + ":" + hex.EncodeToString(sum[:8])
}
