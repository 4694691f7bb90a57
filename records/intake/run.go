package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"onevision/access"
	"onevision/records"
)

// run is one import under way.
type run struct {
	*Importer
	*scanned
	viewer  access.Viewer // who imports
	by      access.Viewer // who handed the file in, where that is somebody else
	from    records.Batch
	into    Rows
	pending []row // what into holds, in its order
	bad     []bad // rows read since the last transaction that cannot go in
	rejects *rejects
	report  *Report
	waiting bool             // there are rows of earlier files that matched nobody
	began   int64            // where the changes feed was when the import began
	most    int64            // rows that are taken, 0: all
	cut     bool             // a trial has not taken all
	tried   bool             // it is a trial
	passed  map[string]int64 // rows that were passed over, by the reason
}

// bad is a row that cannot go in.
type bad struct {
	row
	*Problem
}

// errChanged: the file was written to between the two readings.
var errChanged = errors.New("the file was changed while it was read")

// compare is the second reading of a file in which subjects seem to repeat.
func (s *scanned) compare(ctx context.Context, r io.ReadSeeker) error {
	in, err := s.reread(r)
	if err != nil {
		return err
	}
	names := s.format.Rows()
	for n := 0; ; n++ {
		found, err := s.read(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if n%10_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if fields, p := s.values(found); p == nil && !unwanted(names, fields) {
			subject, said := names.Subject(fields)
			s.repeats.second(found.line, subject, said)
		}
	}
}

// reread goes back to the first row after the header.
func (s *scanned) reread(r io.ReadSeeker) (source, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("go back to the beginning of the file: %w", err)
	}
	in := s.source(r)
	if s.opened {
		return in, nil
	}
	if _, err := in.next(); err != nil {
		return nil, errChanged
	}
	return in, nil
}

// following gives the next row that is not passed over.
func (u *run) following(in source) (row, error) {
	passer, some := u.into.(Passer)
	for {
		found, err := u.read(in)
		if err != nil || !some {
			return found, err
		}
		fields, p := u.values(found)
		if p != nil {
			return found, nil
		}
		why := passer.Passes(fields)
		switch why {
		case "":
			return found, nil
		case Heading:
			continue
		}
		if u.passed == nil {
			u.passed = map[string]int64{}
		}
		u.passed[why]++
	}
}

// rows puts every row of the file where it belongs.
func (u *run) rows(ctx context.Context, r io.ReadSeeker, progress func(Progress)) error {
	hash := sha256.New()
	tee := io.TeeReader(r, hash)
	in, err := u.reread(struct {
		io.Reader
		io.Seeker
	}{tee, r})
	if err != nil {
		return err
	}
	take := u.stream
	if u.holds() {
		take = u.together
	}
	if err := take(ctx, in, progress); err != nil {
		return err
	}
	line, read := in.place()
	if err := u.put(ctx, line); err != nil {
		return err
	}
	if f, ok := u.into.(Finisher); ok && !u.cut {
		notes, wrote, err := f.Finish(ctx, u.Store, u.viewer, u.from)
		if err != nil {
			return err
		}
		u.report.Notes = append(u.report.Notes, notes...)
		u.report.wrote(wrote)
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	for _, why := range slices.Sorted(maps.Keys(u.passed)) {
		u.report.Notes = append(u.report.Notes, passedOver(u.passed[why])+why)
	}
	progress(Progress{Bytes: read, Total: u.size, Rows: u.report.Rows})
	if [sha256.Size]byte(hash.Sum(nil)) != u.sha256 {
		return errChanged
	}
	return nil
}

func passedOver(n int64) string {
	if n == 1 {
		return "1 row was passed over: "
	}
	return fmt.Sprintf("%d rows were passed over: ", n)
}

// stream takes the rows as they are read, so many in a transaction.
func (u *run) stream(ctx context.Context, in source, progress func(Progress)) error {
	for {
		if u.enough() {
			return nil
		}
		found, err := u.following(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		u.take(found)
		if len(u.pending)+len(u.bad) == batchRows {
			if err := u.put(ctx, found.line); err != nil {
				return err
			}
			_, read := in.place()
			progress(Progress{Bytes: read, Total: u.size, Rows: u.report.Rows})
		}
	}
}

// enough reports whether a trial has taken its rows, and says so once.
func (u *run) enough() bool {
	taken := u.report.Rows + int64(len(u.pending)+len(u.bad))
	if u.most == 0 || taken < u.most || u.scanned.rows <= u.most {
		return false
	}
	u.cut = true
	u.report.Notes = append(u.report.Notes, fmt.Sprintf("the first %d rows were tried, of %d", taken, u.scanned.rows))
	return true
}

// examine gives a row's values, or says why it cannot go in whatever the record
// holds.
func (u *run) examine(found row) ([]string, *Problem) {
	fields, p := u.values(found)
	if p != nil {
		return nil, p
	}
	subject, _ := u.into.Subject(fields)
	if other := u.repeats.contradicted(found.line, subject); other != 0 {
		return fields, &Problem{Reason: fmt.Sprintf("line %d says something else of the same: keep the right one", other)}
	}
	return fields, nil
}

// take adds a row to the batch, or to what cannot go in.
func (u *run) take(found row) {
	fields, p := u.examine(found)
	if p == nil {
		p = u.into.Add(found.line, fields)
	}
	if shower, ok := u.into.(Shower); ok && u.tried && p == nil && len(u.report.Sample)+len(u.pending) < sampled {
		found.shown = shower.Show()
	}
	if fields != nil {
		found.fields = fields
	}
	if p != nil {
		if fields == nil && p.Column == "" { // nobody can say which value belongs to which column
			found.fields = []string{found.text}
		}
		u.bad = append(u.bad, bad{found, p})
		return
	}
	u.pending = append(u.pending, found)
}

// put stores the batch, hands back what cannot go in, and counts what became
// of each row up to the line.
func (u *run) put(ctx context.Context, through int64) error {
	var lost []unmatched
	var found [][]byte
	counts := *u.report
	counts.Records = slices.Clone(counts.Records)
	if len(u.pending) > 0 {
		outcomes, err := u.into.Put(ctx, u.Store, u.viewer, u.from)
		if err != nil {
			return err
		}
		if len(outcomes) != len(u.pending) {
			return fmt.Errorf("the record store answered for %d of %d rows", len(outcomes), len(u.pending))
		}
		decided, err := u.decided(ctx, outcomes)
		if err != nil {
			return err
		}
		for n, o := range outcomes {
			r := u.pending[n]
			counts.wrote(o.Wrote)
			if u.tried {
				counts.sample(r, o.Result, u.about(r, o.Problem))
			}
			if o.Result != records.KeptBack {
				for _, k := range o.Kept {
					counts.list(&counts.KeptRows, r.line, &Problem{Column: u.column(r, k.Field), Reason: k.Why})
				}
			}
			switch o.Result {
			case records.Added:
				counts.Added++
			case records.Changed:
				counts.Changed++
				for i, c := range o.Columns {
					o.Columns[i] = u.column(r, c)
				}
				counts.change(r.line, o.Columns)
			case records.Unchanged:
				counts.Unchanged++
			case records.KeptBack:
				counts.Kept++
				counts.list(&counts.KeptRows, r.line, u.about(r, o.Problem))
			case records.Unmatched:
				p := u.about(r, o.Problem)
				if reason := decided[n]; reason != "" {
					counts.Kept++
					counts.list(&counts.KeptRows, r.line, &Problem{Reason: reason})
					break
				}
				counts.Unmatched++
				counts.list(&counts.UnmatchedRows, r.line, p)
				one, err := u.unmatched(r, p)
				if err != nil {
					return err
				}
				lost = append(lost, one)
				continue
			case records.Rejected:
				u.bad = append(u.bad, bad{r, u.about(r, o.Problem)})
				continue
			default:
				return fmt.Errorf("the record store gave line %d the outcome %d", r.line, o.Result)
			}
			found = append(found, u.hash(r))
		}
	}
	slices.SortStableFunc(u.bad, func(a, b bad) int { return cmp.Compare(a.line, b.line) })
	for _, b := range u.bad {
		counts.Rejected++
		counts.list(&counts.RejectedRows, b.line, b.Problem)
		if u.tried && !slices.ContainsFunc(counts.Sample, func(s Sampled) bool { return s.Line == b.line }) {
			counts.sample(b.row, records.Rejected, b.Problem)
		}
		if err := u.rejects.write(u.report.Name, b.line, b.fields, b.Problem); err != nil {
			return err
		}
	}
	// Now and not at the end: an import that is killed leaves the rejects of
	// every batch that went in.
	if err := u.rejects.flush(); err != nil {
		return err
	}
	counts.Rows += int64(len(lost) + len(found) + len(u.bad))
	counts.Through = through
	*u.report = counts
	u.pending, u.bad = u.pending[:0], u.bad[:0]
	return u.note(ctx, lost, found)
}

// column is a column as the report names it.
func (u *run) column(r row, field string) string {
	if u.format.Part == nil {
		return field
	}
	table, _ := u.format.Part(r.fields)
	if field == "" {
		return table
	}
	return table + "." + field
}

// about sets the record store's problem beside the value of its column.
func (u *run) about(r row, p *records.Problem) *Problem {
	if p == nil {
		return &Problem{}
	}
	if u.format.Part != nil {
		_, values := u.format.Part(r.fields)
		return &Problem{u.column(r, p.Field), values[p.Field], p.Message}
	}
	as, ok := FormatOf(u.format.Name)
	if !ok {
		as = u.format
	}
	for n, column := range as.Header {
		if column == p.Field {
			return &Problem{u.format.Header[n], r.fields[n], p.Message}
		}
	}
	return &Problem{"", "", p.Message}
}

func (u *run) unmatched(r row, p *Problem) (unmatched, error) {
	values := make(map[string]string, len(r.fields))
	for n, column := range u.format.Header {
		values[column] = r.fields[n]
	}
	text, err := json.Marshal(values)
	if err != nil {
		return unmatched{}, fmt.Errorf("keep line %d: %w", r.line, err)
	}
	return unmatched{hash: u.hash(r), line: r.line, row: text, reason: p.Reason}, nil
}

// hash is the same for the same row, in whatever file and way of writing.
func (u *run) hash(r row) []byte {
	sum := sha256.Sum256([]byte(Tidied(append([]string{u.format.Name}, r.fields...)...)))
	return sum[:]
}
