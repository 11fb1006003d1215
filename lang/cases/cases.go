// Package cases is the table of Dockerfiles that the tests of every room share:
// each instruction, flag and corner of the language, with the options it is
// compiled with. The tables are also the seeds of the fuzz targets. It is
// imported by tests only.
package cases

// Case is one Dockerfile and the options that it is compiled with.
type Case struct {
	Name       string // unique, like "copy/link-chown"
	Dockerfile string
	Reject     bool   // BuildKit refuses it
	Accept     string // why Strake takes what BuildKit refuses; "" when it refuses it, too

	BuildArgs map[string]string
	Target    string
	Platform  string            // "" leaves the target platform implicit
	Builder   string            // platform of the builder; "" is linux/amd64
	Labels    map[string]string // --label
	Images    map[string]string // config JSON by normalised reference, like "docker.io/library/debian:12"; others get a default
	Contexts  map[string]string // named contexts, like "base": "docker-image://alpine"
	NoCache   []string          // stages of --no-cache-filter; ["*"] is --no-cache

	MultiPlatform bool // step names carry the platform
	Hostname      string
	CacheNS       string
	ExtraHosts    map[string]string // host to IP
	ShmSize       int64
	Ulimits       []string // "nofile=1024:2048"
	CgroupParent  string
	Network       string // "", "host" or "none"
	Pull          bool
	GitAdvice     bool
	Memory        int64    // limit of a RUN in bytes
	Devices       []string // CDI devices of every RUN; "?" in front makes one optional
}
