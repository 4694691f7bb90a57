// Folding a batch of transactions to one change for each key, so that DuckDB sees each
// row once.

package warehouse

import (
	"encoding/binary"
	"math"
)

// fold is what a batch of transactions does, one row for each key.
type fold struct {
	tables map[string]*pending
	codes  []newCode
	bytes  int
	rows   int
	key    []byte
}

type newCode struct{ table, code string }

// pending is what the batch does to one table.
type pending struct {
	table     *Table
	keys      []int // places of the key columns
	date      int   // place of the date in the key, -1 if there is none
	at        map[string]int
	list      []change
	truncated bool // all that was there before is gone
	replaced  int  // of its changes, those to rows that the warehouse has
	lo, hi    int32
	bounded   bool // lo and hi hold for all replaced changes
}

func newFold() *fold { return &fold{tables: map[string]*pending{}} }

// reset forgets everything and keeps the memory that small batches need.
func (f *fold) reset() {
	for name, p := range f.tables {
		if len(p.list) > 1<<14 {
			delete(f.tables, name)
			continue
		}
		clear(p.at)
		clear(p.list)
		p.list = p.list[:0]
		p.begin()
		p.truncated = false
	}
	f.codes, f.bytes, f.rows = nil, 0, 0
}

func (f *fold) empty() bool {
	if f.rows > 0 {
		return false
	}
	for _, p := range f.tables {
		if p.truncated {
			return false
		}
	}
	return true
}

func (p *pending) begin() {
	p.replaced, p.lo, p.hi, p.bounded = 0, math.MaxInt32, math.MinInt32, p.date >= 0
}

func (f *fold) of(t *Table) *pending {
	p := f.tables[t.Name]
	if p == nil {
		p = &pending{table: t, date: -1, at: map[string]int{}}
		for _, k := range t.Key {
			p.keys = append(p.keys, t.column(k))
		}
		if t.dateInKey() {
			p.date = t.column(t.DateColumn)
		}
		p.begin()
		f.tables[t.Name] = p
	}
	return p
}

// keyOf is the row's key as one string; it is valid until the next call.
func (f *fold) keyOf(p *pending, t *tuple) ([]byte, error) {
	f.key = f.key[:0]
	for _, k := range p.keys {
		if t.state[k] != 'b' {
			return nil, rebuild("%s: a change without its key", p.table.Name)
		}
		f.key = binary.BigEndian.AppendUint32(f.key, uint32(len(t.value[k])))
		f.key = append(f.key, t.value[k]...)
	}
	return f.key, nil
}

func (f *fold) insert(t *Table, row *tuple) error {
	p := f.of(t)
	key, err := f.keyOf(p, row)
	if err != nil {
		return err
	}
	f.noteCode(t, row)
	encoded := encode(row)
	if i, ok := p.at[string(key)]; ok {
		c := &p.list[i]
		if c.live {
			return rebuild("%s: a row was added that was there", t.Name)
		}
		c.row, c.live = encoded, true
		f.bytes += len(encoded)
		return nil
	}
	f.add(p, string(key), change{row: encoded, live: true})
	return nil
}

// update takes the row's key before, if it was sent: then the key, or another
// part of the replica identity, has changed.
func (f *fold) update(t *Table, old, row *tuple) error {
	p := f.of(t)
	before := row
	if old != nil {
		before = old
	}
	if _, err := f.keyOf(p, before); err != nil {
		return err
	}
	key := string(f.key)
	i, known := p.at[key]
	if known && !p.list[i].live {
		return rebuild("%s: a row was changed that was deleted", t.Name)
	}
	// A value that has not changed is left out only where PostgreSQL keeps it out of
	// the row (TOAST), which needs a row of more than 2 kB: facts are far shorter. If
	// one comes all the same, the table is loaded again.
	for column, state := range row.state {
		if state != 'u' {
			continue
		}
		if !known {
			return invalid(t, "%s came without its value", t.Columns[column].Name)
		}
		row.value[column], row.state[column] = field(p.list[i].row, column)
	}
	if old != nil {
		after, err := f.keyOf(p, row)
		if err != nil {
			return err
		}
		if string(after) != key {
			if err := f.remove(t, old); err != nil {
				return err
			}
			return f.insert(t, row)
		}
	}
	f.noteCode(t, row)
	encoded := encode(row)
	if known {
		p.list[i].row = encoded
		f.bytes += len(encoded)
		return nil
	}
	f.bound(p, row)
	f.add(p, key, change{row: encoded, stored: true, live: true})
	return nil
}

func (f *fold) remove(t *Table, old *tuple) error {
	p := f.of(t)
	key, err := f.keyOf(p, old)
	if err != nil {
		return err
	}
	if i, ok := p.at[string(key)]; ok {
		c := &p.list[i]
		if !c.live {
			return rebuild("%s: a row was deleted twice", t.Name)
		}
		c.live = false
		return nil
	}
	f.bound(p, old)
	for i := range old.state {
		if old.state[i] != 'b' {
			old.state[i] = 'n'
		}
	}
	f.add(p, string(key), change{row: encode(old), stored: true})
	return nil
}

func (f *fold) wipe(t *Table) {
	p := f.of(t)
	clear(p.at)
	f.rows -= len(p.list)
	p.list = p.list[:0]
	p.begin()
	p.truncated = true
}

func (f *fold) add(p *pending, key string, c change) {
	p.at[key] = len(p.list)
	p.list = append(p.list, c)
	if c.stored {
		p.replaced++
	}
	f.rows++
	f.bytes += len(c.row) + len(key) + 96
}

// bound widens the span of dates in which rows must be looked for.
func (f *fold) bound(p *pending, row *tuple) {
	if p.date < 0 {
		return
	}
	v := row.value[p.date]
	if len(v) != 4 {
		p.bounded = false
		return
	}
	day := int32(binary.BigEndian.Uint32(v)) + 10957
	if day > 2932896 || day < -719162 { // beyond the years 1 to 9999, and infinity
		p.bounded = false
		return
	}
	p.lo, p.hi = min(p.lo, day), max(p.hi, day)
}

// noteCode remembers that a code table may have a code more.
func (f *fold) noteCode(t *Table, row *tuple) {
	if !t.Codes {
		return
	}
	if i := t.column(codeColumn); row.state[i] == 'b' {
		f.codes = append(f.codes, newCode{t.Name, string(row.value[i])})
	}
}
