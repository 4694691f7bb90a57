package records

import "reflect"

// Field is one field of a kind.
type Field struct {
	Name   string       // in JSON and in problems: "school"
	Column string       // "school_id"
	Title  string       // "School"
	Doc    string       // a sentence for forms and for the API's documentation
	Go     reflect.Type // of the struct's field
	Codes  string       // the code table of its values, "" none
	Ref    string       // the kind that it refers to, "" none

	Fact     bool // replicated to the warehouse
	Private  bool // not a fact
	Required bool
	Derived  bool // computed by the store; what a caller gives is ignored
	Fixed    bool // cannot be corrected: the record is deleted and made again
}
