package intake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
)

// Feed is files of one format and source that come, or came, regularly.
type Feed struct {
	Format, Title, Source string
	Batch                 int64     // the last import
	Last                  time.Time // when that began
	CoversTo              records.Date
	Reach                 records.Date  // the last day that any of them covers
	Every                 time.Duration // the longest wait between two of the last; 0: they do not come regularly
}

// How files that come regularly are known: those of the last days on which one came,
// so many at least, of which no wait was more than thrice another. A file is late when
// it has waited longer than any of them did, and as many hours more.
const (
	feedDays  = 8
	feedFirst = 4
	feedGrace = 6 * time.Hour
)

// Due is when the next file is late, zero if nobody can say.
func (f Feed) Due() time.Time {
	if f.Every == 0 {
		return time.Time{}
	}
	return f.Last.Add(f.Every + feedGrace)
}

// Late reports whether the next file should have come.
func (f Feed) Late(now time.Time) bool { return f.Every > 0 && now.After(f.Due()) }

// Feeds are the formats of which files have come in the last year, with how regularly.
// An import that ended early or was undone does not count.
func (i *Importer) Feeds(ctx context.Context) (feeds []Feed, err error) {
	err = access.InTx(ctx, i.Pool, access.System(access.Importing), func(tx pgx.Tx) error {
		feeds, err = i.feeds(ctx, tx)
		return err
	})
	return feeds, err
}

func (i *Importer) feeds(ctx context.Context, tx pgx.Tx) (feeds []Feed, err error) {
	all, err := kept(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, `/* intake.Importer.feeds */
		SELECT format, source, id, started_at, covers_to FROM (
			SELECT b.*, row_number() OVER (PARTITION BY format, source, (started_at AT TIME ZONE 'Europe/London')::date ORDER BY started_at DESC) AS n
			FROM batch b WHERE finished_at IS NOT NULL AND undone_at IS NULL AND started_at > $1) d
		WHERE n = 1 ORDER BY format, source, started_at DESC`, i.Now().AddDate(-1, 0, 0))
	var one Feed
	var came []time.Time
	finish := func() {
		if len(feeds) > 0 {
			feeds[len(feeds)-1].Every = every(came)
		}
		came = nil
	}
	_, err = pgx.ForEachRow(rows, []any{&one.Format, &one.Source, &one.Batch, &one.Last, &one.CoversTo}, func() error {
		if n := len(feeds); n == 0 || feeds[n-1].Format != one.Format || feeds[n-1].Source != one.Source {
			finish()
			one.Title = one.Format
			if f, ok := all.of(one.Format); ok {
				one.Title = f.Title
			}
			feeds = append(feeds, one)
		}
		if last := &feeds[len(feeds)-1]; one.CoversTo.After(last.Reach) {
			last.Reach = one.CoversTo
		}
		came = append(came, one.Last)
		return nil
	})
	finish()
	if err != nil {
		return nil, fmt.Errorf("look when files came: %w", err)
	}
	return feeds, nil
}

// every is the longest wait between two of the last days on which a file came, the
// newest first; 0 if they come too irregularly, or too few have come.
func every(came []time.Time) time.Duration {
	came = came[:min(len(came), feedDays)]
	if len(came) < feedFirst {
		return 0
	}
	var waits []time.Duration
	for n := 1; n < len(came); n++ {
		waits = append(waits, came[n-1].Sub(came[n]))
	}
	longest := slices.Max(waits)
	// Two files around midnight are of two days, an hour apart: a day at least counts.
	if longest > 3*max(slices.Min(waits), 24*time.Hour)+feedGrace {
		return 0
	}
	return longest
}

// TellOfFeeds tells once of each feed that is late: tell writes to the accounts of
// those who operate the system, in the transaction that notes it. It gives those of
// which it told.
func (i *Importer) TellOfFeeds(ctx context.Context, tell func(ctx context.Context, tx pgx.Tx, accounts []int64, late []Feed) error) (told []Feed, err error) {
	err = access.InTx(ctx, i.Pool, access.System(access.Importing), func(tx pgx.Tx) error {
		feeds, err := i.feeds(ctx, tx)
		if err != nil {
			return err
		}
		for _, f := range feeds {
			if !f.Late(i.Now()) {
				continue
			}
			tag, err := tx.Exec(ctx, `/* intake.Importer.TellOfFeeds */ INSERT INTO intake_feed_told (batch_id, told_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, f.Batch, i.Now())
			if err != nil {
				return fmt.Errorf("note that it is told of a file that has not come: %w", err)
			}
			if tag.RowsAffected() > 0 {
				told = append(told, f)
			}
		}
		if len(told) == 0 {
			return nil
		}
		rows, _ := tx.Query(ctx, `/* intake.Importer.TellOfFeeds */ SELECT id FROM account WHERE role = $1 AND disabled_at IS NULL AND email <> '' ORDER BY id`, string(access.Administrator))
		accounts, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("look for those who operate the system: %w", err)
		}
		return tell(ctx, tx, accounts, told)
	})
	if err != nil {
		return nil, err
	}
	return told, nil
}

// Covered is up to which day the files of a source tell of the records of a kind.
type Covered struct {
	Kind   *records.Kind
	Source string
	To     records.Date
}

// coveredFor is for how long a file that says its last day, and does not come regularly,
// says up to when the records of its kinds are known: after that, people enter them. One
// that told only of days longer ago when it came is history, and says nothing of today.
const coveredFor = 35 * 24 * time.Hour

// Covered says up to which day files tell, of the kinds that come by extracts and by
// mappings: of several sources the one that tells furthest. A return of a closed year
// says nothing of the days after it.
func (i *Importer) Covered(ctx context.Context) (list []Covered, err error) {
	err = access.InTx(ctx, i.Pool, access.System(access.Importing), func(tx pgx.Tx) error {
		feeds, err := i.feeds(ctx, tx)
		if err != nil {
			return err
		}
		all, err := kept(ctx, tx)
		if err != nil {
			return err
		}
		furthest := map[string]Covered{}
		for _, f := range feeds {
			if f.Reach.IsZero() || f.Every == 0 && (i.Now().Sub(f.Last) > coveredFor || f.Last.Sub(f.Reach.Time()) > coveredFor) {
				continue
			}
			kinds, err := all.kindsOf(ctx, tx, f)
			if err != nil {
				return err
			}
			for _, name := range kinds {
				if k, ok := records.KindOf(name); ok && f.Reach.After(furthest[name].To) {
					furthest[name] = Covered{k, f.Source, f.Reach}
				}
			}
		}
		for _, name := range sortedKeys(furthest) {
			list = append(list, furthest[name])
		}
		return nil
	})
	return list, err
}

// kindsOf are the kinds of record that a feed's files bring: a mapping's, or those of
// which an extract has brought some.
func (all formats) kindsOf(ctx context.Context, tx pgx.Tx, f Feed) ([]string, error) {
	format, ok := all.of(f.Format)
	switch {
	case !ok:
		return nil, nil
	case format.Mapping != nil:
		return []string{format.Mapping.Kind}, nil
	case format.Part == nil:
		return nil, nil
	}
	rows, _ := tx.Query(ctx, `/* intake.formats.kindsOf */ SELECT DISTINCT kind FROM extract_number WHERE source = $1 AND tbl LIKE $2 || '\_%' AND child_id IS NOT NULL`, f.Source, f.Format)
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look which records an extract brings: %w", err)
	}
	return kinds, nil
}
