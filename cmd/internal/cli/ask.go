package cli

import (
	"bufio"
	"context"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Ask asks yes or no on standard input, a terminal or not, so that `yes | strake …`
// works as it does with docker. Where no answer comes, as in a script without input,
// what was wanted did not happen: unanswered says so, in an error.
func (p *Process) Ask(ctx context.Context, question, unanswered string) (bool, error) {
	if err := Printf(p.Stdout, "%s [y/N] ", question); err != nil {
		return false, err
	}
	type reply struct {
		text string
		err  error
	}
	replies := make(chan reply, 1)
	go func() { // a read from a terminal does not end with the context
		text, err := bufio.NewReader(p.Stdin).ReadString('\n')
		replies <- reply{text, err}
	}()
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case r := <-replies:
		answer := strings.ToLower(strings.TrimSpace(r.text))
		if answer == "" && r.err != nil {
			Printf(p.Stdout, "\n")
			return false, diag.Diagnostic{Code: "no-answer", Message: unanswered, Hint: "--force goes on without asking"}
		}
		return answer == "y" || answer == "yes", nil
	}
}
