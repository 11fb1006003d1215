package build

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Metadata is what is known of a result as JSON, as buildx writes it: values that
// are JSON in base64 are put in as they are, digests and names as strings.
func Metadata(resp map[string]string) ([]byte, error) {
	out := make(map[string]any, len(resp))
	for key, value := range resp {
		out[key] = value
		data, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
			continue
		}
		var object map[string]any
		if json.Unmarshal(data, &object) == nil {
			out[key] = json.RawMessage(data)
		}
	}
	return json.MarshalIndent(out, "", "  ")
}
