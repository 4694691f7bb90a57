package house

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"onevision/warehouse"
)

// PrintStatus says in words where a warehouse stands.
func PrintStatus(out io.Writer, s warehouse.Status) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("state", "%s", s.State)
	if s.Serving {
		line("data as at", "%s", s.Position.AsAt.Local().Format(time.RFC1123))
		line("position", "%s", s.Position)
		line("behind", "%d bytes of write-ahead log", s.Behind)
	} else {
		line("serving", "nothing yet")
	}
	if s.Load.Step != "" {
		line("building", "%s: %d of %d tables, %d of about %d rows", s.Load.Step, s.Load.TablesDone, s.Load.Tables, s.Load.Rows, s.Load.RowsPlanned)
	}
	if s.Reason != "" {
		line("last built because", "%s", s.Reason)
	}
	if s.Error != "" {
		line("last trouble", "%s", s.Error)
	}
	return w.Flush()
}
