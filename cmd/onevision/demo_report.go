package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"onevision/cmd/app"
	"onevision/records"
	"onevision/records/county"
)

// tell says what the demo county holds instead of serving it: the report, the
// files, or both.
func (d *demoCommand) tell(ctx context.Context, g *app.Environment) error {
	day, err := g.CountyDay()
	if err != nil {
		return err
	}
	if d.Files != "" {
		fmt.Printf("Writing the county into %s.\n", d.Files)
		_, err := county.WriteFiles(ctx, g.AdminURL, county.FilesOptions{
			Dir: d.Files, HalfTerms: d.HalfTerms, Store: records.NewStore(g.Pool, time.Now), Today: day,
			Progress: func(f county.File) {
				fmt.Printf("  %12d rows   onevision import %s %s\n", f.Rows, f.Format, f.Path)
			},
		})
		if err != nil {
			return err
		}
	}
	if !d.Report {
		return nil
	}
	all, err := county.Calibrate(ctx, g.AdminURL, day)
	if err != nil {
		return err
	}
	fmt.Println("Counts that were published are in proportion to the county's children under 18; percentages differ by percentage points (pp).")
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tPUBLISHED\tHERE\tDIFFERENCE\tSOURCE")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Title, amount(c.Published, c.Unit), amount(c.Here, c.Unit), difference(c), c.Source)
	}
	return w.Flush()
}

// amount is a figure in its unit; a small county may have none.
func amount(x float64, u county.Unit) string {
	switch {
	case math.IsNaN(x):
		return "none"
	case u == county.Number:
		return fmt.Sprintf("%.0f", x)
	case u == county.Percent:
		return fmt.Sprintf("%.2f %%", x)
	}
	return fmt.Sprintf("%.1f", x)
}

func difference(c county.Calibration) string {
	switch d := c.Difference(); {
	case math.IsNaN(d) || math.IsInf(d, 0):
		return ""
	case c.Unit == county.Percent:
		return fmt.Sprintf("%+.2f pp", d)
	default:
		return fmt.Sprintf("%+.1f %%", d)
	}
}
