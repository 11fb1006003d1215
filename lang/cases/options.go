package cases

// optionCases is about the options of a build.
func optionCases() []Case {
	const df = "FROM alpine AS a\nRUN a\nCOPY b c\nFROM a AS b\nRUN b\nCOPY --link d e\nWORKDIR /w\n"
	return []Case{
		{Name: "options/hostname", Dockerfile: "FROM alpine\nRUN x\nCOPY a b\n", Hostname: "box"},
		{Name: "options/hostname-scratch", Dockerfile: "FROM scratch\nCOPY a b\nRUN [\"x\"]\n", Hostname: "box"},
		{Name: "options/extra-hosts", Dockerfile: "FROM alpine\nRUN x\nRUN y\n", ExtraHosts: map[string]string{"one": "10.0.0.1", "two": "::1"}},
		{Name: "options/shm-size", Dockerfile: "FROM alpine\nRUN x\n", ShmSize: 64 << 20},
		{Name: "options/shm-size-with-mount", Dockerfile: "FROM alpine\nRUN --mount=type=tmpfs,target=/dev/shm,size=1m x\n", ShmSize: 64 << 20},
		{Name: "options/ulimits", Dockerfile: "FROM alpine\nRUN x\n", Ulimits: []string{"nofile=1024:2048", "nproc=64:64"}},
		{Name: "options/ulimit-unlimited", Dockerfile: "FROM alpine\nRUN x\n", Ulimits: []string{"core=-1:-1"}},
		{Name: "options/cgroup-parent", Dockerfile: "FROM alpine\nRUN x\n", CgroupParent: "/parent"},
		{Name: "options/network-host", Dockerfile: "FROM alpine\nRUN x\nRUN --network=none y\nRUN --network=default z\n", Network: "host"},
		{Name: "options/network-none", Dockerfile: "FROM alpine\nRUN x\nRUN --network=host y\nRUN --network=default z\n", Network: "none"},
		{Name: "options/network-none-two-stages", Dockerfile: df, Network: "none"},
		{Name: "options/cache-namespace", Dockerfile: "FROM alpine\nRUN --mount=type=cache,id=a,target=/c x\n", CacheNS: "team/x"},
		{Name: "options/labels", Dockerfile: "FROM alpine\nRUN x\n", Labels: map[string]string{"a": "1", "b": "two words"}},
		{Name: "options/labels-win", Dockerfile: "FROM alpine\nLABEL a=file b=file\n", Labels: map[string]string{"a": "option"}},
		{Name: "options/labels-not-expanded", Dockerfile: "FROM alpine\nENV A=1\nRUN x\n", Labels: map[string]string{"a": "$A", "$A": "\"q\""}},
		{Name: "options/labels-of-target-only", Dockerfile: df, Labels: map[string]string{"a": "1"}, Target: "a"},
		{Name: "options/labels-scratch", Dockerfile: "FROM scratch\n", Labels: map[string]string{"a": "1"}},
		{Name: "options/no-cache", Dockerfile: df, NoCache: []string{"*"}},
		{Name: "options/no-cache-stage", Dockerfile: df, NoCache: []string{"a"}},
		{Name: "options/no-cache-stage-case", Dockerfile: df, NoCache: []string{"A"}},
		{Name: "options/no-cache-stages", Dockerfile: df, NoCache: []string{"a", "b"}},
		{Name: "options/no-cache-unknown-stage", Dockerfile: df, NoCache: []string{"zzz"}},
		{Name: "options/no-cache-unnamed", Dockerfile: "FROM alpine\nRUN x\nFROM busybox\nRUN y\nCOPY --from=0 a b\nADD c d\n", NoCache: []string{"*"}},
		{Name: "options/no-cache-onbuild", Dockerfile: "FROM alpine AS a\nONBUILD RUN o\nFROM a AS b\nRUN b\n", NoCache: []string{"b"}},
		{Name: "options/no-cache-heredoc", Dockerfile: "FROM alpine\nCOPY <<E /d\nx\nE\nRUN <<E\n#!x\nE\n", NoCache: []string{"*"}},
		{Name: "options/no-cache-context-stage", Dockerfile: "FROM busybox AS base\nRUN x\nFROM base AS b\nRUN y\n", NoCache: []string{"base"}, Contexts: map[string]string{"base": "docker-image://alpine"}},
		{Name: "options/everything", Dockerfile: df, Hostname: "h", ExtraHosts: map[string]string{"x": "127.0.0.1"}, ShmSize: 1, Ulimits: []string{"nofile=1:2"}, CgroupParent: "p", Network: "host", CacheNS: "n", Labels: map[string]string{"l": "m"}, MultiPlatform: true, Platform: "linux/arm64", BuildArgs: map[string]string{"HTTP_PROXY": "p"}},
		{Name: "options/multi-platform-onbuild", Dockerfile: "FROM alpine AS a\nONBUILD RUN x\nONBUILD COPY --link a b\nFROM a\nRUN y\n", MultiPlatform: true},
	}
}
