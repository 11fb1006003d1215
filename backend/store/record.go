package store

import (
	"context"
	"encoding/json"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// recordType is the media type of a Record's blob.
const recordType = "application/vnd.strake.record.v1+json"

// Record is how the history of an image came about.
type Record struct {
	Dockerfile string  `json:"dockerfile"` // its name
	Entries    []Entry `json:"entries"`    // one for each entry of the config's history
}

// Entry is how one entry of the history came about.
type Entry struct {
	Line int    `json:"line,omitempty"` // of the Dockerfile, from 1; 0 is unknown
	Text string `json:"text,omitempty"` // the instruction, as it is written there
	By   string `json:"by,omitempty"`   // the plugin that made it, "" is the author
}

func (s *Store) writeRecord(ctx context.Context, rec *Record) (string, error) {
	data, err := json.Marshal(rec)
	if err != nil {
		return "", err
	}
	desc, err := s.Write(ctx, recordType, data)
	return desc.Digest.String(), err
}

// Step is an entry of an image's history.
type Step struct {
	ocispecs.History
	Entry
	Layer  digest.Digest // the blob, "" when it made none
	DiffID digest.Digest // of the layer's plain tar
	Size   int64         // bytes of the files in the layer
}

// History gives the history of an image for one platform, the first step first. An
// image without a history has a step for each layer.
func (s *Store) History(ctx context.Context, img Image, v Variant) ([]Step, error) {
	sizes, err := s.Sizes(ctx, v.Manifest.Layers)
	if err != nil {
		return nil, err
	}
	rec, err := s.Record(img)
	if err != nil {
		return nil, err
	}
	entries := v.Config.History
	if len(entries) == 0 {
		entries = make([]ocispecs.History, len(v.Manifest.Layers))
	}
	steps := make([]Step, len(entries))
	layer := 0
	for i, h := range entries {
		steps[i].History = h
		// A record that does not fit is of no use, and no harm.
		if rec != nil && len(rec.Entries) == len(entries) {
			steps[i].Entry = rec.Entries[i]
		}
		if h.EmptyLayer || layer == len(v.Manifest.Layers) {
			continue
		}
		steps[i].Layer = v.Manifest.Layers[layer].Digest
		steps[i].Size = sizes[layer]
		if layer < len(v.Config.RootFS.DiffIDs) {
			steps[i].DiffID = v.Config.RootFS.DiffIDs[layer]
		}
		layer++
	}
	return steps, nil
}

// created is when the image was made, by the config of the first variant.
func (i Image) created() time.Time {
	if t := i.Created(); t != nil {
		return *t
	}
	return time.Time{}
}

// Created is when the image was made, nil when it does not say.
func (i Image) Created() *time.Time {
	if len(i.Variants) == 0 {
		return nil
	}
	v, err := i.Variant("")
	if err != nil {
		return nil
	}
	return v.Config.Created
}
