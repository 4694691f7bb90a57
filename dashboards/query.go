package dashboards

// The query of a page's address, which is read strictly.

import (
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// query is the state of a page, which stands in its address and nowhere else.
type query map[string]string

// allowed says which values a key takes; nil means that the page itself checks
// them further.
type allowed map[string][]string

// queryOf reads the address. A key that the page does not have, a key given
// twice, and a value that it does not take are a badQuery, which says what
// there is: an address that is quietly half ignored shows the wrong numbers. An
// empty value is that of a form's "all" and counts as not given.
func queryOf(c echo.Context, takes allowed) (query, error) {
	given, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, badQuery{Key: "query", Allowed: takes.words()}
	}
	q := query{}
	for key, values := range given {
		of, ok := takes[key]
		switch {
		case !ok || len(values) != 1:
			return nil, badQuery{Key: shorten(key), Allowed: takes.words()}
		case values[0] == "":
			continue
		case of != nil && !slices.Contains(of, values[0]):
			return nil, badQuery{Key: key, Allowed: []string{key + ": " + strings.Join(of, ", ")}}
		}
		q[key] = values[0]
	}
	return q, nil
}

func (a allowed) words() []string {
	var said []string
	for key, of := range a {
		if of == nil {
			said = append(said, key)
		} else {
			said = append(said, key+": "+strings.Join(of, ", "))
		}
	}
	sort.Strings(said)
	if len(said) == 0 {
		return []string{"nothing after the question mark"}
	}
	return said
}

// with is the address of path in this state but for some keys, in one order, so
// that one state has one address. A value of "" leaves the key out.
func (q query) with(path string, changes ...string) string {
	next := url.Values{}
	for k, v := range q {
		next.Set(k, v)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			next.Del(changes[i])
		} else {
			next.Set(changes[i], changes[i+1])
		}
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

// idIn is the id that the address has under that name; an address without one is not
// there.
func idIn(c echo.Context, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil {
		return 0, echo.ErrNotFound
	}
	return id, nil
}
