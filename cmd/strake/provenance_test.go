//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestProvenance builds the same Dockerfiles with strake and with docker's buildx on one
// daemon, and compares what the provenance says, field by field. differing are all that
// may differ.
func TestProvenance(t *testing.T) {
	strake, buildx := testbed.Strake(t), testbed.Buildx(t)
	hub := testbed.StartRegistry(t, testbed.Busybox)
	d := testbed.StartDaemon(t, hub)
	config, home := d.Remote(t), t.TempDir()
	dir := gitContext(t, map[string]string{
		"Dockerfile": "FROM busybox AS base\nARG WHO=nobody\nRUN echo $WHO >/who\nFROM base\nCOPY a /\nLABEL x=y\n",
		"sub/Other":  "FROM scratch AS one\nCOPY a /\nFROM scratch AS two\nCOPY --from=one /a /b\n",
		"a":          "a\n",
	})
	for _, c := range []struct {
		name string
		args []string
	}{
		{"max", []string{"--provenance=mode=max"}},
		{"min", []string{"--provenance=mode=min"}},
		{"version", []string{"--provenance=mode=max,version=v1"}},
		{"arguments", []string{"--provenance=mode=max", "--build-arg", "WHO=me", "--label", "l=1", "--target", "base", "--add-host", "h:10.0.0.1"}},
		{"file", []string{"--provenance=mode=max", "-f", "sub/Other", "--target", "two"}},
		{"context", []string{"--provenance=mode=max", "--build-context", "busybox=docker-image://busybox:latest"}},
		{"platforms", []string{"--provenance=mode=max", "--platform", "linux/amd64,linux/arm64", "-f", "sub/Other"}},
		{"pushed", []string{"--push", "-t", hub.Host + "/pushed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			pushed := slices.Contains(c.args, "--push")
			run := func(program []string, env ...string) []any {
				out := t.TempDir()
				args := slices.Concat(program[1:], c.args)
				if !pushed {
					args = append(args, "-o", "type=oci,tar=false,dest="+out)
				}
				cmd := exec.CommandContext(t.Context(), program[0], append(args, ".")...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
				if log, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", cmd, err, log)
				}
				if pushed {
					return statements(t, remoteIndex(t, hub.Host+"/pushed"))
				}
				index, err := layout.ImageIndexFromPath(out)
				if err != nil {
					t.Fatal(err)
				}
				return statements(t, index)
			}
			theirs := run([]string{buildx, "build"}, "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+config)
			ours := run([]string{strake, "build", "--addr", d.Addr}, "STRAKE_HOME="+home, "DOCKER_CONFIG="+home)
			if len(ours) == 0 {
				t.Fatal("there is no provenance")
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("the provenance differs (-buildx +strake):\n%s", diff)
			}
		})
	}
}

// TestProvenanceOfSyntax: a Dockerfile that names docker's frontend is compiled here, without
// its image, and its provenance has the revision all the same. What a plugin has changed,
// or is based on an image of this machine, is not what the request alone leads to: its
// provenance has the steps, and no request.
func TestProvenanceOfSyntax(t *testing.T) {
	strake := testbed.Strake(t)
	d := testbed.StartDaemon(t, testbed.StartRegistry(t))
	home := t.TempDir()
	dir := gitContext(t, map[string]string{
		"Dockerfile": "# syntax=docker/dockerfile:1\nFROM scratch\nCOPY a /\nCMD a\n",
		"Local":      "FROM here\nCOPY a /b\n",
		"a":          "a\n",
	})
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), strake, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "STRAKE_HOME="+home, "DOCKER_CONFIG="+home)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return string(out)
	}
	log := run("build", "--addr", d.Addr, "--provenance=mode=max", "-t", "here", ".")
	if n := strings.Count(log, "JSONArgsRecommended"); n != 1 {
		t.Errorf("a finding is told %d times:\n%s", n, log)
	}
	for file, want := range map[string]bool{"Dockerfile": true, "Local": false} {
		out := t.TempDir()
		run("build", "--addr", d.Addr, "--provenance=mode=max", "-f", file, "-o", "type=oci,tar=false,dest="+out, ".")
		index, err := layout.ImageIndexFromPath(out)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(statements(t, index))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(text), `"vcs":{`); got != want || !strings.Contains(string(text), `"llbDefinition"`) {
			t.Errorf("%s: %s", file, text)
		}
		if strings.Contains(string(text), "secret") {
			t.Errorf("%s: the password of the remote is in it: %s", file, text)
		}
	}
}

// differing are the fields of a provenance that are of one build: ids and times. Besides
// them, the digests of steps differ that the name of the session is in, see drop.
var differing = []string{
	"predicate.metadata.buildInvocationID", "predicate.metadata.buildStartedOn", "predicate.metadata.buildFinishedOn",
	"predicate.runDetails.metadata.invocationID", "predicate.runDetails.metadata.invocationId",
	"predicate.runDetails.metadata.startedOn", "predicate.runDetails.metadata.finishedOn",
}

// statements are those about how an image was made, without what differs.
func statements(t *testing.T, index v1.ImageIndex) []any {
	t.Helper()
	var list []any
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range m.Manifests {
		if d.MediaType.IsIndex() {
			inner, err := index.ImageIndex(d.Digest)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, statements(t, inner)...)
			continue
		}
		if d.Annotations["vnd.docker.reference.type"] != "attestation-manifest" {
			continue
		}
		img, err := index.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			r, err := l.Compressed()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			r.Close()
			var statement map[string]any
			if err == nil {
				err = json.NewDecoder(bytes.NewReader(data)).Decode(&statement)
			}
			if err != nil {
				t.Fatal(err)
			}
			drop(statement, "")
			list = append(list, statement)
		}
	}
	return list
}

// drop removes what may differ. Of digestMapping the steps are left.
func drop(object map[string]any, path string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		at := strings.TrimPrefix(path+"."+key, ".")
		if slices.Contains(differing, at) {
			delete(object, key)
		} else if steps, ok := object[key].(map[string]any); ok && key == "digestMapping" {
			var names []string
			for _, step := range steps {
				names = append(names, step.(string))
			}
			slices.Sort(names)
			object[key] = names
		} else if list, ok := object[key].([]any); ok {
			for _, item := range list {
				if inner, ok := item.(map[string]any); ok {
					drop(inner, at)
				}
			}
		} else if inner, ok := object[key].(map[string]any); ok {
			drop(inner, at)
		}
	}
}

func remoteIndex(t *testing.T, ref string) v1.ImageIndex {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(parsed, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// gitContext is a directory in a repository with a commit and a remote.
func gitContext(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", `git init -q -b main .
git config user.name me; git config user.email me@example.com
git remote add origin https://me:secret@example.com/owner/repo.git
git add .; git commit -qm one`)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("git: %v: %s", err, out)
	}
	return dir
}
