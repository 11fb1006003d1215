// Package credentials finds what logs in to a registry: in docker's configuration, else in
// podman's. Unlike the readers of their own libraries it never waits for a file that is a
// pipe, and takes none that is found by the working directory, which may be a repository of
// somebody else.
package credentials

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	stores "github.com/docker/cli/cli/config/credentials"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/seed-e0495807/strake/lang/regular"
)

// Env is the environment of a process, as os.LookupEnv gives it.
type Env func(name string) (value string, set bool)

func (env Env) get(name string) string { v, _ := env(name); return v }

// maxSize bounds a file with credentials, in bytes.
const maxSize = 1 << 20

// DockerDir is the directory of docker's command-line client: $DOCKER_CONFIG, else .docker in
// the user's home directory. It is never one below the working directory: what is in it
// decides where builds and their secrets are sent.
func DockerDir(env Env) string {
	if dir := env.get("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := env.get("HOME")
	if home == "" { // as for docker, it is what the system has for the user
		if u, err := user.Current(); err == nil {
			home = u.HomeDir
		}
	}
	if !filepath.IsAbs(home) {
		home = string(filepath.Separator)
	}
	return filepath.Join(home, ".docker")
}

// files are those that may have credentials; the first that is there counts.
func files(env Env) []string {
	list := []string{filepath.Join(DockerDir(env), config.ConfigFileName)}
	if file := env.get("REGISTRY_AUTH_FILE"); file != "" {
		list = append(list, file)
	}
	for _, dir := range []string{
		env.get("XDG_RUNTIME_DIR"), env.get("XDG_CONFIG_HOME"), filepath.Join(env.get("HOME"), ".config"),
	} {
		if filepath.IsAbs(dir) {
			list = append(list, filepath.Join(dir, "containers", "auth.json"))
		}
	}
	return list
}

// Load reads the credentials, or what says which program has them. It is empty when there
// is no file; an error names the file that cannot be read.
func Load(env Env) (*configfile.ConfigFile, error) {
	for _, file := range files(env) {
		data, err := regular.Read(file, maxSize)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read credentials: %w", err)
		}
		found, err := config.LoadFromReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("cannot read credentials in %s: %w", file, err)
		}
		return detect(found), nil
	}
	return detect(configfile.New("")), nil
}

// detect has docker's choice of a program with the credentials, where a file has neither
// these nor one.
func detect(f *configfile.ConfigFile) *configfile.ConfigFile {
	if !f.ContainsAuth() {
		f.CredentialsStore = stores.DetectDefaultStore(f.CredentialsStore)
	}
	return f
}

// Keychain answers with the credentials that Load finds, at each question anew: `docker
// login` may come between two.
func Keychain(env Env) authn.Keychain { return keychain{env} }

type keychain struct{ env Env }

func (k keychain) Resolve(target authn.Resource) (authn.Authenticator, error) {
	return k.ResolveContext(context.Background(), target)
}

// ResolveContext asks for a repository, which podman has credentials for, and then for its
// registry.
func (k keychain) ResolveContext(_ context.Context, target authn.Resource) (authn.Authenticator, error) {
	f, err := Load(k.env)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{target.String(), target.RegistryStr()} {
		if key == name.DefaultRegistry {
			key = authn.DefaultAuthKey
		}
		found, err := f.GetAuthConfig(key)
		if err != nil {
			return nil, err
		}
		auth := authn.AuthConfig{Username: found.Username, Password: found.Password, Auth: found.Auth,
			IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken}
		if auth != (authn.AuthConfig{}) {
			return authn.FromConfig(auth), nil
		}
	}
	return authn.Anonymous, nil
}
