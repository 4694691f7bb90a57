package records

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// ssda903 is the scheme of the numbers by which the SSDA903 return knows
// children.
const ssda903 = "ssda903"

// careChild is a child that a row of the SSDA903 return may be about.
type careChild struct {
	id     int64
	public string
	born   Date
	number string // CHILD, "" none
}

// returns is ErrForbidden, or ErrNotFound, unless the viewer may put rows of a
// return on looked-after children.
func (t *Tx) returns(kinds ...*Kind) error {
	for _, k := range append(kinds, lookedAfterPeriodKind) {
		if err := t.writes(k); err != nil {
			return err
		}
	}
	if !t.viewer.Reads(access.Identity) || !t.viewer.Reads(access.SocialCare) {
		return ErrForbidden
	}
	return nil
}

// byNumber finds children by their number in the return. A spreadsheet takes the
// zeros at a number's beginning away: a number that nobody has is the child's whose
// own is the same but for them, if that is one child.
func (t *Tx) byNumber(ctx context.Context, numbers []string) (map[string]careChild, error) {
	rows, err := t.tx.Query(ctx, `/* records.Tx.byNumber */
		SELECT c.id, c.public_id::text, c.date_of_birth, i.value FROM child_identifier i JOIN child c ON c.id = i.child_id
		WHERE i.scheme = $1 AND ltrim(i.value, '0') IN (SELECT ltrim(n, '0') FROM unnest($2::text[]) n)`, ssda903, numbers)
	found, alike := map[string]careChild{}, map[string][]careChild{}
	var c careChild
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&c.id, &c.public, &c.born, &c.number}, func() error {
			found[c.number] = c
			bare := strings.TrimLeft(c.number, "0")
			alike[bare] = append(alike[bare], c)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look for %d children by their numbers in the return: %w", len(numbers), err)
	}
	for _, n := range numbers {
		if list := alike[strings.TrimLeft(n, "0")]; found[n].id == 0 && len(list) == 1 && n != "" {
			found[n] = list[0]
		}
	}
	return found, nil
}

// byUPN finds children by their UPN, with the number that the return knows them
// by, if it does.
func (t *Tx) byUPN(ctx context.Context, upns []string) (map[string]careChild, error) {
	rows, err := t.tx.Query(ctx, `/* records.Tx.byUPN */
		SELECT c.id, c.public_id::text, c.date_of_birth, c.upn,
			coalesce((SELECT max(i.value) FROM child_identifier i WHERE i.scheme = $1 AND i.child_id = c.id), '')
		FROM child c WHERE c.upn = ANY ($2)`, ssda903, upns)
	found := map[string]careChild{}
	var c careChild
	var upn string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&c.id, &c.public, &c.born, &upn, &c.number}, func() error {
			found[upn] = c
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("look for %d children by UPN: %w", len(upns), err)
	}
	return found, nil
}

// lockChildren is lockChild for many, in one order for everybody.
func lockChildren(ctx context.Context, tx pgx.Tx, children []int64) error {
	locks := make([]int64, len(children))
	for i, c := range children {
		locks[i] = childLock ^ c
	}
	_, err := tx.Exec(ctx, `/* records.lockChildren */ SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT k FROM unnest($1::bigint[]) k ORDER BY k) l`, locks)
	if err != nil {
		return fmt.Errorf("lock %d children: %w", len(children), err)
	}
	return nil
}

// lockKind is lockChild for a kind whose records are about no child.
func lockKind(ctx context.Context, tx pgx.Tx, k *Kind) error {
	if _, err := tx.Exec(ctx, `/* records.lockKind */ SELECT pg_advisory_xact_lock(hashtextextended('records.merge ' || $1, 0))`, k.Name); err != nil {
		return fmt.Errorf("lock the %s: %w", k.Plural, err)
	}
	return nil
}

// unknownNumber is why a row of a return is nobody's.
func unknownNumber() *Problem {
	return &Problem{"CHILD", NoSuchRecord, "no child has this number: import the header file of the return first"}
}
