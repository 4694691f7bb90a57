package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// trouble is what an error says about the file that it came from.
type trouble int

const (
	passing    trouble = iota // nothing: it is the statement's own
	full                      // its disk is full: the same is tried again
	shut                      // DuckDB has given the database up, in which nothing need be wrong: it is opened again
	unreadable                // what was written cannot be read: a new build is needed
)

func troubleOf(err error) trouble {
	var words string
	var raw *duckError
	var answer *duckdb.Error
	switch {
	case errors.As(err, &raw):
		words = raw.message
		if raw.fatal {
			return shut
		}
	case errors.As(err, &answer):
		words = answer.Msg
		switch answer.Type {
		case duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal:
			return shut
		case duckdb.ErrorTypeSerialization:
			return unreadable
		}
	case noRoom(err):
		return full
	}
	// A question that was cut off can keep the file open for ever: another is made.
	if strings.Contains(words, "Unique file handle conflict") {
		return unreadable
	}
	// Only the words tell a full disk from a wrong checksum. A query's own words
	// are in errors of other kinds.
	if !strings.HasPrefix(words, "IO Error") && !strings.HasPrefix(words, "TransactionContext Error") && !strings.HasPrefix(words, "Serialization Error") {
		return passing
	}
	switch {
	case strings.Contains(words, "has been invalidated"): // also because the disk was full
		return shut
	case noRoom(err):
		return full
	case strings.HasPrefix(words, "Serialization Error"), strings.Contains(words, "orrupt"), strings.Contains(words, "checksum"),
		strings.Contains(words, "Could not read enough bytes"), strings.Contains(words, "not a valid DuckDB database"):
		return unreadable
	}
	return passing
}

// noRoom says whether an error came of a full disk in the end.
func noRoom(err error) bool {
	var told *fullError
	return errors.As(err, &told) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || err != nil &&
		(strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "Disk quota exceeded"))
}

// guardFile looks at the file of the build that serves. One that was deleted, or
// replaced by another, goes on answering while it is open, and would not be there
// at the next start.
func (w *Warehouse) guardFile(ctx context.Context) {
	tick := time.NewTicker(w.o.LookAtSlot)
	defer tick.Stop()
	for {
		w.mu.Lock()
		b := w.serving
		w.mu.Unlock()
		if b != nil {
			if gone := b.gone(); gone != "" {
				w.broken(b, fmt.Sprintf("the file of build %d was %s under the program", b.number, gone))
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// gone says what somebody did to the file, "" if nothing.
func (b *build) gone() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.retired || b.closed || b.shut {
		return ""
	}
	now, err := os.Stat(b.folder.file(b.number))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "deleted"
	case err != nil:
		return ""
	case !os.SameFile(now, b.file):
		return "replaced"
	case now.Size() < 3*4096: // its headers
		return "cut off"
	}
	return ""
}
