package spec

// table is the language, by Keyword. Nobody changes it.
var table = [...]Instruction{
	Unknown: {Form: Text, Global: true, Trigger: true},
	Add: {Keyword: Add, Name: "ADD", Form: List, Heredocs: true, Trigger: true,
		Usage: "ADD [--flag…] source… destination",
		Doc:   "Puts files, archives, URLs and git repositories into the image.",
		Flags: []Flag{
			{Name: "checksum", Doc: "The digest that a URL has to have, or the commit of a git repository; variables count."},
			chown, chmod, link,
			{Name: "keep-git-dir", Type: Bool, Doc: "Keeps the .git directory of a git repository."},
			{Name: "unpack", Type: Bool, Doc: "Unpacks archives: by default local ones are, and those of URLs are not."},
			exclude,
		}},
	Arg: {Keyword: Arg, Name: "ARG", Form: Names, Global: true, Trigger: true, Ignores: true,
		Usage: "ARG name[=default]…",
		Doc:   "Declares build arguments. Before the first FROM they are global, and FROM sees them."},
	Cmd: {Keyword: Cmd, Name: "CMD", Form: Script, Trigger: true,
		Usage: `CMD ["program", "argument"…]`,
		Doc:   "Sets what a container runs, or the arguments of its ENTRYPOINT."},
	Copy: {Keyword: Copy, Name: "COPY", Form: List, Heredocs: true, Trigger: true,
		Usage: "COPY [--flag…] source… destination",
		Doc:   "Puts files of the build context, a stage or an image into the image.",
		Flags: []Flag{
			{Name: "from", Doc: "Where the sources are: a stage, its number, a named context or an image. No variables."},
			chown, chmod, link,
			{Name: "parents", Type: Bool, Doc: "Keeps the directories of a source, from its /./ on if it has one."},
			exclude,
		}},
	Entrypoint: {Keyword: Entrypoint, Name: "ENTRYPOINT", Form: Script, Trigger: true,
		Usage: `ENTRYPOINT ["program", "argument"…]`,
		Doc:   "Sets what a container always runs."},
	Env: {Keyword: Env, Name: "ENV", Form: Pairs, Trigger: true,
		Usage: "ENV name=value…",
		Doc:   "Sets environment variables of the image."},
	Expose: {Keyword: Expose, Name: "EXPOSE", Form: Words, Trigger: true,
		Usage: "EXPOSE port[/protocol]…",
		Doc:   "Says which ports a container listens on."},
	From: {Keyword: From, Name: "FROM", Form: Words, Global: true,
		Usage: "FROM [--platform=…] image [AS name]",
		Doc:   "Starts a stage from an image, another stage, or scratch.",
		Flags: []Flag{
			{Name: "platform", Doc: "The platform of the image, like linux/arm64; global arguments count."},
		}},
	Healthcheck: {Keyword: Healthcheck, Name: "HEALTHCHECK", Form: Health, Trigger: true,
		Usage: "HEALTHCHECK [--flag…] CMD command, or HEALTHCHECK NONE",
		Doc:   "Sets the command that tells whether a container is well, or removes that of the base.",
		Flags: []Flag{
			{Name: "interval", Type: Duration, Doc: "How long to wait between two checks."},
			{Name: "timeout", Type: Duration, Doc: "How long a check may take."},
			{Name: "start-period", Type: Duration, Doc: "How long failures do not count after the start."},
			{Name: "start-interval", Type: Duration, Doc: "How long to wait between two checks in the start period."},
			{Name: "retries", Type: Count, Doc: "How many failures in a row make a container unhealthy."},
		}},
	Label: {Keyword: Label, Name: "LABEL", Form: Pairs, Trigger: true,
		Usage: "LABEL name=value…",
		Doc:   "Sets labels of the image."},
	Maintainer: {Keyword: Maintainer, Name: "MAINTAINER", Form: Text,
		Usage: "MAINTAINER name",
		Doc:   "Sets the author of the image. Deprecated: a label says it, too."},
	Onbuild: {Keyword: Onbuild, Name: "ONBUILD", Form: Nested,
		Usage: "ONBUILD instruction",
		Doc:   "Leaves an instruction to the builds that start from this image."},
	Run: {Keyword: Run, Name: "RUN", Form: Script, Heredocs: true, Trigger: true,
		Usage: "RUN [--flag…] command",
		Doc:   "Runs a command and keeps the files that it changed.",
		Flags: []Flag{
			{Name: "mount", Type: Record, Many: true, Options: mount, Doc: "Mounts a directory, a secret or an ssh agent while the command runs."},
			{Name: "network", Type: Choice, Values: []string{"default", "none", "host"}, Doc: "The network of the command."},
			{Name: "security", Type: Choice, Values: []string{"sandbox", "insecure"}, Doc: "Whether the command runs without confinement."},
			{Name: "device", Type: Record, Many: true, Options: device, Doc: "Gives the command a device by its CDI name; the name alone will do."},
		}},
	Shell: {Keyword: Shell, Name: "SHELL", Form: Script, Trigger: true,
		Usage: `SHELL ["program", "argument"…]`,
		Doc:   "Sets the shell of the shell form. Its arguments are always a JSON array."},
	StopSignal: {Keyword: StopSignal, Name: "STOPSIGNAL", Form: Text, Trigger: true, Ignores: true,
		Usage: "STOPSIGNAL signal",
		Doc:   "Sets the signal that stops a container."},
	User: {Keyword: User, Name: "USER", Form: Text, Trigger: true,
		Usage: "USER name[:group]",
		Doc:   "Sets the user of what follows, and of a container."},
	Volume: {Keyword: Volume, Name: "VOLUME", Form: List, Trigger: true,
		Usage: "VOLUME path…",
		Doc:   "Says which directories of a container are volumes."},
	Workdir: {Keyword: Workdir, Name: "WORKDIR", Form: Text, Trigger: true,
		Usage: "WORKDIR path",
		Doc:   "Makes a directory, and sets it as the working directory of what follows and of a container."},
}

// Flags that COPY and ADD share.
var (
	chown   = Flag{Name: "chown", Doc: "The owner of the files, user[:group]; variables count. Root by default."}
	chmod   = Flag{Name: "chmod", Doc: "The mode of the files, octal or like u=rwX,go=rX; variables count."}
	link    = Flag{Name: "link", Type: Bool, Doc: "Makes a layer that does not depend on those below."}
	exclude = Flag{Name: "exclude", Many: true, Doc: "A pattern of files to leave out."}
)

// mount is what --mount of RUN takes. A value may have variables, save that of from.
var mount = []Option{
	{Name: "type", Type: Choice, Values: []string{"bind", "cache", "tmpfs", "secret", "ssh"}, Doc: "What is mounted; bind by default."},
	{Name: "from", Only: []string{"bind", "cache", "tmpfs", "ssh"}, Doc: "Where the source is: a stage, its number, a named context or an image."},
	{Name: "source", Aliases: []string{"src"}, Only: []string{"bind", "cache", "tmpfs", "secret"}, Doc: "The path that is mounted; of a secret its id."},
	{Name: "target", Aliases: []string{"dst", "destination"}, Doc: "Where it is mounted."},
	{Name: "readonly", Aliases: []string{"ro"}, Type: Bool, Doc: "Whether the command may not write there: by default not for cache and tmpfs."},
	{Name: "readwrite", Aliases: []string{"rw"}, Type: Bool, Doc: "The opposite of readonly."},
	{Name: "id", Doc: "The name of a cache, a secret or an agent; by default of the target."},
	{Name: "sharing", Type: Choice, Values: []string{"shared", "private", "locked"}, Only: []string{"cache"}, Doc: "What happens to builds that use the cache at once; shared by default."},
	{Name: "required", Type: Bool, Only: []string{"secret", "ssh"}, Doc: "Whether the build fails without it. It has to stand behind type."},
	{Name: "size", Type: Size, Only: []string{"tmpfs"}, Doc: "The most that it holds. It has to stand behind type."},
	{Name: "mode", Type: Octal, Only: []string{"cache", "secret", "ssh"}, Doc: "The mode of the file, or of a cache that is made."},
	{Name: "uid", Type: Count, Only: []string{"cache", "secret", "ssh"}, Doc: "The owner of the file, or of a cache that is made."},
	{Name: "gid", Type: Count, Only: []string{"cache", "secret", "ssh"}, Doc: "The group of the file, or of a cache that is made."},
	{Name: "env", Only: []string{"secret"}, Doc: "The variable that has the secret; without a target there is no file then."},
}

// device is what --device of RUN takes.
var device = []Option{
	{Name: "name", Doc: "The CDI name of the device."},
	{Name: "required", Type: Bool, Doc: "Whether the build fails without it."},
}
