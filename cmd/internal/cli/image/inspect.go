package image

import (
	"context"
	"time"

	"github.com/moby/moby/api/types/image"

	"github.com/seed-e0495807/strake/backend/store"
)

// Inspect is what docker's image inspect shows of an image, for a platform; "" is that of this machine.
func Inspect(ctx context.Context, s *store.Store, name, platform string) (image.InspectResponse, error) {
	var r image.InspectResponse
	img, err := s.Find(name)
	if err != nil {
		return r, err
	}
	v, err := img.Variant(platform)
	if err != nil {
		return r, err
	}
	size, err := s.Size(ctx, v)
	if err != nil {
		return r, err
	}
	r = image.InspectResponse{
		ID: img.ID.String(), RepoTags: []string{}, RepoDigests: []string{}, Author: v.Config.Author, Config: &v.Config.Config,
		Architecture: v.Config.Architecture, Variant: v.Config.Variant, Os: v.Config.OS, OsVersion: v.Config.OSVersion,
		Size: size, RootFS: image.RootFS{Type: v.Config.RootFS.Type}, Descriptor: &img.Descriptor,
	}
	for _, name := range img.Names {
		r.RepoTags = append(r.RepoTags, store.Familiar(name))
	}
	for _, name := range img.Digests {
		r.RepoDigests = append(r.RepoDigests, store.Familiar(name))
	}
	for _, d := range v.Config.RootFS.DiffIDs {
		r.RootFS.Layers = append(r.RootFS.Layers, d.String())
	}
	if t := v.Config.Created; t != nil {
		r.Created = t.Format(time.RFC3339Nano)
	}
	if h := v.Config.History; len(h) > 0 {
		r.Comment = h[len(h)-1].Comment
	}
	return r, nil
}
