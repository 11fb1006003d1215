package policy

import (
	"slices"

	"github.com/seed-e0495807/strake/lang/diag"
)

// recommended is the name of the group of rules that are on when the config does not
// say otherwise: what is wrong in any organisation.
const recommended = "recommended"

// shippedRule is a rule of the set that comes with the plugin, and its page: why it is
// there, when it does not apply, and Dockerfiles that it is and is not about. Tests
// hold it to the latter.
type shippedRule struct {
	rule
	recommended bool
	why, not    string
	settings    string // JSON: what the examples need besides
	fires, fits string
	repair      func(*op) []diag.Fix
	covers      func(c *config, keyword string) bool // of which instructions it may be true; nil is all that On says
	own         bool                                 // the config has its texts, or all of it
}

// shipped are the rules, in the order of the documentation. Links lead to the page.
func shipped() []shippedRule {
	list := slices.Concat(imageRules(), fileRules(), secretRules(), runRules(), runtimeRules())
	for i := range list {
		list[i].URL = page + "#" + list[i].Name
	}
	return list
}

// imageRules are about what is built upon.
func imageRules() []shippedRule {
	return []shippedRule{
		{
			rule: rule{
				Name: "no-latest", On: on{"stage"},
				When:    `stage.image.known && stage.image.tag == "latest" && stage.image.digest == ""`,
				Message: "the base image ${stage.image.text} is latest, which is another image tomorrow",
				Hint:    "name a version, or better a digest",
			},
			recommended: true,
			why:         "`latest`, written or left out, moves. The build that works today fails next month, and nobody can tell what was shipped.",
			not:         "Images that are rebuilt daily on purpose, and whose digest is recorded elsewhere.",
			fires:       "FROM debian\n",
			fits:        "FROM debian:13\n",
		},
		{
			rule: rule{
				Name: "no-latest-copy", On: on{"COPY", "RUN"},
				Contains: []string{"from="},
				When:     `op.images.exists(i, i.tag == "latest" && i.digest == "")`,
				Message:  `files are taken from ${op.images.filter(i, i.tag == "latest").map(i, i.text)}, which is latest`,
				Hint:     "name a version, or better a digest",
			},
			why:   "The same as `no-latest`, for `COPY --from` and `RUN --mount=from=`: tools that are copied in decide as much about the result as the base does.",
			not:   "Where such a name stands for a build context that is given on the command line (`--build-context`), which a rule cannot see.",
			fires: "FROM debian:13\nCOPY --from=composer /usr/bin/composer /usr/bin/\n",
			fits:  "FROM debian:13\nCOPY --from=composer:2.8 /usr/bin/composer /usr/bin/\n",
		},
		{
			rule: rule{
				Name: "pinned-digest", On: on{"stage"},
				When:    `stage.image.known && stage.image.digest == ""`,
				Message: "the base image ${stage.image.text} has no digest",
				Hint:    "write name:tag@sha256:…, and have a bot update it",
			},
			why:   "A tag can be moved to other content, by accident or by somebody who took the registry over. A digest cannot.",
			not:   "Without a bot that updates digests: pinned images that nobody updates gather known holes.",
			fires: "FROM debian:13\n",
			fits:  "FROM debian:13@sha256:1111111111111111111111111111111111111111111111111111111111111111\n",
		},
		{
			rule: rule{
				Name: "allowed-registries", On: on{"stage"},
				When:     `stage.image.known && !config.registries.exists(p, stage.image.name.glob(p))`,
				Message:  "the base image ${stage.image.name} is of none of the allowed registries: ${config.registries}",
				Severity: "error",
			},
			why:      "An organisation that mirrors, scans or signs its base images wants no others. `registries` has patterns of registry and repository, in which `*` is any text.",
			not:      "Without `registries` nothing is allowed: set both or neither.",
			settings: `"registries": ["registry.acme/*", "docker.io/library/*"]`,
			fires:    "FROM quay.io/some/tool:1\n",
			fits:     "FROM registry.acme/base/debian:13\n",
		},
		{
			rule: rule{
				Name: "allowed-registries-copy", On: on{"COPY", "RUN"},
				Contains: []string{"from="},
				When:     `op.images.exists(i, i.known && !config.registries.exists(p, i.name.glob(p)))`,
				Message:  `files are taken from ${op.images.map(i, i.name)}, which is of none of the allowed registries: ${config.registries}`,
				Severity: "error",
			},
			why:      "The same as `allowed-registries`, for `COPY --from` and `RUN --mount=from=`.",
			not:      "As with `no-latest-copy`, names of build contexts of the command line look like images.",
			settings: `"registries": ["docker.io/library/*"]`,
			fires:    "FROM debian:13\nCOPY --from=ghcr.io/some/tool:1 /tool /usr/bin/\n",
			fits:     "FROM debian:13\nCOPY --from=golang:1.26 /usr/local/go /usr/local/go\n",
		},
	}
}

// fileRules are about the Dockerfile as such.
func fileRules() []shippedRule {
	return []shippedRule{
		{
			rule: rule{
				Name: "forbidden-instructions", On: on{"op"},
				When:    `op.keyword in config.forbidden`,
				Message: "${op.keyword} is not to be used here",
			},
			recommended: true,
			why:         "Instructions that an organisation does not want: `forbidden` lists them. The default is MAINTAINER, which is deprecated: the label `org.opencontainers.image.authors` says the same where tools look.",
			not:         "Nothing to except: empty the list, or leave the rule out.",
			fires:       "FROM debian:13\nMAINTAINER team@acme.example\n",
			fits:        "FROM debian:13\nLABEL org.opencontainers.image.authors=team@acme.example\n",
			repair:      maintainerFix,
			covers:      func(c *config, keyword string) bool { return slices.Contains(c.Forbidden, keyword) },
		},
		{
			rule: rule{
				Name: "required-labels", On: on{"stage"},
				When:    `stage.final && config.labels.exists(l, !(l in stage.labels))`,
				Message: `the image has no label ${config.labels.filter(l, !(l in stage.labels))}`,
			},
			why:      "Labels tell a scanner or an operator whose image it is, and of which source. `labels` lists the names that the final stage needs; those that it gets from stages below it count, and those of the base image when the plugin may read that (`grants: [images]`).",
			not:      "Where the labels come from the command line of the build (`--label`), which is not in the Dockerfile.",
			settings: `"labels": ["org.opencontainers.image.source"]`,
			fires:    "FROM debian:13\n",
			fits:     "FROM debian:13\nLABEL org.opencontainers.image.source=https://git.acme.example/app\n",
		},
		{
			rule: rule{
				Name: "one-cmd", On: on{"CMD", "ENTRYPOINT", "HEALTHCHECK"},
				When:    `op.overridden && !op.onbuild`,
				Message: "this ${op.keyword} does nothing: a later one of the stage takes its place",
			},
			recommended: true,
			why:         "Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage the last one counts. Who writes two expects both to run.",
			not:         "Never: what is overridden does nothing.",
			fires:       "FROM debian:13\nCMD [\"first\"]\nCMD [\"second\"]\n",
			fits:        "FROM debian:13 AS base\nCMD [\"first\"]\nFROM base\nCMD [\"second\"]\n",
			repair:      removeFix,
		},
		{
			rule: rule{
				Name: "absolute-workdir", On: on{"WORKDIR"},
				When: `!op.onbuild && op.workdir == "" && !op.value.matches("^(/|[$]|[A-Za-z]:|\\\\)") &&
!stage.ops.exists(o, o.keyword == "WORKDIR" && !o.onbuild && o.number < op.number) &&
(!has(stage.parent) || !stage.parent.ops.exists(o, o.keyword == "WORKDIR"))`,
				Message: "WORKDIR ${op.value} is relative, to a directory that only the base image knows",
				Hint:    "start it with a /",
			},
			recommended: true,
			why:         "The files land somewhere else as soon as the base image changes its WORKDIR. Behind an absolute WORKDIR, a relative one is fine.",
			not:         "Images of a family whose WORKDIR is part of the contract.",
			fires:       "FROM debian:13\nWORKDIR app\n",
			fits:        "FROM debian:13\nWORKDIR /srv\nWORKDIR app\n",
		},
		{
			rule: rule{
				Name: "copy-not-add", On: on{"ADD"},
				When:    plainAdd,
				Message: "COPY says that nothing is unpacked or fetched; ADD may",
			},
			recommended: true,
			why:         "ADD unpacks archives and fetches URLs. Where neither is meant, COPY says so, and a file that is renamed to .tar.gz later stays a file.",
			not:         "Sources with variables or wildcards are left alone, as they may be archives or URLs. The fix is safe where a source is a directory by its name, or a file that is read and is no archive (`grants: [context]`), or has the name of a text.",
			fires:       "FROM debian:13\nADD app.conf /etc/\n",
			fits:        "FROM debian:13\nADD rootfs.tar.gz /\n",
			repair:      copyFix,
		},
		{
			rule: rule{
				Name: "no-add-url", On: on{"ADD"},
				When:    `op.checksum == "" && op.sources.exists(s, s.matches("^(?i)https?://") && !s.matches("(?i)[.]git(#|$)"))`,
				Message: `ADD takes ${op.sources.filter(s, s.matches("^(?i)https?://"))} as it comes: there is no --checksum`,
				Hint:    "add --checksum=sha256:…, or fetch and verify it in a RUN",
			},
			recommended: true,
			why:         "What a URL gives can change, or be changed by others. With `--checksum` the build fails instead of taking it.",
			not:         "Files that are meant to be the newest at every build, from a server of the organisation.",
			fires:       "FROM debian:13\nADD https://example.com/tool /usr/bin/tool\n",
			fits:        "FROM debian:13\nADD --checksum=sha256:1111111111111111111111111111111111111111111111111111111111111111 https://example.com/tool /usr/bin/tool\n",
		},
		{
			rule: rule{
				Name: "max-layers", On: on{"stage"},
				When:    `stage.final && stage.layers > config.maxLayers`,
				Message: "the image gets ${stage.layers} layers on top of its base; ${config.maxLayers} are allowed",
				Hint:    "merge RUNs (the plugin merge-run), or copy from a stage",
			},
			why:      "Every RUN, COPY and ADD is a layer; file systems stop at about 127, and each costs a round trip when it is pulled. `max-layers` is how many there may be.",
			not:      "Images for development, whose cache is worth more than their size.",
			settings: `"max-layers": 2`,
			fires:    "FROM debian:13\nRUN a\nRUN b\nRUN c\n",
			fits:     "FROM debian:13\nRUN a && b && c\n",
		},
	}
}

// plainAdd is true of an ADD that is a COPY: its sources are paths, and no archives. What has a
// user and a host in front is a repository for BuildKit's sshutil.ParseSCPStyleURL.
const plainAdd = `op.checksum == "" && size(op.sources) > 0 && !op.text.contains("--keep-git-dir") && !op.text.contains("--unpack") &&
op.sources.all(s, !s.matches("[$*?\\[]|^(?i)([a-z0-9]+://|[a-z0-9_-]+@[a-z0-9.-]+:)|(?i)[.](tar|tgz|tbz2?|txz|tzst|tlz|gz|bz2|xz|zst|lzma)$|(?i)[.]tar[.]|[.]git(#|$)"))`
