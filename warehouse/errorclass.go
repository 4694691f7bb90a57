// What an error of DuckDB says about the file that it came from, and so what to do.

package warehouse

import (
	"errors"
	"strings"
	"syscall"

	"github.com/duckdb/duckdb-go/v2"
)

// errorClass is what an error says about the file that it came from.
type errorClass int

const (
	ordinary     errorClass = iota // nothing: it is the statement's own
	diskFull                       // its disk is full: the same is tried again
	instanceLost                   // DuckDB has invalidated its instance, though the file may be whole: it is opened again
	corrupt                        // what was written cannot be read: a new build is needed
)

func classOf(err error) errorClass {
	var words string
	var raw *duckError
	var answer *duckdb.Error
	switch {
	case errors.As(err, &raw):
		words = raw.message
		if raw.fatal {
			return instanceLost
		}
	case errors.As(err, &answer):
		words = answer.Msg
		switch answer.Type {
		case duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal:
			return instanceLost
		case duckdb.ErrorTypeSerialization:
			return corrupt
		}
	case isDiskFull(err):
		return diskFull
	}
	// A question that was cut off can keep the file open for ever: another is made.
	if strings.Contains(words, "Unique file handle conflict") {
		return corrupt
	}
	// Only the words tell a full disk from a wrong checksum. A query's own words
	// are in errors of other kinds.
	if !strings.HasPrefix(words, "IO Error") && !strings.HasPrefix(words, "TransactionContext Error") && !strings.HasPrefix(words, "Serialization Error") {
		return ordinary
	}
	switch {
	case strings.Contains(words, "has been invalidated"): // also because the disk was full
		return instanceLost
	case isDiskFull(err):
		return diskFull
	case strings.HasPrefix(words, "Serialization Error"), strings.Contains(words, "orrupt"), strings.Contains(words, "checksum"),
		strings.Contains(words, "Could not read enough bytes"), strings.Contains(words, "not a valid DuckDB database"):
		return corrupt
	}
	return ordinary
}

// isDiskFull says whether an error came of a full disk in the end.
func isDiskFull(err error) bool {
	var told *diskFullError
	return errors.As(err, &told) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || err != nil &&
		(strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "Disk quota exceeded"))
}
