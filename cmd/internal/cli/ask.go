package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/seed-e0495807/strake/lang/diag"
)

// Ask asks yes or no on standard input, a terminal or not, so that `yes | strake …`
// works as it does with docker. Where no answer comes, as in a script without input,
// what was wanted did not happen: unanswered says so, in an error.
func (p *Process) Ask(ctx context.Context, question, unanswered string) (bool, error) {
	answer, err := p.AskLine(ctx, question+" [y/N] ")
	if errors.Is(err, io.EOF) {
		return false, diag.Diagnostic{Code: "no-answer", Message: unanswered, Hint: "--force goes on without asking"}
	}
	return answer == "y" || answer == "yes", err
}

// AskLine asks for a line, and gives it in small letters without blanks around it. The error is
// io.EOF where no answer comes. What stands behind the line is left for the next question.
func (p *Process) AskLine(ctx context.Context, question string) (string, error) {
	if err := Printf(p.Stdout, "%s", question); err != nil {
		return "", err
	}
	type reply struct {
		text string
		err  error
	}
	replies := make(chan reply, 1)
	go func() { // a read from a terminal does not end with the context
		text, err := readLine(p.Stdin)
		replies <- reply{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case r := <-replies:
		answer := strings.ToLower(strings.TrimSpace(r.text))
		if answer == "" && r.err != nil {
			Printf(p.Stdout, "\n")
			return "", io.EOF
		}
		return answer, nil
	}
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 1 << 10

// readLine reads a line, and no byte more.
func readLine(in io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxAnswer {
		n, err := in.Read(one)
		if n == 1 {
			if one[0] == '\n' {
				break
			}
			line = append(line, one[0])
		}
		if err != nil {
			return string(line), err
		}
	}
	return string(line), nil
}
