package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// readCare reads what stands of the children.
func (t *Tx) readCare(ctx context.Context, files map[int64]*careFile) error {
	children := make([]int64, 0, len(files))
	for c := range files {
		children = append(children, c)
	}
	byID := map[int64]*care{}
	var child, period int64
	var c care
	rows, err := t.tx.Query(ctx, `/* records.Tx.readCare */
		SELECT id, child_id, coalesce(need, ''), coalesce(begins_with, ''), from_date, to_date, coalesce(end_reason, '')
		FROM looked_after_period WHERE child_id = ANY ($1) ORDER BY child_id, from_date`, children)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&c.id, &child, &c.need, &c.begins, &c.from, &c.to, &c.end}, func() error {
			one := c
			byID[c.id] = &one
			files[child].care = append(files[child].care, &one)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the looked-after periods of %d children: %w", len(children), err)
	}
	var s status
	rows, err = t.tx.Query(ctx, `/* records.Tx.readCare */
		SELECT id, period_id, status, from_date, to_date FROM legal_status WHERE child_id = ANY ($1) ORDER BY child_id, from_date`, children)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&s.id, &period, &s.code, &s.from, &s.to}, func() error {
			byID[period].statuses = append(byID[period].statuses, s)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the legal statuses of %d children: %w", len(children), err)
	}
	var p place
	rows, err = t.tx.Query(ctx, `/* records.Tx.readCare */
		SELECT id, period_id, type, coalesce(provider, ''), coalesce(postcode, ''), coalesce(urn, ''), coalesce(home_postcode, ''), coalesce(change_reason, ''), same_carer, from_date, to_date
		FROM placement WHERE child_id = ANY ($1) ORDER BY child_id, from_date`, children)
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&p.id, &period, &p.kind, &p.provider, &p.postcode, &p.urn, &p.home, &p.change, &p.sameCarer, &p.from, &p.to}, func() error {
			byID[period].places = append(byID[period].places, p)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the placements of %d children: %w", len(children), err)
	}
	for _, k := range careKinds() {
		day := "p.from_date"
		for _, name := range []string{"date", "from_date"} {
			if _, ok := k.Field(name); ok {
				day = "t." + name
			}
		}
		v := withinCare{kind: k}
		rows, err = t.tx.Query(ctx, `/* records.Tx.readCare `+k.Name+` */
			SELECT t.id, t.child_id, t.period_id, `+day+` FROM `+k.Table+` t JOIN looked_after_period p ON p.id = t.period_id WHERE t.child_id = ANY ($1) ORDER BY 2, 4`, children)
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&v.id, &child, &v.period, &v.date}, func() error {
				files[child].within = append(files[child].within, v)
				return nil
			})
		}
		if err != nil {
			return fmt.Errorf("read the %s of %d children: %w", k.Plural, len(children), err)
		}
	}
	return nil
}
