// Applying a batch: folded changes become rows of DuckDB in one transaction, together
// with the position up to which they reach.

package warehouse

import (
	"fmt"
	"time"
)

// applier brings folded batches into a build, each in one transaction of
// DuckDB together with the position.
type applier struct {
	b        *build
	open     bool // a transaction, which a large batch begins before its end
	differed map[string]differed

	// Of the open transaction.
	dictionaries *dictionaries
	widened      map[string]bool // code tables with codes that the facts' ENUMs lack
	staged       map[string]*staged
	sequence     int64
}

func newApplier(b *build) *applier { return &applier{b: b, differed: map[string]differed{}} }

func (a *applier) begin() error {
	if a.open {
		return nil
	}
	if err := a.b.folder.room(spareSpace); err != nil {
		return err
	}
	if err := a.b.raw.exec("BEGIN TRANSACTION"); err != nil {
		return fmt.Errorf("begin a batch: %w", err)
	}
	a.open, a.sequence = true, 0
	a.dictionaries, a.widened, a.staged = a.b.dictionaries, map[string]bool{}, map[string]*staged{}
	return nil
}

// rollback forgets the open transaction.
func (a *applier) rollback() {
	if a.open {
		a.b.raw.exec("ROLLBACK") // a failure leaves nothing either
		a.open = false
	}
}

// spill puts a fold aside in the open transaction and empties it, so that a
// transaction larger than memory can be gathered.
func (a *applier) spill(f *fold) error {
	if err := a.begin(); err != nil {
		return err
	}
	if err := a.learn(f.codes); err != nil {
		return err
	}
	for _, t := range a.b.ordered {
		p := f.tables[t.Name]
		if p == nil || len(p.list) == 0 && !p.truncated {
			continue
		}
		if err := a.stage(p, func(*change) bool { return true }); err != nil {
			return err
		}
		a.staged[t.Name].spilled = true
	}
	f.reset()
	return nil
}

// apply brings everything in and commits it with the position. It returns the
// tables whose facts are now others.
func (a *applier) apply(f *fold, p position) (changed []string, err error) {
	if err := a.begin(); err != nil {
		return nil, err
	}
	if err := a.learn(f.codes); err != nil {
		return nil, err
	}
	if err := a.widen(); err != nil {
		return nil, err
	}
	for _, t := range a.b.ordered {
		did, err := a.applyTable(t, f.tables[t.Name])
		if err != nil {
			return nil, fmt.Errorf("apply changes of %s: %w", t.Name, err)
		}
		if did {
			changed = append(changed, t.Name)
		}
	}
	if err := writePosition(a.b.raw, p); err != nil {
		return nil, fmt.Errorf("write the position: %w", err)
	}
	if err := a.commit(); err != nil {
		return nil, err
	}
	a.b.at = p
	return changed, nil
}

func (a *applier) commit() error {
	if err := a.b.raw.exec("COMMIT"); err != nil {
		return fmt.Errorf("commit a batch: %w", err)
	}
	a.open = false
	a.b.dictionaries = a.dictionaries
	return nil
}

// learn adds codes to the dictionaries, and gives what is staged wider types.
// The facts' own columns are widened at the end, before their rows change:
// DuckDB cannot alter a table twice in the transaction that changes its rows.
func (a *applier) learn(codes []newCode) error {
	fresh := map[string]bool{}
	for _, c := range codes {
		if a.dictionaries.known[c.table][c.code] {
			continue
		}
		if a.dictionaries == a.b.dictionaries {
			a.dictionaries = a.b.dictionaries.clone()
		}
		a.dictionaries.add(c.table, c.code)
		fresh[c.table], a.widened[c.table] = true, true
	}
	if len(fresh) == 0 {
		return nil
	}
	for _, s := range a.staged {
		if err := a.retype(s.table, s.name, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) widen() error {
	if len(a.widened) == 0 {
		return nil
	}
	for _, t := range a.b.ordered {
		if err := a.retype(t, "facts."+quote(t.Name), a.widened); err != nil {
			return err
		}
	}
	return nil
}

// retype gives the columns of some code tables their types of now.
func (a *applier) retype(t *Table, relation string, codes map[string]bool) error {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Type != Code || !codes[c.Codes] {
			continue
		}
		if err := a.b.raw.exec("ALTER TABLE " + relation + " ALTER COLUMN " + quote(c.Name) + " TYPE " + c.sqlType(a.dictionaries)); err != nil {
			return fmt.Errorf("widen %s.%s: %w", t.Name, c.Name, err)
		}
	}
	return nil
}

// applyTable says whether the table's facts are others now.
func (a *applier) applyTable(t *Table, p *pending) (bool, error) {
	s := a.staged[t.Name]
	if s == nil && (p == nil || len(p.list) == 0 && !p.truncated) {
		return false, nil
	}
	changed := false
	if p != nil && (s != nil || p.replaced > 0) {
		// Rows that are new and stay are appended as they are, below; unless
		// earlier parts of the same transaction are staged.
		if err := a.stage(p, func(c *change) bool { return s != nil || c.stored }); err != nil {
			return false, err
		}
		s = a.staged[t.Name]
	}
	if s != nil && s.truncated || p != nil && p.truncated {
		n, err := a.b.raw.run("/* applier.applyTable */ DELETE FROM facts." + quote(t.Name))
		if err != nil {
			return false, err
		}
		changed = n > 0
	}
	if s != nil {
		did, err := a.merge(s)
		if err != nil {
			return false, err
		}
		changed = changed || did
	}
	if s == nil || !s.spilled {
		n, err := a.append(t, p)
		if err != nil {
			return false, err
		}
		changed = changed || n > 0
	}
	return changed, nil
}

// append adds the rows that are new.
func (a *applier) append(t *Table, p *pending) (int, error) {
	count := 0
	for i := range p.list {
		if c := &p.list[i]; c.live && !c.stored {
			count++
		}
	}
	if count == 0 {
		return 0, nil
	}
	sink, err := newSink(a.b.raw, "", "facts", t.Name, t)
	if err != nil {
		return 0, err
	}
	for i := range p.list {
		c := &p.list[i]
		if !c.live || c.stored {
			continue
		}
		err := c.put(sink, len(t.Columns))
		if err == nil {
			err = sink.next()
		}
		if err != nil {
			sink.abandon()
			return 0, c.refused(t, err)
		}
	}
	return count, sink.close()
}

func day(n int32) string {
	return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly)
}
