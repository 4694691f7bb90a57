package indicators

// Figures for those who see exact ones of their own schools and teams, and of others
// what is published (access.OwnFigures).
//
// They know one exact figure more than those who see published figures alone, so that
// what stands beside it could be subtracted: of a total that is shown with all but two
// schools, whoever knows the one knows the other. So where a figure of theirs is not
// shown as published (it was too small, or was drawn beside a small one),
//
//   - of the period, nothing of other members is shown, in that breakdown nor in one of
//     its family (schools and their phases);
//   - the figure of the whole is not shown where what is left of it without theirs is
//     itself too small to be shown, in this measure or in one of the same cohort (of
//     spans of which no members are published: without theirs as now known); nor
//     is a longer span that holds such a period, nor members of any breakdown, which
//     add up to the whole.
//
// Where theirs is shown as published they know nothing that others do not.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// ownMembers are the members of which the viewer sees exact figures, by breakdown.
func ownMembers(v access.Viewer) map[string][]string {
	own := map[string][]string{}
	for _, b := range breakdowns {
		if members := v.ExactlySeen(b.Subject); len(members) > 0 {
			own[b.Name] = members
		}
	}
	return own
}

// hasOwn reports whether the definition is broken down by something of which there are
// members of the viewer's own.
func (d Definition) hasOwn(own map[string][]string) bool {
	return slices.ContainsFunc(d.Breakdowns, func(b string) bool { return len(own[b]) > 0 })
}

// askOwn answers from what is published, with exact figures of what is the viewer's own.
func (e *Engine) askOwn(ctx context.Context, v access.Viewer, q Question) (Answer, error) {
	own := ownMembers(v)
	if q.Member != "" && slices.Contains(own[q.Breakdown], q.Member) {
		a, err := e.askExact(ctx, q)
		if err != nil {
			return Answer{}, err
		}
		return a.behindOf(own), nil
	}
	d, ok := e.Defined().Definition(q.Indicator)
	if !ok || len(own) == 0 {
		return e.askPublished(ctx, v, q, knowledge{})
	}
	a, err := e.askBeside(ctx, v, d, q, own)
	hasOwn := d.hasOwn(own)
	if errors.Is(err, ErrNotFound) && q.Member == "" && hasOwn {
		a, err = notPublished(d, q)
	}
	if err != nil {
		return Answer{}, err
	}
	if hasOwn {
		a.definition.Periods = d.periodsWithOwn()
	}
	if q.Member != "" || len(own[q.Breakdown]) == 0 {
		return a, nil
	}
	return e.withOwn(ctx, a, own)
}

// askBeside answers from what is published as far as it may stand beside the viewer's own.
func (e *Engine) askBeside(ctx context.Context, v access.Viewer, d Definition, q Question, own map[string][]string) (Answer, error) {
	for {
		known, err := e.knowledgeOf(ctx, v, d, own)
		if err == nil {
			known.spans, err = e.ownSpans(ctx, d, cmp.Or(q.Period, KindOf(q.At)), own)
		}
		if err != nil {
			return Answer{}, err
		}
		a, err := e.askPublished(ctx, v, q, known)
		if e.published.seen() == known.release {
			return a, err
		} // else it may be of a publication of which that is not known
	}
}

// ownSpans are what the viewer's own members count in periods of a kind of which no
// members are published, by period: those of each breakdown together.
func (e *Engine) ownSpans(ctx context.Context, d Definition, kind PeriodKind, own map[string][]string) (map[string][]cell, error) {
	c := e.serving.Load().indicators[d.ID]
	published := d.Publishes()
	if len(published) == 0 || c == nil {
		return nil, nil
	}
	if kind = cmp.Or(kind, published[0]); kind == d.PublishedBy() || !slices.Contains(published, kind) {
		return nil, nil
	}
	spans := map[string][]cell{}
	for breakdown, members := range own {
		if !slices.Contains(d.Breakdowns, breakdown) {
			continue
		}
		got, err := e.cells(ctx, c, part{d.ID, kind, breakdown})
		if errors.Is(err, ErrNotFound) { // not computed: they are not shown it
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range c.periods[kind] {
			var sum cell
			for _, m := range members {
				sum = sum.with(got.values[m][p.ID])
			}
			spans[p.ID] = append(spans[p.ID], sum)
		}
	}
	return spans, nil
}

// notPublished is the answer about the whole for a kind of period by which the measure
// is not published; the viewer's own members are shown beside it.
func notPublished(d Definition, q Question) (Answer, error) {
	q.Period = cmp.Or(q.Period, KindOf(q.At), d.periodsWithOwn()[0])
	if slices.Contains(d.Publishes(), q.Period) || !slices.Contains(d.Periods, q.Period) || q.Breakdown != "" && !slices.Contains(d.Breakdowns, q.Breakdown) {
		return Answer{}, ErrNotFound
	}
	if q.Last <= 0 {
		q.Last = periodsAsked
	}
	none := Figure{Text: "not published", Note: "the figures of the authority are not published by " + strings.ReplaceAll(string(q.Period), "-", " ")}
	return Answer{definition: d, question: q, publishedOnly: true, current: none, previous: Figure{Text: "no data"}, newest: none}, nil
}

// periodsWithOwn are the kinds of period for whoever sees some members exactly: those
// that are published come first.
func (d Definition) periodsWithOwn() []PeriodKind {
	out := slices.Clone(d.Publishes())
	for _, k := range d.Periods {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// withOwn puts the exact figures of the viewer's own members in the place of their
// published ones. They are of the published period where one is shown beside them, else
// the newest.
func (e *Engine) withOwn(ctx context.Context, a Answer, mine map[string][]string) (Answer, error) {
	q := a.question
	own := mine[q.Breakdown]
	q.At = cmp.Or(q.At, a.current.Period.ID)
	exact, err := e.askExact(ctx, q)
	if errors.Is(err, ErrNotFound) && a.question.At == "" {
		q.At = ""
		exact, err = e.askExact(ctx, q)
	}
	if errors.Is(err, ErrNotFound) {
		return a, nil
	}
	if err != nil {
		return Answer{}, err
	}
	members := slices.DeleteFunc(slices.Clone(a.members), func(m Member) bool { return slices.Contains(own, m.ID) })
	for _, m := range exact.members {
		if slices.Contains(own, m.ID) {
			m.Exact = true
			members = append(members, m)
		}
	}
	slices.SortFunc(members, func(x, y Member) int { return worstFirst(a.definition, x, y) })
	a.members = members
	exact = exact.behindOf(mine)
	a.sent, a.of, a.behind, a.reported = exact.sent, exact.of, exact.behind, exact.reported
	if a.current.Period.ID == "" { // nothing of the whole is there to say of which period this is
		a.current.Period, a.newest.Period = exact.current.Period, exact.newest.Period
	}
	return a, nil
}

// behindOf is the answer without what it says of the registers of others than the
// viewer's own, by breakdown.
func (a Answer) behindOf(own map[string][]string) Answer {
	schools := own[completenessRules[a.definition.Complete.Rule].by]
	a.behind = slices.DeleteFunc(slices.Clone(a.behind), func(b Behind) bool { return !slices.Contains(schools, b.ID) })
	if a.of > 0 {
		a.sent, a.of = len(schools)-len(a.behind), len(schools)
	}
	return a
}

// knowledge is what may not stand beside the figures that a viewer knows, of one measure.
type knowledge struct {
	others map[string]map[string]bool // by breakdown and period: other members than these
	own    map[string][]string
	wholes []Period // the whole, of these and of every span that holds one

	spans   map[string][]cell // see ownSpans
	release int64             // the newest publication
}

// members are the figures of a breakdown in a period without those that may not stand
// beside what the viewer knows.
func (k knowledge) members(breakdown string, p Period, figures map[string]issued) map[string]issued {
	if !k.others[breakdown][p.ID] && !k.hides(p) {
		return figures
	}
	out := maps.Clone(figures)
	for id, f := range out {
		if !slices.Contains(k.own[breakdown], id) && f.flag != flagNone {
			out[id] = issued{label: f.label, flag: flagHidden}
		}
	}
	return out
}

// whole is an issue of the whole, hidden where it may not stand beside what is known.
func (k knowledge) whole(i issue) issue {
	left := func(own cell) bool { return i.figures[""].cell.without(own).sensitive(i.definition.Unit) }
	if k.hides(i.period) || i.figures[""].flag == flagShown && slices.ContainsFunc(k.spans[i.period.ID], left) {
		i.figures = map[string]issued{"": {label: i.figures[""].label, flag: flagHidden}}
	}
	return i
}

// hides reports whether the whole of the period may not stand beside what is known.
func (k knowledge) hides(of Period) bool {
	return slices.ContainsFunc(k.wholes, func(p Period) bool { return !of.First.After(p.Last) && !p.First.After(of.Last) })
}

// knowledgeOf finds in which periods what the viewer's own members count is not shown
// as published. It is the same until the next publication.
func (e *Engine) knowledgeOf(ctx context.Context, v access.Viewer, d Definition, own map[string][]string) (knowledge, error) {
	k := knowledge{others: map[string]map[string]bool{}, own: own}
	base := d.PublishedBy()
	if e.Pool == nil {
		return k, nil
	}
	pc, key := &e.published, fmt.Sprint(d.ID, " ", base, " ", own)
	pc.mu.Lock()
	defer pc.mu.Unlock()
	var err error
	if k.release, err = pc.newestRelease(ctx, e.Pool); err != nil {
		return knowledge{}, err
	}
	if known, ok := pc.known[key]; ok || base == "" {
		known.release = k.release
		return known, nil
	}
	err = access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		for breakdown, members := range own {
			if err := k.read(ctx, tx, d, base, breakdown, members); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return knowledge{}, fmt.Errorf("read what is published of %s beside what a viewer knows: %w", d.ID, err)
	}
	if pc.known == nil || len(pc.known) >= mostKnown {
		pc.known = map[string]knowledge{}
	}
	pc.known[key] = k
	return k, nil
}

func (k *knowledge) read(ctx context.Context, tx pgx.Tx, d Definition, base PeriodKind, breakdown string, members []string) error {
	// The measures that count as many children in the period (see cohorts), this one among
	// them whether or not it is broken down: the whole and what of it is the viewer's.
	rows, err := tx.Query(ctx, `/* indicators.knowledge */
		SELECT p.indicator, p.period_id, p.first_day, p.last_day, p.definition->>'Unit', coalesce(w.numerator, 0)::text, coalesce(w.denominator, 0)::text, w.children, w.numerator_children,
			o.numerator::text, o.denominator::text, o.children, o.numerator_children
		FROM published_value mine
		JOIN published_value w ON w.breakdown = '' AND w.period_id = mine.period_id AND (w.indicator = mine.indicator OR coalesce(w.denominator, w.numerator) = coalesce(mine.denominator, mine.numerator))
		JOIN published_period p ON p.indicator = w.indicator AND p.period_id = w.period_id
		JOIN LATERAL (SELECT coalesce(sum(v.numerator), 0) AS numerator, coalesce(sum(v.denominator), 0) AS denominator, sum(v.children)::bigint AS children, sum(v.numerator_children)::bigint AS numerator_children
			FROM published_value v WHERE v.indicator = w.indicator AND v.period_id = w.period_id AND v.breakdown = $2 AND v.member = ANY ($3)
			HAVING bool_or(v.flag NOT IN ('shown', 'none'))) o ON true
		WHERE mine.indicator = $1 AND mine.breakdown = '' AND p.kind = $4`, d.ID, breakdown, members, base)
	if err != nil {
		return err
	}
	var indicator, unit string
	var p Period
	var n [4]string
	var whole, known cell
	_, err = pgx.ForEachRow(rows, []any{&indicator, &p.ID, &p.First, &p.Last, &unit, &n[0], &n[1], &whole.children, &whole.behind, &n[2], &n[3], &known.children, &known.behind}, func() (err error) {
		p.Kind = base
		for i, to := range []*decimal.Decimal{&whole.numerator, &whole.denominator, &known.numerator, &known.denominator} {
			if *to, err = decimal.NewFromString(n[i]); err != nil {
				return err
			}
		}
		if indicator == d.ID {
			k.hideOthers(breakdown, p)
		}
		if rest := whole.without(known); rest.sensitive(Unit(unit)) {
			k.wholes = append(k.wholes, p)
		}
		return nil
	})
	return err
}

func (k *knowledge) hideOthers(breakdown string, p Period) {
	of, _ := BreakdownOf(breakdown)
	for _, b := range breakdowns {
		if b.family != of.family {
			continue
		}
		if k.others[b.Name] == nil {
			k.others[b.Name] = map[string]bool{}
		}
		k.others[b.Name][p.ID] = true
	}
}

// with is the cell and another together.
func (c cell) with(other cell) cell {
	return cell{has: c.has || other.has, numerator: c.numerator.Add(other.numerator), denominator: c.denominator.Add(other.denominator), children: c.children + other.children, behind: c.behind + other.behind}
}

// without is what is left of the cell without another that is a part of it.
func (c cell) without(part cell) cell {
	return cell{has: true, numerator: c.numerator.Sub(part.numerator), denominator: c.denominator.Sub(part.denominator), children: c.children - part.children, behind: c.behind - part.behind}
}
