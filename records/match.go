package records

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"onevision/access"
)

// pupil is a row of a file while it looks for whom it is about: the pupil with
// that UPN on that school's roll on some day from a day to a day (the last not
// included).
type pupil struct {
	laestab, upn  string
	from, to      Date
	school, child int64  // found, else 0
	public        string // the child's public id
	enrolled      bool
}

// tidyPupil tidies and checks what a file says of school and pupil.
func tidyPupil(laestab, upn string) (pupil, *Problem) {
	var p pupil
	var message string
	if p.laestab, message = tidyUp("laestab", laestab); message != "" || p.laestab == "" {
		return p, &Problem{"laestab", Format, formats["laestab"].message}
	}
	if p.upn, message = tidyUp("upn", upn); message != "" || p.upn == "" {
		return p, &Problem{"upn", Format, formats["upn"].message}
	}
	return p, nil
}

// unmatched says why a row is nobody's, nil if it is somebody's.
func (p *pupil) unmatched() *Problem {
	switch {
	case p.school == 0:
		return &Problem{"laestab", NoSuchRecord, "no school has this number: check it, or record the school first"}
	case p.child == 0:
		return &Problem{"upn", NoSuchRecord, "no child has this UPN: check it, or record the child first"}
	case !p.enrolled:
		return &Problem{"upn", NotEnrolled, "the child with this UPN is not on that school's roll then: record the enrolment first, or correct the row"}
	}
	return nil
}

// matchPupils is what every batch begins with. It reads and checks the rows one by one,
// looks for whom they are about, and says in the outcomes which go no further. The
// others' pupils are in the places of their rows; the rest is nil.
func (t *Tx) matchPupils(ctx context.Context, outcomes []RowOutcome, read func(i int) (pupil, *Problem, error)) ([]*pupil, error) {
	found := make([]*pupil, len(outcomes))
	sought := make([]*pupil, 0, len(outcomes))
	for i := range outcomes {
		p, problem, err := read(i)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			outcomes[i].Result, outcomes[i].Problem = Rejected, problem
			continue
		}
		found[i] = &p
		sought = append(sought, &p)
	}
	if err := t.match(ctx, sought); err != nil {
		return nil, err
	}
	for i, p := range found {
		if p == nil {
			continue
		}
		if problem := p.unmatched(); problem != nil {
			outcomes[i].Result, outcomes[i].Problem = Unmatched, problem
			found[i] = nil
		}
	}
	return found, nil
}

// match looks for all of them in one query.
func (t *Tx) match(ctx context.Context, pupils []*pupil) error {
	if len(pupils) == 0 {
		return nil
	}
	laestabs, upns := make([]string, len(pupils)), make([]string, len(pupils))
	from, to := make([]Date, len(pupils)), make([]Date, len(pupils))
	for i, p := range pupils {
		laestabs[i], upns[i], from[i], to[i] = p.laestab, p.upn, p.from, p.to
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.match */
		SELECT r.n - 1, coalesce(s.id, 0), coalesce(c.id, 0), coalesce(c.public_id::text, ''), s.id IS NOT NULL AND c.id IS NOT NULL AND EXISTS (
			SELECT FROM enrolment e WHERE e.child_id = c.id AND e.school_id = s.id
			AND e.from_date < r.until AND coalesce(e.to_date, 'infinity') > r.since)
		FROM unnest($1::text[], $2::text[], $3::date[], $4::date[]) WITH ORDINALITY r (laestab, upn, since, until, n)
		LEFT JOIN school s ON s.laestab = r.laestab
		LEFT JOIN child c ON c.upn = r.upn`, laestabs, upns, from, to)
	if err != nil {
		return fmt.Errorf("match %d rows: %w", len(pupils), err)
	}
	var n int
	var school, child int64
	var public string
	var enrolled bool
	_, err = pgx.ForEachRow(rows, []any{&n, &school, &child, &public, &enrolled}, func() error {
		pupils[n].school, pupils[n].child, pupils[n].public, pupils[n].enrolled = school, child, public, enrolled
		return nil
	})
	if err != nil {
		return fmt.Errorf("match %d rows: %w", len(pupils), err)
	}
	return nil
}

// matches reports whether the viewer may put rows of a file: whoever may not
// look children up would find nobody, which is not the same as nobody being
// there.
func (t *Tx) matches(k *Kind) error {
	if err := t.writes(k); err != nil {
		return err
	}
	if !t.viewer.Reads(access.Identity) || !t.viewer.Reads(access.Organisation) {
		return ErrForbidden
	}
	return nil
}

// inBatch runs fn in a transaction, and again when another transaction crossed
// its way (a deadlock): nothing of the first attempt is left.
func (s *Store) inBatch(ctx context.Context, v access.Viewer, fn func(t *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.InTx(ctx, v, fn)
		var pg *pgconn.PgError
		if attempt < 5 && errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") {
			continue
		}
		return err
	}
}
