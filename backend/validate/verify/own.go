package verify

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/ir/shell"
)

// What an image runs by itself, as scripts for /bin/sh. Both end: help after ten seconds, and a check
// of health as soon as it is well, when the program has ended, as its container has then, or after
// thirty tries.
const (
	helpScript = `WORDS --help </dev/null & p=$!
(sleep 10; kill -9 $p) >/dev/null 2>&1 &
w=$!
wait $p; s=$?
kill $w 2>/dev/null
exit $s
`
	healthScript = `START >/dev/null 2>&1 </dev/null & p=$!
i=0
while [ $i -lt 30 ]; do
	if CHECK >/dev/null 2>&1 </dev/null; then echo healthy; exit 0; fi
	kill -0 $p 2>/dev/null || break
	i=$((i+1)); sleep 1
done
echo unhealthy
exit 1
`
)

// smokes are the commands of an image's own, by what people read: its program with --help, and its
// HEALTHCHECK while it runs. A program in a script of a shell has no --help.
func smokes(img *validate.Image) (map[string]string, error) {
	var config dockerspec.DockerOCIImage
	if err := json.Unmarshal(img.Config, &config); err != nil {
		return nil, err
	}
	c, out := config.Config, map[string]string{}
	program := c.Entrypoint
	if len(program) == 0 && len(c.Cmd) > 0 {
		program = c.Cmd[:1]
	}
	if len(program) > 0 && !(len(program) > 1 && program[1] == "-c") && !shells[path.Base(program[0])] {
		out[strings.Join(program, " ")+" --help"] = strings.Replace(helpScript, "WORDS", quoted(program), 1)
	}
	if h := c.Healthcheck; h != nil && len(h.Test) > 1 {
		var check string
		switch h.Test[0] {
		case "CMD":
			check = quoted(h.Test[1:])
		case "CMD-SHELL":
			shell := c.Shell
			if len(shell) == 0 {
				shell = []string{"/bin/sh", "-c"}
			}
			check = quoted(append(slices.Clone(shell), h.Test[1]))
		}
		if start := slices.Concat(c.Entrypoint, c.Cmd); check != "" && len(start) > 0 {
			out["HEALTHCHECK "+strings.Join(h.Test, " ")] = strings.NewReplacer("START", quoted(start), "CHECK", check).Replace(healthScript)
		}
	}
	return out, nil
}

// shells are programs whose --help says nothing of the image.
var shells = map[string]bool{"sh": true, "bash": true, "ash": true, "dash": true}

// quoted are words for a shell.
func quoted(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = shell.Quote(w)
	}
	return strings.Join(list, " ")
}
