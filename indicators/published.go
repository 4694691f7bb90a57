package indicators

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Answers for those who see published figures alone. They are made from what is
// stored as shown, and from nothing else: a hidden number is not even read, and no
// part of these answers moves between two publications.

// publishedAs is the definition as it is published: by its published kinds of
// period. false where none is.
func (d Definition) publishedAs() (Definition, bool) {
	d.Periods = d.Publishes()
	return d, len(d.Periods) > 0
}

// Publication is when and by whom a figure was published.
type Publication struct {
	At          time.Time
	Complete    bool
	SignedOffBy string
	Commentary  string
}

// readAs is the definition with all that says how a figure of another version of it
// is to be read.
func (d Definition) readAs(was Definition) Definition {
	d.Meaning, d.Unit, d.Polarity, d.Decimals, d.Cohort, d.Counts, d.Of, d.Complete = was.Meaning, was.Unit, was.Polarity, was.Decimals, was.Cohort, was.Counts, was.Of, was.Complete
	return d
}

// issue is one period of a measure as published, with its figures of one breakdown.
type issue struct {
	definition  Definition // as it was then, without its SQL
	period      Period
	publication Publication
	lacking     string
	received    int64
	expected    int64
	asAt        time.Time
	position    string
	comparators []Comparator
	figures     map[string]issued // by member
}

// issued is one figure: its numbers are zero unless it is shown.
type issued struct {
	label    Label
	flag     string
	cell     cell
	value    decimal.Decimal
	hasValue bool
	target   *Target
}

// publishedCache keeps what was read of publications, until there is another.
type publishedCache struct {
	mu      sync.Mutex
	newest  int64 // release
	checked time.Time
	issues  map[part][]issue
	known   map[string]knowledge // by measure and what is the viewer's own: see knowledgeOf
}

// mostIssues and mostKnown bound the cache: one part is a few hundred figures, what is
// known of a measure some periods.
const mostIssues, mostKnown = 500, 5000

func (pc *publishedCache) forget() {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.checked, pc.issues, pc.known = time.Time{}, nil, nil
}

// seen is the publication that was the newest when it was last looked.
func (pc *publishedCache) seen() int64 {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	return pc.newest
}

// newestRelease is the newest publication. Another program's is seen within 5 seconds,
// by the figures and by their tag at once: a new tag never goes out with figures from
// before. The caller holds pc.mu.
func (pc *publishedCache) newestRelease(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	if time.Since(pc.checked) <= 5*time.Second {
		return pc.newest, nil
	}
	var newest int64
	if err := pool.QueryRow(ctx, `/* indicators.newestRelease */ SELECT coalesce(max(id), 0) FROM published_release`).Scan(&newest); err != nil {
		return 0, fmt.Errorf("read the newest publication: %w", err)
	}
	if newest != pc.newest {
		pc.known = nil
	}
	if newest != pc.newest || len(pc.issues) > mostIssues {
		pc.issues = nil
	}
	pc.newest, pc.checked = newest, time.Now()
	return newest, nil
}

// issues are the published periods of a part, oldest first, from the cache while no
// other program has published.
func (e *Engine) issues(ctx context.Context, v access.Viewer, p part, d Definition) ([]issue, error) {
	pc := &e.published
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if _, err := pc.newestRelease(ctx, e.Pool); err != nil {
		return nil, err
	}
	if got, ok := pc.issues[p]; ok {
		return got, nil
	}
	var out []issue
	err := access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) (err error) {
		out, err = readIssues(ctx, tx, p, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is published of %s: %w", d.ID, err)
	}
	if pc.issues == nil {
		pc.issues = map[part][]issue{}
	}
	pc.issues[p] = out
	return out, nil
}

// readIssues reads the numbers of what is shown, and of the rest that it is not.
func readIssues(ctx context.Context, tx pgx.Tx, p part, d Definition) ([]issue, error) {
	rows, err := tx.Query(ctx, `/* indicators.readIssues */
		SELECT p.period_id, p.first_day, p.last_day, p.name, p.complete, p.lacking, coalesce(p.received, 0), coalesce(p.expected, 0), p.data_as_at, p.position, p.comparators, p.definition - 'SQL',
		       r.published_at, r.signed_off_by, r.commentary, v.member, v.label, v.code, v.place, v.flag,
		       coalesce(v.numerator, 0)::text, coalesce(v.denominator, 0)::text, v.value::text, v.children, v.target::text, v.tolerance::text
		FROM published_period p JOIN published_release r ON r.id = p.release_id
		JOIN (SELECT indicator, breakdown, period_id, member, label, code, place, flag, target, tolerance,
			CASE flag WHEN 'shown' THEN numerator END AS numerator, CASE flag WHEN 'shown' THEN denominator END AS denominator,
			CASE flag WHEN 'shown' THEN value END AS value, CASE flag WHEN 'shown' THEN children ELSE 0 END AS children FROM published_value) v USING (indicator, period_id)
		WHERE indicator = $1 AND p.kind = $2 AND v.breakdown = $3 ORDER BY p.last_day, p.first_day, v.member`, p.indicator, p.kind, p.breakdown)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []issue
	for rows.Next() {
		i := issue{period: Period{Kind: p.kind}}
		var f issued
		var numerator, denominator string
		var value, target, tolerance *string
		var compared, definition []byte
		if err := rows.Scan(&i.period.ID, &i.period.First, &i.period.Last, &i.period.Name, &i.publication.Complete, &i.lacking, &i.received, &i.expected, &i.asAt, &i.position, &compared, &definition,
			&i.publication.At, &i.publication.SignedOffBy, &i.publication.Commentary, &f.label.Member, &f.label.Text, &f.label.Code, &f.label.Place, &f.flag,
			&numerator, &denominator, &value, &f.cell.children, &target, &tolerance); err != nil {
			return nil, err
		}
		for _, n := range []struct {
			text *string
			to   *decimal.Decimal
		}{{&numerator, &f.cell.numerator}, {&denominator, &f.cell.denominator}, {value, &f.value}} {
			if n.text == nil {
				continue
			}
			if *n.to, err = decimal.NewFromString(*n.text); err != nil {
				return nil, err
			}
		}
		f.hasValue = value != nil
		if len(out) == 0 || out[len(out)-1].period.ID != i.period.ID {
			if err := json.Unmarshal(compared, &i.comparators); err != nil {
				return nil, err
			}
			var was Definition
			if err := json.Unmarshal(definition, &was); err != nil {
				return nil, err
			}
			i.definition, i.figures = was, map[string]issued{}
			out = append(out, i)
		}
		if target != nil {
			if f.target, err = targetOf(out[len(out)-1].definition, *target, *tolerance); err != nil {
				return nil, err
			}
		}
		out[len(out)-1].figures[f.label.Member] = f
	}
	return out, rows.Err()
}

func targetOf(d Definition, value, tolerance string) (*Target, error) {
	v, err := decimal.NewFromString(value)
	if err != nil {
		return nil, err
	}
	within, err := decimal.NewFromString(tolerance)
	return &Target{Value: v, Tolerance: within, Text: valueText(d, v)}, err
}

// figure is one of the issue's figures as it is shown beside those of another issue,
// whose definition d is. Figures of another unit cannot stand in one line.
func (i issue) figure(d Definition, member string) Figure {
	f, there := i.figures[member]
	switch {
	case there && f.flag != flagNone && i.definition.Unit != d.Unit:
		return suppressed(i.period, "not shown", "it was published by a definition with another unit: choose the period to see it")
	case !there, f.flag == flagNone, f.flag == flagShown && !f.hasValue:
		return Figure{Period: i.period, Text: "no data"}
	case f.flag == flagIncomplete:
		return suppressed(i.period, "not shown", "too little had been received when it was published")
	case f.flag == flagHidden:
		return suppressed(i.period, "not shown", "the number, or one that could be worked out from it, is too small to be shown")
	}
	out := Figure{Period: i.period, State: Known, Numerator: f.cell.numerator, Denominator: f.cell.denominator, Value: f.value, Text: valueText(i.definition, f.value)}
	if !i.publication.Complete {
		out.State, out.Note = Incomplete, "incomplete when it was published: "+i.lacking
	}
	return out
}

// askPublished answers a question from what is published, as far as it may stand beside
// what the viewer knows.
func (e *Engine) askPublished(ctx context.Context, v access.Viewer, q Question, known knowledge) (Answer, error) {
	d, ok := e.Defined().Definition(q.Indicator)
	if !ok {
		return Answer{}, ErrNotFound
	}
	if d, ok = d.publishedAs(); !ok {
		return Answer{}, ErrNotFound
	}
	if q.Period == "" {
		q.Period = cmp.Or(KindOf(q.At), d.Periods[0])
	}
	if q.Last <= 0 {
		q.Last = periodsAsked
	}
	if !slices.Contains(d.Periods, q.Period) || (q.Breakdown != "" && !slices.Contains(d.Breakdowns, q.Breakdown)) || (q.Breakdown == "" && q.Member != "") {
		return Answer{}, ErrNotFound
	}
	var whole, members []issue
	if e.Pool != nil {
		var err error
		if whole, err = e.issues(ctx, v, part{d.ID, q.Period, ""}, d); err != nil {
			return Answer{}, err
		}
		whole = slices.Clone(whole) // the cache's own
		for i := range whole {
			whole[i] = known.whole(whole[i])
		}
		if members, err = e.membersIssued(ctx, v, d, q, whole); err != nil {
			return Answer{}, err
		}
		for i := range members {
			members[i].figures = known.members(q.Breakdown, members[i].period, members[i].figures)
		}
	}
	end := len(whole) - 1
	if q.At != "" {
		if end = slices.IndexFunc(whole, func(i issue) bool { return i.period.ID == q.At }); end < 0 {
			return Answer{}, ErrNotFound
		}
	}
	if len(whole) == 0 {
		if q.Member != "" {
			return Answer{}, ErrNotFound
		}
		next, err := e.firstPublication(ctx, d)
		none := Figure{Text: "not published yet", Note: next}
		return Answer{definition: d, question: q, publishedOnly: true, current: none, previous: Figure{Text: "no data"}, newest: none}, err
	}
	of, member := whole, ""
	if q.Member != "" {
		if !slices.ContainsFunc(members, func(i issue) bool { _, there := i.figures[q.Member]; return there }) {
			return Answer{}, ErrNotFound
		}
		of, member = members, q.Member
	}
	figures := make([]Figure, len(of))
	lined := func(d Definition) {
		for i := range of {
			figures[i] = of[i].figure(d, member)
		}
	}
	lined(of[end].definition)
	current := end
	if q.At == "" {
		current = newestOf(of, figures)
	}
	now := of[current]
	d = d.readAs(now.definition)
	lined(d)
	a := Answer{definition: d, question: q, publishedOnly: true, asAt: now.asAt, computedAt: now.publication.At, position: now.position, publication: &now.publication,
		current: figures[current], newest: figures[end], series: seriesOf(figures, end, q.Last), reported: now.period}
	if before := lastKnown(figures[:current]); before >= 0 {
		a.previous = figures[before]
	} else {
		a.previous = Figure{Text: "no data"}
	}
	a.target = now.figures[member].target
	a.weigh(figures[:current], func(id string) (Figure, bool) {
		i := slices.IndexFunc(figures, func(f Figure) bool { return f.Period.ID == id })
		if i < 0 {
			return Figure{}, false
		}
		return figures[i], true
	}, DayOf(now.publication.At))
	a.completeness = now.completeness(d, member != "")
	if member != "" {
		a.memberName = labelIn(members, member).Text
		return a, nil
	}
	a.comparators = whole[current].comparators
	a.cohort = cohort(d, now.figures[""].cell, a.current)
	if q.Breakdown != "" {
		a.members = membersOf(d, members, current, end, q.Last)
	}
	return a, nil
}

// membersIssued are the issues of the breakdown that is asked for, one for each of
// whole. Of kinds of which members are not published they are those of the kind by
// which they are, and none of them is shown.
func (e *Engine) membersIssued(ctx context.Context, v access.Viewer, d Definition, q Question, whole []issue) ([]issue, error) {
	if q.Breakdown == "" {
		return nil, nil
	}
	base := d.PublishedBy()
	got, err := e.issues(ctx, v, part{d.ID, cmp.Or(base, q.Period), q.Breakdown}, d)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(whole)
	for i := range out {
		out[i].figures = map[string]issued{}
		for _, g := range got {
			switch {
			case base == q.Period && g.period.ID == out[i].period.ID:
				out[i].figures = g.figures
			case base != q.Period:
				for m, f := range g.figures {
					out[i].figures[m] = issued{label: f.label, flag: flagHidden}
				}
			}
		}
	}
	return out, nil
}

// newestOf is the newest period that was complete when it was published, of which
// there is something, shown or not; else the newest with a number; else the newest.
func newestOf(of []issue, figures []Figure) int {
	number := -1
	for i := range slices.Backward(of) {
		if of[i].publication.Complete && figures[i].State != NoData {
			return i
		}
		if number < 0 && figures[i].HasNumber() {
			number = i
		}
	}
	if number >= 0 {
		return number
	}
	return len(of) - 1
}

func lastKnown(figures []Figure) int {
	for i := range slices.Backward(figures) {
		if figures[i].State == Known {
			return i
		}
	}
	return -1
}

// seriesOf are the last n figures up to end, without those before the first that has
// something to say.
func seriesOf(figures []Figure, end, n int) []Figure {
	var out []Figure
	for _, f := range figures[max(0, end-n+1) : end+1] {
		if len(out) == 0 && f.State == NoData {
			continue
		}
		out = append(out, f)
	}
	return out
}

func (i issue) completeness(d Definition, member bool) Completeness {
	what := completenessRules[d.Complete.Rule].what
	out := Completeness{Counted: what != "" && !member, What: what, Enough: i.publication.Complete}
	if out.Counted {
		out.Received, out.Expected = (i.received+5)/10*10, (i.expected+5)/10*10
	}
	return out
}

func labelIn(members []issue, member string) Label {
	for i := range slices.Backward(members) {
		if f, there := members[i].figures[member]; there {
			return f.label
		}
	}
	return Label{}
}

func membersOf(d Definition, issues []issue, current, end, n int) []Member {
	ids := map[string]bool{}
	for _, i := range issues {
		for m := range i.figures {
			ids[m] = true
		}
	}
	var out []Member
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		figures := make([]Figure, len(issues))
		for i := range issues {
			figures[i] = issues[i].figure(d, id)
		}
		label := labelIn(issues, id)
		m := Member{ID: id, Name: label.Text, Code: label.Code, place: label.Place, Series: seriesOf(figures, end, n), Current: figures[current]}
		if len(m.Series) == 0 {
			continue
		}
		if before := lastKnown(figures[:current]); before >= 0 {
			m.Previous = figures[before]
		}
		target := issues[current].figures[id].target
		m.Status = judge(d, m.Current, target)
		m.Current = apart(d, m.Current, m.Status, target)
		m.Completeness = issues[current].completeness(d, true)
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Member) int { return worstFirst(d, a, b) })
	return out
}

// firstPublication says when the first figures of a measure of which none are
// published will come by themselves.
func (e *Engine) firstPublication(ctx context.Context, d Definition) (string, error) {
	c := e.serving.Load().indicators[d.ID]
	if e.Pool == nil || c == nil {
		return "no figures have been published yet", nil
	}
	var from *time.Time
	if err := e.Pool.QueryRow(ctx, `/* indicators.firstPublication */ SELECT (SELECT day FROM published_from)`).Scan(&from); err != nil {
		return "", fmt.Errorf("read from when periods are published: %w", err)
	}
	for _, p := range c.periods[d.Periods[0]] {
		if from == nil || p.Last.Before(*from) {
			continue
		}
		if DayOf(e.Now()).After(d.latestDay(p)) {
			return fmt.Sprintf("no figures have been published yet; those of %s will be when they are complete, or when somebody publishes them", p.The()), nil
		}
		return fmt.Sprintf("no figures have been published yet; those of %s will be when they are complete, on %s at the latest", p.The(), d.latestDay(p).Format("2 January 2006")), nil
	}
	return "no figures have been published yet", nil
}

// publishedTag changes with every publication, when the figures do; "" where it cannot
// be read.
func (e *Engine) publishedTag(ctx context.Context) string {
	if e.Pool == nil {
		return ""
	}
	pc := &e.published
	pc.mu.Lock()
	defer pc.mu.Unlock()
	newest, err := pc.newestRelease(ctx, e.Pool)
	if err != nil {
		return ""
	}
	return fmt.Sprint(newest)
}
