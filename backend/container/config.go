package container

import (
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Config is what a container was made of. It never changes.
type Config struct {
	ID      string    `json:"id"` // 64 hexadecimal digits
	Name    string    `json:"name"`
	Created time.Time `json:"created"`

	Image    string            `json:"image"`    // as it was asked for
	ImageID  digest.Digest     `json:"imageID"`  // as `strake images` shows it
	Manifest digest.Digest     `json:"manifest"` // of the image for Platform, a blob of the store
	Platform ocispecs.Platform `json:"platform"`
	DiffIDs  []digest.Digest   `json:"diffIDs"` // of the image's layers, the lowest first
	// OwnImage tells that the image was made for this container alone, and goes with it.
	OwnImage bool   `json:"ownImage,omitempty"`
	About    string `json:"about,omitempty"` // what it was for, a sentence for who makes a Dockerfile of it

	Args     []string `json:"args"`           // the entrypoint and its arguments
	Env      []string `json:"env"`            // NAME=VALUE, all of it: that of the image and what was given
	User     string   `json:"user,omitempty"` // USER[:GROUP], names or numbers; "" is root
	Cwd      string   `json:"cwd"`
	Hostname string   `json:"hostname"`
	TTY      bool     `json:"tty,omitempty"`
	Stdin    bool     `json:"stdin,omitempty"`
	Init     bool     `json:"init,omitempty"` // a first process that reaps
	Detached bool     `json:"detached,omitempty"`
	Remove   bool     `json:"remove,omitempty"` // when it ends
	Record   bool     `json:"record,omitempty"` // the commands that are typed

	Mounts   []Mount  `json:"mounts,omitempty"`
	Network  string   `json:"network"` // Host, None or Private
	Ports    []Port   `json:"ports,omitempty"`
	AddHosts []string `json:"addHosts,omitempty"` // NAME:IP
	ReadOnly bool     `json:"readOnly,omitempty"`
	CapAdd   []string `json:"capAdd,omitempty"`  // like CAP_NET_ADMIN, or ALL
	CapDrop  []string `json:"capDrop,omitempty"` // so, too
	Memory   int64    `json:"memory,omitempty"`  // bytes, 0 is no limit
	CPUs     float64  `json:"cpus,omitempty"`    // 0 is no limit

	Labels      map[string]string `json:"labels,omitempty"`
	StopSignal  string            `json:"stopSignal,omitempty"`  // "" is SIGTERM
	StopTimeout *int              `json:"stopTimeout,omitempty"` // seconds, nil is 10
}

// The networks of a container.
const (
	Host    = "host"    // that of the machine
	None    = "none"    // the loopback device alone
	Private = "private" // its own, which a program in user mode forwards
)

// Mount is what a container sees of the machine, or a temporary file system.
type Mount struct {
	Type     string `json:"type"`             // "bind" or "tmpfs"
	Source   string `json:"source,omitempty"` // of a bind, an absolute path without links
	Target   string `json:"target"`           // an absolute path
	ReadOnly bool   `json:"readOnly,omitempty"`
	Options  string `json:"options,omitempty"` // of a tmpfs, like "size=64m,mode=1777"
}

// Port is a port of the machine that leads into the container.
type Port struct {
	HostIP    string `json:"hostIP,omitempty"` // "" is all addresses
	Host      uint16 `json:"host"`
	Container uint16 `json:"container"`
	Protocol  string `json:"protocol"` // "tcp" or "udp"
}

// Status is what has become of a container.
type Status string

// The statuses, in docker's words.
const (
	Created Status = "created" // it has not started yet
	Running Status = "running"
	Paused  Status = "paused"
	Exited  Status = "exited"
	// Dead is one whose monitor was killed. Clean ends what is left of it.
	Dead Status = "dead"
)

// State is what has become of a container, as its monitor has noted it.
type State struct {
	Status   Status    `json:"status"`
	Process  Process   `json:"process"` // the first one of the container, while it runs
	Monitor  Process   `json:"monitor"` // while it runs
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	ExitCode int       `json:"exitCode"`
	Error    string    `json:"error,omitempty"` // why it did not start, or was ended
	Boot     string    `json:"boot,omitempty"`  // of the machine, which the processes belong to
}

// Process is a process of the machine. Its start time tells it from a later one with
// the same number.
type Process struct {
	Pid   int    `json:"pid,omitempty"`
	Start uint64 `json:"start,omitempty"` // in clock ticks after the machine's start, as proc(5) has it
}
