package cli

import (
	"context"
	"os"
	"path/filepath"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/engine/programs"
	"github.com/seed-e0495807/strake/backend/store"
)

// StoreDir is the directory of the image store.
func StoreDir(home string) string { return filepath.Join(home, "store") }

// ContainersDir is the directory of the containers.
func ContainersDir(home string) string { return filepath.Join(home, "containers") }

// LayersDir is the directory of the layers that are unpacked for containers.
func LayersDir(home string) string { return filepath.Join(home, "layers") }

// EngineDir is the directory of the embedded engine, and of programs that were installed.
func EngineDir(home string) string { return filepath.Join(home, "engine") }

// Programs finds programs of the machine, and those that were installed below a home.
func (p *Process) Programs(home string) programs.Finder {
	return programs.Finder{Dir: EngineDir(home), Env: p.Env}
}

// WithStore calls fn with the image store, which is held meanwhile: no blob goes
// away that fn sees.
func (p *Process) WithStore(ctx context.Context, fn func(*store.Store) error) error {
	home, err := p.Home()
	if err != nil {
		return err
	}
	s, err := openStore(home)
	if err != nil {
		return err
	}
	release, err := s.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.Explain(fn(s))
}

// HeldStore is the image store, held until the process ends, for who needs none: nil when
// there is no store yet, or no place for one.
func (p *Process) HeldStore(ctx context.Context) (*store.Store, error) {
	home, err := p.Home()
	if err != nil {
		return nil, nil
	}
	if _, err := os.Stat(filepath.Join(StoreDir(home), ocispecs.ImageLayoutFile)); err != nil {
		return nil, nil
	}
	s, err := openStore(home)
	if err != nil {
		return nil, err
	}
	release, err := s.Hold(ctx)
	if err != nil {
		return nil, err
	}
	p.AtExit(func() { release() })
	return s, nil
}

// openStore opens the store below a home, in which images stay that containers are made of.
func openStore(home string) (*store.Store, error) {
	s, err := store.Open(StoreDir(home))
	if err != nil {
		return nil, err
	}
	s.Used = func() (map[digest.Digest]bool, error) {
		list, err := container.Open(ContainersDir(home)).List()
		used := make(map[digest.Digest]bool, len(list))
		for _, c := range list {
			used[c.Manifest] = true
		}
		return used, err
	}
	return s, nil
}
