package sarif

// The objects of SARIF 2.1.0 that are written, with the properties that say something:
// a property that the standard has a default for is left out (section 3.7.3: absent
// means the default).

const (
	schema = "https://json.schemastore.org/sarif-2.1.0.json"

	// codePoints is what a column counts, as columns of bytes are none of SARIF's. The
	// default is UTF-16.
	codePoints = "unicodeCodePoints"
)

type log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool       tool     `json:"tool"`
	ColumnKind string   `json:"columnKind"`
	Results    []result `json:"results"` // absent would be: nobody looked
}

type tool struct {
	Driver component `json:"driver"`
}

type component struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitempty"`
	InformationURI string `json:"informationUri,omitempty"`
	Rules          []rule `json:"rules,omitempty"`
}

type rule struct {
	ID      string `json:"id"`
	HelpURI string `json:"helpUri,omitempty"`
}

type result struct {
	RuleID    string     `json:"ruleId,omitempty"`
	RuleIndex *int       `json:"ruleIndex,omitempty"` // 0 is the first
	Level     string     `json:"level"`               // the default is warning; it is told all the same, for readers
	Message   text       `json:"message"`
	Locations []location `json:"locations,omitempty"`
	Related   []location `json:"relatedLocations,omitempty"`
	Fixes     []fix      `json:"fixes,omitempty"`
}

// text is a message, and the content of an artifact as well.
type text struct {
	Text string `json:"text"`
}

type location struct {
	Physical physical `json:"physicalLocation"`
	Message  *text    `json:"message,omitempty"`
}

type physical struct {
	Artifact artifact `json:"artifactLocation"`
	Region   region   `json:"region"`
}

type artifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"` // that a relative one starts at
}

// region is from 1, its end exclusive.
type region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type fix struct {
	Description text             `json:"description"`
	Changes     []artifactChange `json:"artifactChanges"`
}

type artifactChange struct {
	Artifact     artifact      `json:"artifactLocation"`
	Replacements []replacement `json:"replacements"`
}

type replacement struct {
	Deleted  region `json:"deletedRegion"`
	Inserted *text  `json:"insertedContent,omitempty"`
}
