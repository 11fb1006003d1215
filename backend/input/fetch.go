package input

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// fetchError is what a text of BuildKit's sources for git and HTTP means. Message and hint
// may have $1 … $9 of the pattern, and $from for where it was fetched.
type fetchError struct {
	pattern             func() *late.Expression
	code, message, hint string
}

// fetchErrors are tried in order. Texts of git are those of its programs, in English, as
// the daemon sets LC_ALL for them.
var fetchErrors = []fetchError{
	{late.Regexp(`repository does not contain (?:ref|hash) (\S+?),? |reference is not a tree: (\w+)|not our ref (\w+)|couldn't find remote ref (\S+)|pathspec '(\S+)' did not match`), "no-git-ref",
		"$from has no branch, tag or commit `$1$2$3$4$5`", "check the name behind the #; a commit needs all of its 40 digits"},
	{late.Regexp(`invalid subdir (\S+?):|git subpath "?([^"\s]+)"? contains non-directory`), "no-git-directory",
		"there is no directory `$1$2` in $from", "check the path behind the colon: #REF:DIRECTORY"},
	{late.Regexp(`expected checksum to match (\w+), got (\w+)`), "checksum-mismatch",
		"the commit of $from is $2, and $1 is expected", "find out why it changed; if what is there now is right, write --checksum=$2"},
	{late.Regexp(`fetched ref (\S+) does not match expected commit (\S+)`), "checksum-mismatch",
		"`$1` of $from is not the commit $2, which is expected", "find out why it changed; if it is right, write its commit behind --checksum="},
	{late.Regexp(`fetch-by-commit requires|invalid checksum (\S+) for Git URL|invalid git ref`), "bad-git-url", "",
		"a commit has 40 hexadecimal digits, and stands behind the # or --checksum="},
	{late.Regexp(`digest mismatch for \S+: (\S+) \(expected: (\S+)\)|digest mismatch (\S+): (\S+)`), "checksum-mismatch",
		"$from has the checksum $1$3, and $2$4 is expected", "find out why it changed; if what is there now is right, write --checksum=$1$3"},
	{late.Regexp(`invalid response status (401|403)`), "unauthorised",
		"the server of $from answers with status $1: it wants a login", "give a token with --secret id=HTTP_AUTH_TOKEN_HOST,env=NAME, with the name of the host for HOST"},
	{late.Regexp(`invalid response status (404|410)`), "no-such-url",
		"the server has no $from (status $1)", "check the URL: what it had there may have moved"},
	{late.Regexp(`invalid response status (5\d\d|429)`), "server-failed",
		"the server of $from answers with status $1", "it may be busy or broken: try again later"},
	{late.Regexp(`invalid response status (\d+)`), "server-failed",
		"the server of $from answers with status $1", "try the URL with curl -L"},
	{late.Regexp(`stopped after \d+ redirects`), "server-failed", "the server of $from redirects without an end", "try the URL with curl -L"},
	{late.Regexp(`no SSH key "([^"]*)" forwarded|unset ssh forward key (\S+)`), "no-ssh-key", "fetching $from needs the ssh agent", "give it: --ssh default"},
	{late.Regexp(`Permission denied \(publickey|Host key verification failed`), "unauthorised",
		"the server of $from does not take the key of the ssh agent", "check with `ssh-add -l` that the agent has the right one, and give it with --ssh default; a host that is not known needs --mount=type=ssh or --add-host, or use https"},
	{late.Regexp(`Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|returned error: (?:401|403)`), "unauthorised",
		"the server of $from wants a login", "give a token with --secret id=GIT_AUTH_TOKEN,env=NAME; a private repository that you may not see looks the same as one that does not exist"},
	{late.Regexp(`repository '[^']*' not found|does not appear to be a git repository|returned error: 404|remote: Not Found|not valid: is this a git repository`), "no-git-repository",
		"there is no git repository $from", "check the URL; a private one needs a token: --secret id=GIT_AUTH_TOKEN,env=NAME"},
	{late.Regexp(`x509: ([^\n"]*)|SSL certificate problem: ([^\n"]*)|server certificate verification failed`), "bad-certificate",
		"the certificate of the server of $from is not trusted ($1$2)", "the engine has to know its authority: add it to the certificates of the machine that the engine runs on"},
	{late.Regexp(`no such host|Could not resolve host|Name or service not known`), "unreachable",
		"the host of $from is not known", "check its name, the network and the DNS of the engine"},
	{late.Regexp(`connection refused|Couldn't connect to server|Connection refused`), "unreachable",
		"nothing answers at the address of $from", "check the host and its port; behind a proxy, set HTTPS_PROXY: an engine has that of its start, `strake engine stop` ends it"},
	{late.Regexp(`i/o timeout|[Cc]onnection timed out|Operation timed out|network is unreachable|No route to host|no route to host|TLS handshake timeout|Client\.Timeout|deadline exceeded`), "unreachable",
		"cannot reach the host of $from", "check the network and the name of the host; behind a proxy, set HTTPS_PROXY: an engine has that of its start, `strake engine stop` ends it"},
	{late.Regexp(`early EOF|unexpected EOF|unexpected disconnect|RPC failed|connection reset|Connection reset|remote end hung up|\bEOF\b`), "connection-lost",
		"the connection to the host of $from broke off", "try again, and check the network if that does not help"},
	{late.Regexp(`error fetching default branch|could not find default branch`), "no-git-ref", "cannot tell the default branch of $from", "name a branch or tag behind a #"},
	{late.Regexp(`failed to fetch remote|failed to checkout|failed to update submodules|failed to clone`), "git-failed", "", "try `git clone` of the same repository by hand"},
}

// ExplainFetch says what it means that something could not be fetched from a URL, as the
// text of BuildKit tells.
func ExplainFetch(ctx context.Context, text, from string) (diag.Diagnostic, bool) {
	text = unescape(text)
	for _, e := range fetchErrors {
		m := e.pattern().FindStringSubmatch(text)
		if m == nil {
			continue
		}
		d := diag.Diagnostic{Code: e.code, Message: text, Hint: fill(e.hint, m, from)}
		if e.message != "" {
			d.Message = fill(e.message, m, from)
		}
		if e.code == "no-git-ref" {
			if hint := nearRef(ctx, from, strings.Join(m[1:], "")); hint != "" {
				d.Hint = hint
			}
		}
		return d.Redacted(), true
	}
	return diag.Diagnostic{}, false
}

func fill(template string, m []string, from string) string {
	for i := len(m) - 1; i > 0; i-- {
		template = strings.ReplaceAll(template, fmt.Sprintf("$%d", i), m[i])
	}
	return strings.ReplaceAll(template, "$from", from)
}

// unescape makes one line of the output of git, in which BuildKit writes line ends as \n.
func unescape(text string) string {
	text = strings.ReplaceAll(text, `git stderr:\n`, "git says: ")
	text = strings.ReplaceAll(text, `\n: exit status`, ": exit status")
	return strings.TrimSpace(strings.ReplaceAll(text, `\n`, "; "))
}

// Bounds of asking a repository for its refs.
const (
	refsTime  = 3 * time.Second
	refsSize  = 4 << 20
	refsShown = 8
)

// nearRef names refs that a repository has instead of one that it does not; "" when they
// are not known. Only repositories that git's HTTP protocol reaches are asked.
func nearRef(ctx context.Context, from, ref string) string {
	names := refs(ctx, from)
	if len(names) == 0 {
		return ""
	}
	if near := diag.Suggest(ref, names); near != "" {
		return "did you mean `" + near + "`?"
	}
	shown := names[:min(len(names), refsShown)]
	hint := "it has `" + strings.Join(shown, "`, `") + "`"
	if more := len(names) - len(shown); more > 0 {
		hint += fmt.Sprintf(" and %d more", more)
	}
	return hint
}

// refs are the branches and tags that the repository tells of: lines of a length in four
// hexadecimal digits, a commit, and a name (gitprotocol-http(5), gitprotocol-pack(5)).
func refs(ctx context.Context, from string) []string {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	u.Fragment, u.RawQuery = "", "service=git-upload-pack"
	u.Path = strings.TrimSuffix(u.Path, "/") + "/info/refs"
	ctx, cancel := context.WithTimeout(ctx, refsTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasSuffix(resp.Header.Get("Content-Type"), "git-upload-pack-advertisement") {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(resp.Body, refsSize))
	var names []string
	for line := range bytes.Lines(data) {
		name, _, _ := strings.Cut(strings.TrimSpace(string(line)), "\x00")
		_, name, _ = strings.Cut(name, " ")
		for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
			short, ok := strings.CutPrefix(name, prefix)
			if ok && !strings.HasSuffix(short, "^{}") && !slices.Contains(names, short) {
				names = append(names, short)
			}
		}
	}
	return names
}
