package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/dashboards"
	"onevision/indicators"
	"onevision/records"
	"onevision/records/intake"
)

// filesLook is how often it is looked whether files that come regularly have come.
const filesLook = 15 * time.Minute

// coveredLook is how often it is looked up to which day files tell.
const coveredLook = time.Minute

// watchFiles tells those who operate the system when files that come regularly stop
// coming: by mail, in the log, and on the page System.
func (a *App) watchFiles(ctx context.Context) error {
	for {
		told, err := a.files.TellOfFeeds(ctx, func(ctx context.Context, tx pgx.Tx, accounts []int64, late []intake.Feed) error {
			sentences := make([]string, len(late))
			for i, f := range late {
				sentences[i] = feedWords(f)
			}
			return a.Alerts.TellOfFiles(ctx, tx, accounts, sentences)
		})
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("it could not be seen whether files have come", "error", err)
		}
		for _, f := range told {
			a.Log.Error("files that come regularly have not come", "format", f.Format, "source", f.Source, "last", f.Last, "due", f.Due())
		}
		select {
		case <-time.After(filesLook):
		case <-ctx.Done():
			return nil
		}
	}
}

// covered is up to which day files tell of the facts of a table.
func (a *App) covered(ctx context.Context) (indicators.Coverage, error) {
	list, err := a.files.Covered(ctx)
	if err != nil {
		return nil, err
	}
	c := indicators.Coverage{}
	for _, one := range list {
		c[one.Kind.Table] = indicators.Covered{What: sourceWords(one.Source) + " data", To: one.To.Time()}
	}
	return c, nil
}

// sourceWords is a source of files as a sentence has it.
func sourceWords(source string) string {
	words := map[string]string{records.SourceNHS: "NHS", records.SourceSEN: "SEN"}
	return cmp.Or(words[source], source)
}

// feedWords says in a sentence that a feed is late.
func feedWords(f intake.Feed) string {
	words := fmt.Sprintf("%s: the last file came on %s, and another was due by %s.", f.Title, moment(f.Last), moment(f.Due()))
	if !f.CoversTo.IsZero() {
		words += fmt.Sprintf(" It tells up to %s.", f.CoversTo.Time().Format("2 January 2006"))
	}
	return words
}

// filesPart is which files came when, on the page System.
func (a *App) filesPart(ctx context.Context) (dashboards.SystemPart, error) {
	p := dashboards.SystemPart{Title: "Files in"}
	feeds, err := a.files.Feeds(ctx)
	if err != nil {
		return p, err
	}
	var late []string
	for _, f := range feeds {
		text := "the last on " + f.Last.In(indicators.London()).Format("2 January 2006 at 15:04")
		if !f.CoversTo.IsZero() {
			text += ", which tells up to " + f.CoversTo.Time().Format("2 January 2006")
		}
		switch {
		case f.Late(a.Now()):
			late = append(late, feedWords(f))
			text += "; another was due by " + moment(f.Due())
		case f.Every > 0:
			text += "; another is due by " + moment(f.Due())
		}
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: f.Title, Text: text})
	}
	if len(feeds) == 0 {
		p.Facts = []dashboards.SystemFact{{Name: "Files", Text: "none has come in the last year"}}
	}
	p.Warning = strings.Join(late, " ")
	return p, nil
}
