package warehouse

import (
	"fmt"
	"strings"
)

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

// extra are the columns of a staging relation behind the table's own.
var extra = []Column{{Name: "_base", Type: Bool}, {Name: "_live", Type: Bool}, {Name: "_seq", Type: Int64}}

const extraColumns = "_base BOOLEAN, _live BOOLEAN, _seq BIGINT"

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
			return c.refused(p.table, err)
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
