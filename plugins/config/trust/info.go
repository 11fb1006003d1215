package trust

import (
	"encoding/json"

	"github.com/seed-e0495807/strake/plugins"
)

// infoRecord is plugins.Info as strake.lock has it, words in place of numbers.
type infoRecord struct {
	Name         string              `json:"name"`
	Version      string              `json:"version,omitempty"`
	Summary      string              `json:"summary,omitempty"`
	URL          string              `json:"url,omitempty"`
	Phases       []word              `json:"phases,omitempty"`
	Instructions []instructionRecord `json:"instructions,omitempty"`
	Keywords     []string            `json:"filter-keywords,omitempty"`
	Contains     []string            `json:"filter-contains,omitempty"`
	Schema       json.RawMessage     `json:"schema,omitempty"`
	After        []string            `json:"after,omitempty"`
	Needs        []plugins.Grant     `json:"needs,omitempty"`
}

type instructionRecord struct {
	Keyword  string       `json:"keyword"`
	Usage    string       `json:"usage,omitempty"`
	Summary  string       `json:"summary,omitempty"`
	Flags    []flagRecord `json:"flags,omitempty"`
	Args     word         `json:"args"`
	Min      int          `json:"min,omitempty"`
	Max      int          `json:"max,omitempty"`
	Heredocs bool         `json:"heredocs,omitempty"`
}

type flagRecord struct {
	Name     string   `json:"name"`
	Type     word     `json:"type"`
	Values   []string `json:"values,omitempty"`
	Repeated bool     `json:"repeated,omitempty"`
	Required bool     `json:"required,omitempty"`
	Summary  string   `json:"summary,omitempty"`
}

// word is the name of a number.
type word string

// wordOf names a number of a list of names, "" when it has none.
func wordOf(n uint8, names []word) word {
	if int(n) < len(names) {
		return names[n]
	}
	return ""
}

// number is the place of a word in a list: 255 when it is not there, which no phase or
// form is.
func (w word) number(names []word) uint8 {
	for i, name := range names {
		if name == w {
			return uint8(i)
		}
	}
	return 255
}

func phaseWords() []word { return []word{"", "expand", "rewrite", "check", "finish"} }
func argWords() []word   { return []word{"words", "json", "line"} }
func flagWords() []word  { return []word{"string", "bool", "int", "duration"} }

func recordOf(in plugins.Info) infoRecord {
	r := infoRecord{
		Name: in.Name, Version: in.Version, Summary: in.Summary, URL: in.URL,
		Keywords: in.Filter.Keywords, Contains: in.Filter.Contains,
		After: in.After, Needs: in.Needs,
	}
	if len(in.Schema) > 0 && string(in.Schema) != "null" { // a RawMessage that is nil becomes null on its way
		r.Schema = in.Schema
	}
	for _, p := range in.Phases {
		r.Phases = append(r.Phases, wordOf(uint8(p), phaseWords()))
	}
	for _, i := range in.Instructions {
		ir := instructionRecord{i.Keyword, i.Usage, i.Summary, nil, wordOf(uint8(i.Args), argWords()), i.Min, i.Max, i.Heredocs}
		for _, f := range i.Flags {
			ir.Flags = append(ir.Flags, flagRecord{f.Name, wordOf(uint8(f.Type), flagWords()), f.Values, f.Repeated, f.Required, f.Summary})
		}
		r.Instructions = append(r.Instructions, ir)
	}
	return r
}

func (r infoRecord) info() plugins.Info {
	in := plugins.Info{
		Name: r.Name, Version: r.Version, Summary: r.Summary, URL: r.URL,
		Filter: plugins.Filter{Keywords: r.Keywords, Contains: r.Contains},
		Schema: r.Schema, After: r.After, Needs: r.Needs,
	}
	for _, p := range r.Phases {
		in.Phases = append(in.Phases, plugins.Phase(p.number(phaseWords())))
	}
	for _, i := range r.Instructions {
		out := plugins.Instruction{Keyword: i.Keyword, Usage: i.Usage, Summary: i.Summary,
			Args: plugins.ArgForm(i.Args.number(argWords())), Min: i.Min, Max: i.Max, Heredocs: i.Heredocs}
		for _, f := range i.Flags {
			out.Flags = append(out.Flags, plugins.Flag{Name: f.Name, Type: plugins.FlagType(f.Type.number(flagWords())),
				Values: f.Values, Repeated: f.Repeated, Required: f.Required, Summary: f.Summary})
		}
		in.Instructions = append(in.Instructions, out)
	}
	return in
}
