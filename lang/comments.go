package lang

import "strings"

// Comments are the comment lines above each instruction that has some, by where the
// instruction starts. An empty comment starts a new block, which is all that counts
// then; blank lines do not, as in BuildKit.
func (f *File) Comments() map[uint32][]string {
	out := map[uint32][]string{}
	var block []string
	for _, item := range f.Items {
		switch n := item.(type) {
		case *Comment:
			if text := strings.TrimSpace(n.Text); text == "" {
				block = nil
			} else {
				block = append(block, text)
			}
		case Instruction:
			if len(block) > 0 {
				out[n.Span().Start] = block
			}
			block = nil
		}
	}
	return out
}

// Describe finds what the comments above a stage or an argument say about it: behind
// its name, in the first line that starts with that.
func Describe(comments []string, name string) string {
	for _, line := range comments {
		if text, ok := strings.CutPrefix(line, name+" "); ok && name != "" {
			return text
		}
	}
	return ""
}
