package config

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// words says what an error without causes is, to stand behind the name of a place.
func words(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return "must be " + either(names(k.Want, typeName)) + ", and is " + typeName(k.Got)
	case *kind.Enum:
		return "must be " + either(names(k.Want, quote))
	case *kind.Const:
		return "must be " + quote(k.Want)
	case *kind.Required:
		return "lacks " + both(names(k.Missing, backquote))
	case *kind.DependentRequired:
		return "has `" + k.Prop + "`, and so needs " + both(names(k.Missing, backquote))
	case *kind.Dependency:
		return "has `" + k.Prop + "`, and so needs " + both(names(k.Missing, backquote))
	case *kind.Pattern:
		return "is " + quote(k.Got) + ", which does not have the right form"
	case *kind.Format:
		return "is " + quote(k.Got) + ", which is no " + k.Want
	case *kind.FalseSchema, *kind.Not:
		return "cannot be that"
	case *kind.AllOf, *kind.AnyOf, *kind.OneOf:
		return "fits none, or more than one, of the forms that it can have"
	}
	if text := sizeWords(e.ErrorKind); text != "" {
		return text
	}
	return "is wrong: " + e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

// sizeWords says which bound a value breaks, "" when it is none of bounds.
func sizeWords(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		if k.Want == 1 {
			return "is empty"
		}
		return "must have at least " + counted(k.Want, "character")
	case *kind.MaxLength:
		return "must have at most " + counted(k.Want, "character")
	case *kind.MinItems:
		return "must have at least " + counted(k.Want, "item")
	case *kind.MaxItems:
		return "must have at most " + counted(k.Want, "item")
	case *kind.MinProperties:
		return "must have at least " + counted(k.Want, "key")
	case *kind.MaxProperties:
		return "must have at most " + counted(k.Want, "key")
	case *kind.UniqueItems:
		return "has the same item twice"
	case *kind.Minimum:
		return "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	case *kind.ExclusiveMinimum:
		return "must be more than " + k.Want.RatString()
	case *kind.ExclusiveMaximum:
		return "must be less than " + k.Want.RatString()
	case *kind.MultipleOf:
		return "must be a multiple of " + k.Want.RatString()
	}
	return ""
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
