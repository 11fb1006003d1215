package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/go-connections/tlsconfig"
	"github.com/moby/moby/client"

	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/credentials"
)

// endpoint is where a Docker Engine is.
type endpoint struct {
	Host          string
	SkipTLSVerify bool
	tls           string // directory of ca.pem, cert.pem and key.pem; "" is no TLS
}

// current is the endpoint that the docker command would use: of DOCKER_HOST, else
// of the current context.
func current(env func(string) (string, bool)) (endpoint, error) {
	get := func(name string) string { v, _ := env(name); return v }
	if host := get(client.EnvOverrideHost); host != "" {
		ep := endpoint{Host: host}
		if verify := get(client.EnvTLSVerify); verify != "" || get("DOCKER_TLS") != "" {
			ep.SkipTLSVerify = verify == ""
			if ep.tls = get(client.EnvOverrideCertPath); ep.tls == "" {
				ep.tls = credentials.DockerDir(env)
			}
		}
		return ep, nil
	}
	name := get("DOCKER_CONTEXT")
	if name == "" {
		var config struct {
			CurrentContext string `json:"currentContext"`
		}
		// Without a readable file there is no other context.
		if data, err := regular.Read(filepath.Join(credentials.DockerDir(env), "config.json"), maxConfig); err == nil && json.Unmarshal(data, &config) == nil {
			name = config.CurrentContext
		}
	}
	if name == "" || name == "default" {
		return endpoint{Host: client.DefaultDockerHost}, nil
	}
	return ofContext(credentials.DockerDir(env), name)
}

// maxConfig bounds the files of docker that are read, in bytes.
const maxConfig = 1 << 20

// ofContext reads a context of docker. Its files are named by the digest of its name.
func ofContext(dir, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var meta struct {
		Endpoints map[string]endpoint
	}
	data, err := regular.Read(filepath.Join(dir, "contexts", "meta", id, "meta.json"), maxConfig)
	if err == nil {
		err = json.Unmarshal(data, &meta)
	}
	ep, ok := meta.Endpoints["docker"]
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ep, fail("no-docker-context", "`docker context ls` lists those that there are", "there is no docker context %q", name)
	case err != nil:
		return ep, fail("bad-docker-context", "make it anew with `docker context create`", "cannot read the docker context %q: %v", name, err)
	case !ok || ep.Host == "":
		return ep, fail("bad-docker-context", "`docker context use` selects another one", "the docker context %q is not of a Docker Engine", name)
	}
	certs := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(certs); err == nil {
		ep.tls = certs
	}
	return ep, nil
}

// client makes a client, which does not connect yet.
func (ep endpoint) client() (*client.Client, error) {
	helper, err := connhelper.GetConnectionHelper(ep.Host) // of ssh://
	if err != nil {
		return nil, err
	}
	if helper != nil {
		return client.New(
			client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: helper.Dialer}}),
			client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
	}
	var opts []client.Opt
	if ep.tls != "" || ep.SkipTLSVerify {
		o := tlsconfig.Options{InsecureSkipVerify: ep.SkipTLSVerify, ExclusiveRootPools: true}
		for name, file := range map[string]*string{"ca.pem": &o.CAFile, "cert.pem": &o.CertFile, "key.pem": &o.KeyFile} {
			path := filepath.Join(ep.tls, name)
			if _, err := os.Stat(path); ep.tls != "" && err == nil {
				*file = path
			}
		}
		config, err := tlsconfig.Client(o)
		if err != nil {
			return nil, err
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{
			Transport: &http.Transport{TLSClientConfig: config}, CheckRedirect: client.CheckRedirect,
		}))
	}
	return client.New(append(opts, client.WithHost(ep.Host))...)
}
