package indicators

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
)

// PanicError is a panic of a job that runs in the background, with the stack on
// which it happened.
type PanicError struct {
	Job   string // "indicator open-cases"
	Value any
	Stack []byte
}

func (p *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", p.Job, p.Value) }

// protect calls fn and makes an error of its panic: no job in the background ends
// the program.
func protect(job string, fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Job: job, Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// panicked logs a panic with its own stack and tells OnPanic of it; false if err
// is none.
func (e *Engine) panicked(ctx context.Context, err error) bool {
	var p *PanicError
	if !errors.As(err, &p) {
		return false
	}
	e.Log.ErrorContext(ctx, "a job in the background panicked", "job", p.Job, "panic", fmt.Sprint(p.Value), "stack", string(p.Stack))
	if e.OnPanic != nil {
		e.OnPanic(p)
	}
	return true
}

// write is Warehouse.Write in which a panic of fn is an error. It is caught
// inside, since the warehouse may run fn on another goroutine, whose stack is the
// one that says something.
func (e *Engine) write(ctx context.Context, job string, fn func(context.Context, *sql.Conn, Position) error) error {
	return e.Warehouse.Write(ctx, func(ctx context.Context, c *sql.Conn, at Position) error {
		return protect(job, func() error { return fn(ctx, c, at) })
	})
}
