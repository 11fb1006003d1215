// Package cases reads what is written of a rule: why there is one, and Dockerfiles in which it
// finds something, and others in which it does not. Pages are made from that, tests hold it.
//
// It is a txtar file a rule, named like that: first a text in Markdown, then Dockerfiles. The
// name of each is "fires" or "silent", then what it shows; in front of that may stand the lines
// in which something is found, like "fires 2,5 through sudo". What a fix makes of the one
// above is "fixed", then what the fix keeps: "fixed graph", or "fixed files,intent" by two fixes.
package cases

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// Page is what is written of a rule.
type Page struct {
	Rule  string // its name
	Text  string // Markdown
	Cases []Case
}

// Case is a Dockerfile.
type Case struct {
	Shows string // what it is there for
	Text  string
	Fires bool
	Lines []int  // in which something is found, sorted; none where that is not said
	Fixed string // what the rule's fixes make of it; "" where they are not looked at
	Keeps string // what these keep, as diag.Keeps says it, sorted, with commas between
}

// Keeps lists what the rule's fixes keep, each once and sorted; none where it has no fix.
func (p Page) Keeps() []string {
	var all []string
	for _, c := range p.Cases {
		if c.Keeps != "" {
			all = append(all, strings.Split(c.Keeps, ",")...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Read reads all pages of a directory, sorted by their names.
func Read(dir fs.FS) ([]Page, error) {
	names, err := fs.Glob(dir, "*.txtar")
	if err != nil {
		return nil, err
	}
	var pages []Page
	for _, name := range names {
		page, err := Of(dir, strings.TrimSuffix(path.Base(name), ".txtar"))
		if err != nil {
			return nil, err
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// Of reads the page of a rule. The error is fs.ErrNotExist for one that has none there.
func Of(dir fs.FS, rule string) (Page, error) {
	name := rule + ".txtar"
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return Page{}, err
	}
	page, err := parse(rule, data)
	if err != nil {
		return Page{}, fmt.Errorf("%s: %w", name, err)
	}
	return page, nil
}

func parse(rule string, data []byte) (Page, error) {
	archive := txtar.Parse(data)
	page := Page{Rule: rule, Text: strings.TrimSpace(string(archive.Comment))}
	for _, f := range archive.Files {
		kind, rest, _ := strings.Cut(f.Name, " ")
		switch kind {
		case "fires", "silent":
			c := Case{Fires: kind == "fires", Text: string(f.Data), Shows: rest}
			if list, shows, _ := strings.Cut(rest, " "); list != "" && list[0] >= '0' && list[0] <= '9' {
				c.Shows = shows
				for n := range strings.SplitSeq(list, ",") {
					line, err := strconv.Atoi(n)
					if err != nil {
						return page, fmt.Errorf("%q: %w", f.Name, err)
					}
					c.Lines = append(c.Lines, line)
				}
				slices.Sort(c.Lines)
			}
			page.Cases = append(page.Cases, c)
		case "fixed":
			if len(page.Cases) == 0 || !page.Cases[len(page.Cases)-1].Fires {
				return page, fmt.Errorf("%q is not behind one that fires", f.Name)
			}
			last := &page.Cases[len(page.Cases)-1]
			last.Fixed, last.Keeps = string(f.Data), rest
		default:
			return page, fmt.Errorf("%q is neither fires nor silent nor fixed", f.Name)
		}
	}
	return page, nil
}
