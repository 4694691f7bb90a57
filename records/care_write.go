package records

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// careChanges are the changes that make what stands of some children what
// shall stand.
type careChanges struct {
	periods  []*careChange
	statuses []*careChange
	places   []*careChange
	reviews  []*careChange
	gone     map[*Kind][]*careChange
}

// careChange is one record that is created (id 0), corrected or deleted.
type careChange struct {
	file   *careFile
	id     int64
	period *care
	status status
	place  place
	fields []string
}

// writeCare stores what the files' children shall have, and notes what that
// took. It runs under the children's locks, so what was read still stands.
func (t *Tx) writeCare(ctx context.Context, files []*careFile, source string) error {
	changes := careChanges{gone: map[*Kind][]*careChange{}}
	for _, f := range files {
		f.changes(&changes)
	}
	if err := access.SetReason(ctx, t.tx, ""); err != nil {
		return err
	}
	if err := t.writePeriods(ctx, changes.periods, source); err != nil {
		return err
	}
	if err := t.writeStatuses(ctx, changes.statuses, source); err != nil {
		return err
	}
	if err := t.writePlaces(ctx, changes.places, source); err != nil {
		return err
	}
	if err := t.moveReviews(ctx, changes.reviews); err != nil {
		return err
	}
	for _, k := range []*Kind{legalStatusKind, placementKind, lookedAfterPeriodKind} {
		if err := t.deleteCare(ctx, k, changes.gone[k]); err != nil {
			return err
		}
	}
	return nil
}

// changes compares what stands with what shall stand, and gives each record
// that goes on its key. A record that begins on the same day is the same; else
// one that ends on the same day; else one that overlaps.
func (f *careFile) changes(c *careChanges) {
	left := pair(f.care, f.then, func(x *care) (Date, Date, *int64) { return x.from, x.to, &x.id })
	for _, old := range left {
		c.gone[lookedAfterPeriodKind] = append(c.gone[lookedAfterPeriodKind], &careChange{file: f, id: old.id, period: old})
	}
	for _, r := range f.reviews {
		// A period that is new has the key 0 until it is written.
		if p := periodOn(f.then, r.date); p != nil && p.id != r.period {
			c.reviews = append(c.reviews, &careChange{file: f, id: r.id, period: p, fields: []string{"period"}})
		}
	}
	stood := map[int64]*care{}
	var oldStatuses, statuses []*careChange
	var oldPlaces, places []*careChange
	for _, p := range f.care {
		stood[p.id] = p
		for _, s := range p.statuses {
			oldStatuses = append(oldStatuses, &careChange{file: f, id: s.id, period: p, status: s})
		}
		for _, s := range p.places {
			oldPlaces = append(oldPlaces, &careChange{file: f, id: s.id, period: p, place: s})
		}
	}
	for _, p := range f.then {
		if old := stood[p.id]; old == nil {
			c.periods = append(c.periods, &careChange{file: f, period: p, fields: []string{"need", "from_date", "to_date", "end_reason", "begins_with"}})
		} else if fields := unequal("need", old.need == p.need, "from_date", old.from == p.from, "to_date", old.to == p.to, "end_reason", old.end == p.end, "begins_with", old.begins == p.begins); len(fields) > 0 {
			c.periods = append(c.periods, &careChange{file: f, id: p.id, period: p, fields: fields})
		}
		for _, s := range p.statuses {
			statuses = append(statuses, &careChange{file: f, period: p, status: s})
		}
		for _, s := range p.places {
			places = append(places, &careChange{file: f, period: p, place: s})
		}
	}
	c.gone[legalStatusKind] = append(c.gone[legalStatusKind], pair(oldStatuses, statuses, func(x *careChange) (Date, Date, *int64) { return x.status.from, x.status.to, &x.id })...)
	c.gone[placementKind] = append(c.gone[placementKind], pair(oldPlaces, places, func(x *careChange) (Date, Date, *int64) { return x.place.from, x.place.to, &x.id })...)
	was := map[int64]*careChange{}
	for _, o := range oldStatuses {
		was[o.id] = o
	}
	for _, s := range statuses {
		s.fields = []string{"period", "status", "from_date", "to_date"}
		if o := was[s.id]; o != nil {
			s.fields = unequal("period", o.period.id == s.period.id, "status", o.status.code == s.status.code, "from_date", o.status.from == s.status.from, "to_date", o.status.to == s.status.to)
		}
		if len(s.fields) > 0 {
			c.statuses = append(c.statuses, s)
		}
	}
	was = map[int64]*careChange{}
	for _, o := range oldPlaces {
		was[o.id] = o
	}
	for _, s := range places {
		s.fields = []string{"period", "type", "provider", "postcode", "urn", "home_postcode", "change_reason", "same_carer", "from_date", "to_date"}
		if o := was[s.id]; o != nil {
			a, b := o.place, s.place
			s.fields = unequal("period", o.period.id == s.period.id, "type", a.kind == b.kind, "provider", a.provider == b.provider, "postcode", a.postcode == b.postcode, "urn", a.urn == b.urn,
				"home_postcode", a.home == b.home, "change_reason", a.change == b.change, "same_carer", a.sameCarer == b.sameCarer, "from_date", a.from == b.from, "to_date", a.to == b.to)
		}
		if len(s.fields) > 0 {
			c.places = append(c.places, s)
		}
	}
}

// unequal names the fields, given in pairs with whether they are equal, that
// are not.
func unequal(pairs ...any) (names []string) {
	for i := 0; i < len(pairs); i += 2 {
		if !pairs[i+1].(bool) {
			names = append(names, pairs[i].(string))
		}
	}
	return names
}

// pair gives each new record the key of the old one that it continues, and
// gives back the old ones that none continues.
func pair[T any](old, then []*T, days func(*T) (from, to Date, id *int64)) (left []*T) {
	taken := map[*T]bool{}
	for _, fits := range []func(af, at, bf, bt Date) bool{
		func(af, _, bf, _ Date) bool { return af == bf },
		func(_, at, _, bt Date) bool { return at == bt },
		func(af, at, bf, bt Date) bool {
			return (bt.IsZero() || af.Before(bt)) && (at.IsZero() || bf.Before(at))
		},
	} {
		for _, n := range then {
			nf, nt, id := days(n)
			if *id != 0 {
				continue
			}
			for _, o := range old {
				of, ot, key := days(o)
				if !taken[o] && fits(of, ot, nf, nt) {
					taken[o], *id = true, *key
					break
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(old), func(o *T) bool { return taken[o] })
}

// note counts a change and makes its line of the audit.
func (c *careChange) note(k *Kind, action string, id int64) access.Entry {
	w := c.file.wrote[k.Name]
	if w == nil {
		w = &Wrote{Kind: k.Name}
		c.file.wrote[k.Name] = w
	}
	switch action {
	case "create":
		w.Created++
	case "correct":
		w.Corrected++
	case "delete":
		w.Deleted++
	}
	return access.Entry{Action: action, Kind: k.Name, Record: id, Child: c.file.child, Fields: c.fields}
}

// split divides changes into those that create and those that correct.
func split(changes []*careChange) (created, corrected []*careChange) {
	for _, c := range changes {
		if c.id == 0 {
			created = append(created, c)
		} else {
			corrected = append(corrected, c)
		}
	}
	// One order for everybody, so that two imports do not lock each other out.
	slices.SortFunc(corrected, func(a, b *careChange) int { return cmp.Compare(a.id, b.id) })
	return created, corrected
}

// stored runs a statement that gives the number of a change and the key of its
// record, and audits what it did.
func (t *Tx) stored(ctx context.Context, k *Kind, action string, changes []*careChange, sql string, args ...any) error {
	rows, err := t.tx.Query(ctx, sql, args...)
	entries := make([]access.Entry, 0, len(changes))
	if err == nil {
		var n int
		var id int64
		_, err = pgx.ForEachRow(rows, []any{&n, &id}, func() error {
			c := changes[n]
			if c.id == 0 && k == lookedAfterPeriodKind {
				c.period.id = id
			}
			entries = append(entries, c.note(k, action, id))
			return nil
		})
	}
	if err == nil && len(entries) != len(changes) {
		err = fmt.Errorf("%d of %d records came back", len(entries), len(changes))
	}
	if err != nil {
		return wrap(k.refusal(err), action+" "+k.Plural)
	}
	return access.Audit(ctx, t.tx, t.viewer, entries...)
}

// deleteCare deletes records that shall not stand.
func (t *Tx) deleteCare(ctx context.Context, k *Kind, gone []*careChange) error {
	if len(gone) == 0 {
		return nil
	}
	slices.SortFunc(gone, func(a, b *careChange) int { return cmp.Compare(a.id, b.id) })
	ids := make([]int64, len(gone))
	for i, c := range gone {
		ids[i] = c.id
	}
	return t.stored(ctx, k, "delete", gone, `/* records.Tx.deleteCare */
		WITH r AS (SELECT id, n FROM unnest($1::bigint[]) WITH ORDINALITY r (id, n))
		DELETE FROM `+k.Table+` t USING r WHERE t.id = r.id RETURNING r.n::int - 1, t.id`, ids)
}

// moveReviews hands reviews to the periods in which they now lie.
func (t *Tx) moveReviews(ctx context.Context, moved []*careChange) error {
	if len(moved) == 0 {
		return nil
	}
	ids, periods := make([]int64, len(moved)), make([]int64, len(moved))
	for i, c := range moved {
		ids[i], periods[i] = c.id, c.period.id
	}
	return t.stored(ctx, lookedAfterReviewKind, "correct", moved, `/* records.Tx.moveReviews */
		UPDATE looked_after_review t SET period_id = r.period_id, version = t.version + 1, recorded_at = now(), recorded_by = $3
		FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY r (id, period_id, n)
		WHERE t.id = r.id RETURNING r.n::int - 1, t.id`, ids, periods, t.viewer.Account())
}
