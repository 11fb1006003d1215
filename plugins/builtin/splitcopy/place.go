package splitcopy

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// surroundings makes sure that programs, homes and settings of installs are elsewhere than in the
// directory: they would look for them there.
func (s *split) surroundings(i int, script *shell.Script, found []*installer, at *eval.State) *refusal {
	home := at.Home()
	if !at.UserKnown || home == "" {
		return refuse("home", "the home directory of who installs is not known")
	}
	if below(home, s.to) {
		return refuse("home", "%s is the home directory of who installs, or has it in it", s.to)
	}
	if rest, ok := strings.CutPrefix(s.to, path.Clean(home)+"/"); ok && home != "/" && strings.HasPrefix(rest, ".") {
		return refuse("home", "%s may have settings of who installs in it", s.to)
	}
	if at.Lost() || script.AnySet {
		return refuse("variables", "it is not known which variables are set")
	}
	view := at.View()
	for _, name := range view.Unknown {
		if leads(name) {
			return refuse("variables", "%s, which may lead the install elsewhere, is known only when it is built", name)
		}
	}
	for name, value := range view.Env {
		if !s.harmless(name, value) {
			return refuse("variables", "%s may lead the install to files of %s", name, s.to)
		}
	}
	vars := script.Sets
	for _, f := range found {
		vars = slices.Concat(vars, f.Env)
	}
	for _, v := range vars {
		if leads(v.Name) && (!v.Value.Known || !s.harmless(v.Name, v.Value.Text)) {
			return refuse("variables", "%s may lead the install to files of %s", v.Name, s.to)
		}
	}
	return s.settings(i)
}

// leads tells variables by which programs find programs, settings or files, by their names. Others
// mean nothing to those that install.
func leads(name string) bool {
	low := strings.ToLower(name)
	if slices.Contains([]string{"path", "home", "tmpdir", "tmp", "temp", "env", "bash_env", "cdpath", "ifs", "shellopts", "prefix", "destdir", "init_cwd", "pwd", "oldpwd",
		"cc", "cxx", "cflags", "cxxflags", "cppflags", "ldflags", "cpath", "library_path", "c_include_path", "cplus_include_path", "pkg_config_path", "pkg_config", "makeflags", "perl5lib", "perl5opt", "node_options", "node_path", "node_extra_ca_certs", "node_v8_coverage", "node_icu_data", "node_redirect_warnings", "node_compile_cache", "node_gyp_force_python",
		"goflags", "gopath", "gomodcache", "gocache", "goproxy", "gosumdb", "gonosumdb", "goprivate", "gonoproxy", "goinsecure", "goenv", "gowork", "gotmpdir", "goroot", "gobin", "go111module", "gotoolchain", "govcs", "goauth", "phprc", "php_ini_scan_dir", "php_ini_dir",
		"java_tool_options", "openssl_conf"}, low) {
		return true
	}
	for _, prefix := range []string{"npm_", "yarn_", "pnpm_", "nvm_", "corepack_", "volta_", "pip_", "python", "pyenv_", "virtual_env", "uv_", "conda_", "setuptools_", "cgo_", "bundle_", "bundler_", "gem_", "ruby", "rbenv_", "rvm_",
		"composer", "ld_", "git_", "ssh_", "xdg_", "asdf_", "mise_", "sudo_", "bash_func"} {
		if strings.HasPrefix(low, prefix) {
			return true
		}
	}
	return false
}

var (
	plainValue = late.Regexp(`^(-?[0-9]+|v?[0-9]+\.[0-9][A-Za-z0-9.+~_-]*|go[0-9.]+|[0-9A-Fa-f]{16,64}|true|false|yes|no|on|off|always|never|auto|production|development|test|prod|dev|staging|ci|none|info|warn|error|silent|notice|verbose|http|silly|utf-?8|random|linux|amd64|arm64|direct|local|text|dot|[A-Z]{1,2}[.]UTF-8|--max[-_]old[-_]space[-_]size=[0-9]+|-mod=mod|-mod=readonly|)$`)
	plainURL   = late.Regexp(`^https?://[^\s]+$`)
)

// namesPath tells variables whose value is a path, by their names: a word that looks like a switch
// would be a directory.
var namesPath = late.Regexp(`(?i)(cache|prefix|dir|path|home|root|target|src|config|file|folder|store|tmp|temp|lib|shell|gyp|requirement|constraint|find_links|destination|log$|logs$|python$|env$)`)

// switches are variables that have such a word in their name, and no path for a value.
var switches = late.Regexp(`(?i)(_no_|_enable_|_disable_|^npm_config_(loglevel|update|fund|audit|production|registry|strict|fetch|omit|unsafe|ignore|legacy|progress|maxsockets|color)|^virtual_env_disable|_version$|_sha256$|_timeout$)`)

// harmless tells whether a variable leads an install to no file of the directory, and to no other
// file by a name that is relative.
func (s *split) harmless(name, value string) bool {
	if !leads(name) {
		return true
	}
	low := strings.ToLower(value)
	if value != "" && namesPath().MatchString(name) && !switches().MatchString(name) && !path.IsAbs(value) && !plainURL().MatchString(value) {
		return false
	}
	if plainValue().MatchString(value) || plainValue().MatchString(low) || plainURL().MatchString(value) {
		return !strings.EqualFold(name, "path")
	}
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return r == ':' || r == ',' && strings.HasPrefix(low, "http") }) {
		switch {
		case plainValue().MatchString(part), strings.HasPrefix(part, "//"):
		case !path.IsAbs(part) || strings.ContainsAny(part, " \t$;"):
			return false
		case below(path.Clean(part), s.to) && !(strings.EqualFold(name, "path") && s.made(path.Clean(part))):
			return false
		}
	}
	return !strings.HasPrefix(value, ":") && !strings.HasSuffix(value, ":") && !strings.Contains(value, "::")
}

// made tells a path of the directory that the COPY brings nothing of, nor of what it is in.
func (s *split) made(name string) bool {
	rest, ok := strings.CutPrefix(name, s.to+"/")
	if !ok {
		return false
	}
	top, _, _ := strings.Cut(rest, "/")
	return s.files.has(s.from, literal(top)) == "" && s.files.err == nil
}

var setting = late.Regexp(`^(-g|--global|--location=global|set|global|config|-w|get|list|delete|unset|registry|@[a-z0-9-]+:registry|//\S+|strict-ssl|fetch-\S+|fund|audit|update-notifier|loglevel|progress|network-?timeout|networkTimeout|http-?timeout|global\.(index-url|extra-index-url|trusted-host|timeout|no-cache-dir|disable-pip-version-check)|without|jobs|retry|frozen|silence_root_warning|GOPROXY=\S*|GO111MODULE=\S*|GOSUMDB=\S*|https?://\S+|true|false|[0-9]+|development(:test)?|test|development test|error|warn|silent)$`)

// settings makes sure that no command in front gave a manager settings that may lead it to the
// directory.
func (s *split) settings(at int) *refusal {
	bodies := eval.Inherited(s.Module, s.stage)
	for _, op := range s.Module.Stages[s.stage].Ops[:at+1] {
		bodies = append(bodies, op.Body)
	}
	for _, body := range bodies {
		run, ok := body.(*ir.Run)
		if !ok {
			continue
		}
		script, err := s.States.Script(run, nil)
		if err != nil {
			continue
		}
		for _, c := range script.Commands {
			sets := slices.Contains([]string{"npm", "yarn", "pnpm", "pip", "pip3", "bundle", "composer", "git"}, c.Name) && c.Has("config", "set", "c") || c.Name == "go" && c.Arg(0) == "env" && c.Has("-w")
			if !sets || c.Name == "git" && !strings.Contains(c.Text, "core.") {
				continue
			}
			args := c.Args
			if c.Name == "go" {
				args = args[1:]
			}
			for _, w := range args {
				if !w.Known || !setting().MatchString(w.Text) {
					return refuse("settings", "`%s` may lead the install elsewhere", c.Text)
				}
			}
		}
	}
	return nil
}
