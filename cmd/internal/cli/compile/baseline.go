package compile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	names := c.named()
	if c.writeBaseline {
		if err := c.rebase(names, set, list); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(slices.Clone(list), c.baselined), nil
	}
	b, err := readBaseline(c.baseline)
	if err != nil {
		return nil, err
	}
	left := map[string]*known{}
	for i := range b.Findings {
		left[b.Findings[i].Fingerprint] = &b.Findings[i]
	}
	list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		k := left[formats.Fingerprint(names.of(set, &d), &d)]
		if !c.baselined(d) || k == nil || k.Count == 0 {
			return false
		}
		k.Count--
		return true
	})
	gone := 0
	for _, k := range b.Findings {
		if names.decided(k.File) {
			gone += k.Count
		}
	}
	if gone > 0 {
		cli.Printf(c.Stderr, "%s has %s no longer there: --write-baseline takes them out\n", diag.Printable(c.baseline),
			cli.Plural(gone, "finding that is", "findings that are"))
	}
	return list, nil
}

// rebase writes the baseline. What it has of files that were not looked at stays.
func (c *lintRun) rebase(names *placing, set *source.Set, list diag.List) error {
	var old baseline
	if _, err := os.Lstat(c.baseline); !errors.Is(err, fs.ErrNotExist) {
		if old, err = readBaseline(c.baseline); err != nil {
			return err
		}
	}
	b := c.baselineOf(names, set, list)
	for _, k := range old.Findings {
		if !names.decided(k.File) {
			b.Findings = append(b.Findings, k)
		}
	}
	slices.SortStableFunc(b.Findings, func(x, y known) int { return cmp.Compare(x.File, y.File) })
	data, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := write(c.baseline, append(data, '\n')); err != nil {
		return err
	}
	n := 0
	for _, k := range b.Findings {
		n += k.Count
	}
	cli.Printf(c.Stderr, "%s: %s\n", diag.Printable(c.baseline), cli.Plural(n, "finding", "findings"))
	return nil
}

// baselined tells whether a finding may be in a baseline. A source that is not there may be one of
// another build context, and whether a registry is to be had is of today.
func (c *lintRun) baselined(d diag.Diagnostic) bool {
	isRule := func(r lint.Rule) bool { return r.Name == d.Code }
	return d.Severity != diag.Error && d.Code != "base-image" || d.Code == "missing-source" || slices.ContainsFunc(c.rules, isRule)
}

// placing names files as a baseline has them: those of this machine as they are called from its
// directory, so that it does not matter where strake runs, nor which links lead to them.
type placing struct {
	top      string            // the directory of the baseline
	names    map[string]string // by the name that a file was given by
	examined map[string]bool   // by the name of the baseline
}

func (c *lintRun) named() *placing {
	p := &placing{physical(filepath.Dir(c.baseline)), map[string]string{}, map[string]bool{}}
	for _, name := range c.examined {
		p.examined[p.place(name)] = true
	}
	return p
}

// physical is the absolute name of a directory without links, as far as it is there.
func physical(dir string) string {
	if !filepath.IsAbs(dir) {
		here, err := os.Getwd()
		if err != nil {
			return dir
		}
		dir = filepath.Join(physical(here), dir)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil || filepath.Dir(dir) == dir {
		return cmp.Or(real, dir)
	}
	return filepath.Join(physical(filepath.Dir(dir)), filepath.Base(dir))
}

func (p *placing) place(name string) string {
	out, ok := p.names[name]
	if !ok {
		out = name
		if rel, err := filepath.Rel(p.top, filepath.Join(physical(filepath.Dir(name)), filepath.Base(name))); err == nil && !input.IsRemote(name) {
			out = filepath.ToSlash(rel)
		}
		p.names[name] = out
	}
	return out
}

// of is the file of a finding; "" is none.
func (p *placing) of(set *source.Set, d *diag.Diagnostic) string {
	f := set.File(d.Span.File)
	if f == nil || d.Span.IsZero() {
		return ""
	}
	return p.place(f.Name)
}

// decided tells whether all findings of a file of the baseline are known now: rules looked at it, or
// it is no longer there.
func (p *placing) decided(name string) bool {
	if p.examined[name] || name == "" {
		return true
	}
	_, err := os.Lstat(filepath.Join(p.top, filepath.FromSlash(name)))
	return errors.Is(err, fs.ErrNotExist) && !input.IsRemote(name)
}

func (c *lintRun) baselineOf(names *placing, set *source.Set, list diag.List) baseline {
	b := baseline{Version: 1, Findings: []known{}}
	index := map[string]int{}
	for i := range list {
		d := &list[i]
		if !c.baselined(*d) {
			continue
		}
		name := names.of(set, d)
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
		return b, diag.Diagnostic{Code: "baseline", Message: fmt.Sprintf("%s is no baseline: %v", name, err), Hint: "name another file, or remove this one and have --write-baseline write it"}
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
