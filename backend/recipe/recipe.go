// Package recipe finds out what was done in a container by hand, and writes it down as a
// Dockerfile with its build context.
//
// It compares two images, the base and the base with one layer more, and asks what explains each
// path that differs: a package that was installed, a user that was added, an edit of a file that
// a package brought. What nothing explains is copied as it is. What is left out, because it is
// junk or a secret, is listed with the reason. So no difference is lost without a word.
//
// What a package does when it is installed is in no database: its scripts make users, links and
// caches. Who has an engine therefore reads twice: builds what Installs gives, and reads again
// with that image as Input.Installed. Then it is known exactly what was done by hand on top.
package recipe

import (
	"context"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/validate"
)

// Input is what is known of a session of changes by hand.
type Input struct {
	Before, After *validate.Image
	// Installed is what Recipe.Installs builds, nil when it is not known.
	Installed *validate.Image
	// Reader reads the images; nil is one with the usual limits.
	Reader   *validate.Reader
	Name     string           // base reference for FROM, as the user wrote it
	About    string           // what the steps are for, a sentence; "" is nothing in particular
	Commands []record.Command // typed, in their order
	Pin      bool             // packages get their versions
	// Unavailable are packages that no source has, as a build of Recipe.Installs has told: what they
	// brought is copied.
	Unavailable []string
	// Avoid are groups of libraries whose step does not build: they are copied, too.
	Avoid []string
}

// Kind is what a step is about. Steps are in the order of their kinds: what changes seldom, and
// what others need, comes first.
type Kind int

// The kinds of steps.
const (
	Sources   Kind = iota // of packages, with their keys
	Packages              // of the system
	Libraries             // of languages, like npm's
	Accounts              // users and groups
	Removals              // of files
	Settings              // files of the system, like those in /etc
	Programs              // what else is below /usr and /opt
	Data                  // everything else: source trees, files of users
	Refresh               // of what is made of other files, like ldconfig's cache, and what needs them, like services
	Exact                 // copies of what no other step makes
	Metadata              // the config of the image
)

// String is the name of a group of steps.
func (k Kind) String() string {
	return [...]string{"package sources", "packages", "libraries", "users and groups", "removed files", "settings",
		"programs", "data", "made of other files", "exact copies", "config of the image"}[k]
}

// Step is one instruction, or a few that belong together.
type Step struct {
	Kind        Kind     `json:"kind"`
	Group       string   `json:"group"`              // of steps that are kept or left out together
	Comment     []string `json:"comment"`            // what it came from, a line each, without #
	Instruction string   `json:"instruction"`        // text of the Dockerfile, without the last newline
	Files       []File   `json:"files,omitempty"`    // of the context, that it reads
	Explains    []string `json:"explains,omitempty"` // paths of the image that are as they are by it
	// Installs says that the step runs a package manager, or is needed by one that does.
	Installs bool `json:"installs,omitempty"`
}

// File is one of the build context.
type File struct {
	Name string `json:"name"` // in the context, like files/etc/motd
	// Node is what it is in the committed image: file, directory or symbolic link.
	Node *validate.Node `json:"-"`
	// Members make it a tar of these paths of the committed image, with all that is known of them.
	Members []*validate.Node `json:"-"`
}

// LeftOut is what the Dockerfile does not make on purpose.
type LeftOut struct {
	Pattern string `json:"pattern"` // as in .dockerignore: a path, or DIR/**; or a ConfigPattern
	Files   int    `json:"files"`   // regular files and links
	Bytes   int64  `json:"bytes"`
	Why     string `json:"why"`
	Secret  bool   `json:"secret,omitempty"`
}

// ConfigPattern is what leaves out a setting of the config, by its name as validate has it.
func ConfigPattern(name string) string { return "config " + name }

// Recipe is what was done.
type Recipe struct {
	Base  string    `json:"base"`
	About string    `json:"about,omitempty"` // what the steps are for
	Steps []Step    `json:"steps"`           // in the order of the Dockerfile
	Left  []LeftOut `json:"left,omitempty"`
	Notes []string  `json:"notes,omitempty"` // what else whoever reads the Dockerfile has to know

	user    string   // of the base image, whom its RUNs run as
	reading *reading // that made it
}

// Read finds out what was done. Errors are those of images that cannot be read.
func Read(ctx context.Context, in Input) (*Recipe, error) {
	r, err := open(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, pass := range slices.Concat(installing(), []pass{rebase}, byHand()) {
		if err := pass(ctx, r); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.out.Steps, func(a, b Step) int { return int(a.Kind) - int(b.Kind) })
	r.out.join()
	return r.out, nil
}

// join makes one step of commands that stand side by side and came from the same.
func (r *Recipe) join() {
	command := func(s Step) (string, bool) {
		text, ok := strings.CutPrefix(s.Instruction, "RUN ")
		lines := strings.Split(text, "\n")
		whole := !slices.ContainsFunc(lines[:len(lines)-1], func(l string) bool { return !strings.HasSuffix(l, `\`) }) && !strings.Contains(text, "<<")
		return text, ok && whole && !s.Installs && len(s.Files) == 0 && !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "cd ")
	}
	var joined []Step
	for _, s := range r.Steps {
		text, ok := command(s)
		if n := len(joined); ok && n > 0 && joined[n-1].Kind == s.Kind && slices.Equal(joined[n-1].Comment, s.Comment) {
			if _, ok := command(joined[n-1]); ok {
				last := &joined[n-1]
				last.Instruction = chain([]string{last.Instruction, text})
				last.Explains = slices.Concat(last.Explains, s.Explains)
				continue
			}
		}
		joined = append(joined, s)
	}
	r.Steps = joined
}

// Installs is the part of a recipe that package managers do, with what they need: nil when
// there is nothing to install. Its image is Input.Installed of the second reading.
func (r *Recipe) Installs() *Recipe {
	part := *r
	part.Steps = slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool { return !s.Installs })
	if part.Left = nil; len(part.Steps) == 0 {
		return nil
	}
	return &part
}

// Library is the group of the step that has a line of the Dockerfile, "" when that is none of libraries.
func (r *Recipe) Library(line int) string {
	text, at := r.Dockerfile(), 0
	for _, s := range r.Steps {
		i := strings.Index(text[at:], s.Instruction)
		if i < 0 {
			break
		}
		first := 1 + strings.Count(text[:at+i], "\n")
		if at += i + len(s.Instruction); s.Kind == Libraries && first <= line && line <= first+strings.Count(s.Instruction, "\n") {
			return s.Group
		}
	}
	return ""
}

// Groups are those of the steps, in their order.
func (r *Recipe) Groups() (list []string) {
	for _, s := range r.Steps {
		if !slices.Contains(list, s.Group) {
			list = append(list, s.Group)
		}
	}
	return list
}

// Without leaves out the steps of a group, and lists what they explain as left out.
func (r *Recipe) Without(group string) {
	r.Steps = slices.DeleteFunc(r.Steps, func(s Step) bool {
		if s.Group != group {
			return false
		}
		for _, name := range s.Explains {
			r.Left = append(r.Left, leftOut(name, r.reading.after.At(name), "you did not want it"))
		}
		return true
	})
}

// leftOut lists one path.
func leftOut(name string, n *validate.Node, why string) LeftOut {
	l := LeftOut{Pattern: name, Why: why}
	if n != nil && n.Kind != validate.Directory {
		l.Files, l.Bytes = 1, n.Size
	}
	return l
}
