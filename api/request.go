package api

// Reading a request's address and headers: the filters of a list, If-Match, Reason.

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onevision/records"
)

// query reads the filters of a list. One that is not known is an error: the
// caller would take everything for what they asked for.
func query(values url.Values) (q records.ListQuery, err error) {
	var problems []records.Problem
	add := func(name, code, message string) {
		if len(problems) < mostProblems {
			problems = append(problems, records.Problem{Field: name, Code: code, Message: message})
		}
	}
	for name, given := range values {
		value := given[0]
		if len(given) > 1 {
			add(sayable(name), twice, "is given twice: give it once")
			continue
		}
		switch name {
		case "child":
			q.Child = value
		case "school":
			q.School = value
		case "after":
			q.After = value
		case "limit":
			if q.Limit, err = strconv.Atoi(value); err != nil || q.Limit < 1 || q.Limit > 1000 {
				add(name, records.OutOfRange, "give a number from 1 to 1000")
			}
		case "since":
			if q.Since, err = time.Parse(time.RFC3339, value); err != nil {
				add(name, records.Format, "give an instant as yyyy-mm-ddThh:mm:ssZ")
			}
		case "from":
			if q.From, err = records.ParseDate(value); err != nil {
				add(name, records.Format, "give a day as yyyy-mm-dd")
			}
		case "to":
			if q.To, err = records.ParseDate(value); err != nil {
				add(name, records.Format, "give a day as yyyy-mm-dd")
			}
		default:
			add(sayable(name), unknownField, "is nothing that lists are filtered by: leave it out, or check its name")
		}
	}
	if len(problems) > 0 {
		return q, badQuery(problems...)
	}
	return q, nil
}

func badQuery(problems ...records.Problem) error {
	return &refusal{http.StatusBadRequest, "The list cannot be made: errors says what is wrong with which part of the address.", problems}
}

var oneVersion = regexp.MustCompile(`^"([1-9][0-9]{0,8})"$`)

// version is the one version that the caller has seen and means to change.
func (c call) version() (int, error) {
	given := c.Header("If-Match")
	if given == "" {
		return 0, &refusal{status: http.StatusPreconditionRequired, detail: "Send in If-Match the ETag with which the record was read, so that nobody's change is lost."}
	}
	m := oneVersion.FindStringSubmatch(given)
	if m == nil {
		return 0, &refusal{http.StatusBadRequest, "If-Match is one ETag, as it was read.",
			[]records.Problem{{Field: "If-Match", Code: records.Format, Message: "give one ETag, in its quotation marks"}}}
	}
	return strconv.Atoi(m[1])
}

// reasonHeader carries why something is changed. It is a header, and not a part
// of the address, because addresses stand in logs; and not a part of the body,
// because some proxies drop the body of a DELETE.
const reasonHeader = "Reason"

// longestReason is how many characters a reason may have.
const longestReason = 500

// reason is why the caller changes something, "" if they do not say.
func (c call) reason() (string, error) {
	why := strings.TrimSpace(c.Header(reasonHeader))
	if !utf8.ValidString(why) || utf8.RuneCountInString(why) > longestReason || strings.ContainsFunc(why, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", &refusal{http.StatusBadRequest, "The reason cannot be kept.",
			[]records.Problem{{Field: reasonHeader, Code: records.Format, Message: "give one line of at most 500 characters, in UTF-8"}}}
	}
	return why, nil
}
