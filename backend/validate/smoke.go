package validate

import "fmt"

// Smoke is a command that ran in the images.
type Smoke struct {
	Command    string `json:"command"`
	Status     int    `json:"status"`               // that it ended with in A
	ByItself   bool   `json:"byItself,omitempty"`   // standard output or error differs between two builds of A, and that of them is not compared
	Difference string `json:"difference,omitempty"` // "" is none
}

// Outcome is how a command ended in one image.
type Outcome struct {
	Status         int
	Stdout, Stderr string
}

// JudgeRun compares a command by how it ended in the images of both builds.
func JudgeRun(command string, a, b [2]Outcome) Smoke {
	s := Smoke{Command: command, Status: a[0].Status, ByItself: a[0] != a[1]}
	if a[0].Status != a[1].Status {
		s.Difference = fmt.Sprintf("it ends with %d and with %d in two builds of A", a[0].Status, a[1].Status)
		return s
	}
	for _, o := range b {
		switch {
		case o.Status != s.Status:
			s.Difference = fmt.Sprintf("exit code %d in A, %d in B", s.Status, o.Status)
		case o.Stdout != a[0].Stdout && a[0].Stdout == a[1].Stdout:
			s.Difference = "standard output: " + firstLine(a[0].Stdout, o.Stdout)
		case o.Stderr != a[0].Stderr && a[0].Stderr == a[1].Stderr:
			s.Difference = "standard error: " + firstLine(a[0].Stderr, o.Stderr)
		}
	}
	return s
}

// Guilty is the plugin whose work made a difference.
type Guilty struct {
	Plugin string     `json:"plugin"`
	Builds int        `json:"builds"`        // that it took to find it
	Ops    []GuiltyOp `json:"ops,omitempty"` // of the plugin, that wrote what differs
}

// GuiltyOp is an op of the plugin.
type GuiltyOp struct {
	Origin
	Paths int `json:"paths"` // that differ
}
