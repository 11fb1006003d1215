package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets"
	"github.com/moby/buildkit/session/secrets/secretsprovider"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// secrets checks that each secret can be read, so that a mistake shows before the
// build starts. What an error tells is where the secret was to be, never its value.
func (j *job) secrets() (session.Attachable, error) {
	given := secretFiles{}
	for i, s := range j.Secrets {
		if s.Env == "" && s.FilePath == "" {
			if _, ok := j.Env(s.ID); ok {
				s.Env = s.ID
			} else {
				s.FilePath = s.ID
			}
			j.Secrets[i] = s
		}
		if err := j.checkSecret(s); err != nil {
			return nil, err
		}
		given[s.ID] = s
	}
	return secretsprovider.NewSecretProvider(given), nil
}

func (j *job) checkSecret(s secretsprovider.Source) error {
	no := func(hint, format string, args ...any) error {
		return diag.Diagnostic{Code: "no-secret", Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	if s.ID == "" {
		return no("write id=ID,src=FILE", "--secret: a secret has no id")
	}
	if s.Env != "" {
		if _, ok := j.Env(s.Env); !ok {
			return no("set it, or name a file: --secret id="+s.ID+",src=FILE", "the secret %s: the environment variable %s is not set", s.ID, s.Env)
		}
		return nil
	}
	info, err := os.Stat(s.FilePath)
	switch {
	case err != nil:
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return no("name a file or a variable: --secret id="+s.ID+",src=FILE or id="+s.ID+",env=NAME",
			"the secret %s: cannot read %s: %v", s.ID, s.FilePath, err)
	case info.Size() > secretsprovider.MaxSecretSize && info.Mode().IsRegular():
		return no("", "the secret %s: %s has more than %d bytes", s.ID, s.FilePath, secretsprovider.MaxSecretSize)
	}
	return nil
}

// secretFiles reads secrets when a step asks for them. Those of BuildKit's own provider
// are read to their end, which a device has not.
type secretFiles map[string]secretsprovider.Source

var _ secrets.SecretStore = secretFiles{}

// GetSecret implements secrets.SecretStore.
func (m secretFiles) GetSecret(ctx context.Context, id string) ([]byte, error) {
	s, ok := m[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("the secret %s: %w", id, secrets.ErrNotFound)
	case s.Env != "":
		return []byte(os.Getenv(s.Env)), nil
	}
	f, err := regular.Stream(ctx, s.FilePath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, secretsprovider.MaxSecretSize+1)) // the provider refuses the one more
}
