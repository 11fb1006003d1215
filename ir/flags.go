package ir

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
)

// flags sets the fields of a body by the flags of its instruction.
func (b *builder) flags(body Body, given []lang.Flag) {
	if len(given) == 0 {
		return
	}
	all := Flags(body)
	for _, g := range given {
		if i := slices.IndexFunc(all, func(f Flag) bool { return f.Name == g.Name }); i >= 0 {
			b.flag(all[i], g)
		}
	}
}

func (b *builder) flag(f Flag, g lang.Flag) {
	switch at := f.At.(type) {
	case *string:
		if *at = g.Value; f.Values != nil {
			b.oneOf(g, f.Values)
		}
	case *bool:
		*at = !strings.EqualFold(g.Value, "false")
	case **bool:
		on := !strings.EqualFold(g.Value, "false")
		*at = &on
	case *int:
		*at = b.count(g)
	case *time.Duration:
		*at = b.duration(g)
	case *[]string:
		*at = append(*at, g.Value)
	case *[]Mount:
		if m, ok := b.mount(g); ok {
			*at = append(*at, m)
		}
	case *[]Device:
		if d, ok := b.device(g); ok {
			*at = append(*at, d)
		}
	}
}

func (b *builder) oneOf(f lang.Flag, allowed []string) {
	if slices.Contains(allowed, f.Value) {
		return
	}
	d := b.diags.Errorf(f.At, "bad-value", "invalid %s mode `%s`", f.Name, f.Value)
	d.Expected = strings.Join(allowed, ", ")
	if near := diag.Suggest(f.Value, allowed); near != "" {
		d.Hint = "did you mean `" + near + "`?"
	}
}

func (b *builder) duration(f lang.Flag) time.Duration {
	if f.Value == "" {
		return 0
	}
	d, err := time.ParseDuration(f.Value)
	switch {
	case err != nil:
		b.diags.Errorf(f.At, "bad-value", "invalid duration `%s` of --%s", f.Value, f.Name).Expected = "a number with a unit, like 30s or 1m30s"
	case d != 0 && d < time.Millisecond:
		b.diags.Errorf(f.At, "bad-value", "--%s cannot be less than 1ms", f.Name)
	}
	return d
}

func (b *builder) count(f lang.Flag) int {
	if f.Value == "" {
		return 0
	}
	n, err := strconv.ParseInt(f.Value, 10, 32)
	switch {
	case err != nil:
		b.diags.Errorf(f.At, "bad-value", "invalid number `%s` of --%s", f.Value, f.Name)
	case n < 0:
		b.diags.Errorf(f.At, "bad-value", "--%s cannot be negative (%d)", f.Name, n)
	}
	return int(n)
}

// flags writes those that are not zero, in the order of the table.
func (w *writer) flags(b Body) {
	for _, f := range Flags(b) {
		switch at := f.At.(type) {
		case *string:
			w.flag(f.Name, *at)
		case *bool:
			if *at {
				w.Arg("--" + f.Name)
			}
		case **bool:
			if *at != nil {
				w.Flag(f.Name, strconv.FormatBool(**at))
			}
		case *int:
			if *at != 0 {
				w.Flag(f.Name, strconv.Itoa(*at))
			}
		case *time.Duration:
			if *at != 0 {
				w.Flag(f.Name, at.String())
			}
		case *[]string:
			for _, v := range *at {
				w.Flag(f.Name, v)
			}
		case *[]Mount:
			for _, m := range *at {
				w.Flag(f.Name, formatMount(m))
			}
		case *[]Device:
			for _, d := range *at {
				w.Flag(f.Name, formatDevice(d))
			}
		}
	}
}
