package llb

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Need is what a build has to be given by its user.
type Need struct {
	Flag string // secret, ssh or allow
	ID   string // of the secret or the agent, which may be "default", or the entitlement
}

// Check tells all that Compile finds, errors and warnings in one list, as far as that
// does not depend on what is not to be had: it goes on where a base image is unknown, or
// where only a plugin has found a mistake. What the build needs and is not given is an
// error; where given is nil nobody knows that, and all needs are infos.
func Check(ctx context.Context, src *source.File, o Options, given func(Need) bool) (diag.List, error) {
	module, found, err := read(ctx, src, o)
	var list diag.List
	if errors.As(err, &list) {
		found = list
	} else if err != nil {
		return nil, err
	}
	if module == nil || module.HasCustom() {
		_ = o.lint(nil) // the error is in found
		return found, nil
	}
	o.Partial, o.Outline = true, true
	result, err := CompileModule(ctx, module, o)
	switch {
	case err == nil:
		return append(append(found, needed(result.Plan.Outline, given)...), result.Diags...), nil
	case errors.As(err, &list):
		return append(found, list...), nil
	}
	return nil, err
}

// needed tells what a build lacks to get to its end, with the codes, the places and the
// hints that it would end with.
func needed(o *plan.Outline, given func(Need) bool) (list diag.List) {
	for _, kind := range []struct {
		flag, code, message, hint string
		mounts                    []plan.OutlineMount
	}{
		{"secret", "no-secret", "the build needs the secret %s", "give it: --secret id=%[1]s,src=FILE or --secret id=%[1]s,env=NAME", o.Secrets},
		{"ssh", "no-ssh-key", "the build needs the ssh agent %s", "give it: --ssh %s", o.SSH},
		{"allow", "not-allowed", "the build needs the entitlement %s", "if you trust the Dockerfile, add --allow %s", o.Entitlements},
	} {
		for _, m := range kind.mounts {
			id, spans := cmp.Or(m.ID, "default"), m.Origin.Spans()
			if !m.Required || len(spans) == 0 || given != nil && given(Need{kind.flag, id}) {
				continue
			}
			d := list.Infof(spans[0], kind.code, kind.message, id)
			if d.Hint = fmt.Sprintf(kind.hint, id); given != nil {
				d.Severity = diag.Error
			}
		}
	}
	return list
}
