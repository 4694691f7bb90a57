package records

import (
	"context"
	"fmt"
	"slices"

	"onevision/access"
)

// PutEpisodes stores the episodes of an SSDA903 return in one transaction: all
// that can be or none. rows holds whole children: all that the file has of
// each. horizon is the end, not included, of the return's year: 1 April.
//
// Episodes become looked-after periods, legal statuses and placements (see
// periods), which are compared with what is on record (see merge): what is the
// same already is left alone. A row whose child nobody knows, or that what is
// on record contradicts, is Unmatched; one that cannot be right is Rejected. A
// child's rows go in together: when one of them does not, none does.
func (s *Store) PutEpisodes(ctx context.Context, v access.Viewer, rows []EpisodeRow, horizon Date, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutEpisodes(ctx, rows, horizon, b)
		return err
	})
	return outcomes, err
}

// Episodes derives the rows of the SSDA903 return from what is on record of a
// child: all there are, in order. ErrNotFound if there is no such child.
func (s *Store) Episodes(ctx context.Context, v access.Viewer, child string) (rows []Episode, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		for _, k := range []*Kind{childKind, lookedAfterPeriodKind} {
			if err := t.reads(k); err != nil {
				return err
			}
		}
		rec, err := t.load(ctx, childKind, child)
		if err != nil {
			return err
		}
		id := rec.Head().key
		f := &careFile{child: id}
		if err := t.readCare(ctx, map[int64]*careFile{id: f}); err != nil {
			return err
		}
		for _, c := range f.care {
			rows = append(rows, c.episodes()...)
		}
		return access.Audit(ctx, t.tx, v, access.Entry{Action: "list", Kind: lookedAfterPeriodKind.Name, Child: id})
	})
	return rows, err
}

// careFile is what a file says of one child, and what becomes of it.
type careFile struct {
	child  int64
	public string  // id
	all    []int   // rows of the batch
	rows   []int   // those, each once, in the order of their days
	care   []*care // what stands
	then   []*care // what shall stand
	wrote  map[string]*Wrote

	within []withinCare // on record

	later   Date       // the first day of which a later year's return tells, zero none
	decided *decisions // by people, nil none
	kept    []Kept     // what stands against the file
}

// withinCare is a record that belongs to a period, other than its parts: a review, a
// visit, a health assessment. What has no day of its own counts with its period's
// first.
type withinCare struct {
	kind       *Kind
	id, period int64
	date       Date
}

// careKinds are the kinds of such records.
func careKinds() (list []*Kind) {
	for _, k := range kinds() {
		if f, ok := k.Field("period"); ok && f.Ref == lookedAfterPeriodKind.Name && k != legalStatusKind && k != placementKind {
			list = append(list, k)
		}
	}
	return list
}

// periodOn is the period in which a review of that day lies, nil for none: the
// day on which a child left counts, unless another period begins with it.
func periodOn(list []*care, day Date) *care {
	var left *care
	for _, c := range list {
		if covers(c.from, c.to, day) {
			return c
		}
		if c.to == day {
			left = c
		}
	}
	return left
}

// periodThen is the period to which a record will belong: that of its day, and of one
// without a day, whose period begins earlier or later now, the first that overlaps.
func (f *careFile) periodThen(r withinCare) *care {
	if p := periodOn(f.then, r.date); p != nil || r.kind != previousPermanenceKind {
		return p
	}
	for _, p := range f.then {
		if !p.from.Before(r.date) {
			return p
		}
	}
	return nil
}

// PutEpisodes is Store.PutEpisodes in this transaction.
func (t *Tx) PutEpisodes(ctx context.Context, rows []EpisodeRow, horizon Date, b Batch) ([]RowOutcome, error) {
	if err := t.returns(legalStatusKind, placementKind); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	files := map[string]*careFile{}
	var numbers []string
	for i := range rows {
		outcomes[i].Line = rows[i].Line
		problem, err := t.checkEpisode(ctx, &rows[i])
		if err != nil {
			return nil, err
		}
		if problem == nil {
			problem = rows[i].beyond(horizon)
		}
		if problem != nil {
			outcomes[i].Result, outcomes[i].Problem = Rejected, problem
		}
		f := files[rows[i].Child]
		if f == nil {
			f = &careFile{wrote: map[string]*Wrote{}}
			files[rows[i].Child] = f
			numbers = append(numbers, rows[i].Child)
		}
		f.all = append(f.all, i)
	}
	known, err := t.byNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	whole := map[int64]*careFile{}
	var children []int64
	for _, n := range numbers {
		f := files[n]
		f.child, f.public = known[n].id, known[n].public
		if f.chain(rows, outcomes); f.refused(outcomes) {
			continue
		}
		if whole[f.child] != nil { // two numbers of one child, one of them ended: nobody says which rows hold
			f.refuse(outcomes, f.rows[0], Unmatched, &Problem{"CHILD", Contradicts, "this child is in the file under two numbers: keep one of them"})
			continue
		}
		whole[f.child], children = f, append(children, f.child)
	}
	if err := lockChildren(ctx, t.tx, children); err != nil {
		return nil, err
	}
	if err := t.readCare(ctx, whole); err != nil {
		return nil, err
	}
	if t.batch.ID != 0 {
		if err := t.readLater(ctx, whole, horizon); err != nil {
			return nil, err
		}
		if err := t.readDecided(ctx, whole); err != nil {
			return nil, err
		}
	}
	var ready, told []*careFile
	for _, c := range children {
		f := whole[c]
		if f.compare(rows, outcomes, horizon); f.refused(outcomes) {
			continue
		}
		told = append(told, f)
		why, err := t.against(ctx, f)
		if err != nil {
			return nil, err
		}
		if why != "" {
			f.keep(outcomes, why)
			continue
		}
		ready = append(ready, f)
	}
	if err := t.returned(ctx, rows, told, horizon); err != nil {
		return nil, err
	}
	if err := t.writeCare(ctx, ready, oneLine(b.Source)); err != nil {
		return nil, err
	}
	for _, f := range ready {
		o := &outcomes[f.rows[0]]
		o.Kept = append(o.Kept, f.kept...)
		for _, k := range kinds() {
			if w := f.wrote[k.Name]; w != nil {
				o.Wrote = append(o.Wrote, *w)
			}
		}
	}
	return outcomes, nil
}

// chain puts a child's rows in order and checks that each follows the one
// before.
func (f *careFile) chain(rows []EpisodeRow, outcomes []RowOutcome) {
	f.rows = slices.Clone(f.all)
	for _, i := range f.rows {
		if outcomes[i].Problem != nil {
			f.refuse(outcomes, i, Rejected, outcomes[i].Problem)
			return
		}
	}
	slices.SortStableFunc(f.rows, func(a, b int) int { return rows[a].From.Sub(rows[b].From) })
	// The same row twice is one.
	same := slices.CompactFunc(slices.Clone(f.rows), func(a, b int) bool { return rows[a].Episode == rows[b].Episode })
	for _, i := range f.rows {
		outcomes[i].Result = Unchanged // unless something else comes of it
	}
	f.rows = same
	for n, i := range f.rows {
		var problem *Problem
		if n > 0 {
			problem = rows[i].follows(rows[f.rows[n-1]].Episode)
		}
		if n == len(f.rows)-1 && problem == nil {
			problem = rows[i].ends()
		}
		if problem != nil {
			f.refuse(outcomes, i, Rejected, problem)
			return
		}
	}
	if f.child == 0 {
		f.refuse(outcomes, f.rows[0], Unmatched, unknownNumber())
	}
}

// refuse says why row i does not go in, and with it no row of the child.
func (f *careFile) refuse(outcomes []RowOutcome, i int, result Result, problem *Problem) {
	for _, n := range f.all {
		o := &outcomes[n]
		if n == i {
			o.Result, o.Problem = result, problem
		} else if o.Problem == nil {
			o.Result = result
			o.Problem = &Problem{"", Contradicts, fmt.Sprintf("a child's episodes go in together, and line %d does not: its reason stands there", outcomes[i].Line)}
			if result == Unmatched && problem.Field == "CHILD" {
				o.Problem = problem // the same holds for each
			}
		}
	}
}

func (f *careFile) refused(outcomes []RowOutcome) bool { return outcomes[f.rows[0]].Problem != nil }

// keep leaves the child's record as it stands.
func (f *careFile) keep(outcomes []RowOutcome, why string) {
	for _, n := range f.all {
		if o := &outcomes[n]; o.Result == Added || o.Result == Changed {
			o.Result, o.Columns = KeptBack, nil
			o.Problem = Kept{"", why}.problem("CHILD")
		}
	}
}

// compare merges the child's rows with what stands, and says of each whether
// it is new. Of the days of which a later year's return tells, this one's rows
// are not asked.
func (f *careFile) compare(rows []EpisodeRow, outcomes []RowOutcome, horizon Date) {
	stood := map[Date]Episode{}
	for _, c := range f.care {
		for _, e := range c.episodes() {
			stood[e.From] = e.asAt(horizon)
		}
	}
	limit := horizon
	if !f.later.IsZero() && f.later.Before(limit) {
		limit = f.later
	}
	var file []Episode
	var asked []int
	for _, i := range f.rows {
		if e := rows[i].Episode; e.From.Before(limit) {
			_, follows := stood[limit]
			if limit != horizon && (e.To.After(limit) || e.To == limit && e.End == continues && !follows) { // how it went on is for the later return to say
				e.To, e.End, e.Change = Date{}, "", ""
			}
			file, asked = append(file, e), append(asked, i)
		} else if old, ok := stood[e.From]; !ok || len(e.differences(old)) > 0 {
			f.otherwise(outcomes, i)
		}
	}
	f.then = f.care
	if len(file) == 0 {
		return
	}
	then, problem := merge(f.care, file, limit, horizon.yearBefore())
	if problem != nil && limit != horizon {
		for _, i := range asked {
			if old, ok := stood[rows[i].From]; !ok || len(rows[i].Episode.differences(old)) > 0 {
				f.otherwise(outcomes, i)
			}
		}
		return
	}
	if problem != nil {
		at := f.rows[0]
		if problem.Field == "DEC" {
			at = f.rows[len(f.rows)-1]
		}
		f.refuse(outcomes, at, Unmatched, problem)
		return
	}
	f.then = periods(then)
	once := map[*care]bool{} // periods of which it is said what permanence came before
	for _, r := range f.within {
		there, then := periodOn(f.care, r.date) != nil, f.periodThen(r)
		switch {
		case there && then == nil:
			f.refuse(outcomes, f.rows[0], Unmatched, &Problem{"DECOM", Outside, "there is a " + words(r.kind.Name) + " on record on a day on which, by these episodes, the child was not looked after: correct one of them"})
			return
		case r.kind == previousPermanenceKind && then != nil && once[then]:
			f.refuse(outcomes, f.rows[0], Unmatched, &Problem{"DECOM", Contradicts, "these episodes make one period of two, of each of which it is on record what permanence came before: correct one of them"})
			return
		}
		once[then] = once[then] || r.kind == previousPermanenceKind
	}
	for _, i := range asked {
		old, ok := stood[rows[i].From]
		switch columns := rows[i].Episode.differences(old); {
		case !ok:
			outcomes[i].Result = Added
		case len(columns) > 0:
			outcomes[i].Result, outcomes[i].Columns = Changed, columns
		default:
			outcomes[i].Result = Unchanged
		}
	}
}

// otherwise says of a row that a later year's return has said something else.
func (f *careFile) otherwise(outcomes []RowOutcome, i int) {
	outcomes[i].Result = KeptBack
	outcomes[i].Problem = &Problem{"DECOM", Decided, "a return of a later year says otherwise, and stays"}
}
