package access

// A line of the audit as it is chained and shown: every column of it.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"
)

// line is a row of audit. Texts that are NULL are nil: a line that was altered from
// NULL to ” was altered.
type line struct {
	id                    int64
	at                    time.Time
	account               int64
	actor, role, action   string
	kind, reason, request *string
	record, child         *int64
	fields                []string
	records, children     []int64
}

const lineColumns = `a.id, a.at, a.account_id, a.actor, a.role, a.action, a.kind, a.reason, a.request, a.record_id, a.child_id, a.fields, a.records, a.children`

func (l *line) targets() []any {
	return []any{&l.id, &l.at, &l.account, &l.actor, &l.role, &l.action, &l.kind, &l.reason, &l.request, &l.record, &l.child, &l.fields, &l.records, &l.children}
}

func scanLine(row pgx.CollectableRow) (l line, err error) { return l, row.Scan(l.targets()...) }

// link is the hash of a line in its place in the chain: over the hash before, the
// position, the time of chaining and every column, each with its length, so that
// no two lines have the same bytes.
func (l *line) link(key, before []byte, position int64, chained time.Time) []byte {
	b := make([]byte, 0, 256)
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	word := func(s string) { number(int64(len(s))); b = append(b, s...) }
	absent := func(is bool) bool {
		b = append(b, 0)
		if !is {
			b[len(b)-1] = 1
		}
		return is
	}
	optional := func(s *string) {
		if !absent(s == nil) {
			word(*s)
		}
	}
	optionalNumber := func(n *int64) {
		if !absent(n == nil) {
			number(*n)
		}
	}
	numbers := func(all []int64) {
		if !absent(all == nil) {
			number(int64(len(all)))
			for _, n := range all {
				number(n)
			}
		}
	}
	b = append(b, before...)
	number(position)
	number(chained.UnixMicro())
	number(l.id)
	number(l.at.UnixMicro())
	number(l.account)
	word(l.actor)
	word(l.role)
	word(l.action)
	optional(l.kind)
	optional(l.reason)
	optional(l.request)
	optionalNumber(l.record)
	optionalNumber(l.child)
	if !absent(l.fields == nil) {
		number(int64(len(l.fields)))
		for _, f := range l.fields {
			word(f)
		}
	}
	numbers(l.records)
	numbers(l.children)
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}
