package intake

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the report as text, with the values of rows.
func (r Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d rows: %d added, %d changed, %d already there, %d match nobody, %d rejected, %d kept as they stand.\n",
		r.Name, r.Rows, r.Added, r.Changed, r.Unchanged, r.Unmatched, r.Rejected, r.Kept)
	for _, k := range r.Records {
		fmt.Fprintf(w, "  %s: %d made, %d corrected, %d deleted\n", k.Kind, k.Created, k.Corrected, k.Deleted)
	}
	if r.Resolved > 0 {
		fmt.Fprintf(w, "%d rows of earlier files, which matched nobody then, match now.\n", r.Resolved)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	if len(r.Sample) > 0 {
		fmt.Fprintln(w, "What the first rows become:")
		for _, s := range r.Sample {
			fmt.Fprintf(w, "  line %d: %s\n", s.Line, s.Result)
			for _, f := range s.Shown {
				if f.Value != "" {
					fmt.Fprintf(w, "    %s: %s\n", f.Field, f.Value)
				}
			}
			if s.Reason != "" {
				fmt.Fprintf(w, "    %s\n", strings.TrimPrefix(s.Column+": "+s.Reason, ": "))
			}
		}
	}
	list := func(head string, rows []Listed, all int64) {
		if all == 0 {
			return
		}
		fmt.Fprintln(w, head)
		for _, l := range rows {
			where := ""
			if l.Column != "" {
				where = fmt.Sprintf(", column %s, value %q", l.Column, l.Value)
			}
			fmt.Fprintf(w, "  %s line %d%s: %s\n", l.File, l.Line, where, l.Reason)
		}
		if more := all - int64(len(rows)); more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
	if len(r.ChangedRows) > 0 {
		fmt.Fprintln(w, "Rows in which something else stood on record:")
		for _, l := range r.ChangedRows {
			fmt.Fprintf(w, "  %s line %d: %s\n", l.File, l.Line, l.Column)
		}
		if more := r.Changed - int64(len(r.ChangedRows)); more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
	list("Rows that match nobody, kept until they do:", r.UnmatchedRows, r.Unmatched)
	list("Rows against which something stands that was decided otherwise, and stays:", r.KeptRows, max(r.Kept, int64(len(r.KeptRows))))
	list("Rejected rows:", r.RejectedRows, r.Rejected)
}
