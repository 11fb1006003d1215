package compile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/seed-e0495807/strake/backend/input"
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
	place := c.placed()
	left := map[string]int{}
	for _, k := range b.Findings {
		left[k.Fingerprint] += k.Count
	}
	list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		key := formats.Fingerprint(place(set, &d), &d)
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

// placed gives the name of a finding's file for a baseline: one of this machine as it is called from
// the directory of the baseline, so that it does not matter where strake runs. "" is no file.
func (c *lintRun) placed() func(*source.Set, *diag.Diagnostic) string {
	names := map[string]string{}
	top, err := filepath.Abs(filepath.Dir(c.baseline))
	return func(set *source.Set, d *diag.Diagnostic) string {
		f := set.File(d.Span.File)
		if f == nil || d.Span.IsZero() {
			return ""
		}
		name, ok := names[f.Name]
		if !ok {
			name = f.Name
			if abs, bad := filepath.Abs(name); err == nil && bad == nil && !input.IsRemote(name) {
				if rel, bad := filepath.Rel(top, abs); bad == nil {
					name = filepath.ToSlash(rel)
				}
			}
			names[f.Name] = name
		}
		return name
	}
}

func (c *lintRun) baselineOf(set *source.Set, list diag.List) baseline {
	b := baseline{Version: 1, Findings: []known{}}
	index, place := map[string]int{}, c.placed()
	for i := range list {
		d := &list[i]
		if !c.baselined(*d) {
			continue
		}
		name := place(set, d)
		key := formats.Fingerprint(name, d)
		if n, ok := index[key]; ok {
			b.Findings[n].Count++
			continue
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
