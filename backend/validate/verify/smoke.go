package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/backend/validate"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
)

// maxOutput bounds what a command prints, in bytes for each stream.
const maxOutput = 1 << 20

// probe runs a command in an image as its user, in its directory and with its variables, and
// without a network. The command is a file, so that no shell of the build reads it.
const probe = `FROM image AS run
COPY --chmod=0777 strake-probe /strake-probe
RUN --network=none /bin/sh /strake-probe/command >/strake-probe/out 2>/strake-probe/err; echo $? >/strake-probe/status
FROM scratch
COPY --from=run /strake-probe/out /strake-probe/err /strake-probe/status /
`

// smoke runs commands in the images of A, once, and in those of B, and adds to the verdict how
// they end.
func (x *Experiment) smoke(ctx context.Context, v *validate.Verdict, commands []string, b [2]*validate.Tree) (err error) {
	for _, command := range commands {
		a, known := x.ends[command]
		if !known {
			if a, err = x.inBoth(ctx, command, x.a); err != nil {
				return err
			}
			x.ends[command] = a
		}
		ends, err := x.inBoth(ctx, command, b)
		if err != nil {
			return err
		}
		v.Runs = append(v.Runs, validate.JudgeRun(command, a, ends))
	}
	v.Decide()
	return nil
}

func (x *Experiment) inBoth(ctx context.Context, command string, trees [2]*validate.Tree) (ends [2]validate.Outcome, err error) {
	for i, tree := range trees {
		x.Say(fmt.Sprintf("running %q in %s", command, tree.Image.Name))
		if ends[i], err = x.try(ctx, command, tree.Image); err != nil {
			return ends, err
		}
	}
	return ends, nil
}

// try runs a command in one image.
func (x *Experiment) try(ctx context.Context, command string, img *validate.Image) (validate.Outcome, error) {
	dir, err := os.MkdirTemp(x.dir, "probe-")
	if err != nil {
		return validate.Outcome{}, err
	}
	files := filepath.Join(dir, "strake-probe")
	if err := os.Mkdir(files, 0o755); err != nil {
		return validate.Outcome{}, err
	}
	script, own := x.own[command]
	if !own {
		script = command + "\n"
	}
	for name, text := range map[string]string{"Dockerfile": probe, "strake-probe/command": script} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return validate.Outcome{}, err
		}
	}
	in, err := input.Find(ctx, input.Request{Path: dir,
		Options:  map[string]string{"no-cache": "", "platform": img.Platform},
		Contexts: map[string]string{"image": "oci-layout://" + img.Content.(layoutStore).dir + "@" + img.Manifest.String()}})
	if err != nil {
		return validate.Outcome{}, err
	}
	out := filepath.Join(dir, "result")
	r := x.A.Request
	r.Input, r.Compile, r.Seen, r.Pins = in, compile.Config{}, nil, nil
	r.Outputs = []build.Output{{Type: client.ExporterLocal, Dest: out}}
	if _, err := build.Run(ctx, r); err != nil {
		if ctx.Err() != nil {
			return validate.Outcome{}, err
		}
		return validate.Outcome{}, diag.Diagnostic{Code: "not-run", Message: fmt.Sprintf("%q could not be run in %s: %v", command, img.Name, err),
			Hint: "it takes /bin/sh in the image: leave out --run and --smoke if there is none"}
	}
	return outcome(out, command)
}

// outcome reads how a command ended.
func outcome(dir, command string) (validate.Outcome, error) {
	var texts [3]string
	for i, name := range []string{"status", "out", "err"} {
		data, err := regular.Read(filepath.Join(dir, name), maxOutput)
		if err != nil {
			return validate.Outcome{}, diag.Diagnostic{Code: "not-compared", Message: fmt.Sprintf("what %q prints is not compared: %v", command, err)}
		}
		texts[i] = string(data)
	}
	status, err := strconv.Atoi(strings.TrimSpace(texts[0]))
	if err != nil {
		return validate.Outcome{}, errors.New("the command did not say how it ended")
	}
	return validate.Outcome{Status: status, Stdout: texts[1], Stderr: texts[2]}, nil
}
