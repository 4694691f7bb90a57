package access

// Restricted records: children who exist for a named few accounts and for nobody
// else, whatever their role.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// RestrictionClass is why a child is restricted.
type RestrictionClass string

const (
	Adopted      RestrictionClass = "adopted"      // an old identity, sealed
	Confidential RestrictionClass = "confidential" // whereabouts that somebody must not learn
	StaffFamily  RestrictionClass = "staff-family" // the family of somebody who works here
	Sensitive    RestrictionClass = "sensitive"
)

// RestrictionClasses are all of them, in the order in which forms offer them.
func RestrictionClasses() []RestrictionClass {
	return []RestrictionClass{Adopted, Confidential, StaffFamily, Sensitive}
}

// Sought names one child exactly: by a number that is theirs (UPN, NHS number,
// another system's), by the id in the address of their page, or by a full name
// together with the day of birth.
type Sought struct {
	Text string
	Born time.Time // zero: not given
}

// FoundChild is who Sought names, for whoever restricts, breaks the glass or
// answers who looked.
type FoundChild struct {
	ID         int64
	Address    string // the id in addresses
	Name       string
	Born       time.Time
	Restricted bool
}

// ErrNoChild: no child, or more than one, agrees with what was given.
var ErrNoChild = errors.New("not one child agrees with this: give a number of theirs, or the full name and the date of birth")

// Restriction is one restriction of one child.
type Restriction struct {
	ID       int64
	Child    string // the id in addresses; "": the record is gone
	Class    RestrictionClass
	Reason   string
	From, To time.Time // To is zero until further notice
	Named    []string  // usernames of those for whom the child exists
	By       string    // who restricted it; "": an operator
}

// NewRestriction is what it takes to restrict a child.
type NewRestriction struct {
	Child    Sought
	Class    RestrictionClass
	Reason   string
	Named    []string  // usernames
	From, To time.Time // zero: from now on; until further notice
}

// Restrictions are the restricted records.
type Restrictions struct{ pool *pgxpool.Pool }

// NewRestrictions gives the restrictions in the record store.
func NewRestrictions(pool *pgxpool.Pool) *Restrictions { return &Restrictions{pool} }

// Find says whom a number or a name with a day of birth names, before they are
// restricted, and keeps in the audit that this was asked. ErrNoChild where it is not
// one child.
func (r *Restrictions) Find(ctx context.Context, by Viewer, s Sought) (found FoundChild, err error) {
	if !by.May(RestrictRecords) && !by.May(ReviewAccess) {
		return FoundChild{}, ErrNotAllowed
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		if found, err = findChild(ctx, tx, s); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "find", Kind: "child", Record: found.ID, Child: found.ID})
	})
	return found, err
}

func findChild(ctx context.Context, tx pgx.Tx, s Sought) (FoundChild, error) {
	var born any
	if !s.Born.IsZero() {
		born = s.Born
	}
	text := strings.TrimSpace(clean(s.Text))
	if text == "" || len(text) > 200 {
		return FoundChild{}, ErrNoChild
	}
	rows, _ := tx.Query(ctx, `/* access.findChild */ SELECT id, public_id, name, date_of_birth, restricted FROM find_child($1, $2::date)`, text, born)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[FoundChild])
	if err != nil {
		return FoundChild{}, fmt.Errorf("find a child: %w", err)
	}
	if len(found) != 1 {
		return FoundChild{}, ErrNoChild
	}
	return found[0], nil
}

// Restrict restricts a child. What is wrong with it is *Unclear.
func (r *Restrictions) Restrict(ctx context.Context, by Viewer, n NewRestriction) (id int64, err error) {
	if !by.May(RestrictRecords) {
		return 0, ErrNotAllowed
	}
	n.Reason = strings.TrimSpace(clean(n.Reason))
	switch {
	case !slices.Contains(RestrictionClasses(), n.Class):
		return 0, &Unclear{"class", "choose why the record is restricted"}
	case n.Reason == "" || utf8.RuneCountInString(n.Reason) > 1000:
		return 0, &Unclear{"reason", "give the reason, in at most 1,000 letters"}
	case !n.To.IsZero() && (!n.To.After(n.From) || !n.To.After(time.Now())):
		return 0, &Unclear{"to", "the restriction must end after it begins, and after today"}
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		child, err := findChild(ctx, tx, n.Child)
		if errors.Is(err, ErrNoChild) {
			return &Unclear{"child", err.Error()}
		}
		if err != nil {
			return err
		}
		named, err := namedFew(ctx, tx, n.Named)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `/* access.Restrictions.Restrict */
			INSERT INTO restriction (child_id, class, reason, from_at, to_at, recorded_by)
			VALUES ($1, $2, $3, greatest(now(), $4::timestamptz), $5, $6) RETURNING id`,
			child.ID, string(n.Class), n.Reason, instant(n.From), instant(n.To), by.account).Scan(&id)
		if err != nil {
			return fmt.Errorf("restrict a record: %w", err)
		}
		if _, err := tx.Exec(ctx, `/* access.Restrictions.Restrict */ INSERT INTO restriction_named SELECT $1, unnest($2::bigint[])`, id, named); err != nil {
			return fmt.Errorf("name the few of a restriction: %w", err)
		}
		return Audit(ctx, tx, by, Entry{Action: "restrict", Kind: "restriction", Record: id, Child: child.ID, Reason: n.Reason})
	})
	return id, err
}

// namedFew are the accounts of those usernames.
func namedFew(ctx context.Context, tx pgx.Tx, usernames []string) ([]int64, error) {
	var named []int64
	for _, name := range usernames {
		if name = strings.TrimSpace(clean(name)); name == "" {
			continue
		}
		var id int64
		err := tx.QueryRow(ctx, `/* access.namedFew */ SELECT id FROM account WHERE lower(username) = lower($1) AND disabled_at IS NULL`, name).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, &Unclear{"named", "nobody who may sign in has the username " + name + ": check it, or add the account first"}
		}
		if err != nil {
			return nil, fmt.Errorf("look for an account: %w", err)
		}
		if !slices.Contains(named, id) {
			named = append(named, id)
		}
	}
	if len(named) == 0 {
		return nil, &Unclear{"named", "name at least one person for whom the child exists: otherwise nobody could look after the record"}
	}
	return named, nil
}

// List gives the restrictions that stand or are to come, the newest first. It names
// no child.
func (r *Restrictions) List(ctx context.Context, by Viewer) (list []Restriction, err error) {
	if !by.May(RestrictRecords) {
		return nil, ErrNotAllowed
	}
	err = InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* access.Restrictions.List */
			SELECT r.id, coalesce(child_address(r.child_id), ''), r.class, r.reason, r.from_at, r.to_at,
				ARRAY(SELECT a.username FROM restriction_named n JOIN account a ON a.id = n.account_id WHERE n.restriction_id = r.id ORDER BY lower(a.username)),
				coalesce((SELECT display_name FROM account WHERE id = r.recorded_by), ''), r.child_id
			FROM restriction r WHERE coalesce(r.to_at, 'infinity') > now() ORDER BY r.id DESC`)
		var children []int64
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (one Restriction, err error) {
			var to *time.Time
			var child int64
			err = row.Scan(&one.ID, &one.Child, &one.Class, &one.Reason, &one.From, &to, &one.Named, &one.By, &child)
			if to != nil {
				one.To = *to
			}
			children = append(children, child)
			return one, err
		})
		if err != nil {
			return fmt.Errorf("list the restrictions: %w", err)
		}
		return Audit(ctx, tx, by, Entry{Action: "list", Kind: "restriction", Children: children})
	})
	return list, err
}

// ErrNoRestriction: there is none of that id that stands.
var ErrNoRestriction = errors.New("there is no such restriction, or it has ended")

// End ends a restriction now: the child exists for everybody again whose role and
// relation say so.
func (r *Restrictions) End(ctx context.Context, by Viewer, id int64) error {
	if !by.May(RestrictRecords) {
		return ErrNotAllowed
	}
	return InTx(ctx, r.pool, by, func(tx pgx.Tx) error {
		var child int64
		err := tx.QueryRow(ctx, `/* access.Restrictions.End */
			UPDATE restriction SET to_at = greatest(now(), from_at), ended_by = $2 WHERE id = $1 AND coalesce(to_at, 'infinity') > now() RETURNING child_id`, id, by.account).Scan(&child)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoRestriction
		}
		if err != nil {
			return fmt.Errorf("end restriction %d: %w", id, err)
		}
		return Audit(ctx, tx, by, Entry{Action: "end-restriction", Kind: "restriction", Record: id, Child: child})
	})
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
