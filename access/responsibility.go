package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Subject is what somebody can answer for.
type Subject string

const (
	WholeAuthority Subject = "authority"
	OneSchool      Subject = "school"
	OneTeam        Subject = "team"
	OneArea        Subject = "area" // a district
)

// Part is how somebody answers for it.
type Part string

const (
	Lead   Part = "lead"
	Deputy Part = "deputy"
	// Member works with a school, a team or an area: its children are theirs, as
	// far as their role goes, and no alert is told to them.
	Member Part = "member"
)

// Responsibility is what one account answers for, on the days [From, To).
type Responsibility struct {
	ID      int64
	Account int64
	Subject Subject
	Member  int64  // the id of the school or team; 0 for the authority and an area
	Area    string // the code of the district; "" for all but an area
	Part    Part   // "" is Lead
	From    time.Time
	To      time.Time // zero: until further notice
}

// Responsible is somebody to tell.
type Responsible struct {
	Account     int64
	DisplayName string
	Email       string
	Part        Part
	Subject     Subject   // what they answer for
	Since       time.Time // first day of the responsibility; set by Roster only
	Away        bool      // on leave that day; set by Roster only
	// Instead says that nobody answers for the school or team that was asked
	// about, and this person, who answers for the authority, stands in.
	Instead bool
}

// ErrNoResponsibility: there is none of that id, or it had not begun on the day.
var ErrNoResponsibility = errors.New("there is no such responsibility, or it begins later")

// Responsibilities say who answers for what, and since when.
type Responsibilities struct{ pool *pgxpool.Pool }

// NewResponsibilities gives the responsibilities in the record store.
func NewResponsibilities(pool *pgxpool.Pool) *Responsibilities {
	return &Responsibilities{pool: pool}
}

// Assign adds a responsibility and returns its id. by must be allowed to manage
// accounts (ErrNotAllowed). Only the days of From and To count.
func (r *Responsibilities) Assign(ctx context.Context, by Viewer, n Responsibility) (int64, error) {
	if !by.May(ManageAccounts) {
		return 0, ErrNotAllowed
	}
	if n.Part == "" {
		n.Part = Lead
	}
	switch {
	case !slices.Contains([]Subject{WholeAuthority, OneSchool, OneTeam, OneArea}, n.Subject), !slices.Contains([]Part{Lead, Deputy, Member}, n.Part):
		return 0, errors.New("somebody answers for the authority, a school, a team or an area, as its lead or deputy, or works with it as a member")
	case n.Subject == WholeAuthority && n.Part == Member, n.Subject == OneArea && n.Part != Member:
		return 0, errors.New("nobody is a member of the authority, and an area has members only: alerts are about schools and teams")
	case (n.Subject == OneSchool || n.Subject == OneTeam) != (n.Member != 0), (n.Subject == OneArea) != (n.Area != ""):
		return 0, errors.New("a responsibility for a school, a team or an area says which, and one for the authority does not")
	case n.From.IsZero() || !n.To.IsZero() && !n.To.After(n.From):
		return 0, errors.New("a responsibility has a first day, and ends after it if it ends")
	}
	var id int64
	err := InTx(ctx, r.pool, by, func(tx pgx.Tx) (err error) {
		id, err = r.assign(ctx, tx, by, n)
		return err
	})
	return id, err
}

func (r *Responsibilities) assign(ctx context.Context, tx pgx.Tx, by Viewer, n Responsibility) (id int64, err error) {
	err = tx.QueryRow(ctx, `/* access.Responsibilities.assign */
		INSERT INTO responsibility (account_id, subject, member, area, part, from_date, to_date)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		n.Account, string(n.Subject), number(n.Member), text(n.Area), string(n.Part), n.From, day(n.To)).Scan(&id)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23503" {
		return 0, ErrNoAccount
	}
	if err != nil {
		return 0, fmt.Errorf("assign a responsibility to account %d: %w", n.Account, err)
	}
	return id, Audit(ctx, tx, by, Entry{Action: "assign-responsibility", Kind: "responsibility", Record: id})
}

// End ends a responsibility: to is the first day on which it does not hold any
// more. An id that is not there, or a day on which it had not begun, is an error.
func (r *Responsibilities) End(ctx context.Context, by Viewer, id int64, to time.Time) error {
	if !by.May(ManageAccounts) {
		return ErrNotAllowed
	}
	return InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Responsibilities.End */
			UPDATE responsibility SET to_date = $2 WHERE id = $1 AND from_date < $2`, id, to)
		if err != nil {
			return fmt.Errorf("end responsibility %d: %w", id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoResponsibility
		}
		return Audit(ctx, tx, by, Entry{Action: "end-responsibility", Kind: "responsibility", Record: id})
	})
}

// For gives who answers for the subject (member: the id of the school or team)
// on that day and can be written to: leads first, then deputies, each once. A
// disabled account never answers. If nobody does, those who answer for the
// authority stand in, and Instead says so; if nobody does that either, the list
// is empty.
func (r *Responsibilities) For(ctx context.Context, subject Subject, member int64, day time.Time) ([]Responsible, error) {
	found, err := r.answering(ctx, subject, member, day)
	if err != nil || len(found) > 0 || subject == WholeAuthority {
		return found, err
	}
	found, err = r.answering(ctx, WholeAuthority, 0, day)
	for i := range found {
		found[i].Instead = true
	}
	return found, err
}

func (r *Responsibilities) answering(ctx context.Context, subject Subject, member int64, day time.Time) ([]Responsible, error) {
	rows, _ := r.pool.Query(ctx, `/* access.Responsibilities.answering */
		SELECT a.id, a.display_name, a.email, CASE WHEN bool_or(r.part = 'lead') THEN 'lead' ELSE 'deputy' END AS part
		FROM responsibility r JOIN account a ON a.id = r.account_id
		WHERE r.subject = $1 AND r.member IS NOT DISTINCT FROM $2
		  AND r.from_date <= $3 AND (r.to_date IS NULL OR r.to_date > $3)
		  AND a.disabled_at IS NULL AND a.email <> '' AND r.part <> 'member'
		GROUP BY a.id
		ORDER BY bool_or(r.part = 'lead') DESC, a.id`, string(subject), number(member), day)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Responsible, error) {
		p := Responsible{Subject: subject}
		err := row.Scan(&p.Account, &p.DisplayName, &p.Email, &p.Part)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("find who answers for %s %d: %w", subject, member, err)
	}
	return found, nil
}

// Of gives what the account answers for on that day.
func (r *Responsibilities) Of(ctx context.Context, account int64, day time.Time) ([]Responsibility, error) {
	rows, _ := r.pool.Query(ctx, `/* access.Responsibilities.Of */
		SELECT id, account_id, subject, coalesce(member, 0), coalesce(area, ''), part, from_date, to_date
		FROM responsibility
		WHERE account_id = $1 AND from_date <= $2 AND (to_date IS NULL OR to_date > $2)
		ORDER BY subject, member, id`, account, day)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Responsibility, error) {
		var f Responsibility
		var to *time.Time
		err := row.Scan(&f.ID, &f.Account, &f.Subject, &f.Member, &f.Area, &f.Part, &f.From, &to)
		if to != nil {
			f.To = *to
		}
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("find what account %d answers for: %w", account, err)
	}
	return found, nil
}

func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
