package app

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"onevision/warehouse"
)

// behindWords is how much of the log was not looked at; that is known only
// while the record store says so.
func behindWords(s warehouse.Status) string {
	if s.State != warehouse.Following && s.State != warehouse.CatchingUp {
		return "not known while it does not follow"
	}
	return size(s.Behind) + " of write-ahead log"
}

// unseen is why the slot could not be looked at, and since when.
func unseen(h warehouse.SlotRetention, format func(time.Time) string) string {
	since := ""
	if !h.At.IsZero() {
		since = " since " + format(h.At)
	}
	return "could not be looked at" + since + ": " + h.Error
}

// staleAdvice is what happens about a table that cannot be followed, and what an
// operator can do: the cause may be the record store's, or pass by itself.
const staleAdvice = "it is tried again at least every half minute; onevision doctor says what the record store lacks."

// PrintStatus says in words where a warehouse stands.
func PrintStatus(out io.Writer, s warehouse.Status) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("state", "%s", s.State)
	if s.Serving {
		line("data as at", "%s", s.Position.AsAt.Local().Format(time.RFC1123))
		line("position", "%s", s.Position)
		line("behind", "%s", behindWords(s))
	} else {
		line("serving", "nothing yet")
	}
	if s.Load.Step != "" {
		line("building", "%s: %d of %d tables, %d of about %d rows", s.Load.Step, s.Load.TablesDone, s.Load.Tables, s.Load.Rows, s.Load.RowsPlanned)
	}
	for i, words := range s.Stale {
		line([]string{"loading again", ""}[min(i, 1)], "%s", words)
	}
	if s.StaleError != "" {
		line("", "the last attempt failed: %s", s.StaleError)
		line("WARNING", "data as at stands still until it can be followed again: %s", staleAdvice)
	}
	switch h := s.Slot; {
	case h.Error != "":
		line("slot", "%s", unseen(h, func(t time.Time) string { return t.Local().Format(time.TimeOnly) }))
	case h.At.IsZero():
		line("slot", "not looked at yet")
	case !h.Exists:
		line("slot", "there is none")
	default:
		line("slot", "holds back %s of the %s allowed (%s), looked at %s", size(h.Retained), size(h.Limit()), h.WAL, h.At.Local().Format(time.TimeOnly))
	}
	if s.Slot.ServerBound < 0 && !s.Slot.At.IsZero() && s.Slot.Error == "" {
		line("", "the server itself has no bound: onevision doctor says how to set one")
	}
	if s.Slot.Warning != "" {
		line("WARNING", "%s", s.Slot.Warning)
	}
	if s.Slot.Dropped > 0 {
		line("slots let go", "%d, the last at %s", s.Slot.Dropped, s.Slot.DroppedAt.Local().Format(time.RFC1123))
	}
	if s.Rebuilds > 0 || s.Reloads > 0 || s.Applied > 0 {
		line("this process", "made %d builds, loaded %d tables again and applied %d transactions", s.Rebuilds, s.Reloads, s.Applied)
	}
	if s.Reason != "" {
		line("last built because", "%s", s.Reason)
	}
	if s.Error != "" {
		line("last trouble", "%s", s.Error)
	}
	return w.Flush()
}
