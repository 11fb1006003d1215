package cases

// file is a whole Dockerfile that BuildKit accepts.
func file(name, dockerfile string) Case {
	return Case{Name: name, Dockerfile: dockerfile}
}

// badFile is a whole Dockerfile that BuildKit refuses.
func badFile(name, dockerfile string) Case {
	return Case{Name: name, Dockerfile: dockerfile, Reject: true}
}

// stage is one stage on alpine with the body given, which BuildKit accepts.
func stage(name, body string) Case {
	return Case{Name: name, Dockerfile: "FROM alpine\n" + body + "\n"}
}

// badStage is one stage on alpine with the body given, which BuildKit refuses.
func badStage(name, body string) Case {
	return Case{Name: name, Dockerfile: "FROM alpine\n" + body + "\n", Reject: true}
}

// image is a Dockerfile whose base image docker.io/library/base:latest has the
// config JSON given.
func image(name, config, dockerfile string) Case {
	return Case{
		Name:       name,
		Dockerfile: dockerfile,
		Images:     map[string]string{"docker.io/library/base:latest": config},
	}
}

// badImage is like image, for a Dockerfile that BuildKit refuses.
func badImage(name, config, dockerfile string) Case {
	c := image(name, config, dockerfile)
	c.Reject = true
	return c
}

// layers is the tail of a base image's config: one layer and its history.
const layers = `"rootfs":{"type":"layers","diff_ids":["sha256:1111111111111111111111111111111111111111111111111111111111111111"]},"history":[{"created_by":"base"}]`

// linuxImage is the config JSON of a linux/amd64 image with one layer and the
// fields of its "config" object.
func linuxImage(fields string) string {
	return `{"architecture":"amd64","os":"linux","config":{` + fields + `},` + layers + `}`
}

// windowsImage is like linuxImage for windows/amd64.
func windowsImage(fields string) string {
	return `{"architecture":"amd64","os":"windows","os.version":"10.0.17763.1","config":{` + fields + `},` + layers + `}`
}

// rejected is the case with a verdict that its name doesn't tell.
func (c Case) rejected() Case {
	c.Reject = true
	return c
}

// longLine is why Strake accepts lines that BuildKit's reader is too small for.
const longLine = "a line may be longer than 64 KiB"

// accepted marks a case that Strake takes and BuildKit does not.
func (c Case) accepted(why string) Case {
	c.Accept = why
	return c
}
