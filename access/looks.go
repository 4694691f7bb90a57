package access

// Who has looked at a child, and what one has looked at oneself: the audit as people
// read it.

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Look is one line of the audit.
type Look struct {
	ID      int64
	At      time.Time
	Account int64
	Name    string // of the account; "": the program itself, or somebody not signed in
	Actor   string // "account", "anonymous", or the program's purpose: "system:import"
	Role    Role
	Action  string
	Kind    string
	Fields  []string
	Reason  string // "" where the viewer is not told it
	Kept    bool   // there is a reason, told only to those who see the record that it was given for
	Among   int    // of how many children one line tells; 0 or 1: of this one alone
}

// Looks reads the audit.
type Looks struct {
	pool  *pgxpool.Pool
	kinds map[Category][]string
}

// NewLooks gives the audit in the record store. kinds are the names of the kinds of
// record of each category: the reason of a change is told to those only who see the
// record that it changed.
func NewLooks(pool *pgxpool.Pool, kinds map[Category][]string) *Looks { return &Looks{pool, kinds} }

// LooksAtOnce is how many lines one question gives; the answer's last id asks for
// those before.
const LooksAtOnce = 100

// AtChild are the lines about a child, the latest first, those before the id where
// one is given; for those who review access. That they were asked for is a line, too.
func (l *Looks) AtChild(ctx context.Context, by Viewer, s Sought, before int64) (child FoundChild, looks []Look, err error) {
	if !by.May(ReviewAccess) {
		return FoundChild{}, nil, ErrNotAllowed
	}
	err = InScope(ctx, l.pool, by, func(tx pgx.Tx, scope Scope) error {
		if child, err = findChild(ctx, tx, s); err != nil {
			return err
		}
		if looks, err = l.read(ctx, tx, by, scope, before, `(a.child_id = $2 OR a.children @> ARRAY[$2::bigint])`, child.ID); err != nil {
			return err
		}
		return Audit(ctx, tx, by, Entry{Action: "review", Kind: "audit", Child: child.ID})
	})
	return child, looks, err
}

// Own are the viewer's own lines, the latest first.
func (l *Looks) Own(ctx context.Context, v Viewer, before int64) (looks []Look, err error) {
	if v.Account() == 0 {
		return nil, nil
	}
	err = InScope(ctx, l.pool, v, func(tx pgx.Tx, scope Scope) error {
		looks, err = l.read(ctx, tx, v, scope, before, `a.account_id = $2`, v.Account())
		return err
	})
	return looks, err
}

// During are the lines of somebody who broke the glass about that child for as long
// as it lasted, the latest first, those before the id where one is given; for those who
// review.
func (l *Looks) During(ctx context.Context, by Viewer, broken, before int64) (looks []Look, err error) {
	if !by.May(ReviewAccess) {
		return nil, ErrNotAllowed
	}
	err = InScope(ctx, l.pool, by, func(tx pgx.Tx, scope Scope) error {
		looks, err = l.read(ctx, tx, by, scope, before, `EXISTS (SELECT FROM break_glass b WHERE b.id = $2 AND a.account_id = b.account_id AND (a.child_id = b.child_id OR a.children @> ARRAY[b.child_id])
			AND a.at >= b.from_at AND a.at <= b.to_at)`, broken)
		return err
	})
	return looks, err
}

// lookingKinds are the kinds of line whose reason says why somebody looked, or who may
// look: it was given for those who review.
var lookingKinds = []string{"children-behind", "break-glass", "restriction"}

func (l *Looks) read(ctx context.Context, tx pgx.Tx, v Viewer, scope Scope, before int64, where string, about int64) ([]Look, error) {
	args := []any{before, about}
	rows, err := tx.Query(ctx, `/* access.Looks.read */
		SELECT l.id, l.at, l.account_id, l.name, l.actor, l.role, l.action, l.kind, l.fields, CASE WHEN l.told THEN l.reason ELSE '' END, l.reason <> '' AND NOT l.told, l.among
		FROM (SELECT a.id, a.at, a.account_id, CASE a.actor WHEN 'account' THEN coalesce(p.display_name, '') ELSE '' END AS name, a.actor, a.role, a.action,
				coalesce(a.kind, '') AS kind, coalesce(a.fields, '{}') AS fields, coalesce(a.reason, '') AS reason, coalesce(cardinality(a.children), 0) AS among, coalesce(`+l.told(v, scope, &args)+`, false) AS told
			FROM audit a LEFT JOIN account p ON p.id = a.account_id
			WHERE ($1::bigint = 0 OR a.id < $1) AND `+where+fmt.Sprintf(` ORDER BY a.id DESC LIMIT %d) l ORDER BY l.id DESC`, LooksAtOnce), args...)
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	looks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Look])
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	return looks, nil
}

// told is the condition on a line a of the audit that the viewer is told its reason:
// they gave it and still see records of its category, or it is why somebody looked and
// they review that, or they see the record that it was given for.
func (l *Looks) told(v Viewer, scope Scope, args *[]any) string {
	arg := func(value any) string {
		*args = append(*args, value)
		return fmt.Sprintf("$%d", len(*args))
	}
	var read []string
	told := "false"
	for _, c := range v.readable() {
		kinds := l.kinds[c]
		if len(kinds) == 0 {
			continue
		}
		read = append(read, kinds...)
		told += " OR a.kind = ANY (" + arg(kinds) + "::text[])"
		if c == Organisation {
			continue
		}
		if !scope.All(c) { // a line about many children is theirs only who see every child
			told += " AND a.children IS NULL"
		}
		told += " AND " + scope.Reaches(c, "a.child_id", arg)
	}
	var records []string // kinds of record of any category
	for _, kinds := range l.kinds {
		records = append(records, kinds...)
	}
	own := fmt.Sprintf("a.account_id = %s AND a.actor = 'account' AND (a.kind <> ALL (%s::text[]) OR a.kind = ANY (%s::text[]))", arg(v.account), arg(records), arg(read))
	if v.May(ReviewAccess) {
		told += " OR a.kind = ANY (" + arg(lookingKinds) + "::text[])"
	}
	return "(" + told + " OR " + own + ")"
}
