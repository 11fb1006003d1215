package recipe

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/late"
)

// secretNames are files that are there to hold a secret: patterns of path.Match for the last
// parts of a path, and what they hold.
func secretNames() map[string]string {
	return map[string]string{
		".netrc": "passwords of hosts", "_netrc": "passwords of hosts", ".git-credentials": "passwords of git", ".pgpass": "passwords of databases", ".my.cnf": "a password of a database",
		".pypirc": "passwords of package indexes", ".aws/credentials": "keys of a cloud", ".azure/*.json": "tokens of a cloud", "gcloud/*.db": "tokens of a cloud",
		"gcloud/application_default_credentials.json": "a key of a cloud", ".kube/config": "keys of a cluster", ".docker/config.json": "passwords of registries",
		".config/gh/hosts.yml": "a token of GitHub", ".cargo/credentials*": "a token of a registry", ".gem/credentials": "a token of a registry", ".composer/auth.json": "tokens of package indexes",
		"auth.conf.d/*": "passwords of package sources", "apt/auth.conf": "passwords of package sources", ".ssh/id_*": "a private key", ".gnupg/*": "private keys", "private-keys-v1.d/*": "private keys",
		".vault-token": "a token", "*.keystore": "private keys", "*.p12": "a private key", "*.pfx": "a private key", ".htpasswd": "hashes of passwords", ".terraformrc": "a token", ".s3cfg": "keys of a cloud",
	}
}

// secretTexts find secrets in what files hold. What each finds is in its own words, as tokens
// have a form that their makers chose for that.
func secretTexts() map[string]func() *late.Expression {
	return map[string]func() *late.Expression{
		"a private key":                 privateKey,
		"a token":                       token,
		"a token of a package registry": registryToken,
	}
}

var (
	privateKey    = late.Regexp(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\r|\\n)+[A-Za-z0-9+/]{3}`) // programs that read keys have the first line alone
	token         = late.Regexp(`\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})`)
	registryToken = late.Regexp(`(?m)^\s*(?:(?://[^\s=]*:)?_(?:authToken|auth|password)\s*=|npmAuthToken:)\s*["']?[^\s"'$]`)
)

// assigned finds a setting whose name ends as those of secrets do, with a value that is no variable and
// no switch.
var assigned = late.Regexp(`(?im)^\s*(?:export\s+|set\s+)?["']?[a-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api_?key|access_?key|secret_?key)["']?\s*=\s*["']?[^\s"'$<{;,()]{6,}["']?\s*(?:[#;].*)?$`)

// settings tells whether a file is of settings, by its name: in a program the same line would be code.
func settings(name string) bool {
	switch file := base(name); {
	case strings.HasSuffix(file, ".example"), strings.HasSuffix(file, ".sample"), strings.HasSuffix(file, ".template"):
		return false
	case file == ".env", strings.HasPrefix(file, ".env."), under(name, "/etc"):
		return true
	}
	return slices.Contains([]string{".env", ".envrc", ".conf", ".cnf", ".cfg", ".ini", ".properties", ".bashrc", ".profile", ".bash_profile", ".zshrc"}, path.Ext(name))
}

// public ends the names of files that go with a secret, and are none.
func public(name string) bool { return path.Ext(name) == ".pub" }

// secretOf tells what secret a file holds, "" for none.
func secretOf(name, text string) string {
	if under(name, "/run/secrets") {
		return "a secret of a build or a service"
	}
	parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for pattern, what := range secretNames() {
		n := strings.Count(pattern, "/") + 1
		if len(parts) < n || public(name) {
			continue
		}
		if ok, err := path.Match(pattern, path.Join(parts[len(parts)-n:]...)); ok && err == nil {
			return what
		}
	}
	for what, find := range secretTexts() {
		if find().MatchString(text) {
			return what
		}
	}
	if settings(name) && assigned().MatchString(text) {
		return "a password or a token in a setting"
	}
	if addressed(name, text) {
		return "a password in an address"
	}
	return ""
}

// secrets leaves out files that hold any.
func secrets(_ context.Context, r *reading) error {
	for _, name := range r.paths(func(c *change) bool { return c.after != nil && c.after.Kind == validate.Regular && c.content() }) {
		c := r.changes[name]
		if c == nil { // the public part of a key
			continue
		}
		what := secretOf(name, r.texts[c.after])
		if what == "" {
			continue
		}
		r.leave(name, "it holds "+what, true, name)
		if twin := name + ".pub"; r.changes[twin] != nil { // with the private key that the image gets, it would be none
			r.leave(twin, "it goes with a private key that is left out", false, twin)
		}
		r.emptied(path.Dir(name))
	}
	return nil
}

// emptied leaves out a new directory, and those above it, that had nothing but what is left out.
func (r *reading) emptied(dir string) {
	for c := r.changes[dir]; c != nil && c.before == nil; c = r.changes[dir] {
		for name := range r.changes {
			if name != dir && under(name, dir) {
				return
			}
		}
		r.leave(dir, "it had nothing but what is left out", false, dir)
		dir = path.Dir(dir)
	}
}
