package records

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
)

// What the episodes of a return shall leave on record, merged: looked-after
// periods first, since the others belong to them.

// writeCare stores what the files' children shall have, and notes what that
// took. It runs under the children's locks, so what was read still stands.
func (t *Tx) writeCare(ctx context.Context, files []*careFile, source string) error {
	gone := map[*Kind][]*careRecord{}
	var periods, statuses, places []*careRecord
	moved := map[*Kind][]*careRecord{}
	for _, f := range files {
		was, then := f.parts(f.care), f.parts(f.then)
		for _, k := range []*Kind{legalStatusKind, placementKind, lookedAfterPeriodKind} {
			gone[k] = append(gone[k], pair(was[k], then[k])...)
		}
		periods, statuses, places = append(periods, then[lookedAfterPeriodKind]...), append(statuses, then[legalStatusKind]...), append(places, then[placementKind]...)
	}
	if err := t.mergeCare(ctx, lookedAfterPeriodKind, periods, source); err != nil {
		return err
	}
	if err := t.mergeCare(ctx, legalStatusKind, statuses, source); err != nil {
		return err
	}
	if err := t.mergeCare(ctx, placementKind, places, source); err != nil {
		return err
	}
	for _, f := range files {
		for _, r := range f.within {
			if p := f.periodThen(r); p != nil && p.id != r.period {
				moved[r.kind] = append(moved[r.kind], &careRecord{file: f, id: &r.id, period: p})
			}
		}
	}
	for _, k := range careKinds() {
		if err := t.mergeCare(ctx, k, moved[k], source); err != nil {
			return err
		}
	}
	for _, k := range []*Kind{legalStatusKind, placementKind, lookedAfterPeriodKind} {
		acts := make([]act, len(gone[k]))
		for i, r := range gone[k] {
			acts[i] = act{id: *r.id, child: r.file.child}
			r.file.count(k).Deleted++
		}
		if err := t.remove(ctx, k, acts); err != nil {
			return err
		}
	}
	return nil
}

// careRecord is a period, a legal status, a placement or what belongs to a period of a child.
type careRecord struct {
	file     *careFile
	id       *int64 // 0: not on record
	from, to Date
	period   *care
	status   *status
	place    *place
}

// parts are the records that a child's periods consist of.
func (f *careFile) parts(list []*care) map[*Kind][]*careRecord {
	all := map[*Kind][]*careRecord{}
	for _, p := range list {
		all[lookedAfterPeriodKind] = append(all[lookedAfterPeriodKind], &careRecord{file: f, id: &p.id, from: p.from, to: p.to, period: p})
		for i := range p.statuses {
			s := &p.statuses[i]
			all[legalStatusKind] = append(all[legalStatusKind], &careRecord{file: f, id: &s.id, from: s.from, to: s.to, period: p, status: s})
		}
		for i := range p.places {
			s := &p.places[i]
			all[placementKind] = append(all[placementKind], &careRecord{file: f, id: &s.id, from: s.from, to: s.to, period: p, place: s})
		}
	}
	return all
}

// pair gives each record that shall stand the key of the one that it goes on
// from: of one that begins on the same day, else of one that ends on the same
// day, else of one that overlaps. It gives back those that none goes on from.
func pair(was, then []*careRecord) (left []*careRecord) {
	taken := map[*careRecord]bool{}
	for _, n := range then { // that has its key already
		for _, o := range was {
			if *n.id != 0 && *n.id == *o.id {
				taken[o] = true
			}
		}
	}
	for _, fits := range []func(a, b *careRecord) bool{
		func(a, b *careRecord) bool { return a.from == b.from },
		func(a, b *careRecord) bool { return a.to == b.to },
		func(a, b *careRecord) bool {
			return (b.to.IsZero() || a.from.Before(b.to)) && (a.to.IsZero() || b.from.Before(a.to))
		},
	} {
		for _, n := range then {
			if *n.id != 0 {
				continue
			}
			for _, o := range was {
				if !taken[o] && fits(o, n) {
					taken[o], *n.id = true, *o.id
					break
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(was), func(o *careRecord) bool { return taken[o] })
}

// count is what became of the child's records of a kind.
func (f *careFile) count(k *Kind) *Wrote {
	if f.wrote[k.Name] == nil {
		f.wrote[k.Name] = &Wrote{Kind: k.Name}
	}
	return f.wrote[k.Name]
}

// mergeCare merges records of one kind, and gives new ones their keys.
func (t *Tx) mergeCare(ctx context.Context, k *Kind, list []*careRecord, source string) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b *careRecord) int { return cmp.Compare(a.file.child, b.file.child) })
	rows := make([]MergeRow, len(list))
	for i, r := range list {
		rows[i] = r.row(k, source)
	}
	merged, err := t.mergeWith(ctx, k, nil, rows, mergeOptions{checked: true, ordered: true, consequence: k != lookedAfterPeriodKind && k != legalStatusKind && k != placementKind})
	if err != nil {
		return err
	}
	for i, m := range merged {
		r := list[i]
		switch m.Result {
		case Added:
			r.file.count(k).Created++
		case Changed:
			r.file.count(k).Corrected++
		case Unchanged, KeptBack:
		default:
			return fmt.Errorf("merge the %s of child %d: a record was %s: %v", k.Plural, r.file.child, m.Result, m.Problem)
		}
		r.file.kept = append(r.file.kept, m.Kept...)
		if *r.id = rows[i].Record.Head().key; *r.id == 0 {
			return fmt.Errorf("merge the %s of child %d: a record was %s that others belong to", k.Plural, r.file.child, m.Result)
		}
	}
	return nil
}

// row is the record as the file states it.
func (r *careRecord) row(k *Kind, source string) (row MergeRow) {
	period := strconv.FormatInt(r.period.id, 10)
	switch k {
	case lookedAfterPeriodKind:
		p := r.period
		row.Record = &LookedAfterPeriod{Child: r.file.public, Need: p.need, FromDate: p.from, ToDate: p.to, EndReason: p.end, BeginsWith: p.begins}
	case legalStatusKind:
		row.Record = &LegalStatus{Child: r.file.public, Period: period, Status: r.status.code, FromDate: r.from, ToDate: r.to}
	case placementKind:
		s := r.place
		row.Record = &Placement{Child: r.file.public, Period: period, Type: s.kind, Provider: s.provider, Postcode: s.postcode, URN: s.urn, Home: s.home,
			FromDate: r.from, ToDate: r.to, SameCarer: s.sameCarer, Change: s.change}
	default: // what belongs to a period, and moves to another
		row.Record, row.States = k.New(), []string{"period"}
		for field, id := range map[string]string{"child": r.file.public, "period": period} {
			f, _ := k.Field(field)
			f.in(row.Record).SetString(id)
		}
	}
	h := row.Record.Head()
	h.Source, h.child = source, r.file.child
	if *r.id != 0 {
		h.ID, h.key = strconv.FormatInt(*r.id, 10), *r.id
	}
	return row
}
