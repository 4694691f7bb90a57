package intake

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

const (
	followPause = time.Second // while nobody appears
	followLines = 200         // of the changes feed at a time
)

// Follow tries rows that wait again whenever a child, a number or name of one, a school, a
// team, a worker or an enrolment is created or corrected, until ctx ends. The changes feed tells it.
func (i *Importer) Follow(ctx context.Context, log *slog.Logger) error {
	for {
		more, resolved, err := i.FollowStep(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !access.Transient(err):
			return err
		case err != nil:
			log.Warn("rows of files wait for the record store", "error", err)
		case resolved > 0:
			log.Info("rows of files that waited have gone in", "rows", resolved)
		}
		if more {
			continue
		}
		select {
		case <-time.After(followPause):
		case <-ctx.Done():
			return nil
		}
	}
}

// FollowStep reads some of the feed and tries the rows again that it concerns.
func (i *Importer) FollowStep(ctx context.Context) (more bool, resolved int, err error) {
	v := access.System(access.Importing)
	var from, to int64
	var values []string
	err = access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		var waiting bool
		err := tx.QueryRow(ctx, `/* intake.Importer.FollowStep */
			SELECT p.position, h.position, EXISTS (SELECT FROM intake_unmatched WHERE resolved_at IS NULL) FROM intake_position p, change_head h`).Scan(&from, &to, &waiting)
		if err != nil || from >= to || !waiting {
			return err
		}
		return tx.QueryRow(ctx, `/* intake.Importer.FollowStep */
			WITH line AS (
				SELECT * FROM change WHERE last_position > $1 AND last_position <= $2 ORDER BY last_position LIMIT $3
			), appeared AS (
				SELECT l.kind, e.record, e.child FROM line l CROSS JOIN LATERAL unnest(l.records, l.children) e (record, child)
				WHERE l.kind IN ('child', 'child_name', 'child_identifier', 'enrolment', 'school', 'team', 'worker') AND l.operation <> 'delete'
			), value AS (
				SELECT unnest(ARRAY[c.upn, c.nhs_number, to_char(c.date_of_birth, 'YYYYMMDD'), to_char(c.date_of_birth, 'DDMMYYYY')]) AS v FROM child c WHERE c.id IN (SELECT child FROM appeared)
				UNION SELECT upper(regexp_replace(n.value, '[^A-Za-z0-9]', '', 'g')) FROM child_identifier n WHERE n.id IN (SELECT record FROM appeared WHERE kind = 'child_identifier')
				UNION SELECT unnest(ARRAY[s.laestab, s.urn]) FROM school s WHERE s.id IN (SELECT record FROM appeared WHERE kind = 'school')
				UNION SELECT upper(regexp_replace(m.name, '[^A-Za-z0-9]', '', 'g')) FROM team m WHERE m.id IN (SELECT record FROM appeared WHERE kind = 'team')
				UNION SELECT upper(regexp_replace(unnest(ARRAY[w.name, w.email, w.registration]), '[^A-Za-z0-9]', '', 'g')) FROM worker w WHERE w.id IN (SELECT record FROM appeared WHERE kind = 'worker')
			)
			SELECT coalesce((SELECT max(last_position) FROM line), $2), coalesce((SELECT array_agg(v) FROM value WHERE v <> ''), '{}'), (SELECT count(*) FROM line) = $3`,
			from, to, followLines).Scan(&to, &values, &more)
	})
	if err != nil {
		return false, 0, fmt.Errorf("follow who appears: %w", err)
	}
	if from >= to {
		return false, 0, nil
	}
	if len(values) > 0 {
		if resolved, err = i.Retry(ctx, v, values); err != nil {
			return false, resolved, err
		}
	}
	// An import that has put the position back meanwhile is heard.
	_, err = i.Pool.Exec(ctx, `/* intake.Importer.FollowStep */ UPDATE intake_position SET position = $2 WHERE position = $1`, from, to)
	if err != nil {
		return false, resolved, fmt.Errorf("note how far rows that wait were tried: %w", err)
	}
	return more, resolved, nil
}
