//go:build linux

package engine

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

const userNamespaceHint = "as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, where there is such a setting; " +
	"in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit"

// maxLog is how large the log may grow before its content becomes log.old.
const maxLog = 4 << 20

// openLog opens the log for an engine that starts, and says where its part begins.
func (p place) openLog() (*os.File, int64, error) {
	f, err := os.OpenFile(p.path(logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
	}
	return f, size, err
}

// rotateLog starts the log afresh when it is large. Buildkitd keeps writing to the
// same file, at its end: a line that comes just now may get lost.
func (p place) rotateLog() {
	info, err := os.Stat(p.path(logFile))
	if err != nil || info.Size() < maxLog {
		return
	}
	if data, err := os.ReadFile(p.path(logFile)); err == nil && p.write(logFile+".old", data) == nil {
		os.Truncate(p.path(logFile), 0)
	}
}

// readLog gives the log from a place on, but no more than its end.
func (p place) readLog(from int64) string {
	const most = 64 << 10
	f, err := os.Open(p.path(logFile))
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	if from > info.Size() {
		from = 0 // it was rotated
	}
	data, _ := io.ReadAll(io.NewSectionReader(f, max(from, info.Size()-most), most))
	return string(data)
}

// note writes a line of the supervisor into the log, in the form that buildkitd's
// lines have.
func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "time=%q level=info msg=%q\n", time.Now().UTC().Format(time.RFC3339), supervisorMark+fmt.Sprintf(format, args...))
}

// What the notes of the supervisor begin with.
const (
	supervisorMark = "strake: "
	startNote      = "buildkitd starts: "
	endNote        = "buildkitd ended: "
	stopNote       = "stopped as asked for"
	failNote       = "cannot start: "
)

// noted gives the rest of the last note that begins like this.
func noted(log, begin string) (rest string, ok bool) {
	for line := range strings.Lines(log) {
		_, quoted, found := strings.Cut(line, " msg=")
		if !found {
			continue
		}
		if msg, err := strconv.Unquote(strings.TrimSpace(quoted)); err == nil {
			if text, found := strings.CutPrefix(msg, supervisorMark+begin); found {
				rest, ok = text, true
			}
		}
	}
	return rest, ok
}

// lastWords says why an engine has ended that was ready.
func (p place) lastWords() string {
	log := p.readLog(0)
	if i := strings.LastIndex(log, supervisorMark+startNote); i >= 0 {
		log = log[i:]
	}
	how, ended := noted(log, endNote)
	_, stopped := noted(log, stopNote)
	crash := lastLine(log, "panic: ", "fatal error: ")
	switch {
	case strings.Contains(log, "no space left on device"):
		return "its disk is full"
	case stopped:
		return "it was asked to, by `strake engine stop` or a signal"
	case crash != "":
		return "buildkitd crashed: " + crash
	case how == killed:
		return "buildkitd was killed, perhaps because the machine had no memory left"
	case ended:
		return "buildkitd ended with " + how
	}
	return "it was killed"
}

// lastLine gives the last line that begins with one of the prefixes, without it.
func lastLine(log string, prefixes ...string) string {
	var last string
	for line := range strings.Lines(log) {
		for _, prefix := range prefixes {
			if text, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
				last = text
			}
		}
	}
	return last
}

// known are the ends of an engine that never was ready, with the next step.
var known = []struct {
	pattern             func() *late.Expression
	code, message, hint string
}{
	{late.Regexp(`newuidmap|newgidmap|uid_map|gid_map`), "no-subids", "the user namespace of the build engine could not be set up",
		"are newuidmap and newgidmap set-user-id programs? apt-get install --reinstall uidmap"},
	{late.Regexp(`(?i)failed to start the child: .*(permission denied|not permitted|no space left)`), "no-user-namespaces",
		"the kernel does not let you make user namespaces", userNamespaceHint},
	{late.Regexp(`failed to load config|toml: `), "bad-engine-config", "buildkitd does not accept its configuration",
		"correct it: https://docs.docker.com/build/buildkit/toml-configuration"},
	{late.Regexp(`another instance running`), "engine-busy", "another buildkitd uses the directory of the build engine",
		"end it, or set STRAKE_HOME to another directory"},
	{late.Regexp(`address already in use`), "engine-socket", "another process listens on the socket of the build engine",
		"end it, or set STRAKE_HOME to another directory"},
	{late.Regexp(`cgroup.*(read-only file system|permission denied|not permitted)`), "no-cgroups", "the build engine may not make cgroups here",
		"in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit"},
	{late.Regexp(`(?i)mount.*(not permitted|permission denied)`), "no-mounts", "the build engine may not mount anything here",
		"in a container: run it with --privileged; or give BUILDKIT_HOST the address of a BuildKit"},
	{late.Regexp(`read-only file system`), "engine-directory", "the directory of the build engine cannot be written to",
		"set STRAKE_HOME to a directory that you may write to"},
	{late.Regexp(`no worker found`), "no-worker", "buildkitd has no way to run steps",
		"is its OCI worker switched off in the configuration?"},
}

// diagnose finds in its log why an engine was never ready.
func diagnose(p place, log string) error {
	// What a full disk has no room for is not in the log either.
	full := strings.Contains(log, "no space left on device") || p.free() < 64<<10
	if full && !strings.Contains(log, "failed to start the child") {
		return diskFull(p.dir)
	}
	d := diag.Diagnostic{Code: "engine-start", Message: "the build engine ended at its start", Hint: "`strake engine logs` shows all that it wrote"}
	for _, k := range known {
		if k.pattern().MatchString(log) {
			d.Code, d.Message, d.Hint = k.code, k.message, k.hint
			break
		}
	}
	// Behind that line, buildkitd writes where in its code the error came from.
	reason := lastLine(log, "buildkitd: ", "[rootlesskit:parent] error: ", "[rootlesskit:child ] error: ", "panic: ", "fatal error: ")
	for _, begin := range []string{failNote, endNote} {
		if text, ok := noted(log, begin); ok && reason == "" {
			reason = text
		}
	}
	if reason != "" {
		d.Message += ": " + reason
	}
	return d
}

const fullCode = "disk-full"

func diskFull(dir string) error {
	return fail(fullCode, "free some space, or set STRAKE_HOME to a directory on another disk", "the disk of the build engine is full: %s", dir)
}
