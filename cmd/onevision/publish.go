package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"onevision/cmd/app"
	"onevision/indicators"
)

// publishCommand publishes the authority's figures. It asks the server that runs on
// the data folder, or computes them itself when none runs.
type publishCommand struct {
	Period      string `arg:"" help:"A month (2026-10: all that ended in it), two of them (2025-10..2026-10), or a period's id (academic-year:2025)."`
	Incomplete  bool   `help:"Also what is not complete yet, marked as incomplete. What is published is never changed."`
	SignedOffBy string `name:"signed-off-by" help:"Who signed the figures off; shown with them." placeholder:"NAME"`
	Commentary  string `help:"Words shown with the figures, to everybody who sees them." placeholder:"TEXT"`
	JSON        bool   `name:"json" help:"As JSON."`
}

func (p *publishCommand) Run(ctx context.Context, c *cli) error {
	var done indicators.Release
	request := "POST /indicators/publish?" + url.Values{"of": {p.Period}, "incomplete": {strconv.FormatBool(p.Incomplete)}, "signed-off-by": {p.SignedOffBy}, "commentary": {p.Commentary}}.Encode()
	if err := c.askEngine(ctx, request, &done, func(e *indicators.Engine) (err error) {
		if err := e.Run(ctx, nil, 0); err != nil {
			return err
		}
		done, err = app.Publish(ctx, e, indicators.Publishing{Of: p.Period, Incomplete: p.Incomplete, SignedOffBy: p.SignedOffBy, Commentary: p.Commentary})
		return err
	}); err != nil {
		return err
	}
	if p.JSON {
		return printJSON(done)
	}
	printRelease(os.Stdout, done)
	return nil
}

// leftNamed is how many of what was not published are named; the rest is counted.
const leftNamed = 20

func printRelease(w io.Writer, r indicators.Release) {
	if r.ID == 0 {
		fmt.Fprintln(w, "Nothing was published: everything complete that ended then is published already, or nothing has been recorded of it.")
	} else {
		fmt.Fprintf(w, "Published %d measures for %s: %d figures are shown, %d are not.\n", r.Measures, strings.Join(r.Periods, ", "), r.Shown, r.Hidden)
		if r.Incomplete > 0 {
			fmt.Fprintf(w, "Marked as incomplete: %d.\n", r.Incomplete)
		}
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(w, "Not published (%d):\n", len(r.Left))
		for _, left := range r.Left[:min(leftNamed, len(r.Left))] {
			fmt.Fprintf(w, "  %s\n", left)
		}
		if more := len(r.Left) - leftNamed; more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
}
