package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// quietAwk tells a program of awk that is known and runs none: gawk(1) 5.2 has system(), pipes,
// two-way pipes, and extensions and indirect calls by "@".
func quietAwk(w shell.Word) bool {
	text := strings.ReplaceAll(w.Text, "||", "")
	return w.Known && !strings.ContainsAny(text, "|@") && !strings.Contains(text, "system")
}

// aptSettings are what apt.conf(5) of apt 2.6 has that starts no program, in lower case; "*" is
// all that start so.
var aptSettings = strings.Fields(`acquire::retries acquire::check-valid-until acquire::check-date acquire::forceipv4 acquire::forceipv6 acquire::gzipindexes acquire::languages
	acquire::compressiontypes::* acquire::allowinsecurerepositories acquire::allowweakrepositories acquire::allowdowngradetoinsecurerepositories acquire::queue-mode acquire::max-validto acquire::by-hash
	acquire::http::proxy acquire::https::proxy acquire::http::timeout acquire::https::timeout acquire::http::pipeline-depth acquire::http::no-cache acquire::https::no-cache acquire::http::dl-limit
	acquire::https::verify-peer acquire::https::verify-host acquire::https::cainfo acquire::::proxy acquire::pdiffs acquire::indextargets::*
	apt::install-recommends apt::install-suggests apt::get::* apt::autoremove::* apt::immediate-configure apt::default-release apt::acquire::retries apt::cache-limit apt::cache-start apt::sandbox::user
	apt::color apt::status-fd dpkg::use-pty dpkg::progress-fancy dpkg::progress debug::* quiet`)

// quietApt tells whether the settings that an apt is given start no program: hooks, and methods
// and tools of the author's, are such.
func quietApt(given []shell.Option) bool {
	return !slices.ContainsFunc(given, func(o shell.Option) bool {
		if o.Name != "o" && o.Name != "option" {
			return false
		}
		key, value, _ := strings.Cut(strings.TrimLeft(o.Value.Text, `="`), "=")
		key = strings.ToLower(key)
		if strings.HasPrefix(key, "dpkg::options:") { // options of dpkg(1), which has hooks, too
			return !o.Value.Known || !strings.HasPrefix(strings.Trim(value, `"`), "--force-") && !strings.HasPrefix(strings.Trim(value, `"`), "--path-")
		}
		return !isOption(shell.Word{Text: key}, aptSettings) || strings.HasPrefix(key, "apt::get::download")
	})
}

// quietFind tells a find(1) 4.9 that runs only what is quiet, and does not come to what "{}"
// stands for.
func (r reader) quietFind(c *shell.Command) bool {
	for i, w := range c.Args {
		if !slices.Contains([]string{"-exec", "-execdir", "-ok", "-okdir"}, w.Text) {
			continue
		}
		end := i + 1
		for end < len(c.Args) && !slices.Contains([]string{";", `\;`, "+"}, c.Args[end].Text) {
			end++
		}
		inner := c.Runs(c.Args[min(i+1, end):end])
		switch k := r.kindOf(inner); {
		case k == quiet:
		case k == walker && !slices.ContainsFunc(walked(inner), func(w shell.Word) bool { return w.Text != "{}" }):
			// from what find has come to
		default:
			return false
		}
	}
	return true
}
