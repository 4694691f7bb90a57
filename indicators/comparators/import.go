package comparators

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Report says what an import took and what it did not.
type Report struct {
	File      string   `json:"file"`
	Release   int64    `json:"release"` // 0: nothing was new, so none was made
	Rows      int      `json:"rows"`
	Others    int      `json:"others"`    // rows of another level, or that the map does not choose
	Added     int      `json:"added"`     // figures that were not held
	Changed   int      `json:"changed"`   // that stood otherwise
	Unchanged int      `json:"unchanged"` // that stood just so
	Rejected  int      `json:"rejected"`
	Rejects   []Reject `json:"rejects"` // the first of them
}

// mostRejects is how many rejects a report lists; the file of rejects has all.
const mostRejects = 20

// Import reads a file of the "explore education statistics" convention by the
// map, and makes a release of the figures that are new or stand otherwise. What
// is rejected is written to rejects, as the file has it, with a column more that
// says why; nothing of such a row is taken. The viewer must be allowed to
// operate the system.
func (s *Store) Import(ctx context.Context, v access.Viewer, name string, file io.Reader, m *Map, rejects io.Writer) (Report, error) {
	report := Report{File: filepath.Base(name)}
	if !v.May(access.OperateSystem) {
		return report, ErrNotFound
	}
	set, err := s.Set(ctx, v)
	if err != nil {
		return report, err
	}
	measures, err := m.describe(set)
	if err != nil {
		return report, err
	}
	former := map[string]Area{}
	for _, a := range shipped().areas {
		if a.former != "" {
			former[a.former] = a.Area
		}
	}
	sum := sha256.New()
	read, err := readEES(io.TeeReader(file, sum), m, former)
	if err != nil {
		return report, err
	}
	report.Rows, report.Others, report.Rejected = read.rows, read.others, len(read.rejects)
	report.Rejects = read.rejects[:min(len(read.rejects), mostRejects)]
	if err := writeRejects(rejects, read); err != nil {
		return report, fmt.Errorf("write the rejects: %w", err)
	}
	b := batch{measures: measures, release: Release{
		Publisher: m.Publisher, Publication: m.Publication, Release: m.Release, Published: m.published, Licence: m.Licence, Address: m.Address,
		File: report.File, LoadedBy: v.Name(), hash: hex.EncodeToString(sum.Sum(nil)),
	}}
	for _, br := range m.Breaks {
		p, err := PeriodOf(Kind(br.Kind), br.Period)
		if err != nil {
			return report, err
		}
		b.breaks = append(b.breaks, Break{br.Measure, p.Kind, p.Year, br.Note})
	}
	for _, f := range read.figures {
		stood := set.Figure(Measure{ID: f.Measure, Part: f.Part}, f.Period, f.Area.Code)
		switch {
		case stood.Area.Code == "":
			report.Added++
		case same(stood, f):
			report.Unchanged++
			continue
		default:
			report.Changed++
		}
		b.figures = append(b.figures, f)
	}
	if len(b.figures) == 0 && unchangedTitles(set, measures) {
		return report, nil
	}
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) (err error) {
		if _, err := tx.Exec(ctx, `/* comparators.Store.Import */ SELECT pg_advisory_xact_lock($1)`, lock); err != nil {
			return err
		}
		if report.Release, err = write(ctx, tx, b, ""); err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "import", Kind: "comparators", Record: report.Release, Fields: []string{report.File}})
	})
	return report, err
}

// same reports whether a figure stands just so.
func same(a, b Figure) bool {
	equal := func(x, y decimal.NullDecimal) bool { return x.Valid == y.Valid && x.Decimal.Equal(y.Decimal) }
	return a.Flag == b.Flag && a.Value.Equal(b.Value) && equal(a.Numerator, b.Numerator) && equal(a.Denominator, b.Denominator) && a.Comparison == b.Comparison && a.Note == b.Note
}

func unchangedTitles(set *Set, measures []Measure) bool {
	for _, m := range measures {
		if is, ok := set.Measure(m.ID, m.Part); !ok || is != m {
			return false
		}
	}
	return true
}

func writeRejects(to io.Writer, f *eesFile) error {
	if len(f.rejects) == 0 || to == nil {
		return nil
	}
	w := csv.NewWriter(to)
	if err := w.Write(append(f.header[:len(f.header):len(f.header)], "rejected_because")); err != nil {
		return err
	}
	for _, r := range f.rejects {
		row := make([]string, len(f.header), len(f.header)+1)
		copy(row, r.row)
		if err := w.Write(append(row, strings.TrimSpace(r.Column+" "+r.Reason))); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// ImportNeighbours reads a CSV file with the columns authority_code,
// authority_name, region_code, region_name, neighbour_code, neighbour_name and
// closeness (which may be empty), an authority's neighbours in their order. They
// replace those that were held of the authorities in it. The count is of
// authorities.
func (s *Store) ImportNeighbours(ctx context.Context, v access.Viewer, name string, file io.Reader) (int, error) {
	if !v.May(access.OperateSystem) {
		return 0, ErrNotFound
	}
	if _, err := s.Set(ctx, v); err != nil {
		return 0, err
	}
	authorities, hash, err := readNeighboursFile(file)
	if err != nil {
		return 0, err
	}
	b := batch{authorities: authorities, release: Release{Publisher: "The authority", Publication: "Statistical neighbours", Licence: "Not stated", File: filepath.Base(name), LoadedBy: v.Name(), hash: hash}}
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		id, err := write(ctx, tx, b, "")
		if err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "import", Kind: "comparators", Record: id, Fields: []string{b.release.File}})
	})
	return len(authorities), err
}

func readNeighboursFile(file io.Reader) ([]Authority, string, error) {
	sum := sha256.New()
	lines, err := csv.NewReader(io.TeeReader(file, sum)).ReadAll()
	if err != nil {
		return nil, "", err
	}
	need := []string{"authority_code", "authority_name", "region_code", "region_name", "neighbour_code", "neighbour_name", "closeness"}
	if len(lines) < 2 {
		return nil, "", errors.New("the file holds no neighbour: it needs a heading, " + strings.Join(need, ",") + ", and a line for each")
	}
	column := map[string]int{}
	for i, name := range lines[0] {
		column[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, name := range need {
		if _, ok := column[name]; !ok {
			return nil, "", fmt.Errorf("the file has no column %s: it needs %s", name, strings.Join(need, ","))
		}
	}
	var out []Authority
	seen := map[string]bool{}
	for n, line := range lines[1:] {
		get := func(name string) string { return strings.TrimSpace(line[column[name]]) }
		for _, name := range []string{"authority_code", "region_code", "neighbour_code"} {
			if !areaCode.MatchString(get(name)) {
				return nil, "", fmt.Errorf("line %d: %s %q is no code such as E10000003", n+2, name, get(name))
			}
		}
		for _, name := range []string{"authority_name", "region_name", "neighbour_name"} {
			if get(name) == "" {
				return nil, "", fmt.Errorf("line %d: %s is missing", n+2, name)
			}
		}
		pair := get("authority_code") + " " + get("neighbour_code")
		if seen[pair] || get("authority_code") == get("neighbour_code") {
			return nil, "", fmt.Errorf("line %d: %s is named twice as a neighbour of %s, or is itself", n+2, get("neighbour_code"), get("authority_code"))
		}
		seen[pair] = true
		out = addNeighbour(out, get)
	}
	return out, hex.EncodeToString(sum.Sum(nil)), nil
}

// SetAuthority says which authority this is, and its name on every page. The
// name is that of the figures where none is given.
func (s *Store) SetAuthority(ctx context.Context, v access.Viewer, code, name string) (Authority, error) {
	if !v.May(access.OperateSystem) {
		return Authority{}, ErrNotFound
	}
	if !areaCode.MatchString(code) {
		return Authority{}, fmt.Errorf("%q is no code of an authority such as E10000003", code)
	}
	set, err := s.Set(ctx, v)
	if err != nil {
		return Authority{}, err
	}
	a, known := set.Known(code)
	if a.Type == "" {
		a.Area = Area{Code: code, Type: LocalAuthority}
	}
	if name != "" {
		a.Name = name
	}
	if a.Name == "" || !known && name == "" {
		return Authority{}, fmt.Errorf("nothing is held of %s: give its name with --name, or import figures of it first", code)
	}
	err = access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		var demo bool
		if err := tx.QueryRow(ctx, `/* comparators.Store.SetAuthority */ SELECT demo FROM installation`).Scan(&demo); err != nil {
			return err
		}
		if demo {
			return errors.New("this is the demo county: its name stays invented")
		}
		if _, err := tx.Exec(ctx, `/* comparators.Store.SetAuthority */ UPDATE installation SET authority = $1, authority_code = $2`, a.Name, code); err != nil {
			return err
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "correct", Kind: "installation", Fields: []string{"authority", "authority_code"}})
	})
	return a, err
}

// Releases are all that were loaded, the newest first.
func (s *Store) Releases(ctx context.Context, v access.Viewer) ([]Release, error) {
	if _, err := s.Set(ctx, v); err != nil {
		return nil, err
	}
	var out []Release
	err := access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* comparators.Store.Releases */
			SELECT id, origin = 'shipped', publisher, publication, release, coalesce(published, '0001-01-01'), licence, address, file, loaded_at, loaded_by, withdrawn_at IS NOT NULL,
			       (SELECT count(*) FROM indicator_comparator_value v WHERE v.release_id = r.id)
			FROM indicator_comparator_release r ORDER BY id DESC`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Release, err error) {
			err = row.Scan(&r.ID, &r.Shipped, &r.Publisher, &r.Publication, &r.Release, &r.Published, &r.Licence, &r.Address, &r.File, &r.LoadedAt, &r.LoadedBy, &r.Withdrawn, &r.Figures)
			if r.Published.Year() == 1 {
				r.Published = time.Time{}
			}
			return r, err
		})
		return err
	})
	return out, err
}

// Withdraw takes an imported release out of force: what stood before it stands
// again.
func (s *Store) Withdraw(ctx context.Context, v access.Viewer, release int64) error {
	if !v.May(access.OperateSystem) {
		return ErrNotFound
	}
	return access.InTx(ctx, s.pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* comparators.Store.Withdraw */
			UPDATE indicator_comparator_release SET withdrawn_at = now(), withdrawn_by = $2 WHERE id = $1 AND origin = 'imported' AND withdrawn_at IS NULL`, release, v.Name())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("there is no imported release %s in force", strconv.FormatInt(release, 10))
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "delete", Kind: "comparators", Record: release})
	})
}
