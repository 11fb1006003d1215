package commit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/backend/container/rootfs"
	"github.com/seed-e0495807/strake/backend/container/userns"
	"github.com/seed-e0495807/strake/backend/store"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

// debugImage is the repository of the images that shells of builds started from.
const debugImage = "strake-debug"

// Keeper keeps what is changed in the shell of a build as a container. It is nil where this
// program cannot run in a container.
func Keeper(p *cli.Process) *build.Keeper {
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return nil // it was replaced while it ran
	}
	return &build.Keeper{
		Program: self, Hold: []string{HelperName, holdArg}, Enter: []string{HelperName, enterArg},
		Keep: func(ctx context.Context, s *store.Store, c *build.Changed) error { return keep(ctx, p, s, c) },
		Failed: func(err error) {
			list := cli.Diagnose(err)
			for i := range list {
				if list[i].Severity = diag.Warning; list[i].Code != build.NotKept {
					list[i].Message = "what you changed in the shell is not kept: " + list[i].Message
				}
			}
			p.Report(nil, list)
		},
	}
}

// keep makes a container of changes, as root of a user namespace.
func keep(ctx context.Context, p *cli.Process, s *store.Store, c *build.Changed) error {
	if userns.IsRoot() {
		return keepHere(ctx, p, s, c)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	home, err := p.Home()
	if err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	note, err := s.Write(ctx, "application/json", data) // it goes with what else the store has no use for
	if err != nil {
		return err
	}
	code, err := userns.Run(ctx, 0, []string{self, HelperName, keepArg, note.Digest.String()},
		userns.Options{Look: p.Programs(home).Look})
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}

// keepNoted is keep for changes that a blob of the store describes.
func keepNoted(ctx context.Context, p *cli.Process, note string) error {
	d, err := digest.Parse(note)
	if err != nil {
		return err
	}
	return p.WithStore(ctx, func(s *store.Store) error {
		var c build.Changed
		if err := readBlob(ctx, s, d, &c); err != nil {
			return err
		}
		return keepHere(ctx, p, s, &c)
	})
}

func keepHere(ctx context.Context, p *cli.Process, s *store.Store, changed *build.Changed) error {
	home, err := p.Home()
	if err != nil {
		return err
	}
	k := &keeping{Changed: changed, store: s}
	if k.layers, err = rootfs.Open(cli.LayersDir(home)); err != nil {
		return err
	}
	release, err := k.layers.Hold(ctx) // until an image or a container is there that needs them
	if err != nil {
		return err
	}
	defer release()
	cfg, err := k.config(ctx)
	if err != nil {
		return err
	}
	set := container.Open(cli.ContainersDir(home))
	c, err := set.Keep(ctx, cfg, changed.Exit, func(dir string) error { return k.fill(ctx, dir, cfg) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	// The image comes last, as it goes first: it is never there without the container that takes it along.
	if err := s.Put(ctx, changed.Image, []string{cfg.Image}, nil); err != nil {
		return errors.Join(err, set.Remove(context.WithoutCancel(ctx), c))
	}
	return cli.Printf(p.Stderr, "%s", k.told(c.Name))
}

// keeping is the making of a container of changes.
type keeping struct {
	*build.Changed
	store    *store.Store
	layers   *rootfs.Layers
	manifest ocispecs.Manifest
	image    ocispecs.Image
	skipped  []string
}

// config is what the container is made of.
func (k *keeping) config(ctx context.Context) (container.Config, error) {
	cfg := container.Config{
		Image: debugImage + ":" + strings.ToLower(rand.Text()[:6]), OwnImage: true, Manifest: k.Image.Digest,
		Args: k.Command, Network: container.Private, About: k.About,
	}
	if err := readBlob(ctx, k.store, k.Image.Digest, &k.manifest); err != nil {
		return cfg, err
	}
	if err := readBlob(ctx, k.store, k.manifest.Config.Digest, &k.image); err != nil {
		return cfg, err
	}
	cfg.ImageID, cfg.Platform, cfg.DiffIDs = k.manifest.Config.Digest, k.image.Platform, k.image.RootFS.DiffIDs
	cfg.Env, cfg.User, cfg.Cwd = k.image.Config.Env, k.image.Config.User, k.image.Config.WorkingDir
	return cfg, nil
}

// readBlob reads a document of the store.
func readBlob(ctx context.Context, s *store.Store, d digest.Digest, v any) error {
	data, err := content.ReadBlob(ctx, s.Content(), ocispecs.Descriptor{Digest: d})
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// errUnchanged is that of files that were touched only.
var errUnchanged = errors.New("nothing was changed")

// fill makes what is changed in the directory of the container.
func (k *keeping) fill(ctx context.Context, dir string, cfg container.Config) error {
	if err := k.layers.Unpack(ctx, k.store.Content(), k.manifest, cfg.DiffIDs); err != nil {
		return err
	}
	blob, err := k.store.Content().ReaderAt(ctx, k.Layer)
	if err != nil {
		return err
	}
	defer blob.Close()
	changed, skipped, err := k.layers.Fill(ctx, dir, cfg.DiffIDs, content.NewReader(blob))
	if err != nil {
		return err
	}
	if !changed {
		return errUnchanged
	}
	k.skipped = skipped
	return nil
}

// told says where the changes are, and what of them is not there.
func (k *keeping) told(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nWhat you changed is kept as container %s:\n\n  strake commit --dockerfile %s   makes lines of it\n  strake rm %s   throws it away\n", name, name, name)
	for _, path := range k.Omitted {
		fmt.Fprintf(&b, "\nnot kept: %s, which no layer can have", diag.Printable(path))
	}
	for _, line := range k.skipped {
		fmt.Fprintf(&b, "\nnot kept: %s", diag.Printable(line))
	}
	b.WriteString("\n")
	return b.String()
}
