package cases

// localCases are contexts that are directories of the client. Which of their
// paths are read is known only when the whole build is planned.
func localCases() []Case {
	src := map[string]string{"src": "local:src"}
	layout := map[string]string{"base": "oci-layout://store@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
	return []Case{
		{Name: "local/copy", Dockerfile: "FROM busybox\nCOPY --from=src a b/\nCOPY --from=src c d/\n", Contexts: src},
		{Name: "local/copy-all", Dockerfile: "FROM busybox\nCOPY --from=src a b/\nCOPY --from=src . d/\n", Contexts: src},
		{Name: "local/mount", Dockerfile: "FROM busybox\nRUN --mount=from=src,source=x,target=/x y\n", Contexts: src},
		{Name: "local/stage", Dockerfile: "FROM busybox AS src\nRUN x\nFROM busybox\nCOPY --from=src a b\n", Contexts: src},
		{Name: "local/base", Dockerfile: "FROM src\nRUN x\nWORKDIR y\nCOPY a b\n", Contexts: src},
		{Name: "local/base-stage", Dockerfile: "FROM busybox AS src\nFROM src\nRUN x\nCOPY a b\n", Contexts: src},
		{Name: "local/main-paths", Dockerfile: "FROM busybox\nCOPY a b/\nADD c d/\nADD git@a..b:c/d.git /e\nRUN --mount=source=m,target=/m x\n", Contexts: src},
		{Name: "local/main-paths-unreachable", Dockerfile: "FROM busybox AS a\nCOPY x /\nFROM busybox\nCOPY y /\n", Contexts: src},
		{Name: "local/oci-layout", Dockerfile: "FROM base\nRUN x\n", Contexts: layout},
		{Name: "local/oci-layout-stage", Dockerfile: "FROM busybox AS base\nFROM base\nRUN x\nCOPY --from=base a b\n", Contexts: layout},
		{Name: "options/pull", Dockerfile: "FROM busybox\nCOPY --from=alpine a b\nRUN x\n", Pull: true},
		{Name: "options/git-advice", Dockerfile: "FROM busybox\nADD https://github.com/a/b.git#v1 /src\n", GitAdvice: true},
		{Name: "options/memory", Dockerfile: "FROM busybox\nRUN x\nCOPY a b\n", Memory: 1 << 30},
		{Name: "options/devices", Dockerfile: "FROM busybox\nRUN --device=vendor.com/c=d,required x\nRUN --device=e y\n", Devices: []string{"a.com/b=c", "?d.com/e=f"}},
		{Name: "local/input-missing", Dockerfile: "FROM base\nRUN x\n", Contexts: map[string]string{"base": "input:nothing"}, Reject: true},
	}
}
