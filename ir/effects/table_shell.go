package effects

import "slices"

// shellRows are the builtins of shells: POSIX.1-2017, bash(1) 5.2, dash(1) 0.5.12.
func shellRows() []program {
	return []program{
		{Names: "echo true false test [", Alone: true, Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: words, Prints: echoed},
		{Names: ": [[ times break continue wait", Alone: true, Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: words, Prints: echoed},
		{Names: "printf", Alone: true, Sees: seesNamed, Source: "bash(1) 5.2: with -v it sets a variable", Plain: true, Then: printfSets},
		{Names: "pwd", Alone: true, Sees: seesNamed, Source: "bash(1) 5.2", Options: "-L -P", Operands: "text...", Prints: func(k *call) values { return values{list: k.w.dirs, known: k.w.dirs != nil} }},
		{Names: "cd chdir", Sees: seesNext, Source: "bash(1) 5.2", Options: "-L -P -e -@", Operands: "text...", Unless: "CDPATH", Then: changeDir},
		{Names: "pushd", Sees: seesNext, Source: "bash(1) 5.2", Operands: "text...", Then: changeStack},
		{Names: "popd dirs", Sees: seesNamed, Source: "bash(1) 5.2", Operands: "text...", Then: changeStack},
		{Names: "export readonly", Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: exportVars},
		{Names: "local", Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: func(k *call) { k.forget("variable") }},
		{Names: "declare typeset", Source: "bash(1) 5.2", Plain: true, Then: func(k *call) { k.forget("variable") }},
		{Names: "unset", Sees: seesNamed, Source: "bash(1) 5.2", Options: "-v -f -n", Operands: "text...", Then: unsetVars},
		{Names: "read getopts", Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: func(k *call) { k.forget("variable") }},
		{Names: "mapfile readarray", Source: "bash(1) 5.2: -C has them run a command", Plain: true, Then: func(k *call) { k.forget("variable") }},
		{Names: "shift", Sees: seesNamed, Source: "bash(1) 5.2", Operands: "text...", Then: func(k *call) {
			for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
				k.w.env = k.w.set(n, values{})
			}
		}},
		{Names: "set", Sees: seesNamed, Source: "bash(1) 5.2, dash(1) 0.5.12", Plain: true, Then: setOptions},
		{Names: "shopt", Source: "bash(1) 5.2: it changes what wildcards find", Options: "-s -u -q -o -p", Operands: "text...", Then: func(k *call) {
			k.leave("set", k.Text)
			if k.loose || k.has("-o") || slices.ContainsFunc(k.operands, func(f field) bool { return !slices.ContainsFunc(harmlessOptions(), f.is) }) {
				k.fail("`" + k.Text + "` changes how the rest is read")
			}
		}},
		{Names: "umask", Sees: seesNamed, Source: "bash(1) 5.2", Options: "-S -p", Operands: "text...", Then: func(k *call) { k.leave("umask", k.first()) }},
		{Names: "ulimit", Sees: seesNamed, Source: "bash(1) 5.2", Plain: true, Then: func(k *call) { k.leave("set", k.Text) }},
		{Names: "exit return", Sees: seesNamed, Source: "bash(1) 5.2", Operands: "text...", Then: func(k *call) { k.w.dead, k.bad.dead = true, true }},
		{Names: "trap", Source: "bash(1) 5.2", Options: "-l -p", Operands: "text...", Then: setTrap},
		{Names: "alias unalias", Source: "bash(1) 5.2: a shell that is not interactive expands none, unless it is dash", Options: "-a -p", Operands: "text...", Then: func(k *call) {
			k.leave("alias", k.first())
			k.fail("`" + k.Text + "` changes what commands are")
		}},
		{Names: "which", Alone: true, Sees: seesNamed, Source: "which(1) of debianutils 5.7", Plain: true, Then: looksUp, Prints: found},
		{Names: "hash", Sees: seesNamed, Source: "bash(1) 5.2: -p puts one program in the place of another", Options: "-r -p=run", Operands: "text...", Then: looksUp},
		{Names: "type whereis", Sees: seesNamed, Source: "bash(1) 5.2, whereis(1) of util-linux 2.38", Plain: true, Then: looksUp},
		{Names: "command", Sees: seesNamed, Source: "bash(1) 5.2: with -v and -V it asks, else it is a wrapper", Options: "-v -V -p", Operands: "text...", Then: asks},
		{Names: "builtin enable", Source: "bash(1) 5.2", Operands: "run..."},
		{Names: "eval . source", Sees: seesNamed, Hands: readsScript, Source: "bash(1) 5.2: a script that the tree does not show", Plain: true, Runs: "reads a script that is not in the Dockerfile", Then: func(k *call) {
			k.w.dirs, k.w.blind, k.w.vars, k.w.errexit, k.w.pipefail = nil, true, nil, false, false
			k.bad = k.w.env
		}},
		{Names: "exec", Source: "bash(1) 5.2: without a command its redirections are those of the shell", Operands: "run...", Then: func(k *call) { k.leave("descriptor", "") }},
		{Names: "sh bash dash ash", Source: "bash(1) 5.2, dash(1) 0.5.12: a script among its words is followed", First: true, Operands: "text...",
			Options: "-c -e -u -x -f -l -i -a -v -n -o=text --login --noprofile --norc --posix -p -s!", Then: innerShell},
		{Names: "su runuser", Source: "su(1), runuser(1), util-linux 2.38", Operands: "text...",
			Options: "-l|--login -c|--command=text -s|--shell=text -m|-p|--preserve-environment -f|--fast -g|--group=text -G|--supp-group=text -u|--user=text -P|--pty", Then: innerShell},
	}
}

// harmlessOptions are those of shopt that change neither what words become nor what commands are.
func harmlessOptions() []string {
	return []string{"nullglob", "failglob", "inherit_errexit", "checkhash", "checkwinsize", "cmdhist", "direxpand", "dirspell", "histappend", "histverify", "huponexit", "lithist", "login_shell",
		"no_empty_cmd_completion", "progcomp", "promptvars", "sourcepath", "xpg_echo"}
}
