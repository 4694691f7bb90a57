package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
)

// Sequencer is the one writer of the changes feed: it gives positions to the
// changes that have been committed. Several may run; PostgreSQL lets one write at a
// time, and one that is killed has written all of a step or nothing.
type Sequencer struct {
	Pool *pgxpool.Pool // the program's role
	// Mark is a file outside of PostgreSQL that remembers how far the feed went: a
	// record store that does not go as far has been restored from a copy. "": none.
	Mark string
	Log  *slog.Logger // nil: slog.Default()

	marked   feedMark
	markedAt time.Time
}

// feedMark is what the mark's file holds.
type feedMark struct {
	Generation string `json:"generation"`
	Position   int64  `json:"position"`
}

const (
	sequencerStep  = 2000                   // lines at a time, of a thousand changes each at the most
	sequencerPause = 50 * time.Millisecond  // while nothing changes
	sequencerRetry = 2 * time.Second        // while the record store does not answer
	markEvery      = 500 * time.Millisecond // a killed program's mark is older than its feed, which does no harm
)

// Begin begins another generation if this is another copy of the record store
// than the one that the feed was last written in. It comes before the first
// reader.
func (s *Sequencer) Begin(ctx context.Context) error {
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.Mark != "" {
		body, err := os.ReadFile(s.Mark)
		if err == nil {
			err = json.Unmarshal(body, &s.marked)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.Log.Warn("the mark of the changes feed cannot be read and is made anew", "file", s.Mark, "error", err)
		}
	}
	var now feedMark
	err := s.Pool.QueryRow(ctx, `/* records.Sequencer.Begin */ SELECT generation, head FROM begin_changes($1, $2)`, s.marked.Generation, s.marked.Position).Scan(&now.Generation, &now.Position)
	if err != nil {
		return fmt.Errorf("begin the changes feed: %w", err)
	}
	if s.marked.Generation != "" && now.Generation != s.marked.Generation {
		s.Log.Warn("the record store is another copy than before: the changes feed begins another generation, and its readers read everything anew", "generation", now.Generation)
	}
	return s.mark(now, true)
}

// Run writes the feed until ctx ends.
func (s *Sequencer) Run(ctx context.Context) error {
	for failing := false; ; {
		lines, err := s.Step(ctx)
		pause := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return nil
		case access.Transient(err):
			pause = sequencerRetry
			if !failing {
				s.Log.Warn("the changes feed waits for the record store", "error", err)
			}
		case err != nil:
			return err
		case lines < sequencerStep:
			pause = sequencerPause
		}
		failing = err != nil
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// Step gives positions to what has been committed, some thousand statements at a
// time, and says to how many.
func (s *Sequencer) Step(ctx context.Context) (lines int, err error) {
	now := feedMark{Generation: s.marked.Generation}
	err = s.Pool.QueryRow(ctx, `/* records.Sequencer.Step */ SELECT head, lines FROM sequence_changes($1)`, sequencerStep).Scan(&now.Position, &lines)
	if err != nil {
		return 0, fmt.Errorf("write the changes feed: %w", err)
	}
	return lines, s.mark(now, false)
}

// mark remembers how far the feed goes, now or once it is time.
func (s *Sequencer) mark(now feedMark, atOnce bool) error {
	if s.Mark == "" || !atOnce && (now == s.marked || time.Since(s.markedAt) < markEvery) {
		if s.Mark == "" {
			s.marked = now
		}
		return nil
	}
	body, err := json.Marshal(now)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(s.Mark), ".changes-*")
	if err != nil {
		return fmt.Errorf("remember how far the changes feed goes: %w", err)
	}
	_, err = temporary.Write(append(body, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), s.Mark)
	}
	if err != nil {
		os.Remove(temporary.Name())
		return fmt.Errorf("remember how far the changes feed goes: %w", err)
	}
	s.marked, s.markedAt = now, time.Now()
	return nil
}
