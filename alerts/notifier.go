package alerts

import (
	"context"
	"time"
)

// A notifier hands one envelope over to whatever carries it to its reader: mail is
// one, a webhook another. It answers with what the other side said. An error is
// worth another attempt unless it is refused; doubtful says that the other side may
// have taken the envelope all the same.
type notifier interface {
	notify(ctx context.Context, e envelope) (answer string, err error)
}

// envelope is a message as a notifier gets it.
type envelope struct {
	ID         int64
	MessageID  string
	InReplyTo  string
	References []string // the thread, its first message first
	To, Name   string   // address and name of a person; for a webhook its name in Name
	Subject    string
	Text       string
	HTML       string
	At         time.Time
	Stop       string // address of the page that stops this mail
}

// refused is the other side's final no to one envelope.
type refused struct{ err error }

func (r refused) Error() string { return r.err.Error() }
func (r refused) Unwrap() error { return r.err }

// doubtful is an envelope handed over without an answer to it.
type doubtful struct{ err error }

func (d doubtful) Error() string { return d.err.Error() }
func (d doubtful) Unwrap() error { return d.err }

// putOff is the other side's wish to be asked about one envelope later.
type putOff struct{ err error }

func (p putOff) Error() string { return p.err.Error() }
func (p putOff) Unwrap() error { return p.err }
