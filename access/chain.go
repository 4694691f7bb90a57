package access

// The chain of the audit, and its head that is exported to a file.

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Chain chains the lines of the audit and exports its head. Its two files are in a
// folder of the program's own: key, and heads, one line of JSON for each export.
// Whoever has the database and not the folder can change lines, but cannot make a
// chain that agrees with them.
type Chain struct {
	Pool   *pgxpool.Pool
	Folder string // made if it is not there
	Now    func() time.Time
	Log    *slog.Logger // nil: slog.Default()

	key      []byte
	exported head
	position int64 // how far it went when it was last written, and with which hash; 0: not since the program began
	hash     []byte
}

// head is how far the chain went when it was exported.
type head struct {
	Position int64     `json:"position"`
	Hash     string    `json:"hash"`
	Line     int64     `json:"line"` // id of the last line
	At       time.Time `json:"at"`
	// Begins says that this chain begins after that position: the key is new here,
	// and lines up to the id were there before it.
	Begins bool  `json:"begins,omitempty"`
	Before int64 `json:"before,omitempty"`
	// Was is how far the chain had gone, when it goes less far or otherwise than before:
	// lines beyond the position were taken away, or the record store was put back from
	// a copy.
	Was int64  `json:"was,omitempty"`
	Mac string `json:"mac"` // over the rest and the mac before
}

const (
	chainStep   = 500 // statements at a time
	exportEvery = time.Hour
	chainPause  = 100 * time.Millisecond // while nothing is written
	chainRetry  = 2 * time.Second        // after an error
)

// Run chains lines as they are committed, until ctx ends. An error is logged and the
// chain goes on when it can: that lines wait is no reason to stop the program.
func (c *Chain) Run(ctx context.Context) error {
	for failing := false; ; {
		statements, err := c.Step(ctx)
		pause := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			pause = chainRetry
			if !failing {
				c.Log.Error("the audit is not chained", "error", err)
			}
		case statements < chainStep:
			pause = chainPause
		}
		failing = err != nil
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// Begin reads the key, or makes one, and the last head. It comes before Step.
func (c *Chain) Begin(ctx context.Context) error {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of the audit's chain: %w", err)
	}
	err := c.readKey()
	if errors.Is(err, fs.ErrNotExist) {
		return c.beginAnew(ctx)
	}
	if err != nil {
		return err
	}
	heads, whole, err := c.heads()
	if err != nil {
		return err
	}
	if len(heads) == 0 {
		return fmt.Errorf("the audit's heads in %s are gone, and its key is there: put the file back, or take the key away to begin another chain", c.Folder)
	}
	if err := os.Truncate(filepath.Join(c.Folder, "heads"), whole); err != nil { // what heads left out
		return fmt.Errorf("cut off the last head of the audit, which was written in part: %w", err)
	}
	c.exported = heads[len(heads)-1]
	var now head
	if err := c.Pool.QueryRow(ctx, `/* access.Chain.Begin */ SELECT position FROM audit_head`).Scan(&now.Position); err != nil {
		return fmt.Errorf("read the head of the audit: %w", err)
	}
	if now.Position < c.exported.Position {
		return c.noteCut(ctx, c.exported.Position)
	}
	return nil
}

// noteCut keeps, beside the heads, that the chain had gone further than it goes.
func (c *Chain) noteCut(ctx context.Context, was int64) error {
	h, err := c.head(ctx)
	if err != nil {
		return err
	}
	c.Log.Error("the audit goes less far than it did: lines were taken away, or the record store was put back from a copy", "position", h.Position, "was", was)
	h.Was = was
	return c.write(h)
}

// Open reads the key for Verify, and makes none.
func (c *Chain) Open() error {
	err := c.readKey()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no key of the audit's chain in %s: the server makes it when it first runs on this data folder", c.Folder)
	}
	return err
}

func (c *Chain) readKey() error {
	body, err := os.ReadFile(filepath.Join(c.Folder, "key"))
	if err != nil {
		return err
	}
	if c.key, err = hex.DecodeString(string(bytes.TrimSpace(body))); err != nil || len(c.key) != 32 {
		return fmt.Errorf("the key of the audit's chain in %s cannot be read: put it back from a copy", c.Folder)
	}
	return nil
}

// beginAnew makes a key, and has the chain begin after what is there.
func (c *Chain) beginAnew(ctx context.Context) error {
	key := make([]byte, 32)
	rand.Read(key) // never fails (crypto/rand)
	h := head{Begins: true, At: c.Now().UTC()}
	var hash []byte
	err := c.Pool.QueryRow(ctx, `/* access.Chain.beginAnew */ SELECT h.position, h.hash, coalesce((SELECT max(id) FROM audit), 0) FROM audit_head h`).Scan(&h.Position, &hash, &h.Before)
	if err != nil {
		return fmt.Errorf("begin the audit's chain: %w", err)
	}
	h.Hash = hex.EncodeToString(hash)
	if h.Position > 0 {
		c.Log.Warn("the key of the audit's chain is not there: another chain begins, and the lines before it cannot be proven here", "folder", c.Folder, "position", h.Position)
	}
	file := filepath.Join(c.Folder, "heads")
	if err := os.Rename(file, file+"-until-"+h.At.Format("20060102T150405")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put the heads of another chain aside: %w", err)
	}
	c.key = key
	if err := c.write(h); err != nil {
		return err
	}
	// Under another name first: a key of which a part was written would keep the server from starting.
	part := filepath.Join(c.Folder, "key.part")
	if err := writeDurably(part, os.O_CREATE|os.O_TRUNC, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return err
	}
	if err := os.Rename(part, filepath.Join(c.Folder, "key")); err != nil {
		return fmt.Errorf("keep the key of the audit's chain: %w", err)
	}
	return nil
}

// use is the key for one use of it.
func (c *Chain) use(what string) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(what))
	return h.Sum(nil)
}

// Step chains what has been committed, some hundred statements at a time, and
// exports the head once an hour. It says to how many statements it came.
func (c *Chain) Step(ctx context.Context) (statements int, err error) {
	var waiting bool
	if err := c.Pool.QueryRow(ctx, `/* access.Chain.Step */ SELECT EXISTS (SELECT FROM audit_pending)`).Scan(&waiting); err != nil {
		return 0, fmt.Errorf("look for lines to chain: %w", err)
	}
	var position int64
	var hash []byte
	cut := false
	if waiting {
		statements, cut, err = c.chain(ctx, &position, &hash)
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("chain the audit: %w", err)
	case cut:
		if err = c.noteCut(ctx, c.position); err == nil { // else it is noticed again
			c.position, c.hash = 0, nil
		}
	case waiting:
		c.position, c.hash = position, hash
	}
	if err == nil && c.Now().Sub(c.exported.At) >= exportEvery {
		err = c.Export(ctx)
	}
	return statements, err
}

// cut reports whether the chain, which goes to the position with the hash, is not the
// one that this program wrote last. Going further is none: a command chained lines, or
// the answer to a commit was lost.
func (c *Chain) cut(ctx context.Context, tx pgx.Tx, position int64, hash []byte) (bool, error) {
	if c.position == 0 || position < c.position {
		return position < c.position, nil
	}
	if position > c.position {
		err := tx.QueryRow(ctx, `/* access.Chain.Step */ SELECT hash FROM audit_link WHERE position = $1`, c.position).Scan(&hash)
		if errors.Is(err, pgx.ErrNoRows) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return !bytes.Equal(hash, c.hash), nil
}

func (c *Chain) chain(ctx context.Context, position *int64, hash *[]byte) (statements int, cut bool, err error) {
	err = pgx.BeginFunc(ctx, c.Pool, func(tx pgx.Tx) error {
		var now time.Time
		err := tx.QueryRow(ctx, `/* access.Chain.Step */ SELECT position, hash, clock_timestamp() FROM audit_head FOR UPDATE`).Scan(position, hash, &now)
		if err != nil {
			return err
		}
		if cut, err = c.cut(ctx, tx, *position, *hash); err != nil || cut {
			return err
		}
		rows, _ := tx.Query(ctx, `/* access.Chain.Step */
			DELETE FROM audit_pending WHERE id IN (SELECT id FROM audit_pending ORDER BY id LIMIT $1) RETURNING id, lines`, chainStep)
		var ids []int64
		var lines []int64
		var pending int64
		taken, err := pgx.ForEachRow(rows, []any{&pending, &lines}, func() error {
			ids = append(ids, lines...)
			return nil
		})
		if statements = int(taken.RowsAffected()); err != nil || statements == 0 {
			return err
		}
		rows, _ = tx.Query(ctx, `/* access.Chain.Step */ SELECT `+lineColumns+` FROM audit a WHERE a.id = ANY ($1) ORDER BY a.id`, ids)
		all, err := pgx.CollectRows(rows, scanLine)
		if err != nil {
			return err
		}
		key, links := c.use("link"), make([][]any, len(all))
		for i := range all {
			*position++
			*hash = all[i].link(key, *hash, *position, now)
			links[i] = []any{*position, all[i].id, now, *hash}
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"audit_link"}, []string{"position", "audit_id", "chained_at", "hash"}, pgx.CopyFromRows(links)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/* access.Chain.Step */ UPDATE audit_head SET position = $1, hash = $2`, *position, *hash)
		return err
	})
	return statements, cut, err
}

// Export writes the head to the file, unless it is there already: lines before it
// are proven from then on.
func (c *Chain) Export(ctx context.Context) error {
	h, err := c.head(ctx)
	if err != nil {
		return err
	}
	if h.Position == c.exported.Position && h.Hash == c.exported.Hash {
		c.exported.At = h.At // asked again in an hour
		return nil
	}
	return c.write(h)
}

// head is how far the chain goes.
func (c *Chain) head(ctx context.Context) (head, error) {
	h := head{At: c.Now().UTC()}
	var hash []byte
	err := c.Pool.QueryRow(ctx, `/* access.Chain.Export */
		SELECT h.position, h.hash, coalesce((SELECT audit_id FROM audit_link l WHERE l.position = h.position), 0) FROM audit_head h`).Scan(&h.Position, &hash, &h.Line)
	if err != nil {
		return head{}, fmt.Errorf("read the head of the audit: %w", err)
	}
	h.Hash = hex.EncodeToString(hash)
	return h, nil
}

func (c *Chain) write(h head) error {
	h.Mac = ""
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	h.Mac = c.mac(body, c.exported.Mac)
	if body, err = json.Marshal(h); err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(c.Folder, "heads"), os.O_CREATE|os.O_APPEND, append(body, '\n')); err != nil {
		return err
	}
	c.exported = h
	return nil
}

func (c *Chain) mac(body []byte, before string) string {
	h := hmac.New(sha256.New, c.use("head"))
	h.Write([]byte(before))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// heads are the exported heads, each checked against the key, and how many bytes of the
// file they are. A last line without its end is left out: the disk was full, or the
// power failed, while it was written.
func (c *Chain) heads() (all []head, whole int64, err error) {
	body, err := os.ReadFile(filepath.Join(c.Folder, "heads"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("read the heads of the audit: %w", err)
	}
	body = body[:bytes.LastIndexByte(body, '\n')+1]
	if len(body) == 0 {
		return nil, 0, nil
	}
	before := ""
	for n, text := range bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")) {
		var h head
		if err := json.Unmarshal(text, &h); err != nil {
			return nil, 0, fmt.Errorf("line %d of the heads of the audit in %s cannot be read: put the file back from a copy", n+1, c.Folder)
		}
		mac := h.Mac
		h.Mac = ""
		unsigned, err := json.Marshal(h)
		if err != nil {
			return nil, 0, err
		}
		if !hmac.Equal([]byte(mac), []byte(c.mac(unsigned, before))) {
			return nil, 0, fmt.Errorf("line %d of the heads of the audit in %s was altered, or is of another key: put the file back from a copy", n+1, c.Folder)
		}
		h.Mac, before = mac, mac
		all = append(all, h)
	}
	return all, int64(len(body)), nil
}

// writeDurably writes a file of the program's own, or to its end, and waits for the
// disk. After an error the file is as long as it was.
func writeDurably(path string, mode int, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|mode, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	before, err := f.Stat()
	if err == nil {
		if _, err = f.Write(body); err == nil {
			err = f.Sync()
		}
		if err != nil {
			err = errors.Join(err, f.Truncate(before.Size()))
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
