package message

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-e0495807/strake/plugins"
)

// Effects are what is known of the ops of a stage, as JSON. A state is there where it is another
// than that of the op before: most ops change none.
func Effects(list []plugins.OpEffects) ([]byte, error) {
	list = slices.Clone(list)
	for i := len(list) - 1; i > 0; i-- {
		if reflect.DeepEqual(list[i].State, list[i-1].State) {
			list[i].State = nil
		}
	}
	return json.Marshal(list)
}

// ReadEffects reads them.
func ReadEffects(data []byte) ([]plugins.OpEffects, error) {
	var list []plugins.OpEffects
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("effects: %w", err)
	}
	for i := range list {
		if list[i].State == nil && i > 0 {
			list[i].State = list[i-1].State
		}
	}
	return list, nil
}
