package cases

// platformCases is about --platform, the target platform and base images of
// other platforms.
func platformCases() []Case {
	const (
		amd64   = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/x"]},` + layers + `}`
		arm64   = `{"architecture":"arm64","os":"linux","config":{"Env":["PATH=/x"]},` + layers + `}`
		armV6   = `{"architecture":"arm","variant":"v6","os":"linux","config":{"Env":["PATH=/x"]},` + layers + `}`
		arm64V8 = `{"architecture":"arm64","variant":"v8","os":"linux","config":{"Env":["PATH=/x"]},` + layers + `}`
		s390x   = `{"architecture":"s390x","os":"linux","config":{"Env":["PATH=/x"]},` + layers + `}`
	)
	on := func(name, platform, builder, config, dockerfile string) Case {
		c := Case{Name: name, Dockerfile: dockerfile, Platform: platform, Builder: builder}
		if config != "" {
			c.Images = map[string]string{"docker.io/library/base:latest": config}
		}
		return c
	}
	return []Case{
		file("platform/flag", "FROM --platform=linux/arm64 alpine\nRUN x\n"),
		file("platform/flag-variant", "FROM --platform=linux/arm/v6 alpine\nRUN x\n"),
		file("platform/flag-arm-v7-default", "FROM --platform=linux/arm alpine\nRUN x\n"),
		file("platform/flag-arm-v7", "FROM --platform=linux/arm/v7 alpine\nRUN x\n"),
		file("platform/flag-arm64-v8", "FROM --platform=linux/arm64/v8 alpine\nRUN x\n"),
		file("platform/flag-amd64-v2", "FROM --platform=linux/amd64/v2 alpine\nRUN x\n"),
		file("platform/flag-aarch64", "FROM --platform=linux/aarch64 alpine\nRUN x\n"),
		file("platform/flag-x86-64", "FROM --platform=Linux/X86_64 alpine\nRUN x\n"),
		file("platform/flag-armhf", "FROM --platform=linux/armhf alpine\nRUN x\n"),
		file("platform/flag-armel", "FROM --platform=linux/armel alpine\nRUN x\n"),
		file("platform/flag-i386", "FROM --platform=linux/i386 alpine\nRUN x\n"),
		file("platform/flag-arch-only", "FROM --platform=arm64 alpine\nRUN x\n"),
		file("platform/flag-os-only", "FROM --platform=linux alpine\nRUN x\n"),
		file("platform/flag-unknown-pair", "FROM --platform=foo/bar alpine\nRUN x\n"),
		file("platform/flag-macos", "FROM --platform=macos/arm64 alpine\nRUN x\n"),
		file("platform/flag-windows", "FROM --platform=windows/amd64 alpine\nRUN x\n"),
		file("platform/flag-windows-version", "FROM --platform=windows(10.0.17763)/amd64 alpine\nRUN x\n"),
		file("platform/flag-os-features", "FROM --platform=linux(1+f+e)/amd64 alpine\nRUN x\n"),
		file("platform/flag-scratch", "FROM --platform=linux/arm64 scratch\nCOPY a /\n"),
		file("platform/flag-child-of-stage", "FROM --platform=linux/arm64 alpine AS a\nRUN x\nFROM --platform=linux/amd64 a\nRUN y\n"),
		file("platform/flag-quoted", "FROM --platform=\"linux/arm64\" alpine\nRUN x\n"),
		file("platform/flag-build-platform", "FROM --platform=$BUILDPLATFORM alpine\nRUN x\n"),
		file("platform/flag-target-platform", "FROM --platform=${TARGETPLATFORM} alpine\nRUN x\n"),
		file("platform/flag-argument", "ARG P=linux/s390x\nFROM --platform=$P alpine\nRUN x\n"),
		file("platform/flag-default", "FROM --platform=${P:-linux/s390x} alpine\nRUN x\n"),
		file("platform/flag-parts", "FROM --platform=$TARGETOS/$TARGETARCH alpine\nRUN x\n"),
		file("platform/copy-between", "FROM --platform=linux/arm64 alpine AS a\nRUN x\nFROM alpine\nCOPY --from=a x y\n"),
		file("platform/heredoc", "FROM --platform=linux/arm64 alpine\nCOPY <<A /a\nx\nA\nRUN <<B\n#!x\nB\n"),
		file("platform/link-and-workdir", "FROM --platform=linux/arm64 alpine\nWORKDIR /w\nCOPY --link a b\n"),
		on("platform/target", "linux/arm64", "", arm64, "FROM base\nRUN x\n"),
		on("platform/target-same", "linux/amd64", "", amd64, "FROM base\nRUN x\n"),
		on("platform/target-mismatch", "linux/arm64", "", amd64, "FROM base\nRUN x\n"),
		on("platform/target-scratch", "linux/arm64", "", "", "FROM scratch\nCOPY a /\n"),
		on("platform/target-arm-v6", "linux/arm/v6", "", armV6, "FROM base\nRUN x\n"),
		on("platform/target-arm-v7", "linux/arm/v7", "", armV6, "FROM base\nRUN x\n"),
		on("platform/target-arm64-v8-image", "linux/arm64", "", arm64V8, "FROM base\nRUN x\n"),
		on("platform/target-windows", "windows/amd64", "", windowsImage(``), "FROM base\nRUN x\nWORKDIR C:\\\\w\n"),
		on("platform/target-windows-scratch", "windows/amd64", "", "", "FROM scratch\nCOPY a /\nWORKDIR /w\n"),
		on("platform/target-with-build-stage", "linux/arm64", "linux/amd64", "", "FROM --platform=$BUILDPLATFORM alpine AS b\nARG TARGETARCH\nARG TARGETPLATFORM\nRUN x $TARGETARCH\nFROM alpine\nCOPY --from=b /x /x\n"),
		on("platform/builder-arm64", "", "linux/arm64", arm64, "FROM base\nARG TARGETPLATFORM BUILDPLATFORM\nRUN x\n"),
		on("platform/builder-arm64-scratch", "", "linux/arm64", "", "FROM scratch\nCOPY a /\n"),
		on("platform/builder-arm-v7", "", "linux/arm/v7", armV6, "FROM base\nRUN x\n"),
		on("platform/builder-windows", "", "windows/amd64", windowsImage(``), "FROM base\nRUN x\n"),
		on("platform/builder-s390x-image-amd64", "", "linux/s390x", amd64, "FROM base\nRUN x\n"),
		on("platform/implicit-image-other", "", "", s390x, "FROM base\nRUN x\n"),
		{Name: "platform/prefix", Dockerfile: "FROM alpine\nWORKDIR /w\nCOPY a b\nRUN x\n", Platform: "linux/arm64", MultiPlatform: true},
		{Name: "platform/prefix-implicit", Dockerfile: "FROM alpine\nRUN x\n", MultiPlatform: true},
		{Name: "platform/prefix-cross", Dockerfile: "FROM --platform=$BUILDPLATFORM alpine AS b\nARG TARGETPLATFORM\nRUN x\nFROM alpine\nCOPY --from=b x y\n", Platform: "linux/arm/v7", MultiPlatform: true},
		{Name: "platform/prefix-cross-arch", Dockerfile: "FROM --platform=$BUILDPLATFORM alpine\nARG TARGETARCH\nRUN x\n", Platform: "linux/arm64", MultiPlatform: true},
		{Name: "platform/prefix-cross-os", Dockerfile: "FROM --platform=$BUILDPLATFORM alpine\nARG TARGETOS TARGETARCH\nRUN x\n", Platform: "windows/amd64", MultiPlatform: true},
		{Name: "platform/prefix-cross-variant", Dockerfile: "FROM --platform=$BUILDPLATFORM alpine\nARG TARGETARCH TARGETVARIANT\nRUN x\nCOPY --link a b\n", Platform: "linux/arm/v6", MultiPlatform: true},
		{Name: "platform/prefix-own-target-argument", Dockerfile: "FROM alpine\nENV TARGETPLATFORM=linux/s390x\nRUN x\nENV TARGETPLATFORM=bad/bad/bad/bad\nRUN y\n", MultiPlatform: true},
		{Name: "platform/prefix-target-os-only", Dockerfile: "FROM --platform=$BUILDPLATFORM alpine\nARG TARGETOS\nRUN x\n", Platform: "linux/arm64", MultiPlatform: true},
		{Name: "platform/prefix-target-same", Dockerfile: "FROM alpine\nARG TARGETPLATFORM\nRUN x\n", MultiPlatform: true},
		{Name: "platform/target-os-features", Dockerfile: "FROM alpine\nRUN x\n", Platform: "linux(+f+g)/amd64"},
		{Name: "platform/prefix-named-stages", Dockerfile: "FROM alpine AS a\nRUN x\nFROM a AS b\nRUN y\nCOPY --link c d\n", MultiPlatform: true},

		image("platform/windows-workdir", windowsImage(``), "FROM base\nWORKDIR a\nWORKDIR C:\\\\b\\\\..\\\\c\nWORKDIR d/e\nWORKDIR \\\\f\nRUN x\n"),
		image("platform/windows-workdir-lower-drive", windowsImage(``), "FROM base\nWORKDIR c:/a\nRUN x\n"),
		image("platform/windows-workdir-drive-relative", windowsImage(``), "FROM base\nWORKDIR /a\nWORKDIR C:b\nRUN x\n"),
		image("platform/windows-image-workdir", windowsImage(`"WorkingDir":"C:\\app"`), "FROM base\nCOPY a b\nRUN x\n"),
		image("platform/windows-image-shell", windowsImage(`"Shell":["powershell","-Command"]`), "FROM base\nRUN x\nCMD y\n"),
		image("platform/windows-user", windowsImage(`"User":"ContainerUser"`), "FROM base\nWORKDIR /a\nRUN x\n"),
		image("platform/windows-entrypoint", windowsImage(``), "FROM base\nENTRYPOINT a b\nCMD [\"c\"]\nSTOPSIGNAL 9\nVOLUME C:\\\\v\nEXPOSE 80\nHEALTHCHECK CMD x\n"),
		image("platform/windows-path-kept", windowsImage(`"Env":["Path=C:\\x"]`), "FROM base\nRUN echo $Path $PATH\n"),
		{Name: "platform/windows-target-copy", Dockerfile: "FROM base\nWORKDIR /w\nCOPY a\\\\b c\\\\\nCOPY x C:\\\\y\\\\\nCOPY C:\\\\q r\nADD https://example.com/x d\\\\e\nCOPY <<F g\nh\nF\nCOPY --parents a/./b/c C:\\\\d\nCOPY z .\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}},
		{Name: "platform/windows-target-secret", Dockerfile: "FROM base\nRUN --mount=type=secret,id=s,target=C:/a/b x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}},
		{Name: "platform/windows-target-secret-backslash", Dockerfile: "# escape=`\nFROM base\nRUN --mount=type=secret,target=C:\\a\\b x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}},
		{Name: "platform/windows-target-secret-env", Dockerfile: "FROM base\nRUN --mount=type=secret,id=s,env=E x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}},
		{Name: "platform/windows-target-mounts", Dockerfile: "# escape=`\nFROM base\nRUN --mount=target=C:\\a --mount=type=cache,target=\\b --mount=type=cache,target=C:/c --mount=type=cache,target=d x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}},
		{Name: "platform/windows-target-secret-no-target", Dockerfile: "FROM base\nRUN --mount=type=secret,id=s x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}, Reject: true},
		{Name: "platform/windows-target-secret-drive-relative", Dockerfile: "FROM base\nRUN --mount=type=secret,id=s,target=C:a x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(``)}, Reject: true},
		{Name: "platform/windows-target-workdir-other-drive", Dockerfile: "FROM base\nWORKDIR D:\\\\a\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-workdir-drive-alone", Dockerfile: "FROM base\nWORKDIR C:\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-workdir-unc", Dockerfile: "FROM base\nWORKDIR \\\\\\\\host\\\\share\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-copy-other-drive", Dockerfile: "FROM base\nCOPY a D:\\\\b\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-copy-source-other-drive", Dockerfile: "FROM base\nCOPY D:\\\\a b\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-parents-other-drive", Dockerfile: "FROM base\nCOPY --parents D:\\\\a b\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-parents-pivot-other-drive", Dockerfile: "FROM base\nCOPY --parents a/./D:/b c\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-heredoc-other-drive", Dockerfile: "FROM base\nCOPY <<D:x y\nD:x\n", Platform: "windows/amd64", Reject: true},
		{Name: "platform/windows-target-heredoc-drive", Dockerfile: "FROM base\nCOPY <<C:x y\nC:x\n", Platform: "windows/amd64"},
		{Name: "platform/windows-target-image-workdir", Dockerfile: "FROM base\nRUN x\n", Platform: "windows/amd64", Images: map[string]string{"docker.io/library/base:latest": windowsImage(`"WorkingDir":"D:\\app"`)}, Reject: true},

		badFile("platform/wildcard", "FROM --platform=linux/* alpine\nRUN x\n"),
		badFile("platform/four-parts", "FROM --platform=a/b/c/d alpine\nRUN x\n"),
		badFile("platform/unknown-single", "FROM --platform=foo alpine\nRUN x\n"),
		file("platform/dollar-dollar-is-a-variable", "FROM --platform=linux/a$$b alpine\nRUN x\n"),
		badFile("platform/bad-character", "FROM --platform=linux/a:b alpine\nRUN x\n"),
		badFile("platform/empty-expansion", "FROM --platform=$NOPE alpine\nRUN x\n"),
		badFile("platform/space", "FROM --platform=\" \" alpine\nRUN x\n"),
		badFile("platform/empty-arch", "FROM --platform=linux/ alpine\nRUN x\n"),
		badFile("platform/bad-expansion", "FROM --platform=${ alpine\nRUN x\n"),
		badFile("platform/unset-error", "FROM --platform=${P?no} alpine\nRUN x\n"),
		badFile("platform/twice", "FROM --platform=linux/amd64 --platform=linux/amd64 alpine\nRUN x\n"),
		badFile("platform/bare", "FROM --platform alpine\nRUN x\n"),
		badFile("platform/comma", "FROM --platform=linux/amd64,linux/arm64 alpine\nRUN x\n"),
	}
}
