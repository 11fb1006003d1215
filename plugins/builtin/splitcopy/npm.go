package splitcopy

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// node reads the files of npm, Yarn 1 and pnpm.
func (r *reader) node(in *install) *refusal {
	silent := r.project.Has("ignore-scripts") && !strings.Contains(r.Text, "--ignore-scripts=")
	steps := []func() *refusal{
		func() *refusal { return r.needs(in, "package.json") },
		// npm builds the addon of the project; .yarnrc.yml is one of Yarn 2 and later, which runs programs of the project
		func() *refusal {
			return r.without("*.gyp", ".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js", "pnpm-workspace.yaml", "package.json5", "package.yaml", ".yarnrc.yml", ".pnp.cjs", ".pnp.js", ".yarn", ".corepack.env")
		},
	}
	for _, name := range in.reads {
		text := func() string { return r.files.read(path.Join(r.from, name)) }
		switch path.Base(name) {
		case "package.json":
			steps = append(steps, func() *refusal { return r.packageJSON(name, text(), silent) })
		case "package-lock.json", "npm-shrinkwrap.json":
			steps = append(steps, func() *refusal { return r.packageLock(name, text(), silent) })
		case "yarn.lock":
			steps = append(steps, func() *refusal { return r.yarnLock(name, text(), silent) })
		case "pnpm-lock.yaml":
			steps = append(steps, func() *refusal { return r.pnpmLock(name, text(), silent) })
		case ".npmrc", ".yarnrc":
			steps = append(steps, func() *refusal { return npmrc(name, text()) })
		case ".tool-versions", "mise.toml", ".mise.toml", ".nvmrc", ".node-version", ".yarnclean":
		default:
			return refuse("manifests", "%s is not understood", name)
		}
	}
	return first(steps...)
}

var (
	// versions are ranges of versions (semver), tags, and other names of packages of the registry.
	versions = late.Regexp(`^(npm:(@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*(@|$))?[A-Za-z0-9.^~<>=|*+ -]*$`)
	located  = late.Regexp(`^(git\+)?(https?|ssh)://\S+$|^(github|gitlab|bitbucket):[\w.-]+/[\w.-]+(#\S+)?$`)
	isFile   = late.Regexp(`(?i)\.(tgz|tar|tar\.gz)$`)
)

// lifecycle are scripts of a package that an install of it runs (npm-scripts(7) of npm 10, yarn 1.22,
// pnpm 9).
var lifecycle = strings.Fields("preinstall install postinstall prepublish preprepare prepare postprepare dependencies prepack postpack preshrinkwrap shrinkwrap postshrinkwrap pnpm:devPreinstall preuninstall uninstall postuninstall")

// packageJSON reads the package of the project (package.json(5)).
func (r *reader) packageJSON(name, text string, silent bool) *refusal {
	var file map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return refuse("manifests", "%s cannot be read: %v", name, err)
	}
	for _, key := range []string{"workspaces", "bin", "directories", "gypfile", "installConfig", "flat"} {
		if _, ok := file[key]; ok {
			return refuse("reads", "%s has %s, for which other files are read", name, key)
		}
	}
	var scripts map[string]string
	if err := json.Unmarshal(orEmpty(file["scripts"]), &scripts); err != nil {
		return refuse("manifests", "the scripts of %s cannot be read: %v", name, err)
	}
	for _, script := range lifecycle {
		if _, ok := scripts[script]; ok && (!silent || script == "pnpm:devPreinstall") {
			return refuse("scripts", "the install runs the script %s of %s: give it --ignore-scripts, and run it behind the COPY", script, name)
		}
	}
	if manager := ""; file["packageManager"] != nil {
		if err := json.Unmarshal(file["packageManager"], &manager); err != nil || strings.HasPrefix(manager, "yarn@") && !strings.HasPrefix(manager, "yarn@1.") {
			return refuse("install", "%s is for %s, which the table has not", name, manager)
		}
	}
	for _, key := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"} {
		if no := r.dependencies(name, file[key], silent); no != nil {
			return no
		}
	}
	if pnpm := file["pnpm"]; pnpm != nil {
		var settings map[string]json.RawMessage
		if err := json.Unmarshal(pnpm, &settings); err != nil {
			return refuse("manifests", "%s cannot be read: %v", name, err)
		}
		for key := range settings {
			if !slices.Contains([]string{"overrides", "onlyBuiltDependencies", "neverBuiltDependencies", "ignoredBuiltDependencies", "peerDependencyRules", "allowedDeprecatedVersions"}, key) {
				return refuse("reads", "%s sets %s for pnpm", name, key)
			}
		}
		return r.dependencies(name, settings["overrides"], silent)
	}
	return nil
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("{}")
	}
	return raw
}

// locked tells an install of what the lock has, and nothing else.
func (r *reader) locked() bool { return r.project.Manager == "npm" && len(r.project.Locks) == 0 }

// dependencies are names with versions, also nested ones.
func (r *reader) dependencies(name string, raw json.RawMessage, silent bool) *refusal {
	var list map[string]any
	if err := json.Unmarshal(orEmpty(raw), &list); err != nil {
		return refuse("manifests", "the dependencies of %s cannot be read: %v", name, err)
	}
	var walk func(list map[string]any) *refusal
	walk = func(list map[string]any) *refusal {
		for _, key := range slices.Sorted(maps.Keys(list)) {
			if no := r.known(key, silent || r.locked(), nothing); no != nil {
				return no
			}
			switch v := list[key].(type) {
			case map[string]any:
				if no := walk(v); no != nil {
					return no
				}
			case string:
				if !strings.HasPrefix(v, "$") && !distant(v) || isFile().MatchString(v) && !located().MatchString(v) {
					return refuse("reads", "%s has %s from %q", name, key, v)
				}
			default:
				return refuse("manifests", "%s has something else than a version for %s", name, key)
			}
		}
		return nil
	}
	return walk(list)
}

// distant tells a version that is no file or directory of the project.
func distant(version string) bool {
	if located().MatchString(version) {
		return true
	}
	return versions().MatchString(version) && !strings.HasPrefix(version, ".") && !strings.HasPrefix(version, "~/") && !isFile().MatchString(version)
}

// packageLock reads what npm installs (package-lock.json(5)).
func (r *reader) packageLock(name, text string, silent bool) *refusal {
	type pack struct {
		Version      string                     `json:"version"`
		Resolved     any                        `json:"resolved"`
		Link         bool                       `json:"link"`
		Scripts      bool                       `json:"hasInstallScript"`
		Name         string                     `json:"name"`
		Dependencies map[string]json.RawMessage `json:"dependencies"`
	}
	var file struct {
		Version      int                        `json:"lockfileVersion"`
		Packages     map[string]json.RawMessage `json:"packages"`
		Dependencies map[string]json.RawMessage `json:"dependencies"`
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		return refuse("manifests", "%s cannot be read: %v", name, err)
	}
	var check func(key string, raw json.RawMessage, nested bool) *refusal
	check = func(key string, raw json.RawMessage, nested bool) *refusal {
		var p pack
		if err := json.Unmarshal(raw, &p); err != nil {
			return refuse("manifests", "%s cannot be read at %s: %v", name, key, err)
		}
		resolved, _ := p.Resolved.(string)
		if p.Link || resolved != "" && !located().MatchString(resolved) || !distant(p.Version) {
			return refuse("reads", "%s has %s from a directory or a file of the project", name, key)
		}
		title := key
		if i := strings.LastIndex(key, "node_modules/"); i >= 0 {
			title = key[i+len("node_modules/"):]
		}
		if p.Name != "" {
			title = p.Name
		}
		tells := nothing
		switch {
		case p.Scripts:
			tells = hasScript
		case file.Version > 1:
			tells = hasNone
		}
		if no := r.known(title, silent, tells); no != nil {
			return no
		}
		if nested {
			for _, key := range slices.Sorted(maps.Keys(p.Dependencies)) {
				if no := check(key, p.Dependencies[key], true); no != nil {
					return no
				}
			}
		}
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(file.Packages)) {
		switch {
		case key == "":
		case !strings.HasPrefix(key, "node_modules/") || path.Clean(key) != key:
			return refuse("reads", "%s has the directory %s", name, key)
		default:
			if no := check(key, file.Packages[key], false); no != nil {
				return no
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(file.Dependencies)) {
		if no := check(key, file.Dependencies[key], true); no != nil {
			return no
		}
	}
	return nil
}

var yarnEntry = late.Regexp(`^"?((@[^/@"]+/)?[^@"]+)@([^",:]*(:[^",]*)?)`)

// yarnLock reads what Yarn 1 installs: entries, and where each comes from.
func (r *reader) yarnLock(name, text string, silent bool) *refusal {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "__metadata"):
			return refuse("install", "%s is one of Yarn 2 or later, which the table has not", name)
		case line == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, " "):
			for entry := range strings.SplitSeq(strings.TrimSuffix(line, ":"), ", ") {
				m := yarnEntry().FindStringSubmatch(entry)
				if m == nil {
					return refuse("manifests", "%s is not understood: %.60q", name, line)
				}
				version := strings.Trim(strings.TrimPrefix(strings.Trim(entry, `"`), m[1]+"@"), `"`)
				if strings.Contains(version, "file:") || strings.Contains(version, "link:") || strings.HasPrefix(version, ".") || strings.HasPrefix(version, "/") || strings.HasPrefix(version, "~/") || isFile().MatchString(version) && !located().MatchString(version) {
					return refuse("reads", "%s has %s from %q", name, m[1], version)
				}
				if no := r.known(m[1], silent, nothing); no != nil {
					return no
				}
			}
		case strings.HasPrefix(line, "  resolved "):
			if !located().MatchString(strings.Trim(strings.TrimPrefix(line, "  resolved "), `"`)) {
				return refuse("reads", "%s has a package from %.80q", name, line)
			}
		}
	}
	return nil
}

var pnpmEntry = late.Regexp(`^ {2}'?/?((@[\w.~-]+/)?[\w.~-]+)[@/]\d`)

// pnpmLock reads what pnpm installs.
func (r *reader) pnpmLock(name, text string, silent bool) *refusal {
	current := ""
	for line := range strings.Lines(text) {
		for _, word := range []string{"link:", "file:", "directory:", "tarball: file", "patchedDependencies", "patch_hash", "workspace:"} {
			if strings.Contains(line, word) {
				return refuse("reads", "%s has %.60q", name, strings.TrimSpace(line))
			}
		}
		if m := pnpmEntry().FindStringSubmatch(line); m != nil {
			current = m[1]
			if no := r.known(current, silent, nothing); no != nil {
				return no
			}
		}
		if strings.TrimSpace(line) == "requiresBuild: true" {
			if no := r.known(current, silent, hasScript); no != nil {
				return no
			}
		}
	}
	return nil
}

var (
	npmrcLine = late.Regexp(`^\s*([#;].*|(//\S+?:)?(_auth|_authToken|_password|username|email|always-auth)\s*=.*|(@[\w.-]+:)?registry\s*=\s*https?://\S+|(registry|strict-ssl|fund|audit|loglevel|progress|engine-strict|save-exact|save-prefix|legacy-peer-deps|package-lock|shamefully-hoist|auto-install-peers|strict-peer-dependencies|fetch-retries|fetch-timeout|fetch-retry-mintimeout|fetch-retry-maxtimeout|network-timeout|network-concurrency|maxsockets|update-notifier|optional|prefer-offline|ignore-scripts|resolution-mode|node-linker|side-effects-cache|sass_binary_site|phantomjs_cdnurl|electron_mirror|puppeteer_skip_download|unsafe-perm)\s*=\s*[^\s./$~][^\s$]*|` +
		`(registry|"?@[\w.-]+:registry"?|"?network-timeout"?|"?strict-ssl"?|"?npmRegistryServer"?)\s+"?(https?://\S+|\d+|true|false)"?|)\s*$`)
)

// npmrc accepts settings that lead to no other file (npmrc(5), .yarnrc).
func npmrc(name, text string) *refusal {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if !npmrcLine().MatchString(line) {
			return refuse("reads", "%s says %.40q", name, strings.TrimSpace(line))
		}
	}
	return nil
}
