package config

import (
	"encoding/json"
	"fmt"
	"strings"
)

// outside says which bound a size breaks.
func outside(n int, least, most *int, what string) (list []string) {
	if least != nil && n < *least {
		text := "must have at least " + counted(*least, what)
		if *least == 1 && what == "character" {
			text = "is empty"
		}
		list = append(list, text)
	}
	if most != nil && n > *most {
		list = append(list, "must have at most "+counted(*most, what))
	}
	return list
}

// typeName is a type of JSON in words.
func typeName(t string) string {
	switch t {
	case "null":
		return "empty"
	case "boolean":
		return "true or false"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "string":
		return "a text"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	}
	return t
}

// quote writes a value of a schema.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func backquote(s string) string { return "`" + s + "`" }

func names[T any](list []T, name func(T) string) []string {
	var out []string
	for _, v := range list {
		out = append(out, name(v))
	}
	return out
}

func either(list []string) string { return join(list, " or ") }

func both(list []string) string { return join(list, " and ") }

func join(list []string, last string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + last + list[len(list)-1]
}
