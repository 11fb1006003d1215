package frontend

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/gateway"
	"github.com/seed-e0495807/strake/backend/gateway/ociimage"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/cmd/internal/cli/project"
	"github.com/seed-e0495807/strake/cmd/internal/launch"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
	"github.com/seed-e0495807/strake/plugins/config/trust"
)

// organisation gives the files of an organisation's image: its strake.yaml and strake.lock, and the
// programs that they name, where the strake.yaml looks for them. They are laid out in a
// directory first, and opened there as the frontend will: what does not fit the lock is
// found now.
func (f *imageRun) organisation(ctx context.Context) (files []ociimage.File, network bool, err error) {
	from, err := filepath.Abs(f.config)
	if err != nil {
		return nil, false, err
	}
	_, file, err := project.LoadConfig(ctx, from)
	if err != nil {
		return nil, false, err
	}
	temp, err := os.MkdirTemp("", "strake")
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(temp)
	names := []string{config.FileName}
	given := slices.Clone(f.programs)
	sources := map[string]string{config.FileName: from}
	for _, e := range file.Entries {
		network = network || slices.Contains(e.Grants, plugins.GrantNetwork)
		if !e.External() {
			continue
		}
		use := path.Clean(filepath.ToSlash(e.Use))
		if strings.Contains(e.Use, ":") || !filepath.IsLocal(use) {
			return nil, false, diag.Diagnostic{Code: "organisation-plugin", Message: fmt.Sprintf("%s is not below the directory of %s", e.Use, f.config),
				Hint: "put the program there, and name it by a path like ./plugins/name"}
		}
		program := filepath.Join(file.Dir(), use)
		given = slices.DeleteFunc(given, func(p string) bool {
			if filepath.Base(p) != path.Base(use) {
				return false
			}
			program = p
			return true
		})
		for _, more := range e.Files {
			matches, err := filepath.Glob(filepath.Join(file.Dir(), more))
			if err != nil {
				return nil, false, err
			}
			for _, m := range matches {
				if rel, err := filepath.Rel(file.Dir(), m); err == nil {
					names, sources[rel] = append(names, rel), m
				}
			}
		}
		names, sources[use] = append(names, use), program
	}
	if len(given) > 0 {
		return nil, false, diag.Diagnostic{Code: "organisation-plugin", Message: fmt.Sprintf("%s names no plugin %s", f.config, filepath.Base(given[0])),
			Hint: "add `- use: ./" + filepath.Base(given[0]) + "` to it"}
	}
	if _, err := os.Stat(file.LockPath()); err == nil {
		names, sources["strake.lock"] = append(names, "strake.lock"), file.LockPath()
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		one, err := f.place(temp, name, sources[name])
		if err != nil {
			return nil, false, err
		}
		files = append(files, one)
	}
	if f.overridable {
		files = append(files, ociimage.File{Name: path.Join(gateway.ConfigDir, gateway.Overridable), Mode: 0o644})
	}
	return files, network, checkOrganisation(ctx, filepath.Join(temp, config.FileName))
}

// place copies a file into the layout and gives it as a file of the image.
func (f *imageRun) place(dir, name, from string) (ociimage.File, error) {
	data, err := regular.Read(from, trust.MaxBytes)
	if err != nil {
		return ociimage.File{}, err
	}
	info, err := os.Stat(from)
	if err != nil {
		return ociimage.File{}, err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	to := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return ociimage.File{}, err
	}
	if err := os.WriteFile(to, data, mode); err != nil {
		return ociimage.File{}, err
	}
	return ociimage.File{Name: path.Join(gateway.ConfigDir, filepath.ToSlash(name)), Mode: int64(mode), Data: data}, nil
}

// checkOrganisation opens a strake.yaml as the frontend does: all that its lock pins may run.
// No program is started.
func checkOrganisation(ctx context.Context, name string) error {
	set, file, err := project.LoadConfig(ctx, name)
	if err != nil {
		return err
	}
	store := &trust.Store{Config: filepath.Join(file.Dir(), ".config"), Cache: filepath.Join(file.Dir(), ".cache"), Given: trust.Given{Locked: true}}
	found, diags, err := file.Pipeline(ctx, config.Env{Builtins: builtin.All(), Starter: launch.Starter{}, Store: store, WorkDir: file.Dir()})
	if err != nil {
		return err
	}
	defer found.Close()
	if diags.HasErrors() {
		return &cli.Findings{Set: set, List: diags}
	}
	return nil
}
