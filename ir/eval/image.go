package eval

import (
	"encoding/json"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// Image is what counts of the config of an image, as the OCI image specification 1.1 has it.
type Image struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Config       struct {
		User, WorkingDir      string
		Env, Shell, OnBuild   []string // of Env, NAME=value
		Labels                map[string]string
		ExposedPorts, Volumes map[string]struct{}
	} `json:"config"`
}

// ReadImage reads the config of an image, JSON.
func ReadImage(config json.RawMessage) (*Image, error) {
	var i Image
	if err := json.Unmarshal(config, &i); err != nil {
		return nil, err
	}
	return &i, nil
}

// FromConfig is the state that an image with this config and these users starts a stage with.
func FromConfig(config json.RawMessage, users map[string]Account) (*State, error) {
	image, err := ReadImage(config)
	if err != nil {
		return nil, err
	}
	c := &image.Config
	s := &State{Shell: shell.Default(), ShellKnown: true, User: c.User, UserKnown: true, Workdir: "/", OS: image.OS, Triggers: len(c.OnBuild) > 0, users: accounts(users)}
	if c.WorkingDir != "" {
		s.Workdir = c.WorkingDir
	}
	if len(c.Shell) > 0 {
		s.Shell = c.Shell
	}
	for _, e := range c.Env {
		name, value, _ := strings.Cut(e, "=")
		s.vars = s.vars.with(name, variable{value: value, known: true, env: true})
	}
	return s, nil
}
