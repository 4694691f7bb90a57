package intake

import "fmt"

// Refusal is why a file is not imported at all: a sentence for a person that
// says what to do. Nothing of a refused file has gone in.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error {
	return &Refusal{fmt.Sprintf(format, args...)}
}
