package indicators

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// A publication is what was said of a period once, on a day: each measure's figures,
// what of them is shown to those without a right to exact ones, and what they were
// held against. It is written to PostgreSQL and never changed (see publish.go); what
// is hidden is chosen in disclosure.go; those who see published figures alone are
// answered in published.go.

// latest is how many days after it should be complete a period is published all the
// same, and marked incomplete.
const latest = 14

// bases are the kinds of which members are published, the first that a definition
// has: periods of one of them do not overlap.
var bases = []PeriodKind{Month, HalfTerm, Week, AcademicYear, FinancialYear, Year}

// longer are the kinds that are sums of periods of a base, and how many of these
// make one.
var longer = map[PeriodKind]map[PeriodKind]int{
	Month:    {AcademicYear: 12, FinancialYear: 12, Year: 12, Rolling12Months: 12},
	HalfTerm: {AcademicYear: 6},
}

// PublishedBy is the kind of period by which the definition's members are published,
// "" where it has none: then only spans of twelve months are.
func (d Definition) PublishedBy() PeriodKind {
	for _, k := range bases {
		if slices.Contains(d.Periods, k) {
			return k
		}
	}
	return ""
}

// Publishes are the kinds of period that are published of the definition, that by
// which its members are first. Of kinds that overlap one is: the weeks of a half term
// can be subtracted from the half term. A span that grows is published when it has
// ended, as the academic year.
func (d Definition) Publishes() []PeriodKind {
	var out []PeriodKind
	base := d.PublishedBy()
	if base != "" {
		out = append(out, base)
	}
	for _, k := range d.Periods {
		if longer[base][k] > 0 || k == Rolling12Months && d.yearsWithoutMonths() {
			out = append(out, k)
		}
	}
	return out
}

// yearsWithoutMonths reports whether spans of twelve months are published that
// overlap, without the months that they are made of.
func (d Definition) yearsWithoutMonths() bool {
	return slices.Contains(d.Periods, Rolling12Months) && !slices.Contains(bases[:3], d.PublishedBy())
}

// latestDay is the day on which a period is published even if it is not complete, the
// only one: see publishDue.
func (d Definition) latestDay(p Period) time.Time {
	return p.Last.AddDate(0, 0, 1+d.Complete.Days+latest)
}

// Publishing is what is to be published, and by whom.
type Publishing struct {
	// Of says which periods: a month ("2026-10": all that ended in it), two of them
	// ("2025-10..2026-10"), or a period's id.
	Of          string
	Incomplete  bool   // also what is not complete, marked so
	By          string // "command", "page"
	SignedOffBy string
	Commentary  string
}

// Unprintable is returned for a publication's text with a character that cannot be
// printed; it names the field: "signed-off-by", "commentary".
type Unprintable struct{ Field string }

func (u *Unprintable) Error() string {
	return u.Field + ": holds a character that cannot be printed"
}

// check refuses text that the pages cannot show, or the record store cannot keep.
func (p Publishing) check() error {
	switch {
	case strings.ContainsFunc(p.SignedOffBy, unshowable):
		return &Unprintable{"signed-off-by"}
	case strings.ContainsFunc(p.Commentary, unshowable):
		return &Unprintable{"commentary"}
	}
	return nil
}

// unshowable reports whether a character is one that the pages cannot show.
func unshowable(r rune) bool {
	return !unicode.IsPrint(r) && !unicode.IsSpace(r) || r == utf8.RuneError
}

// Release is one act of publication.
type Release struct {
	ID          int64     `json:"id"`
	At          time.Time `json:"published_at"`
	By          string    `json:"by"`
	SignedOffBy string    `json:"signed_off_by,omitempty"`
	Commentary  string    `json:"commentary,omitempty"`
	Measures    int       `json:"measures"`
	Periods     []string  `json:"periods"`
	Incomplete  int       `json:"incomplete"` // measures' periods that were not complete
	Shown       int       `json:"shown"`      // figures
	Hidden      int       `json:"hidden"`
	// Left is what was not published, and why: "persistent absence, October 2026:
	// the period has not ended".
	Left []string `json:"left,omitempty"`
}

// asks is what Publishing.Of means: its first and last day, in which a period must
// end, or one period's id.
type asks struct {
	first, last time.Time
	id          string
}

func (s asks) has(p Period) bool {
	if s.id != "" {
		return p.ID == s.id
	}
	return !p.Last.Before(s.first) && !p.Last.After(s.last)
}

func asksOf(text string) (asks, error) {
	if KindOf(text) != "" {
		return asks{id: text}, nil
	}
	from, to, two := strings.Cut(text, "..")
	if !two {
		to = from
	}
	first, err := time.Parse("2006-01", from)
	last, err2 := time.Parse("2006-01", to)
	if err != nil || err2 != nil || last.Before(first) {
		return asks{}, fmt.Errorf("%q is no period: give a month (2026-10), two of them (2025-10..2026-10), or a period's id (academic-year:2025)", text)
	}
	return asks{first: first, last: last.AddDate(0, 1, -1)}, nil
}

// Releases are the acts of publication, the newest first; none for a viewer who may
// not view dashboards.
func (e *Engine) Releases(ctx context.Context, v access.Viewer, most int) ([]Release, error) {
	if !v.May(access.ViewDashboards) || e.Pool == nil {
		return nil, nil
	}
	var out []Release
	err := access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* indicators.Releases */
			SELECT r.id, published_at, published_by, signed_off_by, commentary, count(DISTINCT p.indicator), array_agg(DISTINCT p.name), count(*) FILTER (WHERE NOT p.complete)
			FROM published_release r JOIN published_period p ON p.release_id = r.id GROUP BY r.id ORDER BY r.id DESC LIMIT $1`, most)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Release, err error) {
			return r, row.Scan(&r.ID, &r.At, &r.By, &r.SignedOffBy, &r.Commentary, &r.Measures, &r.Periods, &r.Incomplete)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the publications: %w", err)
	}
	return out, nil
}
