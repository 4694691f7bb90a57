package access_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records/postgres/postgrestest"
)

// chained is an audit of some lines, chained, its head exported after most of them.
type chained struct {
	t     *testing.T
	super *pgxpool.Pool
	pool  *pgxpool.Pool
	chain *access.Chain
}

const (
	chainedLines  = 60
	exportedLines = 50
)

func newChained(t *testing.T) *chained {
	t.Helper()
	admin := postgrestest.New(t)
	super, err := pgxpool.New(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(super.Close)
	h := &chained{t: t, super: super, pool: connect(t, admin, 2)}
	h.write(3) // from before the program chained anything
	h.chain = h.open(t.TempDir())
	h.write(exportedLines - 3)
	h.step()
	if err := h.chain.Export(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.write(chainedLines - exportedLines)
	h.step()
	for _, table := range []string{"audit", "audit_link", "audit_pending", "audit_head"} {
		h.exec(`CREATE TABLE kept_` + table + ` AS SELECT * FROM ` + table)
	}
	return h
}

// open is the program's chain as it is when the program starts.
func (h *chained) open(folder string) *access.Chain {
	h.t.Helper()
	c := &access.Chain{Pool: h.pool, Folder: folder, Now: newClock().now, Log: slog.New(slog.DiscardHandler)}
	if err := c.Begin(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *chained) write(lines int) {
	h.t.Helper()
	v := accesstest.ViewerOf(1, access.SocialWorker).WithRequest("r")
	err := access.InTx(h.t.Context(), h.pool, v, func(tx pgx.Tx) error {
		for i := range lines {
			e := access.Entry{Action: "read", Kind: "child", Record: int64(i + 1), Child: int64(1000 + i), Fields: []string{"a", "b"}}
			if i%3 == 0 {
				e = access.Entry{Action: "list", Kind: fmt.Sprint("kind-", i), Records: []int64{int64(i), 2}, Children: []int64{7, 8}}
			}
			if err := access.Audit(h.t.Context(), tx, v, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *chained) step() {
	h.t.Helper()
	if _, err := h.chain.Step(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *chained) exec(sql string, args ...any) {
	h.t.Helper()
	h.as(func(tx pgx.Tx) error { _, err := tx.Exec(h.t.Context(), sql, args...); return err })
}

// as is a superuser who keeps triggers from running.
func (h *chained) as(fn func(tx pgx.Tx) error) {
	h.t.Helper()
	err := pgx.BeginFunc(h.t.Context(), h.super, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *chained) restore() {
	h.t.Helper()
	for _, table := range []string{"audit", "audit_link", "audit_pending", "audit_head"} {
		h.exec(`DELETE FROM ` + table)
		h.exec(`INSERT INTO ` + table + ` OVERRIDING SYSTEM VALUE SELECT * FROM kept_` + table)
	}
}

func (h *chained) verify(c *access.Chain) access.Verdict {
	h.t.Helper()
	v, err := c.Verify(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// id is the line at a position.
func (h *chained) id(position int64) int64 {
	return one[int64](h.t, h.super, `SELECT audit_id FROM kept_audit_link WHERE position = $1`, position)
}

// tamperings are what somebody does who has the whole database and not the data
// folder, at a position and at a later one; each says which line is the first that is
// not what it was, by its position, or by its id.
var tamperings = map[string]func(h *chained, p, q int64) (position, id int64){
	"alter": func(h *chained, p, q int64) (int64, int64) {
		columns := []string{`account_id = 2`, `actor = 'system:import'`, `role = 'director'`, `action = 'view'`, `kind = NULL`, `record_id = coalesce(record_id, 0) + 1`, `child_id = 5`,
			`fields = '{}'`, `reason = ''`, `request = 'x'`, `records = '{1}'`, `children = '{1}'`, `at = at - interval '1 day'`, `at = at + interval '1 microsecond'`}
		h.exec(`UPDATE audit SET `+columns[q%int64(len(columns))]+` WHERE id = $1`, h.id(p))
		return p, h.id(p)
	},
	"remove": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`DELETE FROM audit WHERE id = $1`, h.id(p))
		return p, h.id(p)
	},
	"remove with its link": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`DELETE FROM audit WHERE id = $1`, h.id(p))
		h.exec(`DELETE FROM audit_link WHERE position = $1`, p)
		return p, 0
	},
	"remove and close the gap": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`DELETE FROM audit WHERE id = $1`, h.id(p))
		h.exec(`DELETE FROM audit_link WHERE position = $1`, p)
		h.exec(`UPDATE audit_link SET position = -position WHERE position > $1`, p)
		h.exec(`UPDATE audit_link SET position = -position - 1 WHERE position < 0`)
		h.exec(`UPDATE audit_head SET position = position - 1`)
		return p, 0
	},
	"cut off the end": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_link WHERE position >= $1)`, p)
		h.exec(`DELETE FROM audit_link WHERE position >= $1`, p)
		h.exec(`UPDATE audit_head SET position = $1::bigint - 1, hash = coalesce((SELECT hash FROM audit_link WHERE position = $1::bigint - 1), '')`, p)
		return p, 0
	},
	"insert": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`INSERT INTO audit (id, at, account_id, actor, role, action) OVERRIDING SYSTEM VALUE SELECT 900000 + $1::bigint, at, 1, 'account', 'director', 'read' FROM audit WHERE id = $2`, p, h.id(p))
		return 0, 900000 + p
	},
	"insert into the chain": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`INSERT INTO audit (id, at, account_id, actor, role, action) OVERRIDING SYSTEM VALUE SELECT 900000 + $1::bigint, at, 1, 'account', 'director', 'read' FROM audit WHERE id = $2`, p, h.id(p))
		h.exec(`UPDATE audit_link SET position = -position WHERE position >= $1`, p)
		h.exec(`UPDATE audit_link SET position = -position + 1 WHERE position < 0`)
		h.exec(`INSERT INTO audit_link SELECT $1::bigint, 900000 + $1::bigint, chained_at, hash FROM audit_link WHERE position = $1::bigint + 1`, p)
		h.as(func(tx pgx.Tx) error { access.Relink(h.t, tx, p); return nil })
		return p, 900000 + p
	},
	"backdate": func(h *chained, p, _ int64) (int64, int64) {
		// By the front door, and chained by the program itself.
		if _, err := h.super.Exec(h.t.Context(), `INSERT INTO audit (id, at, account_id, actor, role, action) OVERRIDING SYSTEM VALUE VALUES (900000 + $1::bigint, now() - interval '1 day', 1, 'account', 'director', 'read')`, p); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.open(h.chain.Folder).Step(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		return chainedLines + 1, 900000 + p
	},
	"swap lines": func(h *chained, p, q int64) (int64, int64) {
		h.exec(`UPDATE audit a SET (at, action, kind, record_id, child_id, fields, records, children) = (SELECT at, action, kind, record_id, child_id, fields, records, children FROM audit b
			WHERE b.id = CASE a.id WHEN $1 THEN $2 ELSE $1::bigint END) WHERE id IN ($1, $2::bigint)`, h.id(p), h.id(q))
		return p, h.id(p)
	},
	"swap places": func(h *chained, p, q int64) (int64, int64) {
		h.exec(`UPDATE audit_link SET audit_id = -audit_id WHERE position IN ($1, $2)`, p, q)
		h.exec(`UPDATE audit_link SET audit_id = CASE position WHEN $1 THEN $4::bigint ELSE $3::bigint END WHERE position IN ($1, $2)`, p, q, h.id(p), h.id(q))
		return p, h.id(q)
	},
	"alter and make the chain anew": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`UPDATE audit SET child_id = 5 WHERE id = $1`, h.id(p))
		h.as(func(tx pgx.Tx) error { access.Relink(h.t, tx, p); return nil })
		h.exec(`UPDATE audit_head SET hash = (SELECT hash FROM audit_link WHERE audit_link.position = audit_head.position)`)
		return p, h.id(p)
	},
	"put a time on the chain": func(h *chained, p, _ int64) (int64, int64) {
		h.exec(`UPDATE audit_link SET chained_at = chained_at - interval '1 minute' WHERE position = $1`, p)
		return p, h.id(p)
	},
}

// Whatever is done to the lines, the first that is not what it was is named.
func TestTamperingIsNamed(t *testing.T) {
	t.Parallel()
	h := newChained(t)
	whole := h.verify(h.chain)
	if !whole.Whole() || whole.Lines != chainedLines || whole.Head != exportedLines || whole.Unproven != chainedLines-exportedLines || whole.FirstAfter != h.id(exportedLines+1) || whole.Pending != 0 {
		t.Fatalf("untouched: %+v", whole)
	}
	rounds := 3
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		rounds = (1000 + len(tamperings) - 1) / len(tamperings)
	}
	for what, tamper := range tamperings {
		for range rounds {
			p := 1 + rand.Int64N(exportedLines-1)
			q := p + 1 + rand.Int64N(exportedLines-p)
			position, id := tamper(h, p, q)
			v := h.verify(h.chain)
			if v.Whole() || position > 0 && v.Found[0].Position != position || id > 0 && v.Found[0].Line != id {
				t.Errorf("%s at %d and %d: want position %d, line %d; found %+v", what, p, q, position, id, v.Found)
			}
			if position > 0 && len(v.Found) > 0 && v.Found[0].Proven != (position <= exportedLines) {
				t.Errorf("%s at %d: proven is %v", what, p, v.Found[0].Proven)
			}
			h.restore()
		}
	}
	if v := h.verify(h.chain); !v.Whole() {
		t.Fatalf("put back: %+v", v)
	}

	// A command chains what it wrote, and the server goes on from there. The commit of a
	// step whose answer was lost looks the same to it.
	h.write(2)
	command := &access.Chain{Pool: h.pool, Folder: h.chain.Folder, Now: newClock().now}
	if err := command.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := h.verify(command); !v.Whole() || v.Lines != chainedLines+2 || v.Pending != 0 {
		t.Errorf("after a command: %+v", v)
	}
	h.write(1)
	h.step()
	if v := h.verify(h.chain); !v.Whole() || v.Lines != chainedLines+3 {
		t.Errorf("after a command, and the server: %+v", v)
	}

	// A head that was written in part is none, and the next one stands in its place.
	file, err := os.OpenFile(filepath.Join(h.chain.Folder, "heads"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"position":9`); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if v := h.verify(h.chain); !v.Whole() || v.Head != exportedLines {
		t.Errorf("with a head written in part: %+v", v)
	}
	h.chain = h.open(h.chain.Folder)
	if err := h.chain.Export(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := h.verify(h.chain); !v.Whole() || v.Head != chainedLines+3 {
		t.Errorf("after a head written in part: %+v", v)
	}
}

// The program notices while it runs, and when it starts again, that lines were taken
// off the end, and goes on: what it then exports does not hide it.
func TestACutChainStaysNamed(t *testing.T) {
	t.Parallel()
	h := newChained(t)
	const kept = 40
	tamperings["cut off the end"](h, kept+1, 0)
	h.write(5)
	h.step() // notices
	h.step() // goes on
	if err := h.chain.Export(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*access.Chain{h.chain, h.open(h.chain.Folder)} {
		v := h.verify(c)
		if v.Whole() || v.Found[0].Position != kept+1 || v.Lines != kept+5 || v.Head != kept+5 || v.Pending != 0 {
			t.Errorf("%+v", v)
		}
	}
	// Another data folder has another key: nothing is proven, and nothing refused.
	old := h.chain.Folder
	h.chain = h.open(t.TempDir())
	h.write(2)
	h.step()
	// A command with the folder of before leaves the chain to the one that goes on.
	h.write(1)
	if err := (&access.Chain{Pool: h.pool, Folder: old, Now: newClock().now}).CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := h.verify(h.chain); v.Pending != 1 {
		t.Errorf("a command with another key has chained: %+v", v)
	}
	h.step()
	if v := h.verify(h.chain); !v.Whole() || v.Before != kept+5 || v.Lines != 3 {
		t.Errorf("with another key: %+v", v)
	}
	// The exported heads are signed.
	file := filepath.Join(h.chain.Folder, "heads")
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body[:len(body)-1] {
		if body[i] >= '0' && body[i] <= '8' && i%7 == 0 {
			altered := append([]byte{}, body...)
			altered[i]++
			if err := os.WriteFile(file, altered, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := h.chain.Verify(t.Context()); err == nil {
				t.Errorf("heads altered at byte %d are believed: %s", i, altered)
			}
		}
	}
}
