// Package effects says what a Dockerfile's steps do: which files each reads, writes and removes,
// what it installs and fetches, and what else outlasts or leaves it. Passes reason with that, so
// it is sound before it is exact: what the package does not know is unknown, and unknown is
// anything.
//
// It stands above package shell, which reads the scripts, and package eval, which knows what is
// in force in front of a step, and may import these and ir. What
// programs do is said by one table, a row a program with the manual page that it is from: see
// program, and the files table_*.go.
//
// It rests on this: a name of a program is that program, not one of the author's; packages of
// distributions keep to the directories of the Filesystem Hierarchy Standard (see systemTrees),
// and those of the registries of Python, Node, Ruby and conda to these, to those of who runs
// their manager and to its prefix; no file that a wildcard finds has a name that starts with a
// dash; who builds gives an ARG no value of another kind than its default is (see eval.State.Form).
package effects

import (
	"cmp"
	"slices"
	"strings"
)

// Effects are those of a command, a script or an op. The zero value is none.
type Effects struct {
	Reads   Paths `json:"reads"`
	Writes  Paths `json:"writes"` // made, or changed in any way; that an entry changes its directory's time is not said
	Removes Paths `json:"removes"`

	Copies        []Source        `json:"copies,omitempty"` // from the build context, other stages and images
	Packages      []Package       `json:"packages,omitempty"`
	Network       []Fetch         `json:"network,omitempty"`
	Secrets       []Secret        `json:"secrets,omitempty"`
	Accounts      []Account       `json:"accounts,omitempty"`
	Capabilities  []string        `json:"capabilities,omitempty"` // given to files, and asked for by RUN --security
	Services      []string        `json:"services,omitempty"`     // enabled, started or stopped
	Permissions   []Permission    `json:"permissions,omitempty"`
	Dealings      []Dealing       `json:"dealings,omitempty"` // what else it has to do with
	Shell         []Leaving       `json:"shell,omitempty"`    // inside of the script: the next step has a new shell
	Lost          []Lost          `json:"lost,omitempty"`
	Indeterminate []Indeterminate `json:"indeterminate,omitempty"`

	// Unknown says why nothing is known of a part. If there is a reason, all else is no more than
	// the least that happens, and every grade is Unknown.
	Unknown []string `json:"unknown,omitempty"`
}

// Source is a path outside of the image that a step has files from.
type Source struct {
	From string `json:"from,omitempty"` // a stage, an image or a named context, as written; "" is the build context
	Path string `json:"path"`           // in there, absolute; as written when it is not known. It may be a pattern, and all that is below counts
	// Known is false for a path or a name with a variable whose value is not.
	Known bool `json:"known"`
}

// Package is one that is installed.
type Package struct {
	Manager string `json:"manager"` // as "apt"
	Name    string `json:"name"`    // as written when it is not known
	Version string `json:"version,omitempty"`
	Known   bool   `json:"known"` // the name is
}

// Fetch is something that comes from the network, or may.
type Fetch struct {
	URL    string `json:"url"`            // as written when it is not known; "" is wherever the program goes
	Host   string `json:"host,omitempty"` // "" is not known
	Pinned bool   `json:"pinned"`         // a checksum in the file says what comes
	By     string `json:"by"`             // the program or the instruction
}

// Secret is a secret or an ssh agent that is mounted.
type Secret struct {
	Kind string `json:"kind"` // "secret" or "ssh"
	ID   string `json:"id"`   // "" is the default
}

// Account is a user or a group that is made, changed or removed.
type Account struct {
	Kind string `json:"kind"` // "user" or "group"
	Name string `json:"name"`
	Done string `json:"done"` // "made", "changed" or "removed"
}

// Permission is a mode or an owner that is set.
type Permission struct {
	Path  string `json:"path"`
	Mode  string `json:"mode,omitempty"`
	Owner string `json:"owner,omitempty"`
}

// Leaving is a state that a command leaves its shell in.
type Leaving struct {
	Kind  string `json:"kind"`            // "cd", "variable", "export", "umask", "set", "function", "alias", "trap" or "descriptor"
	Value string `json:"value,omitempty"` // where to, or what; "" is not known
}

// Lost is an exit status that the step does not depend on.
type Lost struct {
	How     string `json:"how"` // ";", "|", "||", "&", "$()"
	Command string `json:"command"`
}

// Indeterminate is why two runs may differ.
type Indeterminate string

// The reasons.
const (
	Clock   Indeterminate = "clock"
	Random  Indeterminate = "random"
	Network Indeterminate = "network"
	Proc    Indeterminate = "proc" // what the kernel says of the machine and its processes
)

// All is the effect of what nothing is known of.
func All(why string) Effects {
	return Effects{Reads: Anything(), Writes: Anything(), Removes: Anything(), Unknown: []string{why}}
}

// Join gives effects that happen one after the other, or of which one happens. What is unknown
// in one is in all. The lists are sorted, and nothing is in them twice.
func Join(all ...Effects) (out Effects) {
	if len(all) == 1 {
		out = all[0]
		out.Reads, out.Writes, out.Removes = joinPaths(out.Reads), joinPaths(out.Writes), joinPaths(out.Removes)
	} else {
		out = concat(all)
	}
	if len(out.Unknown) > 0 {
		out.Reads.Grade, out.Writes.Grade, out.Removes.Grade = Unknown, Unknown, Unknown
		out.Reads.Any, out.Writes.Any, out.Removes.Any = true, true, true
	}
	out.Copies = distinct(out.Copies, func(a, b Source) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.Path, b.Path), compareBool(a.Known, b.Known))
	})
	out.Packages = distinct(out.Packages, func(a, b Package) int {
		return cmp.Or(strings.Compare(a.Manager, b.Manager), strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), compareBool(a.Known, b.Known))
	})
	out.Network = distinct(out.Network, func(a, b Fetch) int {
		return cmp.Or(strings.Compare(a.URL, b.URL), strings.Compare(a.Host, b.Host), strings.Compare(a.By, b.By), compareBool(a.Pinned, b.Pinned))
	})
	out.Secrets = distinct(out.Secrets, func(a, b Secret) int { return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID)) })
	out.Accounts = distinct(out.Accounts, func(a, b Account) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Done, b.Done))
	})
	out.Capabilities, out.Services = distinct(out.Capabilities, strings.Compare), distinct(out.Services, strings.Compare)
	out.Permissions = distinct(out.Permissions, func(a, b Permission) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Mode, b.Mode), strings.Compare(a.Owner, b.Owner))
	})
	out.Dealings = distinct(out.Dealings, func(a, b Dealing) int { return strings.Compare(string(a), string(b)) })
	out.Shell = distinct(out.Shell, func(a, b Leaving) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
	})
	out.Lost = distinct(out.Lost, func(a, b Lost) int {
		return cmp.Or(strings.Compare(a.How, b.How), strings.Compare(a.Command, b.Command))
	})
	out.Indeterminate = distinct(out.Indeterminate, func(a, b Indeterminate) int { return strings.Compare(string(a), string(b)) })
	out.Unknown = distinct(out.Unknown, strings.Compare)
	return out
}

// concat puts lists behind one another.
func concat(all []Effects) (out Effects) {
	reads, writes, removes := make([]Paths, len(all)), make([]Paths, len(all)), make([]Paths, len(all))
	for i, e := range all {
		reads[i], writes[i], removes[i] = e.Reads, e.Writes, e.Removes
		out.Copies = append(out.Copies, e.Copies...)
		out.Packages = append(out.Packages, e.Packages...)
		out.Network = append(out.Network, e.Network...)
		out.Secrets = append(out.Secrets, e.Secrets...)
		out.Accounts = append(out.Accounts, e.Accounts...)
		out.Capabilities = append(out.Capabilities, e.Capabilities...)
		out.Services = append(out.Services, e.Services...)
		out.Permissions = append(out.Permissions, e.Permissions...)
		out.Dealings = append(out.Dealings, e.Dealings...)
		out.Shell = append(out.Shell, e.Shell...)
		out.Lost = append(out.Lost, e.Lost...)
		out.Indeterminate = append(out.Indeterminate, e.Indeterminate...)
		out.Unknown = append(out.Unknown, e.Unknown...)
	}
	out.Reads, out.Writes, out.Removes = joinPaths(reads...), joinPaths(writes...), joinPaths(removes...)
	return out
}

// distinct gives a list sorted, with nothing in it twice. The list itself may be another's.
func distinct[E comparable](list []E, compare func(a, b E) int) []E {
	if strictly(list, compare) {
		return slices.Clip(list)
	}
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

// Grade is the worst of what is said of written and removed paths.
func (e Effects) Grade() Grade { return max(e.Writes.Grade, e.Removes.Grade) }

// Touches tells whether a path may be written or removed. The name is absolute and clean.
func (e Effects) Touches(name string) bool { return e.Writes.Covers(name) || e.Removes.Covers(name) }
