package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestTransient(t *testing.T) {
	for _, test := range []struct {
		err       error
		transient bool
	}{
		{nil, false},
		{errors.New("something else"), false},
		{pgx.ErrNoRows, false},
		{ErrNoAccount, false},
		{&pgconn.PgError{Code: "23505"}, false}, // a value that is there already
		{&pgconn.PgError{Code: "42501"}, false}, // not allowed
		{&pgconn.PgError{Code: ""}, false},
		{&pgconn.PgError{Code: "53100"}, true}, // the disk is full
		{&pgconn.PgError{Code: "57P01"}, true}, // ended by an administrator
		{&pgconn.PgError{Code: "57P03"}, true}, // starting
		{&pgconn.PgError{Code: "40001"}, true}, // in each other's way
		{io.ErrUnexpectedEOF, true},            // killed in the middle of an answer
		{&net.OpError{Op: "read", Err: errors.New("connection reset")}, true},
		{context.DeadlineExceeded, true},
	} {
		if got := Transient(test.err); got != test.transient {
			t.Errorf("%v: %v", test.err, got)
		}
		if got := Transient(fmt.Errorf("read a session: %w", test.err)); test.err != nil && got != test.transient {
			t.Errorf("wrapped %v: %v", test.err, got)
		}
	}
}
