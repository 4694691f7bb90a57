package records

// Finding a child by a number, by a name, by a day of birth, or by several of
// these.

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Found is a child that a search found.
type Found struct {
	Child   *Child   `json:"child"`
	Names   []string `json:"names"`   // every name that stands, the legal one first
	Matched string   `json:"matched"` // what agreed: "upn", "nhs-number", "identifier", "name", "date-of-birth", "school"
	Score   float64  `json:"score"`   // 1: letter by letter; less for what is only alike
}

// mostFound is how many children a search gives.
const mostFound = 50

// Search finds children by what a person types: a UPN, an NHS number, a CHILD
// number; names in any order, with or without accents, as they sound, or as they
// used to be; a day, month or year of birth; a school's LAESTAB with any of
// these. It gives at most 50, the likeliest first, and one audit line with whom it found. A
// search that asks for nothing that can be looked for is *Invalid.
func (s *Store) Search(ctx context.Context, v access.Viewer, text string) (found []Found, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		found, err = t.Search(ctx, text)
		return err
	})
	return found, err
}

// Search is Store.Search in this transaction. Candidates are taken first, by
// indexes that row-level security would keep from being used; the children are
// then read under the viewer's policies.
func (t *Tx) Search(ctx context.Context, text string) ([]Found, error) {
	if err := t.reads(childKind); err != nil {
		return nil, err
	}
	sought, err := readSearch(text)
	if err != nil {
		return nil, err
	}
	sought.limit(t)
	candidates, args := sought.candidates()
	if candidates == "" {
		return nil, nil // all that was given is kept from the viewer
	}
	reached := t.reached(childKind, &args)
	rows, err := t.tx.Query(ctx, `/* records.Tx.Search */
		SELECT s.matched, s.score, ARRAY(
			SELECT concat_ws(' ', n.forename, n.middle_names, n.surname) FROM child_name n JOIN name_type y ON y.code = n.type
			WHERE n.child_id = t.id ORDER BY n.to_date IS NOT NULL, y.position, n.id), `+childKind.columns()+`
		FROM (`+candidates+`) s JOIN `+childKind.from(childKind.Table)+` ON t.id = s.child_id
		WHERE `+reached+`
		ORDER BY s.score DESC, t.id LIMIT `+strconv.Itoa(mostFound), args...)
	if err != nil {
		return nil, fmt.Errorf("search for a child: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Found, error) {
		f := Found{Child: &Child{}}
		return f, row.Scan(append([]any{&f.Matched, &f.Score, &f.Names}, childKind.targets(f.Child)...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("search for a child: %w", err)
	}
	list := make([]Record, len(found))
	for i := range found {
		t.hide(childKind, found[i].Child)
		list[i] = found[i].Child
	}
	return found, t.auditReads(ctx, "search", childKind, list)
}

// search is what a person typed, taken apart.
type search struct {
	words      []string
	upn, nhs   string
	identifier string // a CHILD number
	laestab    string
	from, to   Date // the days of birth meant, [from, to)
	few        bool // most candidates are not the viewer's
}

// limit leaves out what the viewer does not see: a search never confirms a value
// that is kept from them.
func (s *search) limit(t *Tx) {
	s.few = !t.scope.All(childKind.Category)
	if t.viewer.Withheld(childKind.Name, "upn") {
		s.upn = ""
	}
	if t.viewer.Withheld(childKind.Name, "nhs_number") {
		s.nhs = ""
	}
	if t.viewer.Withheld(childKind.Name, "date_of_birth") {
		s.from, s.to = Date{}, Date{}
	}
}

// oneDay reports whether a day of birth is meant, not a month or a year.
func (s search) oneDay() bool { return !s.from.IsZero() && s.from.Add(1) == s.to }

func readSearch(text string) (search, error) {
	var s search
	var p Problems
	if len(text) > 200 {
		p.Add("text", OutOfRange, "is too long: give at most 200 characters")
		return s, p.Err()
	}
	for _, word := range searchWords(text) {
		compact := strings.ToUpper(strings.NewReplacer("/", "", "-", "").Replace(word))
		from, to, dated := birthRange(word)
		switch {
		case s.upn == "" && len(compact) == 13 && ValidUPN(compact):
			s.upn = compact
		case dated && s.from.IsZero():
			s.from, s.to = from, to
		case s.nhs == "" && ValidNHSNumber(compact):
			s.nhs = compact
		case s.laestab == "" && len(compact) == 7 && digits(compact):
			s.laestab = compact
		case s.identifier == "" && len(compact) <= 10 && strings.ContainsAny(compact, "0123456789"):
			s.identifier = compact
		default:
			s.words = append(s.words, word)
		}
	}
	long := false
	for _, w := range s.words {
		long = long || len([]rune(w)) > 1
	}
	if s.upn == "" && s.nhs == "" && s.identifier == "" && s.laestab == "" && !long && !s.oneDay() {
		p.Add("text", Required, "give a number, two letters of a name, or a day of birth; a month or year of birth goes with a name")
	}
	return s, p.Err()
}

// searchWords are what is between spaces, numbers that are written in groups
// (943 476 5919) joined.
func searchWords(text string) []string {
	var words []string
	group := false
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\t' || r == '\n' || r == '\u00a0' }) {
		number := digits(w) && len(w) < 7 && len(w) != 4
		if last := len(words) - 1; last >= 0 && group && digits(w) && len(words[last])+len(w) <= 10 {
			words[last] += w
		} else {
			words = append(words, w)
		}
		group = number
	}
	return words
}

// birthRange reads a day (2012-05-03, 3/5/2012, 3.5.12), a month (2012-05,
// 5/2012) or a year (2012) as the days that it means.
func birthRange(word string) (from, to Date, ok bool) {
	parts := strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == '/' || r == '.' })
	numbers := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || len(p) > 4 || len(p) == 3 {
			return from, to, false
		}
		numbers[i] = n
	}
	day, month, year := 0, 0, 0
	switch {
	case len(parts) == 1 && len(parts[0]) == 4:
		year = numbers[0]
	case len(parts) == 2 && len(parts[0]) == 4:
		year, month = numbers[0], numbers[1]
	case len(parts) == 2 && len(parts[1]) == 4:
		month, year = numbers[0], numbers[1]
	case len(parts) == 3 && len(parts[0]) == 4:
		year, month, day = numbers[0], numbers[1], numbers[2]
	case len(parts) == 3:
		day, month, year = numbers[0], numbers[1], numbers[2]
		if len(parts[2]) == 2 {
			year += 2000
		}
	default:
		return from, to, false
	}
	if year < 1900 || year > 2100 || month > 12 || month == 0 && len(parts) > 1 {
		return from, to, false
	}
	switch {
	case len(parts) == 1:
		return NewDate(year, 1, 1), NewDate(year+1, 1, 1), true
	case len(parts) == 2:
		return NewDate(year, time.Month(month), 1), NewDate(year, time.Month(month)+1, 1), true
	}
	from, err := ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	return from, from.Add(1), err == nil
}

// candidates is the SELECT of child_id, matched and score, and its arguments.
// Every number that is given is looked for by itself, since one of them may be
// wrong; names, birth and school must all agree.
func (s search) candidates() (string, []any) {
	var selects []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if s.upn != "" {
		selects = append(selects, `SELECT id AS child_id, 'upn' AS matched, 1.0::real AS score FROM child WHERE upn = `+arg(s.upn))
	}
	if s.nhs != "" {
		selects = append(selects, `SELECT id, 'nhs-number', 1.0 FROM child WHERE nhs_number = `+arg(s.nhs))
	}
	identifier := s.identifier
	if identifier == "" { // a number of another shape may be a CHILD number all the same
		identifier = cmp.Or(s.nhs, s.laestab)
	}
	if identifier != "" {
		// Under the policy of identifiers: who may not see them finds nobody by one.
		selects = append(selects, `SELECT child_id, 'identifier', 1.0 FROM child_identifier
			WHERE ltrim(value, '0') = ltrim(`+arg(identifier)+`, '0')`)
	}
	var from, to any
	if !s.from.IsZero() {
		from, to = s.from, s.to
	}
	school := "" // who is on its roll, or was
	if s.laestab != "" && (len(s.words) > 0 || s.oneDay()) {
		school = ` JOIN enrolment e USING (child_id) JOIN school sc ON sc.id = e.school_id AND sc.laestab = ` + arg(s.laestab)
	}
	switch {
	case len(s.words) > 0:
		most := mostFound
		if school != "" || s.few {
			most = 10_000 // the school, or who they are, takes most of them away
		}
		selects = append(selects, `SELECT child_id, 'name', score FROM search_names(`+arg(s.words)+`, `+arg(from)+`::date, `+arg(to)+`::date, `+arg(most)+`)`+school)
	case s.oneDay():
		selects = append(selects, `SELECT child_id, 'date-of-birth', 0.5 FROM (SELECT id AS child_id FROM child WHERE date_of_birth = `+arg(from)+`::date) c`+school)
	case s.laestab != "":
		selects = append(selects, `SELECT e.child_id, 'school', 0.3 FROM enrolment e JOIN school sc ON sc.id = e.school_id AND sc.laestab = `+arg(s.laestab)+`
			JOIN child c ON c.id = e.child_id WHERE e.to_date IS NULL AND (`+arg(from)+`::date IS NULL OR c.date_of_birth >= `+arg(from)+`::date AND c.date_of_birth < `+arg(to)+`::date)`)
	}
	if len(selects) == 0 {
		return "", nil
	}
	return `SELECT DISTINCT ON (child_id) child_id, matched, score FROM (` + strings.Join(selects, " UNION ALL ") + `) a (child_id, matched, score) ORDER BY child_id, score DESC`, args
}
