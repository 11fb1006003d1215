package compile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/diag/formats"
	"github.com/seed-e0495807/strake/lang/regular"
	"github.com/seed-e0495807/strake/lang/source"
)

// baseline is what was found before, and is not to be shown.
type baseline struct {
	Version  int     `json:"version"` // 1
	Findings []known `json:"findings"`
}

// maxBaseline is how many bytes a baseline may have.
const maxBaseline = 64 << 20

// known are findings that are alike.
type known struct {
	File        string `json:"file"`
	Code        string `json:"code"`
	Message     string `json:"message"`     // for who reads it
	Fingerprint string `json:"fingerprint"` // formats.Fingerprint
	Count       int    `json:"count"`
}

// against leaves out the findings that the baseline has, or writes them to it. Errors of the
// compiler are none of its business: what does not build is not old.
func (c *lintRun) against(set *source.Set, list diag.List) (diag.List, error) {
	if c.writeBaseline {
		b := c.baselineOf(set, list)
		data, err := json.MarshalIndent(b, "", "  ")
		if err != nil {
			return nil, err
		}
		if err := write(c.baseline, append(data, '\n')); err != nil {
			return nil, err
		}
		n := 0
		for _, k := range b.Findings {
			n += k.Count
		}
		cli.Printf(c.Stderr, "%s: %s\n", diag.Printable(c.baseline), cli.Plural(n, "finding", "findings"))
		return slices.DeleteFunc(slices.Clone(list), c.baselined), nil
	}
	b, err := readBaseline(c.baseline)
	if err != nil {
		return nil, err
	}
	left := map[string]int{}
	for _, k := range b.Findings {
		left[k.Fingerprint] += k.Count
	}
	list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		key := formats.Fingerprint(set, &d)
		if !c.baselined(d) || left[key] == 0 {
			return false
		}
		left[key]--
		return true
	})
	gone := 0
	for _, n := range left {
		gone += n
	}
	if gone > 0 {
		cli.Printf(c.Stderr, "%s has %s no longer there: --write-baseline takes them out\n", diag.Printable(c.baseline),
			cli.Plural(gone, "finding that is", "findings that are"))
	}
	return list, nil
}

// baselined tells whether a finding may be in a baseline. A source that is not there may be one of
// another build context.
func (c *lintRun) baselined(d diag.Diagnostic) bool {
	isRule := func(r lint.Rule) bool { return r.Name == d.Code }
	return d.Severity != diag.Error || d.Code == "missing-source" || slices.ContainsFunc(c.rules, isRule)
}

func (c *lintRun) baselineOf(set *source.Set, list diag.List) baseline {
	b := baseline{Version: 1, Findings: []known{}}
	index := map[string]int{}
	for i := range list {
		d := &list[i]
		if !c.baselined(*d) {
			continue
		}
		key := formats.Fingerprint(set, d)
		if n, ok := index[key]; ok {
			b.Findings[n].Count++
			continue
		}
		name := ""
		if f := set.File(d.Span.File); f != nil && !d.Span.IsZero() {
			name = f.Name
		}
		index[key] = len(b.Findings)
		b.Findings = append(b.Findings, known{name, d.Code, d.Message, key, 1})
	}
	return b
}

func readBaseline(name string) (baseline, error) {
	var b baseline
	data, err := regular.Read(name, maxBaseline)
	if errors.Is(err, fs.ErrNotExist) {
		return b, diag.Diagnostic{Code: "baseline", Message: "there is no baseline " + name, Hint: "--write-baseline writes what is found now to it"}
	} else if err != nil {
		return b, err
	}
	if err := json.Unmarshal(data, &b); err != nil || b.Version != 1 {
		if err == nil {
			err = fmt.Errorf("its version is %d, and not 1", b.Version)
		}
		return b, diag.Diagnostic{Code: "baseline", Message: fmt.Sprintf("%s is no baseline: %v", name, err), Hint: "--write-baseline writes a new one"}
	}
	return b, nil
}

// write puts a file in its place when it is whole.
func write(name string, data []byte) error {
	f, err := regular.Create(name)
	if err != nil {
		return err
	}
	defer f.Abandon()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
