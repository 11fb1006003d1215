package cli

import (
	"slices"

	"github.com/spf13/cobra"
)

// An other is a group of commands that docker, buildx, buildctl and formatters have, and
// strake does not.
type other struct {
	Names []string
	Say   string // what serves instead, or that there is none
}

// Others are what people type out of habit.
func Others() []other {
	return []other{
		{[]string{"bake", "compose", "up", "down"},
			"There are no bake and compose files here: call `strake build` for each target; builds at the same time share an engine."},
		{[]string{"create", "attach", "container", "pause", "unpause", "port", "rename", "stats", "top", "update", "wait"},
			"An image is tried with `strake run`; `strake ps`, `logs`, `exec`, `stop` and `rm` are for its containers. For more, `strake build --load .` puts it into Docker or Podman."},
		{[]string{"debug"},
			"A shell in the step that fails, or in front of one, is opened by `strake build --debug .`."},
		{[]string{"start", "restart"},
			"A container is not started again: `strake run` makes a new one. The build engine starts by itself; there are `strake engine start` and `strake engine stop`."},
		{[]string{"export"},
			"Files are written out of a build with `strake build -o DIR .`, and whole images with `strake save`."},
		{[]string{"login", "logout"},
			"Strake uses the credentials in docker's config.json ($DOCKER_CONFIG, else ~/.docker): `docker login` writes them there."},
		{[]string{"search"},
			"There is no search; `strake pull` fetches an image by its name."},
		{[]string{"validate", "vet", "hadolint"},
			"Dockerfiles are checked by `strake lint`, and by BuildKit's build checks with `strake build --check .`."},
		{[]string{"format"}, "Dockerfiles are laid out by `strake fmt`."},
		{[]string{"ls", "list", "image"},
			"Images are listed by `strake images`."},
		{[]string{"remove", "delete", "untag"},
			"Images and their names are removed with `strake rmi`."},
		{[]string{"prune", "clean", "gc", "cache"},
			"The build cache is shown by `strake engine df` and deleted by `strake engine prune`, images are removed with `strake rmi`."},
		{[]string{"df", "du"},
			"The build cache is shown by `strake engine df`, and the size of images by `strake images`."},
		{[]string{"info", "status", "system", "builder", "buildx", "daemon", "buildkitd", "dial-stdio", "use", "workers"},
			"What builds is shown by `strake engine status`; `strake engine` lists what else there is."},
		{[]string{"imagetools", "manifest"},
			"`strake inspect` shows an image for several platforms, `strake build --platform linux/amd64,linux/arm64 --push .` makes one."},
		{[]string{"digest"},
			"Digests are listed by `strake images --digests`."},
		{[]string{"sbom", "attest", "attestation", "scout"},
			"A list of what the image holds is attached with `strake build --sbom=true .`."},
		{[]string{"secret"},
			"A build is given secrets with `strake build --secret id=ID,src=FILE .`."},
		{[]string{"outline", "targets"},
			"The stages and arguments are listed by `strake build --call=targets .` and `strake build --call=outline .`."},
		{[]string{"graph", "dot"},
			"The build graph is drawn by `strake compile --emit=dot .`."},
		{[]string{"llb", "ir", "ast", "convert", "dump-llb"},
			"What the compiler makes of a Dockerfile is shown by `strake compile --emit=FORM .`, with json, llb, ir, ast and others for FORM."},
		{[]string{"dockerfile", "print"},
			"The plain Dockerfile is printed by `strake expand`."},
		{[]string{"config", "node", "service", "stack", "swarm", "trust", "volume", "network", "events", "checkpoint", "init", "install", "uninstall", "upgrade"},
			"Strake builds images and keeps them, and has nothing like it."},
		{[]string{"plugin add", "plugin install", "plugin enable", "plugin set"},
			"A plugin is added to strake.yaml, as a line `- use: NAME`; programs are then pinned with `strake plugin lock`, and allowed with `strake plugin allow`."},
		{[]string{"plugin remove", "plugin rm", "plugin uninstall", "plugin disable"},
			"A plugin is taken out of strake.yaml; `strake plugin allow --revoke NAME` takes back what was allowed."},
		{[]string{"plugin ls", "plugin ps"},
			"Plugins are listed by `strake plugin list`."},
		{[]string{"plugin inspect", "plugin show", "plugin info", "plugin help"},
			"What a plugin does is told by `strake plugin docs`, and which of them run by `strake plugin list`."},
		{[]string{"plugin create", "plugin init"},
			"A plugin is begun with `strake plugin new`."},
		{[]string{"plugin update", "plugin upgrade", "plugin pin"},
			"Programs are pinned anew with `strake plugin lock`."},
		{[]string{"plugin trust"},
			"Programs are allowed to run with `strake plugin allow`."},
		{[]string{"plugin check", "plugin run"},
			"Plugins run with `strake check` and the other commands; `strake plugin doctor` finds out why one does not."},
		{[]string{"engine ls", "engine list", "engine ps", "engine info", "engine inspect", "engine version"},
			"What builds is shown by `strake engine status`."},
		{[]string{"engine restart", "engine create", "engine rm", "engine remove", "engine use"},
			"`strake engine stop` ends the engine, and the next build starts one; which one is used is said by $BUILDKIT_HOST."},
		{[]string{"engine du"},
			"The build cache is shown by `strake engine df`."},
		{[]string{"engine clean", "engine gc"},
			"The build cache is deleted by `strake engine prune`."},
		{[]string{"frontend build", "frontend push", "frontend new"},
			"The image of a frontend is made, and pushed, by `strake frontend image`."},
	}
}

// instead says what serves for an unknown command line. The groups that docker has its
// commands in are looked through: `image ls` is `ls`, and `buildx build` is `build`.
func instead(root *cobra.Command, args []string) string {
	name := args[0]
	if len(args) > 1 {
		if say := habit(name + " " + args[1]); say != "" {
			return say
		}
		if slices.Contains([]string{"image", "builder", "buildx", "system", "imagetools"}, name) {
			if Child(root, args[1]) != nil {
				return "There are no groups like docker's here: it is `strake " + args[1] + "`."
			}
			if say := instead(root, args[1:]); say != "" {
				return say
			}
		}
	}
	if say := habit(name); say != "" {
		return say
	}
	return inGroup(root, name)
}

func habit(name string) string {
	for _, o := range Others() {
		if slices.Contains(o.Names, name) {
			return o.Say
		}
	}
	return ""
}

// inGroup finds a command by its last word, as in `strake lock`.
func inGroup(root *cobra.Command, name string) string {
	for _, c := range root.Commands() {
		if sub := Child(c, name); sub != nil && !sub.Hidden {
			return "There is `" + sub.CommandPath() + "`."
		}
	}
	return ""
}
