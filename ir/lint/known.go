package lint

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
)

// ByName knows of images what is known of the official ones by their names.
type ByName struct{ memo *eval.Memo }

// Base is that of a distribution that the name stands for.
func (n ByName) Base(m *ir.Module, stage int) (*eval.State, bool) {
	return distro.Base(context.Background(), noImages{}, n.memo, m, stage), m.Stages[stage].Base == "scratch"
}

// Distro is that of the name.
func (ByName) Distro(m *ir.Module, stage int) (distro.Distro, bool) {
	return distro.OfImage(context.Background(), noImages{}, m, stage, stage)
}

// Digest is never known.
func (ByName) Digest(*ir.Module, int) string { return "" }

// Size is never known.
func (ByName) Size(*ir.Module, []string) (int64, bool) { return 0, false }

type noImages struct{}

var errNoImages = errors.New("no image is at hand")

func (noImages) BaseConfig(context.Context, int) (json.RawMessage, error) { return nil, errNoImages }

func (noImages) BaseFile(context.Context, int, string) ([]byte, error) { return nil, errNoImages }
