package policy

// secretRules are about what is not to be in an image or its history.
func secretRules() []shippedRule {
	return []shippedRule{
		{
			rule: rule{
				Name: "secrets-in-env", On: on{"ENV"},
				Contains: secretWords(),
				When:     `op.pairs.exists(p, ` + secretName + ` && ` + secretValue + ` || ` + tokenValue + `)`,
				Message:  `ENV keeps a secret in the image: ${op.pairs.filter(p, ` + secretName + ` && ` + secretValue + ` || ` + tokenValue + `).map(p, p.key)}`,
				Hint:     "give it when the container starts, or with RUN --mount=type=secret",
			},
			recommended: true,
			why:         "Whoever can pull the image can read its variables. The rule goes by names like PASSWORD, TOKEN or API_KEY with a value, and by values that are tokens of well-known services.",
			not:         "Names that only look like secrets: ignore the line with a reason.",
			fires:       "FROM debian:13\nENV DB_PASSWORD=hunter2\n",
			fits:        "FROM debian:13\nENV DB_PASSWORD_FILE=/run/secrets/db\n",
		},
		{
			rule: rule{
				Name: "secrets-in-arg", On: on{"ARG"},
				Contains: secretWords(),
				When:     `op.pairs.exists(p, ` + secretName + ` && (!p.set || ` + secretValue + `) || ` + tokenValue + `)`,
				Message:  `a build argument is no place for a secret: ${op.pairs.filter(p, ` + secretName + ` && (!p.set || ` + secretValue + `) || ` + tokenValue + `).map(p, p.key)}`,
				Hint:     "use RUN --mount=type=secret",
			},
			recommended: true,
			why:         "The values of build arguments are in the history and the provenance of the image.",
			not:         "Names that only look like secrets: ignore the line with a reason. An argument of a stage that is not shipped is in the provenance and the cache all the same.",
			fires:       "FROM debian:13\nARG NPM_TOKEN\nRUN npm ci\n",
			fits:        "FROM debian:13\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n",
		},
		{
			rule: rule{
				Name: "no-ssh-keys", On: on{"COPY", "ADD", "RUN"},
				Contains: []string{"id_", ".ssh", "PRIVATE KEY"},
				When: `op.sources.exists(s, s.matches("(^|/)id_(rsa|dsa|ecdsa|ed25519)$") || s.matches("(^|/)[.]ssh/?$")) ||
op.script.matches("(>>?|tee|cp|mv)\\s[^|;&]*[.]ssh/id_(rsa|dsa|ecdsa|ed25519)(\\s|\"|$)") || op.script.contains("PRIVATE KEY-----")`,
				Message: "a private ssh key goes into a layer",
				Hint:    "use RUN --mount=type=ssh (the plugin ssh-mount), or --mount=type=secret",
			},
			recommended: true,
			why:         "A key that was in a layer stays in it, whatever a later RUN removes, and the cache of the builder has it too.",
			not:         "Keys that are no secret, as those of test fixtures.",
			fires:       "FROM debian:13\nCOPY id_rsa /root/.ssh/id_rsa\n",
			fits:        "FROM debian:13\nCOPY id_rsa.pub /root/.ssh/authorized_keys\n",
		},
	}
}

// secretWords are what the rules about names and tokens look for.
func secretWords() []string {
	return []string{"pass", "pwd", "secret", "token", "key", "credential", "akia", "asia", "gh", "glpat", "xox", "npm_", "sk_live"}
}

// Parts of rules about a pair p.
const (
	// secretName goes by the parts of a name. One that ends in what points to a
	// secret, counts it or switches it is none.
	secretName = `p.key.matches("(?i)(^|_)(passwords?|passwd|passphrase|pwd|secrets?|tokens?|api_?keys?|private_?keys?|secret_?keys?|access_?keys?|credentials?|auth_?key)(_|$)|(?i)[a-z](password|apikey|secretkey)$") &&
!p.key.matches("(?i)_(file|files|path|dir|url|uri|host|name|id|ttl|expiry|expires(_in)?|lifetime|timeout|length|len|size|type|version|algorithm|enabled?|disabled?|policy|issuer|audience|header|prefix|mount|backend|provider|endpoint|sha256|checksum|hash|fingerprint)$|(?i)^(allow|enable|disable|use|with|no|require|public)_|(?i)(public|empty|yes|policy|is_)|(?i)^(old)?pwd$")`
	// secretValue leaves out what is no secret: nothing, a switch, a path.
	secretValue = `p.value != "" && !p.value.matches("(?i)^(true|false|yes|no|on|off|none|null|nil|[01])$|^/[^+=]*$|^file:")`
	// tokenValue are tokens that tell what they are.
	tokenValue = `p.value.matches("^(AKIA|ASIA)[0-9A-Z]{16}$|^gh[pousr]_[A-Za-z0-9]{36}|^github_pat_[A-Za-z0-9_]{22}|^glpat-[A-Za-z0-9_-]{20}|^xox[abprs]-[0-9A-Za-z-]{10}|^npm_[A-Za-z0-9]{36}$|^sk_live_[0-9A-Za-z]{24}|-----BEGIN [A-Z ]*PRIVATE KEY")`
)

// runRules are about what RUN does. Options are those of curl(1) 7.88 (-k, and the letters that
// take a value), wget(1) 1.21, git-config(1) 2.39 (http.sslVerify), install(1) and mkdir(1) of
// coreutils 9.1 (-m), and commands those of apt-get(8) 2.6.2. Not checked against a manual: dist-clean, which is of apt 3,
// the commands of aptitude, strict-ssl of npm, and NODE_TLS_REJECT_UNAUTHORIZED.
func runRules() []shippedRule {
	return []shippedRule{
		{
			rule: rule{
				Name: "curl-pipe-shell", On: on{"RUN"},
				Contains: []string{"curl", "wget"},
				When:     `op.commands.exists(c, c.runs != "")`,
				Message:  `a download is run as it comes: ${op.commands.filter(c, c.runs != "").map(c, c.runs)[0]} gets it from the network`,
				Hint:     "fetch a version, verify its checksum, and run that",
			},
			recommended: true,
			why:         "Whoever holds the server, or its name, runs code in the build; and the script is another one tomorrow. Piped, an error of the download goes unseen too.",
			not:         "Installers of an organisation's own server, where that is trusted as the registry is.",
			fires:       "FROM debian:13\nRUN curl -fsSL https://example.com/install.sh | sh\n",
			fits:        "FROM debian:13\nRUN curl -fsSLO https://example.com/install.sh && echo \"$SHA256 install.sh\" | sha256sum -c && sh install.sh\n",
		},
		{
			rule: rule{
				Name: "no-insecure-tls", On: on{"RUN", "ENV"},
				Contains: []string{"curl", "wget", "ssl", "tls_reject", "trusted-host", "trusted_host", "insecure", "verify", "httpsverify"},
				When: `op.commands.exists(c, ` + noCheck + ` || ` + noCheckVar("c.env") + `) || ` + noCheckVar("op.sets") + ` ||
op.pairs.exists(p, ` + noCheckVar(`{p.key: p.value}`) + `)`,
				Message: `${op.keyword == "ENV" ? "with this ENV commands do" : "a command of this RUN does"} not check the certificates of servers`,
				Hint:    "install ca-certificates, or the authority of the organisation",
			},
			recommended: true,
			why:         "Without the check, anybody between the builder and the server decides what is installed.",
			not:         "Downloads whose checksum is verified afterwards, behind a proxy that breaks TLS.",
			fires:       "FROM debian:13\nRUN curl -k -O https://example.com/tool\n",
			fits:        "FROM debian:13\nRUN curl -O https://example.com/tool\n",
		},
		{
			rule: rule{
				Name: "no-sudo", On: on{"RUN"},
				Contains: []string{"sudo"},
				When:     `op.commands.exists(c, c.name == "sudo" || "sudo" in c.via)`,
				Message:  "sudo in a RUN: say with USER who runs it",
			},
			recommended: true,
			why:         "A RUN is root unless USER says otherwise, so sudo mostly does nothing. Where it does something, it has to be in the image, and with it a way to become root at run time.",
			not:         "Base images whose user is not root and that bring sudo, when one RUN needs it: USER root, and back, is the other way.",
			fires:       "FROM debian:13\nRUN sudo apt-get update\n",
			fits:        "FROM debian:13\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\n",
		},
		{
			rule: rule{
				Name: "apt-no-upgrade", On: on{"RUN"},
				Contains: []string{"upgrade"},
				When:     `op.commands.exists(c, c.manager == "apt" && c.action == "upgrade")`,
				Message:  "the packages of the base image are upgraded, to what there is today",
				Hint:     "update the base image instead",
			},
			why:   "The result depends on the day, the old files stay in the layers below, and the next build has it from the cache anyway.",
			not:   "Organisations that patch on top of base images that they cannot update.",
			fires: "FROM debian:13\nRUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*\n",
			fits:  "FROM debian:13\nRUN apt-get update && apt-get install -y vim && rm -rf /var/lib/apt/lists/*\n",
		},
		{
			rule: rule{
				Name: "apt-clean", On: on{"RUN"},
				Contains: []string{"update"},
				When: `stage.shipped && !op.onbuild && op.commands.exists(c, c.manager == "apt" && c.action == "update") &&
!op.commands.exists(c, c.manager == "apt" && c.action == "clean" && c.args.exists(a, a in ["dist-clean", "distclean"])) &&
!op.script.matches("(rm|find|truncate|rsync)\\s[^;&|]*(/var|lib/|lists|apt)[^;&|]*(apt|lists|lib/[*]|/var/lib|[*])") &&
!op.mounts.exists(m, m.type in ["cache", "tmpfs"] && ["/var", "/var/lib", "/var/lib/apt", "/var/lib/apt/lists"].exists(d, m.target == d || m.target == d + "/"))`,
				Message: "the package lists stay in the layer, some 20 MB or more",
				Hint:    "end the RUN with `rm -rf /var/lib/apt/lists/*`",
			},
			recommended: true,
			why:         "What a layer has, a later one cannot take away. The lists are of no use at run time, and old within days.",
			not:         "Images in which users install packages. Stages that are only copied from are left alone.",
			fires:       "FROM debian:13\nRUN apt-get update && apt-get install -y vim\n",
			fits:        "FROM debian:13\nRUN apt-get update && apt-get install -y vim && rm -rf /var/lib/apt/lists/*\n",
		},
		{
			rule: rule{
				Name: "no-privileged-run", On: on{"RUN"},
				Contains: []string{"--security", "--network"},
				When:     `op.security == "insecure" || op.network == "host"`,
				Message:  `this RUN leaves its sandbox: ${op.security == "insecure" ? "--security=insecure" : "--network=host"}`,
			},
			recommended: true,
			why:         "Such a RUN has the devices or the network of the machine that builds. Daemons refuse it unless they are told to allow it.",
			not:         "Builders that are thrown away after each build.",
			fires:       "FROM debian:13\nRUN --security=insecure modprobe x\n",
			fits:        "FROM debian:13\nRUN --network=none make test\n",
		},
		{
			rule: rule{
				Name: "no-world-writable", On: on{"RUN", "COPY", "ADD"},
				Contains: []string{"chmod", "install", "mkdir", "umask"},
				When: `op.chmod.matches("^` + worldMode + `") ||
op.commands.exists(c, c.name == "chmod" && c.args.exists(a, a.matches("^` + worldMode + `") && !c.args.exists(d, d in ["/tmp", "/var/tmp"])) ||
c.name in ["install", "mkdir"] && c.args.exists(a, a.matches("^(-[a-zA-Z]*m|--mode=)` + worldMode + `") ||
a.matches("^` + worldMode + `") && c.args.exists(o, o.matches("^(-[a-zA-Z]*m|--mode)$"))) ||
c.name == "umask" && c.args.exists(a, a.matches("^0*[0-7]?[0-7]?[0145]$")))`,
				Message: "everybody may write to these files at run time",
				Hint:    "give them to the user who needs them: --chown, or chown",
			},
			why:   "A process that is taken over can then change programs and settings that others run.",
			not:   "Directories that any user must be able to write to, as images for OpenShift have them (there a group, 775, does).",
			fires: "FROM debian:13\nRUN chmod -R 777 /srv\n",
			fits:  "FROM debian:13\nRUN chmod 1777 /scratch && chmod +x /entrypoint.sh\n",
		},
	}
}

// Parts of rules about commands c.
const (
	// noCheck are options with which a program takes a server for what it says it is, and
	// settings that do the same.
	noCheck = `c.name == "curl" && c.args.exists(a, a == "--insecure" || a == "--proxy-insecure" || a.matches("^-[^-EKCcbdDFPHhmoUQreXYytzTAuwx]*k")) ||
c.name == "wget" && "--no-check-certificate" in c.args ||
c.name == "git" && c.text.matches("(?i)sslverify[ =]+[\"']?(false|0|no|off)") ||
c.name in ["npm", "yarn", "pnpm"] && c.text.matches("strict-ssl[ =]+[\"']?false") ||
c.name in ["conda", "mamba"] && c.text.matches("(?i)ssl_verify[ =]+[\"']?(false|no)") ||
c.manager == "apt" && c.text.matches("(?i)verify-(peer|host)=[\"']?(false|0|no)") ||
c.manager == "dnf" && c.text.matches("sslverify=[\"']?(false|0|no)") ||
(c.name.startsWith("pip") || c.name.startsWith("python")) && c.args.exists(a, a.matches("^(--trusted-host|global[.]trusted-host)(=|$)")) ||
c.name == "uv" && c.args.exists(a, a.startsWith("--allow-insecure-host"))`
	// worldMode is a mode with which everybody may write, and that has no sticky bit.
	worldMode = `(0*[0246]?[0-7][0-7][2367]|([ugoa]+[+=-][rwxXst]*,)*[ugo]*[oa][ugo]*[+=][rxX]*w[rxX]*(,[ugoa]+[+=-][rwxXst]*)*)$`
)

// noCheckVar is true of a variable k of a map that switches the check off. Git's does whatever
// its value is.
func noCheckVar(vars string) string {
	return vars + `.exists(k, k == "GIT_SSL_NO_VERIFY" || k in ["NODE_TLS_REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY"] && ` + vars + `[k] == "0" ||
k in ["PIP_TRUSTED_HOST", "UV_INSECURE_HOST"] && ` + vars + `[k] != "" || k in ["NPM_CONFIG_STRICT_SSL", "npm_config_strict_ssl"] && ` + vars + `[k] == "false")`
}

// runtimeRules are about how the image runs.
func runtimeRules() []shippedRule {
	return []shippedRule{
		{
			rule: rule{
				Name: "no-root", On: on{"stage"}, At: "USER",
				When:    `stage.final && stage.user.matches("^(root|0)(:|$)") && (has(stage.entrypoint) || has(stage.cmd))`,
				Message: "the image runs as root",
				Hint:    "end the stage with a USER that is not",
			},
			recommended: true,
			why:         "A hole in the program is then a hole in everything that the container can reach. Fires when the last USER is root, or nothing is said on top of scratch, or of a base image whose config the plugin may read (`grants: [images]`).",
			not:         "Entrypoints that drop their rights themselves, as those of databases do. Images without CMD and ENTRYPOINT of their own are left alone: others build on them.",
			fires:       "FROM debian:13\nUSER app\nUSER root\nCMD [\"app\"]\n",
			fits:        "FROM debian:13\nUSER root\nRUN make install\nUSER app\nCMD [\"app\"]\n",
		},
		{
			rule: rule{
				Name: "known-user", On: on{"stage"}, At: "USER",
				When:    `stage.final && (stage.user == "" || size(config.users) > 0 && !config.users.exists(u, stage.user.glob(u)))`,
				Message: `${stage.user == "" ? "nothing says which user the image runs as" : "the image runs as " + stage.user + ", who is none of: " + config.users.join(", ")}`,
				Hint:    "end the stage with a USER",
			},
			why:      "Without USER the base image decides, and mostly for root. With `users`, a list of patterns, it must be one of these.",
			not:      "Bases that set a user of their own, unless the plugin may read their config (`grants: [images]`).",
			settings: `"users": ["app", "1000:*"]`,
			fires:    "FROM debian:13\nCMD [\"app\"]\n",
			fits:     "FROM debian:13\nUSER app\nCMD [\"app\"]\n",
		},
		{
			rule: rule{
				Name: "exec-form-entrypoint", On: on{"ENTRYPOINT"},
				When:    `!op.exec && !op.onbuild && !op.overridden && op.parsed && stage.shipped && !op.commands.exists(c, "exec" in c.via)`,
				Message: "the shell form makes /bin/sh the process of the container, and CMD is not seen",
				Hint:    "write a JSON array: ENTRYPOINT [\"program\", \"argument\"]",
			},
			recommended: true,
			why:         "The shell does not pass SIGTERM on, so that a stop takes ten seconds and ends in a kill; and neither CMD nor what stands behind `docker run IMAGE` reaches the program.",
			not:         "Where the shell is needed for its variables: `ENTRYPOINT exec program $OPTIONS` is not reported.",
			fires:       "FROM debian:13\nENTRYPOINT app --serve\n",
			fits:        "FROM debian:13\nENTRYPOINT [\"app\", \"--serve\"]\n",
			repair:      execFix,
		},
		{
			rule: rule{
				Name: "healthcheck-required", On: on{"stage"},
				When:    `stage.final && !has(stage.healthcheck)`,
				Message: "the image has no HEALTHCHECK",
			},
			why:   "An engine that is no cluster restarts what says that it is ill, and cannot tell otherwise.",
			not:   "Images for Kubernetes, which has probes of its own and does not read this, and images of tools.",
			fires: "FROM debian:13\nCMD [\"app\"]\n",
			fits:  "FROM debian:13\nHEALTHCHECK CMD app --ping\nCMD [\"app\"]\n",
		},
	}
}
