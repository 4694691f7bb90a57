package records

import "context"

// writePeriods creates and corrects looked-after periods, and gives those that
// it creates their keys.
func (t *Tx) writePeriods(ctx context.Context, changes []*careChange, source string) error {
	created, corrected := split(changes)
	type columns struct {
		ids, children      []int64
		needs, ends, begin []string
		from, to           []Date
	}
	fill := func(list []*careChange) (c columns) {
		for _, x := range list {
			c.ids, c.children = append(c.ids, x.id), append(c.children, x.file.child)
			c.needs, c.ends, c.begin = append(c.needs, x.period.need), append(c.ends, x.period.end), append(c.begin, x.period.begins)
			c.from, c.to = append(c.from, x.period.from), append(c.to, x.period.to)
		}
		return c
	}
	if c := fill(created); len(created) > 0 {
		// A child has no two periods that begin on one day.
		err := t.stored(ctx, lookedAfterPeriodKind, "create", created, `/* records.Tx.writePeriods */
			WITH r AS (
				SELECT n, child_id, nullif(need, '') need, from_date, to_date, nullif(end_reason, '') end_reason, nullif(begins_with, '') begins_with
				FROM unnest($1::bigint[], $2::text[], $3::date[], $4::date[], $5::text[], $6::text[])
				WITH ORDINALITY r (child_id, need, from_date, to_date, end_reason, begins_with, n)
			), t AS (
				INSERT INTO looked_after_period (child_id, need, from_date, to_date, end_reason, begins_with, recorded_by, source)
				SELECT child_id, need, from_date, to_date, end_reason, begins_with, $7, $8 FROM r ORDER BY n
				RETURNING id, child_id, from_date
			)
			SELECT r.n::int - 1, t.id FROM t JOIN r ON r.child_id = t.child_id AND r.from_date = t.from_date`,
			c.children, c.needs, c.from, c.to, c.ends, c.begin, t.viewer.Account(), source)
		if err != nil {
			return err
		}
	}
	if c := fill(corrected); len(corrected) > 0 {
		return t.stored(ctx, lookedAfterPeriodKind, "correct", corrected, `/* records.Tx.writePeriods */
			UPDATE looked_after_period t SET need = nullif(r.need, ''), from_date = r.from_date, to_date = r.to_date,
				end_reason = nullif(r.end_reason, ''), begins_with = nullif(r.begins_with, ''),
				version = t.version + 1, recorded_at = now(), recorded_by = $7, source = $8
			FROM unnest($1::bigint[], $2::text[], $3::date[], $4::date[], $5::text[], $6::text[])
				WITH ORDINALITY r (id, need, from_date, to_date, end_reason, begins_with, n)
			WHERE t.id = r.id RETURNING r.n::int - 1, t.id`,
			c.ids, c.needs, c.from, c.to, c.ends, c.begin, t.viewer.Account(), source)
	}
	return nil
}

// writeStatuses creates and corrects legal statuses.
func (t *Tx) writeStatuses(ctx context.Context, changes []*careChange, source string) error {
	created, corrected := split(changes)
	type columns struct {
		ids, children, periods []int64
		codes                  []string
		from, to               []Date
	}
	fill := func(list []*careChange) (c columns) {
		for _, x := range list {
			c.ids, c.children, c.periods = append(c.ids, x.id), append(c.children, x.file.child), append(c.periods, x.period.id)
			c.codes, c.from, c.to = append(c.codes, x.status.code), append(c.from, x.status.from), append(c.to, x.status.to)
		}
		return c
	}
	if c := fill(created); len(created) > 0 {
		err := t.stored(ctx, legalStatusKind, "create", created, `/* records.Tx.writeStatuses */
			WITH r AS (
				SELECT n, child_id, period_id, status, from_date, to_date
				FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::date[], $5::date[])
				WITH ORDINALITY r (child_id, period_id, status, from_date, to_date, n)
			), t AS (
				INSERT INTO legal_status (child_id, period_id, status, from_date, to_date, recorded_by, source)
				SELECT child_id, period_id, status, from_date, to_date, $6, $7 FROM r ORDER BY n
				RETURNING id, period_id, from_date
			)
			SELECT r.n::int - 1, t.id FROM t JOIN r ON r.period_id = t.period_id AND r.from_date = t.from_date`,
			c.children, c.periods, c.codes, c.from, c.to, t.viewer.Account(), source)
		if err != nil {
			return err
		}
	}
	if c := fill(corrected); len(corrected) > 0 {
		return t.stored(ctx, legalStatusKind, "correct", corrected, `/* records.Tx.writeStatuses */
			UPDATE legal_status t SET period_id = r.period_id, status = r.status, from_date = r.from_date, to_date = r.to_date,
				version = t.version + 1, recorded_at = now(), recorded_by = $6, source = $7
			FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::date[], $5::date[])
				WITH ORDINALITY r (id, period_id, status, from_date, to_date, n)
			WHERE t.id = r.id RETURNING r.n::int - 1, t.id`,
			c.ids, c.periods, c.codes, c.from, c.to, t.viewer.Account(), source)
	}
	return nil
}

// writePlaces creates and corrects placements, with the district of each
// postcode.
func (t *Tx) writePlaces(ctx context.Context, changes []*careChange, source string) error {
	created, corrected := split(changes)
	type columns struct {
		ids, children, periods                        []int64
		types, providers, postcodes, urns, homes, why []string
		same                                          []bool
		from, to                                      []Date
	}
	fill := func(list []*careChange) (c columns) {
		for _, x := range list {
			p := x.place
			c.ids, c.children, c.periods = append(c.ids, x.id), append(c.children, x.file.child), append(c.periods, x.period.id)
			c.types, c.providers, c.postcodes = append(c.types, p.kind), append(c.providers, p.provider), append(c.postcodes, p.postcode)
			c.urns, c.homes, c.why, c.same = append(c.urns, p.urn), append(c.homes, p.home), append(c.why, p.change), append(c.same, p.sameCarer)
			c.from, c.to = append(c.from, p.from), append(c.to, p.to)
		}
		return c
	}
	if c := fill(created); len(created) > 0 {
		err := t.stored(ctx, placementKind, "create", created, `/* records.Tx.writePlaces */
			WITH r AS (
				SELECT n, child_id, period_id, type, nullif(provider, '') provider, nullif(postcode, '') postcode, nullif(urn, '') urn,
					nullif(home, '') home, nullif(why, '') why, same, from_date, to_date
				FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::date[], $11::date[])
				WITH ORDINALITY r (child_id, period_id, type, provider, postcode, urn, home, why, same, from_date, to_date, n)
			), t AS (
				INSERT INTO placement (child_id, period_id, type, provider, postcode, district, urn, home_postcode, change_reason, same_carer, from_date, to_date, recorded_by, source)
				SELECT child_id, period_id, type, provider, postcode, s.district, urn, home, why, same, from_date, to_date, $12, $13
				FROM r LEFT JOIN postcode_sector s ON s.sector = left(r.postcode, -2) ORDER BY n
				RETURNING id, period_id, from_date
			)
			SELECT r.n::int - 1, t.id FROM t JOIN r ON r.period_id = t.period_id AND r.from_date = t.from_date`,
			c.children, c.periods, c.types, c.providers, c.postcodes, c.urns, c.homes, c.why, c.same, c.from, c.to, t.viewer.Account(), source)
		if err != nil {
			return err
		}
	}
	if c := fill(corrected); len(corrected) > 0 {
		return t.stored(ctx, placementKind, "correct", corrected, `/* records.Tx.writePlaces */
			UPDATE placement t SET period_id = r.period_id, type = r.type, provider = nullif(r.provider, ''), postcode = nullif(r.postcode, ''),
				district = (SELECT s.district FROM postcode_sector s WHERE s.sector = left(r.postcode, -2)), urn = nullif(r.urn, ''),
				home_postcode = nullif(r.home, ''), change_reason = nullif(r.why, ''), same_carer = r.same, from_date = r.from_date, to_date = r.to_date,
				version = t.version + 1, recorded_at = now(), recorded_by = $12, source = $13
			FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::date[], $11::date[])
				WITH ORDINALITY r (id, period_id, type, provider, postcode, urn, home, why, same, from_date, to_date, n)
			WHERE t.id = r.id RETURNING r.n::int - 1, t.id`,
			c.ids, c.periods, c.types, c.providers, c.postcodes, c.urns, c.homes, c.why, c.same, c.from, c.to, t.viewer.Account(), source)
	}
	return nil
}
