package records

// Names and homes of pupils: what a file says now, where the record has from when
// to when.

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// since is the day from which what a file says now holds, where it does not say.
func (t *Tx) since() Date {
	if day := t.batch.CoversTo; !day.IsZero() && day.Before(t.store.today()) {
		return day
	}
	return t.store.today()
}

// spell is a name or an address that stands, beside what a row says instead.
type spell struct {
	record Record
	same   bool // it says what the row says
}

// putNames stores the legal names. One that is only written otherwise (capitals,
// accents) is the same; another ends the one that stood.
func (t *Tx) putNames(ctx context.Context, pupils []*aPupil) error {
	stand := map[int64]spell{}
	if err := t.current(ctx, childNameKind, "type = 'legal'", pupils, func(child int64, rec Record) { stand[child] = spell{record: rec} }); err != nil {
		return err
	}
	if err := t.foldSame(ctx, pupils, stand); err != nil {
		return err
	}
	return t.putSpells(ctx, childNameKind, pupils, stand, func(p *aPupil, from Date) Record {
		return &ChildName{Child: p.child.ID, Type: "legal", Forename: p.Forename, MiddleNames: p.MiddleNames, Surname: p.Surname, FromDate: from}
	}, func(p *aPupil) Date { return cmp.Or(p.Born, t.since()) }) // of an unborn child, from now
}

// foldSame marks the names that say the same but for capitals and accents.
func (t *Tx) foldSame(ctx context.Context, pupils []*aPupil, stand map[int64]spell) error {
	var children []int64
	var surnames, forenames []string
	for child, s := range stand {
		n := s.record.(*ChildName)
		children, surnames, forenames = append(children, child), append(surnames, n.Surname), append(forenames, n.Forename)
	}
	rows, _ := t.tx.Query(ctx, `/* records.Tx.foldSame */ SELECT id, fold_name(s), fold_name(f) FROM unnest($1::bigint[], $2::text[], $3::text[]) r (id, s, f)`, children, surnames, forenames)
	folded := map[int64][2]string{}
	var child int64
	var surname, forename string
	if _, err := pgx.ForEachRow(rows, []any{&child, &surname, &forename}, func() error { folded[child] = [2]string{surname, forename}; return nil }); err != nil {
		return fmt.Errorf("compare names: %w", err)
	}
	for _, p := range pupils {
		if s, ok := stand[p.child.key]; ok && folded[p.child.key] == [2]string{p.surname, p.forename} {
			s.same = true
			stand[p.child.key] = s
		}
	}
	return nil
}

// putHomes stores the home addresses that the file gives.
func (t *Tx) putHomes(ctx context.Context, pupils []*aPupil) error {
	var homes []*aPupil
	for _, p := range pupils {
		if p.Address == "" && p.Postcode != "" {
			p.Address = "Address not given"
		}
		if p.Address != "" {
			homes = append(homes, p)
		}
	}
	stand := map[int64]spell{}
	if err := t.current(ctx, addressKind, "type = 'home'", homes, func(child int64, rec Record) { stand[child] = spell{record: rec} }); err != nil {
		return err
	}
	for _, p := range homes {
		if s, ok := stand[p.child.key]; ok {
			a := s.record.(*Address)
			s.same = a.Lines == p.Address && a.Postcode == p.Postcode
			stand[p.child.key] = s
		}
	}
	return t.putSpells(ctx, addressKind, homes, stand, func(p *aPupil, from Date) Record {
		return &Address{Child: p.child.ID, Type: "home", Lines: p.Address, Postcode: p.Postcode, FromDate: from}
	}, func(p *aPupil) Date { return p.Entry })
}

// current reads the records of a kind that hold and have no end.
func (t *Tx) current(ctx context.Context, k *Kind, where string, pupils []*aPupil, each func(child int64, rec Record)) error {
	children := make([]int64, len(pupils))
	for i, p := range pupils {
		children[i] = p.child.key
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.current `+k.Name+` */ SELECT `+k.columns()+` FROM `+k.from(k.Table)+` WHERE t.child_id = ANY ($1) AND t.to_date IS NULL AND t.`+where+` ORDER BY t.from_date, t.id`, children)
	if err != nil {
		return fmt.Errorf("read the %s of %d children: %w", k.Plural, len(children), err)
	}
	defer rows.Close()
	for rows.Next() {
		rec := k.New()
		if err := rows.Scan(k.targets(rec)...); err != nil {
			return fmt.Errorf("read the %s of %d children: %w", k.Plural, len(children), err)
		}
		each(rec.Head().child, rec)
	}
	return rows.Err()
}

// putSpells stores what rows say now of what holds from a day to a day: the first
// that is known holds from the day that begin gives, another from now, which ends
// the one that stood. What a person recorded stays, and so does a better source's.
func (t *Tx) putSpells(ctx context.Context, k *Kind, pupils []*aPupil, stand map[int64]spell, state func(*aPupil, Date) Record, begin func(*aPupil) Date) error {
	record := func(p *aPupil, id string, from Date) Record {
		rec := state(p, from)
		h := rec.Head()
		h.ID, h.child, h.Source = id, p.child.key, oneLine(t.batch.Source)
		return rec
	}
	var batches []int64
	for _, s := range stand {
		batches = append(batches, s.record.Head().Batch)
	}
	known, err := t.batches(ctx, batches)
	if err != nil {
		return err
	}
	var ended, begun []MergeRow
	var who []*aPupil
	done := map[int64]bool{}
	for _, p := range pupils {
		s, ok := stand[p.child.key]
		if s.same || done[p.child.key] {
			continue
		}
		done[p.child.key] = true
		from := begin(p)
		if ok {
			h := s.record.Head()
			if by := known[h.Batch].Source; h.Batch == 0 && h.RecordedBy != 0 || by != "" && by != t.batch.Source && rank(k.Name, "surname", by) < rank(k.Name, "surname", t.batch.Source) {
				name := "address"
				if k == childNameKind {
					name = "surname"
				}
				p.out.Kept = append(p.out.Kept, Kept{name, stays("recorded on " + h.RecordedAt.Format("2 January 2006") + " by a person or a better source")})
				continue
			}
			from = t.since()
			if began := k.date(s.record, "from_date"); !began.Before(from) { // of today: it is corrected
				begun, who = append(begun, MergeRow{Record: record(p, h.ID, began)}), append(who, p)
				continue
			}
			end := record(p, h.ID, from)
			k.setDate(end, "to_date", from)
			ended = append(ended, MergeRow{Record: end, States: []string{"to_date"}})
		}
		begun, who = append(begun, MergeRow{Record: record(p, "", from)}), append(who, p)
	}
	if len(ended) > 0 {
		if _, err := t.mergeWith(ctx, k, nil, ended, mergeOptions{}); err != nil {
			return err
		}
	}
	merged, err := t.mergeWith(ctx, k, nil, begun, mergeOptions{})
	if err != nil {
		return err
	}
	for i, m := range merged {
		who[i].told(k, m)
	}
	return nil
}
