package api

// Creating once: a request that is sent again with its Idempotency-Key creates nothing twice.

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/records"
)

// keyHeader names a request that may be sent again (the IETF's draft "The
// Idempotency-Key HTTP Header Field").
const keyHeader = "Idempotency-Key"

var keyShape = regexp.MustCompile(`^[!-~]{8,100}$`)

// repeatKey is the key of a request, "" if it has none.
func (c call) repeatKey() (string, error) {
	given := strings.Trim(c.Header(keyHeader), `"`)
	if given != "" && !keyShape.MatchString(given) {
		return "", &refusal{http.StatusBadRequest, "The key cannot be used.",
			[]records.Problem{{Field: keyHeader, Code: records.Format, Message: "give 8 to 100 letters, figures and signs without a space; a UUID is best"}}}
	}
	return given, nil
}

// createOnce creates a record unless a request with the same key did: then it
// gives the record that was created, as it now stands. The key is kept in the
// transaction that creates, so that there is never one without the other; a
// second request waits for the first.
func (k *kindAPI) createOnce(c call, key string, body []byte, rec records.Record, why string) (created records.Record, again bool, err error) {
	keyHash := sha256.Sum256([]byte(key))
	requestHash := sha256.Sum256(append([]byte(k.Name+"\n"), body...))
	err = k.server.Store.InTx(c.ctx, c.viewer, func(tx *records.Tx) error {
		tag, err := tx.Raw().Exec(c.ctx, `/* api.kindAPI.createOnce */
			INSERT INTO api_repeat (account_id, key_hash, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			c.viewer.Account(), keyHash[:], requestHash[:])
		if err != nil {
			return fmt.Errorf("keep a key: %w", err)
		}
		if again = tag.RowsAffected() == 0; again {
			created, err = k.createdBefore(c, tx, keyHash[:], requestHash[:])
			return err
		}
		if err := tx.Put(c.ctx, rec, why); err != nil {
			return err
		}
		created = rec
		if _, err := tx.Raw().Exec(c.ctx, `/* api.kindAPI.createOnce */
			UPDATE api_repeat SET record = $3 WHERE account_id = $1 AND key_hash = $2`, c.viewer.Account(), keyHash[:], rec.Head().ID); err != nil {
			return fmt.Errorf("keep a key: %w", err)
		}
		_, err = tx.Raw().Exec(c.ctx, `/* api.kindAPI.createOnce */
			DELETE FROM api_repeat WHERE (account_id, key_hash) IN (
				SELECT account_id, key_hash FROM api_repeat WHERE created_at < now() - interval '7 days' LIMIT 100 FOR UPDATE SKIP LOCKED)`)
		if err != nil {
			return fmt.Errorf("forget old keys: %w", err)
		}
		return nil
	})
	return created, again, err
}

func (k *kindAPI) createdBefore(c call, tx *records.Tx, keyHash, requestHash []byte) (records.Record, error) {
	var id string
	err := tx.Raw().QueryRow(c.ctx, `/* api.kindAPI.createdBefore */
		SELECT record FROM api_repeat WHERE account_id = $1 AND key_hash = $2 AND request_hash = $3`,
		c.viewer.Account(), keyHash, requestHash).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &refusal{http.StatusUnprocessableEntity, "This key was used for another request. Use a new key for each record.",
			[]records.Problem{{Field: keyHeader, Code: records.InUse, Message: "was used for another request"}}}
	}
	if err != nil {
		return nil, fmt.Errorf("look for a key: %w", err)
	}
	return tx.Get(c.ctx, k.Kind, id)
}
