package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins/config"
)

// maxFixes is how often what was fixed is looked at again: a fix may show what
// was hidden.
const maxFixes = 10

func fixCommand(p *cli.Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fix [OPTIONS] [PATH]...",
		Short: "Fix Dockerfiles as plugins suggest",
		Long: `Applies the fixes that the compiler and the plugins of strake.yaml suggest and call safe:
those that keep what the author meant. What is left is what strake check reports.
`,
		Example: `  strake fix --diff .
  strake fix services/*
`,
	}
	flags := cmd.Flags()
	f := &fix{check: check{compileRun: compileRun{Process: p}}}
	f.declareInput(flags)
	flags.BoolVar(&f.unsafe, "unsafe", false, "Apply fixes, too, that may change what is built")
	flags.BoolVar(&f.diff, "diff", false, "Show what would change, and write nothing")
	cmd.RunE = cli.Running(f.run)
	return cmd
}

// fix is one call of the command.
type fix struct {
	check
	unsafe, diff bool
}

func (f *fix) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	if slices.Contains(args, "-") || f.file == "-" || slices.ContainsFunc(args, input.IsRemote) {
		return cli.Misuse("strake fix writes files: name those of this machine")
	}
	if err := f.prepare(ctx, args); err != nil {
		return err
	}
	for _, arg := range args {
		if err := f.fixOne(ctx, arg); err != nil {
			return err
		}
	}
	return nil
}

// fixOne fixes the Dockerfile of one argument.
func (f *fix) fixOne(ctx context.Context, arg string) error {
	src, err := f.open(ctx, arg)
	if err != nil {
		return err
	}
	file := src.File()
	at, err := f.target(file.Name)
	if err != nil {
		return err
	}
	text, applied := file.Text, 0
	var found diag.List
	for range maxFixes {
		found = f.look(ctx, src, text)
		next, n, err := applyFixes(text, found, f.unsafe)
		if err != nil {
			return err
		}
		if applied += n; n == 0 || next == text {
			break
		}
		text = next
	}
	done := fmt.Sprintf("%d fixed", applied)
	switch {
	case text == file.Text:
		done = "nothing to fix"
	case f.diff:
		diff := f.Shown(udiff.Unified(file.Name, file.Name+" (fixed)", file.Text, text))
		if f.Color(f.Stdout) {
			diff = coloured(diff)
		}
		if _, err := io.WriteString(f.Stdout, diff); err != nil {
			return err
		}
		done = fmt.Sprintf("%d to fix", applied)
	default:
		if err := replaceIn(at.Root, at.Real, file.Text, text); err != nil {
			return err
		}
	}
	name := file.Name
	if at.Linked {
		name += " -> " + at.Real
	}
	cli.Printf(f.Stderr, "%s: %s%s\n", diag.Printable(name), done, left(found, f.unsafe))
	return nil
}

// target is where a Dockerfile really is, when its name is a link. One that leads out of
// the repository is an error, as it may lead to any file of the user's.
func (f *fix) target(name string) (config.Place, error) {
	home, _ := f.Env("HOME")
	at, err := config.Locate(name, home)
	if err == nil && at.Outside {
		err = diag.Diagnostic{Code: "outside", Message: fmt.Sprintf("%s is a link out of %s, to %s", name, at.Root, at.Real),
			Hint: "fix the file itself: strake fix " + at.Real}
	}
	return at, err
}

// replaceIn puts another text into a file below a directory, whole or not at all. Others may
// write to the directory: what was no link when it was looked at may be one by now, and so
// nothing here follows one, and the file still has to have the old text.
func replaceIn(dir, name, old, text string) error {
	changed := diag.Diagnostic{Code: "changed", Message: name + " is no longer the file that was read", Hint: "run strake fix again"}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	root, err := regular.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	info, err := root.Lstat(rel)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(old)) {
		return changed
	}
	f, err := regular.OpenAt(root, rel)
	if err != nil {
		return err
	}
	now, err := io.ReadAll(io.LimitReader(f, int64(len(old))+1))
	f.Close()
	switch {
	case err != nil:
		return err
	case string(now) != old:
		return changed
	}
	temp := filepath.Join(filepath.Dir(rel), cli.TempName(rel))
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(temp, rel)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}

// left says what is still to fix, and how.
func left(found diag.List, unsafe bool) string {
	risky, other := 0, 0
	for _, d := range found {
		if len(d.Fixes) > 0 && !unsafe {
			risky++
		} else {
			other++
		}
	}
	text := ""
	if risky > 0 {
		text += "; " + cli.Plural(risky, "fix is", "fixes are") + " left that may change what is built: `strake fix --unsafe --diff` shows what would change"
	}
	if other > 0 {
		text += "; " + cli.Plural(other, "finding is", "findings are") + " left to you: `strake check` shows them"
	}
	return text
}

// look is what the plugins say of a text in the place of that of a source.
func (f *fix) look(ctx context.Context, src *compile.Snapshot, text string) diag.List {
	_, found, err := src.Edited(text).Expanded(ctx)
	if err != nil {
		found = append(found, cli.Diagnose(err)...)
	}
	return found
}

// applyFixes applies the first fix of each diagnostic that may be, unless it overlaps one
// before it. It tells how many there were.
func applyFixes(text string, list diag.List, unsafe bool) (string, int, error) {
	var (
		edits []diag.Edit
		n     int
	)
	for _, d := range list {
		i := slices.IndexFunc(d.Fixes, func(fix diag.Fix) bool { return fix.Safe || unsafe })
		if i < 0 || slices.ContainsFunc(d.Fixes[i].Edits, func(e diag.Edit) bool { return e.Span.File != 0 }) {
			continue
		}
		more := slices.Concat(edits, d.Fixes[i].Edits)
		if _, err := diag.Apply(text, more); err != nil {
			continue // it overlaps: its turn comes in the next round
		}
		edits, n = more, n+1
	}
	out, err := diag.Apply(text, edits)
	return out, n, err
}
