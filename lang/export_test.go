package lang

// Usage gives the usage texts by keyword.
func Usage() map[string]string {
	out := map[string]string{}
	for id, text := range usage {
		out[id.String()] = text
	}
	return out
}
