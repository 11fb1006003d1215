package project

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// GivenFlags say what a build is given besides its context: secrets, agents, entitlements and other
// contexts. Their names are those of docker build.
type GivenFlags struct{ contexts, secrets, ssh, allow []string }

// Declare declares the flags.
func (g *GivenFlags) Declare(f *pflag.FlagSet) {
	f.StringArrayVar(&g.contexts, "build-context", nil, "`NAME=VALUE` Add a build context: a directory, a URL, docker-image://REF or oci-layout://DIR")
	f.StringArrayVar(&g.secrets, "secret", nil, "`id=ID[,src=FILE|,env=NAME]` Give RUN --mount=type=secret a secret")
	f.StringArrayVar(&g.ssh, "ssh", nil, "`ID[=SOCKET|KEY]` Give RUN --mount=type=ssh an agent or keys; the usual ID is default")
	f.StringArrayVar(&g.allow, "allow", nil, "`ENTITLEMENT` Allow network.host, security.insecure or a device")
}

// Give puts what the flags say into a request, but for the contexts. A network of "host" is allowed,
// as docker has it: the user said so.
func (g *GivenFlags) Give(r *build.Request, network string) (err error) {
	if r.Allow, err = Each("--allow", g.allow, build.ParseEntitlement); err != nil {
		return err
	}
	if r.Secrets, err = Each("--secret", g.secrets, build.ParseSecret); err != nil {
		return err
	}
	if r.SSH, err = Each("--ssh", g.ssh, build.ParseSSH); err != nil {
		return err
	}
	if network == "host" && !slices.Contains(r.Allow, "network.host") {
		r.Allow = append(r.Allow, "network.host")
	}
	return nil
}

// Contexts are those of --build-context.
func (g *GivenFlags) Contexts() (map[string]string, error) { return NamedContexts(g.contexts) }

// Each reads the values of a flag. Those that are empty are none.
func Each[T any](flag string, list []string, parse func(string) (T, error)) ([]T, error) {
	var out []T
	for _, text := range list {
		if text == "" {
			continue
		}
		v, err := parse(text)
		if err != nil {
			return nil, cli.Misuse("invalid %s %q: %v", flag, text, err)
		}
		out = append(out, v)
	}
	return out, nil
}
