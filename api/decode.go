package api

// Reading a record from a request's JSON body, with every problem that the body has.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"onevision/records"
)

// longestBody is how many bytes a body may have.
const longestBody = 1 << 20

// mostProblems is how many things that are wrong with one body are told.
const mostProblems = 50

// body reads the request's JSON, of at most so many bytes.
func (c call) body(most int64) ([]byte, error) {
	media, _, err := mime.ParseMediaType(c.Header("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, detail: "Send the record as application/json."}
	}
	if err := http.NewResponseController(c.Response()).SetReadDeadline(c.until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fmt.Errorf("limit the time to read a request: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, most+1))
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, detail: "The request ended before its body did."}
	}
	if int64(len(body)) > most {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("A body has at most %d MiB here.", most>>20)}
	}
	// encoding/json would put a sign of its own in the place of what it cannot
	// read, and a name would be stored wrong without a word.
	if !utf8.Valid(body) {
		return nil, errNotJSON
	}
	return body, nil
}

var errNotJSON = &refusal{status: http.StatusBadRequest, detail: "The body is not one JSON object. Check its quotes, commas and brackets, and that it is UTF-8."}

// members reads a JSON object's members in their order. encoding/json would
// take the last of two with the same name, match names without regard to case,
// and repeat values in its errors.
func members(body []byte, each func(name string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errNotJSON
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return errNotJSON
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errNotJSON
		}
		each(name, value)
	}
	if _, err := d.Token(); err != nil {
		return errNotJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return errNotJSON
	}
	return nil
}

// Codes of problems that only JSON can have; the others are those of records.
const (
	unknownField = "unknown-field"
	twice        = "given-twice"
)

// decode reads a record of the kind. What the store sets (the id, the version,
// who recorded it and when, what is derived) may stand in the body, as it does
// in one that was read before, and is not looked at.
func (k *kindAPI) decode(body []byte) (records.Record, error) {
	rec := k.New()
	return rec, fill(rec, k.index, body)
}

// fill gives the fields that index names what the body says of them. Of those
// without a place nothing is taken; any other name is a problem.
func fill(rec records.Record, index map[string][]int, body []byte) error {
	v := reflect.ValueOf(rec).Elem()
	var problems []records.Problem
	seen := map[string]bool{}
	err := members(body, func(name string, value json.RawMessage) {
		place, known := index[name]
		switch {
		case len(problems) >= mostProblems:
		case !known:
			problems = append(problems, records.Problem{Field: sayable(name), Code: unknownField, Message: "is no field here: leave it out, or check its name"})
		case seen[name]:
			problems = append(problems, records.Problem{Field: name, Code: twice, Message: "is given twice: give it once"})
		case place == nil:
		default:
			if message := set(v.FieldByIndex(place), value); message != "" {
				problems = append(problems, records.Problem{Field: name, Code: records.Format, Message: message})
			}
		}
		seen[name] = true
	})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &records.Invalid{Problems: problems}
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,39}$`)

// sayable is the name of a field that there is not, if it looks like a name. A
// program that sends its data as names is not told it again.
func sayable(name string) string {
	if fieldName.MatchString(name) {
		return name
	}
	return "(not a name)"
}

// number is a decimal that is not made of zeros by the million.
var number = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

// set gives a field its value. null is "not given". The message says what
// should be there, and not what is.
func set(field reflect.Value, value json.RawMessage) (message string) {
	if string(value) == "null" {
		return ""
	}
	if field.Type() == typeDecimal {
		text := strings.Trim(string(value), `"`)
		d, err := decimal.NewFromString(text)
		if !number.MatchString(text) || err != nil {
			return "give a decimal number"
		}
		field.Set(reflect.ValueOf(&d))
		return ""
	}
	if err := json.Unmarshal(value, field.Addr().Interface()); err == nil {
		if field.Kind() == reflect.Int64 && field.IsZero() { // the store keeps no 0 of a number that identifies
			return "0 is no number of anything: give the number, or leave it out"
		}
		return ""
	}
	switch t := field.Type(); {
	case t == typeDate:
		return "give a day as yyyy-mm-dd, in quotation marks"
	case t.Kind() == reflect.String:
		return "give text in quotation marks"
	case t.Kind() == reflect.Bool:
		return "give true or false"
	}
	return "give a whole number, without quotation marks"
}

var (
	typeDate    = reflect.TypeFor[records.Date]()
	typeDecimal = reflect.TypeFor[*decimal.Decimal]()
	typeTime    = reflect.TypeFor[time.Time]()
)
