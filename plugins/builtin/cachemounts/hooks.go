package cachemounts

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// shellHooks are variables by which a shell, or the loader of every program, runs or reads what
// their value says, or takes words and directories otherwise than package shell does: bash(1)
// 5.2, dash(1) 0.5.12 and ld.so(8).
var shellHooks = strings.Fields("IFS CDPATH PS4 BASH_ENV PROMPT_COMMAND BASH_XTRACEFD SHELLOPTS BASHOPTS LD_PRELOAD LD_AUDIT")

// hookVars are those by which programs that are quiet start another: tar(1), rsync(1), less(1),
// git(1), wget(1), gawk(1), visudo(8), node(1), of their versions in Debian 12.
var hookVars = slices.Concat(shellHooks, strings.Fields(`TAR_OPTIONS RSYNC_RSH RSYNC_OLD_ARGS LESSOPEN LESSCLOSE WGETRC SYSTEM_WGETRC AWKPATH AWKLIBPATH
	GIT_ASKPASS SSH_ASKPASS GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_CONFIG GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM
	GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_SSH GIT_SSH_COMMAND GIT_SSH_VARIANT NODE_OPTIONS npm_config_script_shell npm_config_node_options npm_config_git npm_config_shell
	NPM_CONFIG_SCRIPT_SHELL NPM_CONFIG_NODE_OPTIONS NPM_CONFIG_GIT NPM_CONFIG_SHELL RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC CARGO_BUILD_RUSTC_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC PERL5OPT PERL5DB PYTHONSTARTUP PYTHONINSPECT RUBYOPT OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES`))

// loads are options of node(1) 22 that load a program, and of ssh(1) 9.2 that run one.
var loads = late.Regexp("(?i)(^|\\s)(-r|--require|--import|--(experimental-)?loader)|command|[;&|`$<>]|(^|\\s)-[A-Za-z]*[FI]")

// runsByVariable tells whether a variable has a program run another, with this value.
func runsByVariable(name, value string, known bool) bool {
	switch {
	case name == "NODE_OPTIONS":
		return !known || loads().MatchString(value)
	case name == "GIT_SSH_COMMAND":
		return !known || !strings.HasPrefix(value, "ssh ") || loads().MatchString(value)
	}
	return slices.Contains(hookVars, name)
}

var mentionsHook = late.Regexp(`\b(` + strings.Join(shellHooks, "|") + `)\b`)

// lastWord is what bash(1) 5.2 has of the words of a command before.
var lastWord = late.Regexp(`\$\{?(_|BASH_COMMAND)\b`)

// shellWords are those of a SHELL, behind the shell itself, by which it reads no file of its
// own: not a login shell, and not an interactive one.
var shellWords = late.Regexp(`^(-[acefhuvxo]+|pipefail|errexit|nounset|xtrace|\+[efhuvx]+)$`)

var plainInterpreter = late.Regexp(`^#! *(/usr)?/bin/(env +)?(ba|da|a)?sh( +-[efhuvx]+)*\s*$`)

// functions are definitions of them.
var functions = late.Regexp(`(?:^|[\s;&|({])(?:function\s+)?([\w.-]+)\s*\(\s*\)`)

// hooked tells whether something in force has the shell, or a program that is quiet by itself,
// run what this RUN does not say.
func (j *job) hooked() bool { return j.hooks.ask(j.hooksShell) }

func (j *job) hooksShell() bool {
	text := j.ops[j.op].text()
	first, _, _ := strings.Cut(j.script.Text, "\n")
	switch {
	case j.script.AnySet, mentionsHook().MatchString(text), lastWord().MatchString(text), strings.Contains(j.script.Text, "@P}"):
		return true
	case strings.HasPrefix(first, "#!") && !plainInterpreter().MatchString(first):
		return true
	case len(j.state.Shell) > 0 && strings.Contains(j.state.Shell[0], "/") && !slices.Contains(systemDirs, path.Dir(j.state.Shell[0])):
		return true // one of the author's
	case slices.ContainsFunc(functions().FindAllStringSubmatch(j.script.Text, -1), func(m []string) bool {
		return kindOf(&shell.Command{Name: m[1], Prog: shell.Word{Text: m[1], Known: true}}) != unknown
	}):
		return true // what has the name of a program is another
	case len(j.state.Shell) > 0 && slices.ContainsFunc(j.state.Shell[1:], func(w string) bool { return !shellWords().MatchString(w) }):
		return true
	}
	for _, name := range hookVars {
		if value, set, known := j.state.Var(name); set && runsByVariable(name, value, known) {
			return true
		}
	}
	set := func(v shell.Var) bool {
		script := v.Value.Known && (strings.Contains(v.Value.Text, "$(") || strings.Contains(v.Value.Text, "`")) // which arithmetic of bash would run
		return script || runsByVariable(v.Name, v.Value.Text, v.Value.Known)
	}
	return slices.ContainsFunc(j.script.Sets, set) || slices.ContainsFunc(j.script.Commands, func(c *shell.Command) bool {
		return slices.ContainsFunc(c.Env, set)
	})
}

// settingsOfGit are files in which git(1) finds hooks and aliases.
var settingsOfGit = late.Regexp(`gitconfig|\.git/(config|hooks)|git-core/templates|/git/(config|attributes)`)

// gitHooked tells whether an instruction so far may have told git to run a program of the
// author's: by a configuration, or a file of one; or bash, by a function in the environment.
func (j *job) gitHooked() bool {
	return j.before((*about).hooksGit)
}
