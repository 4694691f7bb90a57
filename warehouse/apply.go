package warehouse

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// applier brings folded batches into a build, each in one transaction of
// DuckDB together with the position.
type applier struct {
	b    *build
	open bool // a transaction, which a large batch begins before its end

	// Of the open transaction.
	dictionaries *dictionaries
	widened      map[string]bool // code tables with codes that the facts' ENUMs lack
	staged       map[string]*staged
	sequence     int64
}

// staged is what a large batch has put aside of one table.
type staged struct {
	table   *Table
	name    string
	spilled bool
	wiped   bool
	based   int64
	lo, hi  int32
	bounded bool
}

func newApplier(b *build) *applier { return &applier{b: b} }

// extra are the columns of a staging relation behind the table's own.
var extra = []Column{{Name: "_base", Type: Bool}, {Name: "_live", Type: Bool}, {Name: "_seq", Type: Int64}}

const extraColumns = "_base BOOLEAN, _live BOOLEAN, _seq BIGINT"

func (a *applier) begin() error {
	if a.open {
		return nil
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
		if p == nil || len(p.list) == 0 && !p.wiped {
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
	if err := a.b.raw.exec("COMMIT"); err != nil {
		return nil, fmt.Errorf("commit a batch: %w", err)
	}
	a.open = false
	a.b.at, a.b.dictionaries = p, a.dictionaries
	return changed, nil
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

// stage appends those changes that which picks to the table's staging relation.
func (a *applier) stage(p *pending, which func(*change) bool) error {
	s := a.staged[p.table.Name]
	if s == nil {
		s = &staged{table: p.table, name: "temp.main." + quote("stage_"+p.table.Name), lo: p.lo, hi: p.hi, bounded: p.bounded}
		if err := a.b.raw.exec("CREATE OR REPLACE TEMP TABLE " + p.table.create(s.name, a.dictionaries, extraColumns)); err != nil {
			return err
		}
		a.staged[p.table.Name] = s
	}
	if p.wiped {
		if s.spilled {
			if err := a.b.raw.exec("DELETE FROM " + s.name); err != nil {
				return err
			}
		}
		s.wiped, s.based = true, 0
	}
	s.lo, s.hi, s.bounded = min(s.lo, p.lo), max(s.hi, p.hi), s.bounded && p.bounded
	sink, err := newSink(a.b.raw, "temp", "main", "stage_"+p.table.Name, p.table, extra...)
	if err != nil {
		return err
	}
	n := len(p.table.Columns)
	for i := range p.list {
		c := &p.list[i]
		if !which(c) {
			continue
		}
		if err := c.put(sink, n); err != nil {
			sink.abandon()
			return unreadable(err)
		}
		a.sequence++
		sink.cells[n].flag(sink.row, c.base)
		sink.cells[n+1].flag(sink.row, c.live)
		sink.cells[n+2].word(sink.row, a.sequence)
		if err := sink.next(); err != nil {
			sink.abandon()
			return err
		}
		if c.base {
			s.based++
		}
	}
	return sink.close()
}

// applyTable says whether the table's facts are others now.
func (a *applier) applyTable(t *Table, p *pending) (bool, error) {
	s := a.staged[t.Name]
	if s == nil && (p == nil || len(p.list) == 0 && !p.wiped) {
		return false, nil
	}
	changed := false
	if p != nil && (s != nil || p.based > 0) {
		// Rows that are new and stay are appended as they are, below; unless
		// earlier parts of the same transaction are staged.
		if err := a.stage(p, func(c *change) bool { return s != nil || c.base }); err != nil {
			return false, err
		}
		s = a.staged[t.Name]
	}
	if s != nil && s.wiped || p != nil && p.wiped {
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
		if c := &p.list[i]; c.live && !c.base {
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
		if !c.live || c.base {
			continue
		}
		err := c.put(sink, len(t.Columns))
		if err == nil {
			err = sink.next()
		}
		if err != nil {
			sink.abandon()
			return 0, unreadable(err)
		}
	}
	return count, sink.close()
}

// merge replaces the staged keys' rows where they differ. Every row said to be
// there must be there once: anything else means that facts were lost or
// doubled before, and the build is of no use.
func (a *applier) merge(s *staged) (bool, error) {
	raw, t := a.b.raw, s.table
	from := s.name
	if s.spilled {
		var err error
		if from, err = a.foldStaged(s); err != nil {
			return false, err
		}
		n, err := raw.integers("SELECT count(*) FILTER (_base) FROM " + from)
		if err != nil {
			return false, err
		}
		s.based = n[0]
	}
	equal := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		equal[i] = "t." + quote(c.Name) + " IS NOT DISTINCT FROM s." + quote(c.Name)
	}
	where := ""
	if s.bounded && s.lo <= s.hi {
		where = fmt.Sprintf(" AND t.%s BETWEEN DATE '%s' AND DATE '%s'", quote(t.DateColumn), day(s.lo), day(s.hi))
	}
	if err := raw.exec("/* applier.merge */ CREATE OR REPLACE TEMP TABLE matched AS SELECT t.rowid AS r, s._seq AS q, s._live AND " +
		strings.Join(equal, " AND ") + " AS same FROM facts." + quote(t.Name) + " t JOIN " + from + " s ON " + t.same("t", "s") +
		" WHERE s._base" + where); err != nil {
		return false, err
	}
	n, err := raw.integers("SELECT count(*), count(*) FILTER (NOT same) FROM temp.main.matched")
	if err != nil {
		return false, err
	}
	if n[0] != s.based {
		return false, rebuild("%s: %d rows were changed or deleted, and %d of them are here", t.Name, s.based, n[0])
	}
	if n[1] > 0 {
		if _, err := raw.run("/* applier.merge */ DELETE FROM facts." + quote(t.Name) +
			" WHERE rowid IN (SELECT r FROM temp.main.matched WHERE NOT same)"); err != nil {
			return false, err
		}
	}
	if n[1] == 0 && !s.spilled {
		return false, nil
	}
	added, err := raw.run("/* applier.merge */ INSERT INTO facts." + quote(t.Name) + " SELECT " + t.list("s.") + " FROM " + from +
		" s WHERE s._live AND s._seq NOT IN (SELECT q FROM temp.main.matched WHERE same)")
	return n[1] > 0 || added > 0, err
}

// foldStaged leaves one row for each key of what was staged in parts: the last
// one, which was there before if the first one was.
func (a *applier) foldStaged(s *staged) (string, error) {
	keys := make([]string, len(s.table.Key))
	for i, k := range s.table.Key {
		keys[i] = quote(k)
	}
	key := strings.Join(keys, ", ")
	name := "temp.main." + quote("fold_"+s.table.Name)
	err := a.b.raw.exec("/* applier.foldStaged */ CREATE OR REPLACE TEMP TABLE " + name + " AS SELECT " + s.table.list("") +
		", first_value(_base) OVER (PARTITION BY " + key + " ORDER BY _seq ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS _base" +
		", _live, _seq FROM " + s.name +
		" QUALIFY row_number() OVER (PARTITION BY " + key + " ORDER BY _seq DESC) = 1")
	return name, err
}

// unreadable turns a value that the build cannot take into a reason for
// another: its types are asked of PostgreSQL anew, and its codes read again.
func unreadable(err error) error {
	var cell *cellError
	if errors.As(err, &cell) {
		return rebuild("%v", cell)
	}
	return err
}

func day(n int32) string {
	return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly)
}
