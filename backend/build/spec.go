package build

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/tonistiigi/go-csvvalue"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// Output is where a result goes, as --output says it.
type Output struct {
	// Type is an exporter of BuildKit, or Store, or CacheOnly.
	Type  string
	Dest  string // file or directory; "-" is standard output, "" has none
	Attrs map[string]string
}

// Types of outputs besides BuildKit's exporters.
const (
	Store     = "store"     // the local image store
	CacheOnly = "cacheonly" // nowhere
	registry  = "registry"  // an image that is pushed
)

// outputTypes are the types that an output may have.
var outputTypes = []string{
	Store, CacheOnly, registry,
	client.ExporterImage, client.ExporterLocal, client.ExporterTar, client.ExporterOCI, client.ExporterDocker,
}

// field is an entry of a list like type=local,dest=out.
type field struct{ key, value string }

// fields reads a list of key=value pairs in CSV, with keys in lower case. An entry
// without "=" has the value bare.
func fields(text, bare string) ([]field, error) {
	parts, err := csvvalue.Fields(text, nil)
	if err != nil {
		return nil, err
	}
	out := make([]field, len(parts))
	for i, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		if !ok && bare == "" {
			return nil, fmt.Errorf("%q is no KEY=VALUE", part)
		} else if !ok {
			value = bare
		}
		out[i] = field{strings.TrimSpace(strings.ToLower(key)), value}
	}
	return out, nil
}

// ParseOutput reads an --output: type=TYPE,dest=PATH,…, a directory, or - for a
// tar on standard output.
func ParseOutput(text string) (Output, error) {
	if !strings.HasPrefix(text, "type=") && !strings.Contains(text, ",") {
		if text == "-" {
			return Output{Type: client.ExporterTar, Dest: "-"}, nil
		}
		o := Output{Type: client.ExporterLocal, Dest: text}
		return o, o.checkDest()
	}
	list, err := fields(text, "")
	if err != nil {
		return Output{}, err
	}
	o := Output{Attrs: map[string]string{}}
	for _, f := range list {
		switch f.key {
		case "type":
			o.Type = f.value
		case "dest":
			o.Dest = f.value
		default:
			o.Attrs[f.key] = f.value
		}
	}
	switch {
	case o.Type == "":
		return o, fmt.Errorf("type= is missing")
	case !slices.Contains(outputTypes, o.Type):
		return o, fmt.Errorf("unknown type %q, expected one of %s", o.Type, strings.Join(outputTypes, ", "))
	case o.Dest == "" && (o.Type == client.ExporterTar || o.Type == client.ExporterOCI):
		o.Dest = "-"
	}
	if err := o.checkDest(); err != nil {
		return o, err
	}
	if o.Type == registry {
		o.Type, o.Attrs["push"] = client.ExporterImage, "true"
	}
	return o, nil
}

// ParseEntitlement reads an --allow: network.host, security.insecure or device[=NAME].
// A daemon refuses others, but only when the build has begun.
func ParseEntitlement(text string) (string, error) {
	known := []string{string(entitlements.EntitlementNetworkHost), string(entitlements.EntitlementSecurityInsecure), string(entitlements.EntitlementDevice)}
	name, _, _ := strings.Cut(text, "=")
	if !slices.Contains(known, name) {
		hint := ""
		if near := diag.Suggest(name, known); near != "" {
			hint = "; did you mean " + near + "?"
		}
		return "", fmt.Errorf("there are network.host, security.insecure and device[=NAME]%s", hint)
	}
	_, _, err := entitlements.Parse(text)
	return text, err
}

// checkDest holds a destination against the type: images go to stores and registries by
// their names, and a directory is no stream.
func (o Output) checkDest() error {
	info, err := os.Stat(o.Dest)
	switch {
	case o.Type == client.ExporterLocal && o.Dest == "":
		return fmt.Errorf("dest=DIR is missing")
	case o.Type == client.ExporterLocal && o.Dest == "-":
		return fmt.Errorf("files cannot go to standard output; type=tar can")
	case o.Type == client.ExporterLocal && err == nil && !info.IsDir():
		return fmt.Errorf("%s is a file, and type=local writes a directory", o.Dest)
	case o.Dest == "":
		return nil
	}
	switch o.Type {
	case Store, CacheOnly, registry, client.ExporterImage:
		return fmt.Errorf("type=%s writes no file: drop dest=%s, or say type=oci", o.Type, o.Dest)
	}
	return nil
}

// ParseSecret reads a --secret: id=ID[,src=FILE|,env=NAME].
func ParseSecret(text string) (secretsprovider.Source, error) {
	var s secretsprovider.Source
	list, err := fields(text, "")
	if err != nil {
		return s, err
	}
	kind := ""
	for _, f := range list {
		switch f.key {
		case "type":
			if kind = f.value; kind != "file" && kind != "env" {
				return s, fmt.Errorf("unknown type %q, expected file or env", kind)
			}
		case "id":
			s.ID = f.value
		case "src", "source":
			s.FilePath = f.value
		case "env":
			s.Env = f.value
		default:
			return s, fmt.Errorf("unknown key %q, expected id, src, env or type", f.key)
		}
	}
	if kind == "env" && s.Env == "" {
		s.Env, s.FilePath = s.FilePath, ""
	}
	if s.ID == "" {
		return s, fmt.Errorf("id= is missing")
	}
	return s, nil
}

// ParseSSH reads an --ssh: ID[=SOCKET|KEY,…].
func ParseSSH(text string) (sshprovider.AgentConfig, error) {
	id, paths, ok := strings.Cut(text, "=")
	if id == "" {
		return sshprovider.AgentConfig{}, fmt.Errorf("the id is missing; the usual one is \"default\"")
	}
	c := sshprovider.AgentConfig{ID: id}
	if ok {
		c.Paths = strings.Split(paths, ",")
	}
	return c, nil
}

// ParseCache reads a --cache-from or --cache-to: type=TYPE,…, or references of
// images in a registry.
func ParseCache(text string) ([]client.CacheOptionsEntry, error) {
	var out []client.CacheOptionsEntry
	if !strings.Contains(text, "=") {
		refs, err := csvvalue.Fields(text, nil)
		for _, ref := range refs {
			out = append(out, client.CacheOptionsEntry{Type: registry, Attrs: map[string]string{"ref": ref}})
		}
		return out, err
	}
	list, err := fields(text, "")
	if err != nil {
		return nil, err
	}
	e := client.CacheOptionsEntry{Attrs: map[string]string{}}
	for _, f := range list {
		if f.key == "type" {
			e.Type = f.value
		} else {
			e.Attrs[f.key] = f.value
		}
	}
	if e.Type == "" {
		return nil, fmt.Errorf("type= is missing")
	}
	if e.Type == "gha" { // what GitHub's runners have in the environment
		setDefault(e.Attrs, "token", os.Getenv("ACTIONS_RUNTIME_TOKEN"))
		setDefault(e.Attrs, "url_v2", os.Getenv("ACTIONS_RESULTS_URL"))
		setDefault(e.Attrs, "url", os.Getenv("ACTIONS_CACHE_URL"))
	}
	return append(out, e), nil
}

func setDefault(attrs map[string]string, key, value string) {
	if attrs[key] == "" && value != "" {
		attrs[key] = value
	}
}

// Attestation is an --attest. One that is disabled is not made.
type Attestation struct {
	Type     string
	Disabled bool
	Attrs    string // type=… and the others in CSV
}

// ParseAttest reads an --attest: type=TYPE,KEY=VALUE,…
func ParseAttest(text string) (Attestation, error) {
	var a Attestation
	list, err := fields(text, "")
	if err != nil {
		return a, err
	}
	var attrs []string
	for _, f := range list {
		switch f.key {
		case "type":
			a.Type = f.value
		case "disabled":
			if a.Disabled, err = strconv.ParseBool(f.value); err != nil {
				return a, fmt.Errorf("disabled=%s is neither true nor false", f.value)
			}
		default:
			attrs = append(attrs, f.key+"="+f.value)
		}
	}
	if a.Type == "" {
		return a, fmt.Errorf("type= is missing")
	}
	a.Attrs = strings.Join(attrs, ",")
	return a, nil
}

// ParseShorthand reads the value of --sbom or --provenance: true, false, or
// attributes.
func ParseShorthand(kind, text string) (Attestation, error) {
	if on, err := strconv.ParseBool(text); err == nil {
		return Attestation{Type: kind, Disabled: !on}, nil
	}
	return ParseAttest("type=" + kind + "," + text)
}

var annotationPlace = late.Regexp(`^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$`)

// ParseAnnotation reads an --annotation: [TYPE[PLATFORM],…:]KEY=VALUE. The result
// is attributes of an exporter.
func ParseAnnotation(text string) (map[string]string, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return nil, fmt.Errorf("expected KEY=VALUE")
	}
	places, key, ok := strings.Cut(name, ":")
	if !ok {
		return map[string]string{exptypes.AnnotationKey{Key: name}.String(): value}, nil
	}
	out := map[string]string{}
	for place := range strings.SplitSeq(places, ",") {
		m := annotationPlace().FindStringSubmatch(place)
		if m == nil {
			return nil, fmt.Errorf("%q is no place for an annotation", place)
		}
		k := exptypes.AnnotationKey{Type: m[1], Key: key}
		switch k.Type {
		case exptypes.AnnotationIndex, exptypes.AnnotationIndexDescriptor, exptypes.AnnotationManifest, exptypes.AnnotationManifestDescriptor:
		default:
			return nil, fmt.Errorf("unknown place %q, expected manifest, manifest-descriptor, index or index-descriptor", k.Type)
		}
		if m[2] != "" {
			p, err := platforms.Parse(m[2])
			if err != nil {
				return nil, err
			}
			k.Platform = &p
		}
		out[k.String()] = value
	}
	return out, nil
}
