package records

// Districts of postcodes, from the directory of the Office for National
// Statistics, and of the addresses and placements that have them.

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// PostcodeRow is a postcode and the code of its district.
type PostcodeRow struct {
	Line               int64
	Postcode, District string
}

// SchoolDistricts are the districts that the schools lie in, which are the
// authority's.
func (s *Store) SchoolDistricts(ctx context.Context, v access.Viewer) (codes []string, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		if err := t.reads(schoolKind); err != nil {
			return err
		}
		rows, _ := t.tx.Query(ctx, `/* records.Store.SchoolDistricts */ SELECT DISTINCT district FROM school WHERE district IS NOT NULL ORDER BY 1`)
		codes, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return codes, err
}

// PutPostcodes keeps the districts of postcodes, in one transaction, and gives the
// addresses and placements with one of these postcodes its district. These remain
// what they were else, of the import that they came by.
func (s *Store) PutPostcodes(ctx context.Context, v access.Viewer, rows []PostcodeRow) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutPostcodes(ctx, rows)
		return err
	})
	return outcomes, err
}

// PutPostcodes is Store.PutPostcodes in this transaction.
func (t *Tx) PutPostcodes(ctx context.Context, rows []PostcodeRow) ([]RowOutcome, error) {
	for _, k := range []*Kind{schoolKind, addressKind, placementKind} {
		if err := t.writes(k); err != nil {
			return nil, err
		}
	}
	outcomes := make([]RowOutcome, len(rows))
	at := map[string]int{}
	var codes, districts []string
	for i, r := range rows {
		outcomes[i].Line = r.Line
		code, message := tidyUp("postcode", r.Postcode)
		if message != "" || code == "" {
			outcomes[i].Result, outcomes[i].Problem = Rejected, &Problem{"postcode", Format, "is no postcode"}
			continue
		}
		if _, again := at[code]; again {
			outcomes[i].Result = Unchanged
			continue
		}
		at[code], codes, districts = i, append(codes, code), append(districts, r.District)
	}
	found, err := t.tx.Query(ctx, `/* records.Tx.PutPostcodes */ SELECT postcode, became FROM put_postcodes($1, $2)`, codes, districts)
	var code, became string
	if err == nil {
		_, err = pgx.ForEachRow(found, []any{&code, &became}, func() error {
			outcomes[at[code]].Result = map[string]Result{"added": Added, "changed": Changed, "unchanged": Unchanged}[became]
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("keep the districts of %d postcodes: %w", len(codes), err)
	}
	for _, k := range []*Kind{addressKind, placementKind} {
		if err := t.relocate(ctx, k, codes); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// relocate derives the district anew of records that have one of the postcodes.
func (t *Tx) relocate(ctx context.Context, k *Kind, codes []string) error {
	// As when an import is undone, each remains of the import that it came by.
	_, err := t.tx.Exec(ctx, `/* records.Tx.relocate */ SELECT set_config('onevision.undo', 'on', true), set_config('onevision.reason', 'the district of the postcode became known', true)`)
	if err != nil {
		return fmt.Errorf("derive districts: %w", err)
	}
	rows, _ := t.tx.Query(ctx, `/* records.Tx.relocate `+k.Name+` */
		UPDATE `+k.Table+` t SET district = p.district, version = version + 1, recorded_at = now()
		FROM postcode p WHERE t.postcode = p.postcode AND p.postcode = ANY ($1) AND t.district IS DISTINCT FROM p.district
		RETURNING t.id, t.child_id`, codes)
	var acts []act
	var a act
	if _, err := pgx.ForEachRow(rows, []any{&a.id, &a.child}, func() error {
		acts = append(acts, act{a.id, a.child, []string{"district"}})
		return nil
	}); err != nil {
		return fmt.Errorf("derive the districts of %s: %w", k.Plural, err)
	}
	if _, err := t.tx.Exec(ctx, `/* records.Tx.relocate */ SELECT set_config('onevision.undo', '', true), set_config('onevision.reason', '', true)`); err != nil {
		return fmt.Errorf("derive districts: %w", err)
	}
	return t.did(ctx, k, "correct", acts)
}
