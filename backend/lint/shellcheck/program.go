package shellcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang/diag"
)

// program is one that is run for each script.
type program struct {
	name  string // or its path
	limit time.Duration
}

// comment is what the program finds. Lines and columns count from 1, columns in characters.
type comment struct {
	Line, EndLine     int
	Column, EndColumn int
	Level             string
	Code              int
	Message           string
}

func (c comment) code() string { return fmt.Sprintf("SC%d", c.Code) }

func (c comment) severity() diag.Severity {
	switch c.Level {
	case "error":
		return diag.Error
	case "warning":
		return diag.Warning
	case "info":
		return diag.Info
	}
	return diag.Hint
}

// passed are the codes that say nothing of a Dockerfile: files that are read are in no image here,
// and that dash is meant by ash.
const passed = "SC1090,SC1091,SC2187"

// most is how much of what the program says is read.
const most = 4 << 20

// run has the program look at a script.
func (p *program) run(ctx context.Context, text string) ([]comment, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.name, "--format=json1", "--norc", "--exclude="+passed, "-")
	cmd.Stdin = strings.NewReader(text)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "SHELLCHECK_OPTS=")
	cmd.WaitDelay = time.Second
	out, said := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = out, said
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("it took longer than %v", p.limit)
	}
	// it ends with 1 where it finds something
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		if first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); first != "" {
			return nil, fmt.Errorf("%w: %s", err, first)
		}
		return nil, err
	}
	var all struct{ Comments []comment }
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		return nil, fmt.Errorf("what it said is not its JSON: %w", err)
	}
	return all.Comments, nil
}

// bounded keeps the start of what is written.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := most - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
