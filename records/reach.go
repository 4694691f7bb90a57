package records

// The program's own check of whose child a record is about. Row-level security
// checks the same of the same table behind it.

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// placing gives values their places in a statement's arguments.
func placing(args *[]any) func(any) string {
	return func(v any) string {
		*args = append(*args, v)
		return "$" + strconv.Itoa(len(*args))
	}
}

// reached is the condition that a row t of the kind's table is about a child of the
// viewer's. Records about no child are everybody's who may read the kind.
func (t *Tx) reached(k *Kind, args *[]any) string {
	switch {
	case k.PublicID:
		return t.scope.Reaches(k.Category, "t.id", placing(args))
	case k.About():
		return t.scope.Reaches(k.Category, "t.child_id", placing(args))
	}
	return "true"
}

// few gives the keys of the viewer's children, if they are so few that a list of
// their records begins with them. Else it goes by the table's own key past others'
// rows: of attendance, which has hundreds of rows for each child, that is less work
// from a hundred children on.
func (t *Tx) few(ctx context.Context, k *Kind) (children []int64, few bool, err error) {
	if !k.About() || t.scope.All(k.Category) {
		return nil, false, nil
	}
	most := 5000
	if k.PartitionedBy != "" {
		most = 100
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.few */
		SELECT DISTINCT child_id FROM reach WHERE grp = ANY ($1::text[]) AND from_at <= now() AND to_at > now() LIMIT $2`,
		t.scope.Groups(k.Category), most+1)
	if err == nil {
		children, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		return nil, false, fmt.Errorf("look for the viewer's children: %w", err)
	}
	return children, len(children) <= most, nil
}
