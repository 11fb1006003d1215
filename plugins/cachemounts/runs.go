package cachemounts

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/plugins/shell"
)

// runsOthers tells whether a program that is quiet by itself, or an installer, may run
// another here: by its manual page it can, and not all of its words are known to be none
// that have it do so.
func runsOthers(c *shell.Command) bool {
	if c.Sets("EDITOR", "VISUAL", "PAGER", "LESSOPEN", "TAR_OPTIONS", "BASH_ENV", "ENV") {
		return true
	}
	switch c.Name {
	case "awk", "gawk", "mawk": // gawk(1) 5.2: system(), pipes, two-way pipes, extensions
		return hasWord(c, func(text string) bool {
			text = strings.ReplaceAll(text, "||", "")
			return strings.ContainsAny(text, "|@") || strings.Contains(text, "system") || text == "-f" || strings.HasPrefix(text, "-f/") || strings.HasPrefix(text, "--file") || text == "-l" || text == "-i"
		})
	case "sed":
		return !quietSed(c)
	case "tar": // tar(1) 1.34; a long option may be short of its end
		return hasWord(c, func(text string) bool {
			return abbreviates(text, "--to-command", "--use-compress-program", "--checkpoint-action", "--info-script", "--new-volume-script", "--rsh-command", "--rmt-command") ||
				strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.ContainsAny(strings.SplitN(text, "/", 2)[0], "IF")
		})
	case "git":
		return !quietGit(c)
	case "sort": // sort(1), coreutils 9.1
		return hasWord(c, func(text string) bool { return abbreviates(text, "--compress-program") })
	case "install": // install(1), coreutils 9.1
		return hasWord(c, func(text string) bool { return abbreviates(text, "--strip-program") })
	case "wget": // wget(1) 1.21
		return hasWord(c, func(text string) bool {
			return abbreviates(text, "--use-askpass") || strings.Contains(text, "use_askpass")
		})
	case "gpg": // gpg(1) 2.2
		return hasWord(c, func(text string) bool {
			return strings.Contains(text, "-program") || strings.Contains(text, "photo-viewer")
		})
	case "patch": // patch(1) 2.7: ed runs commands
		return c.Has("-e", "--ed")
	case "bundle", "bundler", "conda", "mamba", "micromamba", "poetry", "pipenv", "uv", "pnpm", "corepack", "rustup", "composer", "gem", "rpm":
		return slices.ContainsFunc(c.Args, func(w shell.Word) bool {
			return isOption(w, []string{"run", "exec", "shell", "x", "dlx", "tool", "test", "start", "build", "--eval*", "-E", "run-script"})
		})
	}
	return false
}

// hasWord tells whether a word of a command is of a kind.
func hasWord(c *shell.Command, is func(text string) bool) bool {
	return slices.ContainsFunc(c.Args, func(w shell.Word) bool { return is(w.Text) })
}

// abbreviates tells whether a word is one of the long options, or the start of one.
func abbreviates(text string, options ...string) bool {
	name, _, _ := strings.Cut(text, "=")
	return len(name) > 3 && slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, name) })
}

// quietSed tells whether the scripts of a sed(1) have neither the command e nor the flag e
// of s. A variable is taken for text.
func quietSed(c *shell.Command) bool {
	first := !hasWord(c, func(text string) bool { return strings.HasPrefix(text, "-e") || abbreviates(text, "--expression") })
	for i := 0; i < len(c.Args); i++ {
		text := c.Args[i].Text
		script := ""
		switch {
		case text == "-e" || text == "--expression":
			if i++; i == len(c.Args) {
				return false
			}
			first, script = false, c.Args[i].Text
		case strings.HasPrefix(text, "--expression="):
			script = strings.TrimPrefix(text, "--expression=")
		case text == "-f" || strings.HasPrefix(text, "--f") && !strings.HasPrefix(text, "--fo"):
			return false // a script in a file
		case strings.HasPrefix(text, "--") || text == "-":
			continue
		case strings.HasPrefix(text, "-"):
			letters, _, _ := strings.Cut(text[1:], "i") // what is behind it is a suffix
			if strings.ContainsAny(letters, "fe") || strings.HasSuffix(text, "ie") {
				if i++; i == len(c.Args) || !strings.HasSuffix(text, "e") || strings.Contains(letters, "f") {
					return false
				}
				first, script = false, c.Args[i].Text
			}
		case first:
			first, script = false, text
		default:
			continue
		}
		if !c.Args[i].Known {
			script = strings.Trim(script, `"'`)
		}
		if !quietSedScript(script) {
			return false
		}
	}
	return true
}

// quietSedScript reads the commands of a script, as sed(1) 4.9 has them. What it does not
// know is not quiet.
func quietSedScript(s string) bool {
	for {
		s = strings.TrimLeft(s, " \t\n;{}!,0123456789$~+")
		if s == "" {
			return true
		}
		switch name := s[0]; name {
		case '/', '\\': // an address
			if name == '\\' {
				s = s[1:]
			}
			var ok bool
			if s, ok = delimited(s); !ok {
				return false
			}
			s = strings.TrimLeft(s, "IM")
		case 's', 'y':
			rest, ok := delimited(s[1:])
			if !ok {
				return false
			}
			if rest, ok = delimited(s[1:2] + rest); !ok {
				return false
			}
			s = strings.TrimLeft(rest, "gpiIm0123456789")
			if s != "" && s[0] == 'w' {
				_, s, _ = strings.Cut(s, "\n")
			} else if s != "" && !strings.ContainsRune(" \t\n;}#", rune(s[0])) {
				return false
			}
		case 'a', 'i', 'c':
			for s != "" {
				var line string
				line, s, _ = strings.Cut(s, "\n")
				if !strings.HasSuffix(line, `\`) {
					break
				}
			}
		case '#', 'r', 'R', 'w', 'W', ':', 'b', 't', 'T':
			end := "\n"
			if strings.IndexByte("btT", name) >= 0 {
				end = "\n;}"
			}
			at := strings.IndexAny(s, end)
			if at < 0 {
				return true
			}
			s = s[at:]
		case 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', '=', 'z', 'q', 'Q', 'l':
			s = s[1:]
		default:
			return false
		}
	}
}

// delimited drops a delimiter and all up to the next of its kind.
func delimited(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return s[i+1:], true
		}
	}
	return "", false
}

// quietGit tells git(1) 2.39 with what runs no program of the author's: hooks, aliases,
// helpers and commands in options are such.
func quietGit(c *shell.Command) bool {
	if hasWord(c, func(text string) bool {
		text = strings.ToLower(text)
		for _, part := range []string{"alias.", "hook", "fsmonitor", "sshcommand", "askpass", "pager=", "core.pager", "editor", "filter.", "textconv", "program", "ext::", "!", "--exec", "--upload-pack", "--receive-pack", "--template", "driver", ".command", "foreach"} {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}) || slices.ContainsFunc(c.Env, func(v shell.Var) bool {
		return strings.HasPrefix(v.Name, "GIT_") && v.Name != "GIT_SSL_NO_VERIFY" && v.Name != "GIT_TERMINAL_PROMPT" && !strings.HasPrefix(v.Value.Text, "ssh ")
	}) {
		return false
	}
	for i := 0; i < len(c.Args); i++ {
		switch text := c.Args[i].Text; {
		case text == "-C" || text == "-c" || text == "--git-dir" || text == "--work-tree":
			i++
		case !strings.HasPrefix(text, "-"):
			return slices.Contains(gitQuiet, c.Args[i].Lit())
		}
	}
	return true
}

var gitQuiet = strings.Fields(`clone fetch pull checkout init submodule rev-parse describe log show config reset apply remote tag branch lfs
	ls-remote ls-tree switch restore sparse-checkout am commit cherry-pick merge rev-list diff archive version help cat-file update-index`)
