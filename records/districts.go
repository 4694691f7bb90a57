package records

// The districts that the authority's schools and homes lie in: a code table that
// files fill.

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// AddDistricts makes districts known, by code and name, that were not, and gives
// the codes of all that are.
func (s *Store) AddDistricts(ctx context.Context, v access.Viewer, names map[string]string) (known []string, err error) {
	if !v.Writes(access.Organisation) {
		return nil, ErrForbidden
	}
	codes, labels := make([]string, 0, len(names)), make([]string, 0, len(names))
	for code, name := range names {
		if name = oneLine(name); code != "" && name != "" {
			codes, labels = append(codes, code), append(labels, name)
		}
	}
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* records.Store.AddDistricts */ SELECT add_district(c, l) FROM unnest($1::text[], $2::text[]) r (c, l) ORDER BY c`, codes, labels)
		added, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil {
			return fmt.Errorf("add districts: %w", err)
		}
		if slices.Contains(added, true) {
			if s.tried != nil { // nobody else sees them
				for _, c := range codes {
					s.tried[c] = true
				}
			} else {
				defer s.codes.last.Store(nil) // read them again, however lately that was
			}
			if err := access.Audit(ctx, tx, v, access.Entry{Action: "create", Kind: "district"}); err != nil {
				return err
			}
		}
		rows, _ = tx.Query(ctx, `/* records.Store.AddDistricts */ SELECT code FROM district`)
		if known, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("read the districts: %w", err)
		}
		return nil
	})
	return known, err
}
