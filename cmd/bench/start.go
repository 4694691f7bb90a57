// The figure "start": how soon a program serves what the one before it computed.

package main

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// start is how many seconds pass from the start of the program, PostgreSQL running and
// every indicator computed, to a director's dashboard with figures.
func start(ctx context.Context, c *bench) (float64, error) {
	if _, err := c.serve(ctx); err != nil {
		return 0, err
	}
	c.unserve()
	began := time.Now()
	s, err := c.begin(ctx)
	if err != nil {
		return 0, err
	}
	for {
		page, err := s.page(ctx, "/")
		if err != nil {
			return 0, err
		}
		if bytes.Contains(page, []byte(`class="app-card__value"`)) {
			return time.Since(began).Seconds(), nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case err := <-s.ended:
			s.ended <- err
			return 0, errors.Join(errors.New("the program ended before it showed a figure"), err)
		}
	}
}
