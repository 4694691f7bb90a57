// The stream's messages, one by one: which transaction they belong to and whether it
// was applied before.

package warehouse

import "time"

// handle takes one message of the stream.
func (s *stream) handle(m []byte) error {
	if len(m) == 0 {
		return errMessage
	}
	in := wire{b: m[1:]}
	switch m[0] {
	case 'k':
		end := in.uint64()
		in.uint64() // the server's clock: heartbeats say what it stands for
		ask := in.byte() == 1
		if in.bad {
			return errMessage
		}
		return s.keepalive(end, ask)
	case 'w':
		in.uint64() // position of this change
		in.uint64() // the same again
		sent := int64(in.uint64())
		if in.bad || len(in.b) == 0 {
			return errMessage
		}
		return s.change(m, in, sent)
	}
	return errMessage
}

// keepalive says that everything up to end has been sent.
func (s *stream) keepalive(end uint64, ask bool) error {
	if s.open == nil {
		if s.expect && end > s.b.at.last.end {
			return rebuild("the transaction applied last is not in the record store's log: an earlier copy was put back")
		}
		s.received, s.passed = max(s.received, end), max(s.passed, end)
		s.behind = false // or there would have been something else to send
		if err := s.noteProgress(); err != nil {
			return err
		}
	}
	if ask {
		return s.feed.acknowledge(s.received, s.durable, false)
	}
	return nil
}

func (s *stream) change(m []byte, in wire, sent int64) error {
	switch kind := in.byte(); kind {
	case 'B':
		return s.begin(m, in)
	case 'C':
		return s.commit(in, sent)
	case 'R':
		id, r, err := in.relation()
		if err != nil {
			return err
		}
		s.relations[id] = r
		return s.invalidateIfTable(r.resolve(s.b.tables))
	case 'I', 'U', 'D':
		return s.rowChange(kind, in)
	case 'T':
		return s.truncate(in)
	case 'Y', 'O', 'M': // a type, an origin, a message: nothing of ours
		return nil
	}
	return errMessage
}

// begin decides whether the transaction was applied before.
func (s *stream) begin(m []byte, in wire) error {
	t := &transaction{}
	t.commit, t.at, t.xid = in.uint64(), int64(in.uint64()), in.uint32()
	if in.bad || s.open != nil {
		return errMessage
	}
	last := &s.b.at.last
	if s.batch != nil {
		last = &s.batch.applied
	}
	s.skip = t.commit < last.end
	switch {
	case !s.skip && s.expect:
		return rebuild("the transaction applied last was not sent again: an earlier copy of the record store was put back")
	case s.skip && t.commit == last.commit && (t.xid != last.xid || t.at != last.at):
		return rebuild("the transaction applied last is another one in the record store: an earlier copy was put back")
	case s.skip && t.commit == last.commit:
		s.expect = false
	}
	if s.w.barrier.blocks(t.commit) {
		s.waiting, s.passed = m, max(s.passed, t.commit)
		return s.noteProgress()
	}
	s.open = t
	return nil
}

func (s *stream) commit(in wire, sent int64) error {
	in.byte() // flags
	start, end, at := in.uint64(), in.uint64(), int64(in.uint64())
	if in.bad || s.open == nil || start != s.open.commit || at != s.open.at {
		return errMessage
	}
	t := s.open
	s.open = nil
	t.end = end
	s.received = max(s.received, end)
	if s.skip {
		return nil
	}
	if s.batch == nil {
		s.since = time.Now()
	} else if s.batch.spilled {
		t.spilled = true
	}
	s.batch = t
	s.count++
	s.behind = time.Duration(sent-at)*time.Microsecond > backlogAge
	return nil
}

func (s *stream) rowChange(kind byte, in wire) error {
	id := in.uint32()
	r := s.relations[id]
	if in.bad || r == nil || s.open == nil {
		return errMessage
	}
	if r.table == nil || s.skip {
		return nil
	}
	part := in.byte()
	hasOld := part == 'K' || part == 'O'
	if hasOld {
		if err := in.tuple(r, &s.old); err != nil {
			return err
		}
		if kind == 'U' {
			part = in.byte()
		}
	}
	if kind != 'D' {
		if part != 'N' {
			return errMessage
		}
		if err := in.tuple(r, &s.row); err != nil {
			return err
		}
	}
	var err error
	switch {
	case kind == 'I':
		err = s.fold.insert(r.table, &s.row)
	case kind == 'D' && !hasOld:
		return errMessage
	case kind == 'D':
		err = s.fold.remove(r.table, &s.old)
	case hasOld:
		err = s.fold.update(r.table, &s.old, &s.row)
	default:
		err = s.fold.update(r.table, nil, &s.row)
	}
	if err != nil {
		return s.refused(s.b.at, err)
	}
	if s.fold.bytes > s.w.o.Buffer {
		s.open.spilled = true
		s.w.pressure.applying(true, time.Now())
		err := s.apply.spill(s.fold)
		s.w.pressure.applying(false, time.Now())
		return s.refused(s.b.at, err)
	}
	return nil
}

func (s *stream) truncate(in wire) error {
	count := int(in.uint32())
	in.byte() // CASCADE, RESTART IDENTITY
	for range count {
		r := s.relations[in.uint32()]
		if in.bad || r == nil || s.open == nil {
			return errMessage
		}
		if r.table != nil && !s.skip {
			s.fold.wipe(r.table)
		}
	}
	return nil
}
