package ir

import (
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/spec"
	"github.com/tonistiigi/go-csvvalue"
)

// mount splits --mount into its options. Their values may hold variables, so
// they are checked when the plan is made; only "from" has to be literal.
func (b *builder) mount(f lang.Flag) (Mount, bool) {
	fields, err := csvvalue.Fields(f.Value, nil)
	if err != nil {
		b.diags.Errorf(f.At, "bad-mount", "failed to parse the options of --mount: %v", err).Expected = "type=…,target=…"
		return nil, false
	}
	m := make(Mount, len(fields))
	for i, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		m[i] = MountOption{Key: strings.ToLower(key), Value: value, HasValue: ok}
		if at := strings.IndexByte(value, '$'); m[i].Key == "from" && at >= 0 && at != len(value)-1 {
			b.diags.Errorf(f.At, "mount-from-variable", "'from' doesn't support variable expansion, define alias stage instead").
				Hint = "define a stage with `FROM " + value + " AS name` and mount from that"
		}
	}
	return m, true
}

// device reads --device: "name", "name=…" and "required" in any order.
func (b *builder) device(f lang.Flag) (Device, bool) {
	var d Device
	fields, err := csvvalue.Fields(f.Value, nil)
	if err != nil {
		b.diags.Errorf(f.At, "bad-device", "failed to parse --device: %v", err)
		return d, false
	}
	for _, field := range fields {
		key, value, ok := strings.Cut(field, "=")
		switch key = strings.ToLower(key); {
		case !ok && key == "required":
			d.Required = true
		case !ok && d.Name == "":
			d.Name = field
		case !ok:
			b.diags.Errorf(f.At, "bad-device", "invalid field '%s' must be a key=value pair", field)
			return d, false
		case key == "name" && d.Name != "":
			b.diags.Errorf(f.At, "bad-device", "device name already set to %s", d.Name)
			return d, false
		case key == "name":
			d.Name = value
		case key == "required":
			if d.Required, err = strconv.ParseBool(value); err != nil {
				b.diags.Errorf(f.At, "bad-device", "invalid value for required: %s", value).Expected = "true or false"
				return d, false
			}
		case d.Name == "":
			d.Name = field // a CDI name has an equals sign of its own
		default:
			e := b.diags.Errorf(f.At, "bad-device", "unexpected key '%s' in '%s'", key, field)
			if near := diag.Suggest(key, spec.Of(spec.Run).Flag("device").OptionNames()); near != "" {
				e.Hint = "did you mean `" + near + "`?"
			}
			return d, false
		}
	}
	return d, true
}
