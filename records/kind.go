// Package records is what was written down: the kinds of record, their
// validation, and their history.
package records

import (
	"reflect"

	"onevision/access"
)

// Kind is what one struct with tags says about one kind of record.
type Kind struct {
	Name     string          // "looked-after-period"
	Plural   string          // "looked-after-periods": the API's /api/v1/looked-after-periods
	Title    string          // "Looked-after period"
	Table    string          // "looked_after_period"
	Category access.Category // what a viewer must be allowed to read
	Type     reflect.Type    // the Go struct
	Fields   []Field
}
