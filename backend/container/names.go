package container

import "strconv"

// A container without a name gets one of two words.
var (
	manners = []string{"able", "bold", "brave", "brisk", "calm", "clever", "eager", "fair", "fleet", "gentle", "happy", "hardy",
		"keen", "lively", "lucky", "merry", "nimble", "proud", "quick", "quiet", "ready", "sharp", "steady", "swift"}
	things = []string{"anchor", "beam", "bow", "buoy", "capstan", "deck", "galley", "hatch", "helm", "hull", "jib", "keel",
		"mast", "oar", "plank", "prow", "rigging", "rudder", "sail", "sextant", "spar", "stern", "tiller", "yard"}
)

// freeName makes a name out of an id, which nothing in taken has.
func freeName(id string, taken map[string]string) string {
	n, _ := strconv.ParseUint(id[:8], 16, 64) // an id is hexadecimal
	name := manners[n%uint64(len(manners))] + "_" + things[n/uint64(len(manners))%uint64(len(things))]
	for free, i := name, 2; ; i++ {
		if taken[free] == "" {
			return free
		}
		free = name + strconv.Itoa(i)
	}
}
