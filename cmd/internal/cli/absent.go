package cli

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Absent are flags that another program has, which people come from, and the command here has not.
type Absent struct {
	Names []string // with one letter for a shorthand
	Say   string   // why, and what to do instead
}

// ExplainAbsent makes the error of such a flag, in place of a guess what was meant.
func ExplainAbsent(list []Absent) func(*cobra.Command, error) error {
	return func(cmd *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			for _, a := range list {
				if slices.Contains(a.Names, unknown.GetSpecifiedName()) {
					return &UsageError{Message: err.Error(), Help: a.Say}
				}
			}
		}
		return cmd.Root().FlagErrorFunc()(cmd, err)
	}
}
