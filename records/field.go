package records

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/shopspring/decimal"
)

// Field is one field of a kind, as its struct tags say it:
//
//	json    the name in JSON and in problems; omitempty and omitzero as usual
//	column  the column, if it is not named like that
//	title   what a form calls it, if that is not the name in words
//	doc     a sentence for forms and for the API's documentation
//	codes   the code table of its values
//	on      the field whose date decides which codes were in use (a year stands
//	        for its June, when exams are); without it from_date, else date, else today
//	ref     the kind that it refers to; in JSON that record's id
//	as      the format: upn, nhs-number, laestab, urn, postcode, email, lines
//	example a value that a good record may have: the API's document shows it, and
//	        tests that walk the kinds send it. An optional field that has one is
//	        part of every example, one that must be given and has none gets a value
//	        by its type, codes or format
//	range   of a number: the least and the most, "0,40"
//	digits  of a decimal: precision and scale, "5,2"
//	is      words: fact (replicated to the warehouse; else the field is private),
//	        required, derived (computed by the store; what a caller gives is
//	        ignored), fixed (cannot be corrected), past (a day that does not lie
//	        ahead)
type Field struct {
	Name   string       // in JSON and in problems: "school"
	Column string       // "school_id"
	Title  string       // "School"
	Doc    string       // a sentence
	Go     reflect.Type // string, Date, bool, int16, *int16, int64 or *decimal.Decimal
	Codes  string       // the code table of its values, "" none
	Ref    string       // the kind that it refers to, "" none
	As     string       // the format of its text, "" none

	Example string // a value in a good record, "" none
	On      string // the field whose date decides which codes were in use; "" see above

	Fact     bool // replicated to the warehouse
	Private  bool // not a fact
	Required bool
	Derived  bool // computed by the store; what a caller gives is ignored
	Fixed    bool // cannot be corrected: the record is deleted and made again
	Past     bool // a day that does not lie ahead

	Least, Most int // of a number; both 0 is any

	Precision, Scale int // of a decimal

	index int // in the struct
}

var (
	typeDate    = reflect.TypeFor[Date]()
	typeDecimal = reflect.TypeFor[*decimal.Decimal]()
)

// readField makes a Field of a struct's field; what is wrong with the tags is
// a programmer's error.
func readField(sf reflect.StructField) (Field, error) {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	f := Field{
		Name: name, Column: sf.Tag.Get("column"), Title: sf.Tag.Get("title"), Doc: sf.Tag.Get("doc"),
		Go: sf.Type, Codes: sf.Tag.Get("codes"), Ref: sf.Tag.Get("ref"), As: sf.Tag.Get("as"),
		Example: sf.Tag.Get("example"), On: sf.Tag.Get("on"),
		index: sf.Index[0],
	}
	if f.Column == "" {
		f.Column = f.Name
	}
	if f.Title == "" {
		words := strings.ReplaceAll(f.Name, "_", " ")
		f.Title = strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
	}
	if digits := sf.Tag.Get("digits"); digits != "" {
		if _, err := fmt.Sscanf(digits, "%d,%d", &f.Precision, &f.Scale); err != nil {
			return f, fmt.Errorf("field %s: digits %q", sf.Name, digits)
		}
	}
	if r := sf.Tag.Get("range"); r != "" {
		if _, err := fmt.Sscanf(r, "%d,%d", &f.Least, &f.Most); err != nil {
			return f, fmt.Errorf("field %s: range %q", sf.Name, r)
		}
	}
	for word := range strings.FieldsSeq(sf.Tag.Get("is")) {
		switch word {
		case "fact":
			f.Fact = true
		case "required":
			f.Required = true
		case "derived":
			f.Derived = true
		case "fixed":
			f.Fixed = true
		case "past":
			f.Past = true
		default:
			return f, fmt.Errorf("field %s is %q, a word that means nothing", sf.Name, word)
		}
	}
	f.Private = !f.Fact
	switch {
	case f.Name == "" || f.Name == "-":
		return f, fmt.Errorf("field %s has no JSON name", sf.Name)
	case (f.Codes != "" || f.Ref != "" || f.As != "") && f.Go.Kind() != reflect.String:
		return f, fmt.Errorf("field %s: a code, a reference or a format is a string", sf.Name)
	}
	if f.ColumnType() == "" {
		return f, fmt.Errorf("field %s: its type %s is not one of those that a record may hold", sf.Name, sf.Type)
	}
	return f, nil
}

// read is the expression that reads the field from a table called t, with the
// child that it belongs to called c.
func (f *Field) read() string {
	column := "t." + f.Column
	switch {
	case f.Ref == "child":
		return "coalesce(c.public_id::text, '')"
	case f.Ref != "":
		return "coalesce(" + column + "::text, '')"
	case f.Go.Kind() == reflect.String:
		return "coalesce(" + column + ", '')"
	case f.Go.Kind() == reflect.Int64 || f.Go.Kind() == reflect.Int16:
		return "coalesce(" + column + ", 0)"
	}
	return column
}

// in is the field of a record, which may be read and set.
func (f *Field) in(rec Record) reflect.Value {
	return reflect.ValueOf(rec).Elem().Field(f.index)
}

// given reports whether the record gives the field a value.
func (f *Field) given(record reflect.Value) bool {
	return !record.Field(f.index).IsZero()
}

// number is the whole number that the record gives the field, false if none.
func (f *Field) number(record reflect.Value) (int64, bool) {
	switch v := record.Field(f.index); {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Int16:
		return v.Elem().Int(), true
	case v.Kind() == reflect.Int16 || v.Kind() == reflect.Int64:
		return v.Int(), !v.IsZero()
	}
	return 0, false
}
