package api

// Ending a record: its last day, and the fields that are given together with it.

import (
	"reflect"

	"onevision/records"
)

// ended ends a record as the body says. Where it gives more than the last day
// (the reason for which a looked-after period ends, which must come with it),
// that is one correction of the record, in one transaction.
func (k *kindAPI) ended(c call, body []byte, version int, why string) (records.Record, error) {
	given := k.New()
	if err := fill(given, k.ending, body); err != nil {
		return nil, err
	}
	id, end := c.Param("id"), reflect.ValueOf(given).Elem()
	to := end.FieldByIndex(k.ending["to_date"]).Interface().(records.Date)
	if k.onlyDay(end) || to.IsZero() {
		return k.server.Store.End(c.ctx, c.viewer, k.Kind, id, version, to, why)
	}
	var rec records.Record
	err := k.server.Store.InTx(c.ctx, c.viewer, func(tx *records.Tx) (err error) {
		if rec, err = tx.Get(c.ctx, k.Kind, id); err != nil {
			return err
		}
		if rec.Head().Version != version {
			return records.ErrConflict
		}
		for _, place := range k.ending {
			if value := end.FieldByIndex(place); !value.IsZero() {
				reflect.ValueOf(rec).Elem().FieldByIndex(place).Set(value)
			}
		}
		return tx.Put(c.ctx, rec, why)
	})
	return rec, err
}

// onlyDay reports whether nothing is given beside the last day.
func (k *kindAPI) onlyDay(end reflect.Value) bool {
	for name, place := range k.ending {
		if name != "to_date" && !end.FieldByIndex(place).IsZero() {
			return false
		}
	}
	return true
}
