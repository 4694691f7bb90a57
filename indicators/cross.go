// Crossings: two breakdowns crossed, and filters, worked out while somebody waits. They
// go the way of the children behind a figure: the definition's query is computed again
// for the periods that are asked for, and its rows are summed another way.

package indicators

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"onevision/access"
)

// Crossing is a question for which nothing was computed before.
type Crossing struct {
	Indicator string
	Rows      string   // a breakdown; "": none
	Columns   string   // another; "": none
	Only      []Only   // members that are counted alone; of one breakdown: any of these
	Periods   []string // ids of periods, or spans of whole months (see MonthsID); none: the newest that is judged
}

// Only is a member that a crossing is filtered by.
type Only struct{ Breakdown, Member string }

// MostOnly and MostCrossedPeriods bound one crossing.
const (
	MostOnly           = 3
	MostCrossedPeriods = 13
)

// ErrPublishedOnly is the answer to a crossing that is asked by a viewer without a right
// to exact figures: what is hidden is chosen at publication, over what is published, and
// never when somebody asks.
var ErrPublishedOnly = errors.New("you are shown what is published, and no crossing is")

// Crossed is what a crossing answers, with exact figures.
type Crossed struct {
	definition Definition
	asked      Crossing
	at         Position
	periods    []Period
	rows, cols []Label
	only       []Label // of the crossing's Only, in its order
	cells      map[crossedCell]Figure
	facts      []string
}

type crossedCell struct {
	period             int
	row, column        string
	allRows, allColumn bool
}

// Definition is what the numbers mean.
func (c Crossed) Definition() Definition { return c.definition }

// Asked is the question, with what it left open filled in.
func (c Crossed) Asked() Crossing { return c.asked }

// Position is that of the facts that were counted.
func (c Crossed) Position() Position { return c.at }

// Periods are those asked for, in the order of the question.
func (c Crossed) Periods() []Period { return slices.Clone(c.periods) }

// Rows are the members of the breakdown of the rows, in its order; none where there is
// no such breakdown.
func (c Crossed) Rows() []Label { return slices.Clone(c.rows) }

// Columns are those of the columns.
func (c Crossed) Columns() []Label { return slices.Clone(c.cols) }

// Only are the members that are counted alone, as they are called.
func (c Crossed) Only() []Label { return slices.Clone(c.only) }

// WhoseFacts are the tables of facts that say whom the crossing counts, as Answer's.
func (c Crossed) WhoseFacts() []string { return slices.Clone(c.facts) }

// Figure is that of a period (by its place), a row and a column; nil stands for all of
// them together.
func (c Crossed) Figure(period int, row, column *Label) Figure {
	at := crossedCell{period: period, allRows: row == nil, allColumn: column == nil}
	if row != nil {
		at.row = row.Member
	}
	if column != nil {
		at.column = column.Member
	}
	if f, ok := c.cells[at]; ok {
		return f
	}
	none := Figure{Period: c.periods[period], Text: "no data"}
	// Where some are counted in the period, a count of nobody is a zero.
	if all, some := c.cells[crossedCell{period: period, allRows: true, allColumn: true}]; some && c.definition.Unit == Count {
		none.State, none.Note, none.Text = all.State, all.Note, valueText(c.definition, decimal.Zero)
	}
	return none
}

// MarshalJSON refuses: who shows a crossing chooses what of it, figure by figure.
func (c Crossed) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("a crossing is not written whole: write its figures")
}

// Cross answers a crossing for a viewer with a right to exact figures; ErrPublishedOnly
// for one who is shown published figures, ErrNotFound for one who may not ask, and for
// what does not exist. The same question is answered once between two runs.
func (e *Engine) Cross(ctx context.Context, v access.Viewer, q Crossing) (Crossed, error) {
	if !mayAsk(v) {
		return Crossed{}, ErrNotFound
	}
	if !v.May(access.ExactFigures) {
		return Crossed{}, ErrPublishedOnly
	}
	s := e.serving.Load()
	c, ok := s.indicators[q.Indicator]
	if !ok {
		return Crossed{}, ErrNotFound
	}
	q = q.plain()
	if len(q.Periods) == 0 {
		a, err := e.Ask(ctx, v, Question{Indicator: q.Indicator})
		if err != nil {
			return Crossed{}, err
		}
		q.Periods = []string{a.Current().Period.ID}
	}
	periods, err := c.crossPeriods(q)
	if err != nil {
		return Crossed{}, err
	}
	key := fmt.Sprintf("%q %s %d", q, DayOf(e.Now()), e.coverage().sum)
	if given, ok := s.crossings.get(key); ok {
		return given, nil
	}
	select { // a crossing uses every processor for its moment
	case e.crossing <- struct{}{}:
		defer func() { <-e.crossing }()
	case <-ctx.Done():
		return Crossed{}, fmt.Errorf("wait for the crossings before: %w", context.Cause(ctx))
	}
	if given, ok := s.crossings.get(key); ok { // somebody asked the same meanwhile
		return given, nil
	}
	if missing, err := e.sumsMissing(ctx, c, periods); err != nil {
		return Crossed{}, err
	} else if missing && s.crossings.resum(q.Indicator) {
		if _, err := e.run(ctx, "crossing", []string{q.Indicator}, 0); err != nil {
			return Crossed{}, err
		}
		s = e.serving.Load()
		s.crossings.resum(q.Indicator) // once: perhaps there are no marks
	}
	out, err := e.cross(ctx, c, q, periods)
	if err != nil {
		return Crossed{}, err
	}
	s.crossings.put(key, out)
	return out, nil
}

// plain is the question without what says nothing.
func (q Crossing) plain() Crossing {
	q.Only = slices.DeleteFunc(slices.Clone(q.Only), func(o Only) bool { return o.Breakdown == "" })
	slices.SortFunc(q.Only, func(a, b Only) int {
		return cmp.Or(cmp.Compare(a.Breakdown, b.Breakdown), cmp.Compare(a.Member, b.Member))
	})
	q.Only = slices.Compact(q.Only)
	if q.Rows == "" {
		q.Rows, q.Columns = q.Columns, ""
	}
	if q.Columns == q.Rows {
		q.Columns = ""
	}
	return q
}

// crossPeriods are the periods of a crossing that can be answered.
func (c *computed) crossPeriods(q Crossing) ([]Period, error) {
	if len(q.Periods) > MostCrossedPeriods || len(q.Only) > MostOnly {
		return nil, ErrNotFound
	}
	can := c.Crosses()
	if slices.ContainsFunc(q.breakdowns(), func(b string) bool { return !slices.Contains(can, b) }) {
		return nil, ErrNotFound
	}
	var out []Period
	for _, id := range q.Periods {
		p, ok := c.crossPeriod(id)
		if !ok || slices.Contains(out, p) {
			return nil, ErrNotFound
		}
		out = append(out, p)
	}
	return out, nil
}

// breakdowns are those that the question names, each once.
func (q Crossing) breakdowns() []string {
	var out []string
	for _, b := range append([]string{q.Rows, q.Columns}, onlyBreakdowns(q.Only)...) {
		if b != "" && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

func onlyBreakdowns(only []Only) []string {
	var out []string
	for _, o := range only {
		if !slices.Contains(out, o.Breakdown) {
			out = append(out, o.Breakdown)
		}
	}
	return out
}

// Crosses are the breakdowns by which a measure may be crossed and filtered: those of
// its definition, and the others that its query has what is needed for.
func (c *computed) Crosses() []string {
	out := slices.Clone(c.definition.Breakdowns)
	if c.columns == nil { // not known before its first run
		return out
	}
	for _, b := range breakdowns {
		d := c.definition
		d.Breakdowns = []string{b.Name}
		if !slices.Contains(out, b.Name) && len(judgeColumns(d, c.columns)) == 0 {
			out = append(out, b.Name)
		}
	}
	return out
}

func (e *Engine) cross(ctx context.Context, c *computed, q Crossing, periods []Period) (Crossed, error) {
	d := c.definition
	out := Crossed{definition: d, asked: q, periods: periods, cells: map[crossedCell]Figure{}, facts: c.crossedFacts(q)}
	d.Breakdowns = q.breakdowns()
	err := e.measureNow(ctx, d, c.calendar, periods, func(ctx context.Context, k *computation) error {
		out.at = k.at
		labels := map[string]map[string]Label{}
		for _, name := range d.Breakdowns {
			b, _ := BreakdownOf(name)
			var err error
			if labels[name], err = b.readLabels(ctx, k.conn); err != nil {
				return err
			}
		}
		for _, o := range q.Only {
			b, _ := BreakdownOf(o.Breakdown)
			out.only = append(out.only, b.label(labels[o.Breakdown], o.Member))
		}
		complete, err := k.completeness(ctx)
		if err != nil {
			return err
		}
		for i := range min(len(complete), len(out.periods)) {
			complete[i].short = e.coverage().short(c.counted, out.periods[i], k.today)
		}
		return k.crossed(ctx, q, complete, labels, &out)
	})
	if err != nil {
		return Crossed{}, fmt.Errorf("cross %s: %w", q.Indicator, err)
	}
	return out, nil
}

// measureNow runs the definition's query for these periods, in a snapshot of its own, and
// gives what it answered for each child in the temporary table fresh_measure.
func (e *Engine) measureNow(ctx context.Context, d Definition, calendar []HalfTermDates, periods []Period, fn func(ctx context.Context, k *computation) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.Limit)
	defer cancel()
	return e.Warehouse.Read(ctx, func(ctx context.Context, c *sql.Conn, at Position) error {
		s, err := parseStatement(ctx, c, d.SQL)
		if err != nil {
			return err
		}
		if len(s.problems) > 0 {
			return fmt.Errorf("the SQL of %s is refused: %s", d.ID, s.problems[0].message)
		}
		k := &computation{definition: d, relations: s.relations, conn: c, at: at, now: e.Now(), today: DayOf(e.Now()), calendar: calendar}
		defer k.drop()
		if err := k.givePeriods(ctx, periods); err != nil {
			return err
		}
		if err := k.giveSpans(ctx, periods); err != nil {
			return err
		}
		if _, err := k.measure(ctx); err != nil {
			return err
		}
		return fn(ctx, k)
	})
}

// crossed sums the measures by row, by column, by both and together.
func (k *computation) crossed(ctx context.Context, q Crossing, complete []cell, labels map[string]map[string]Label, out *Crossed) error {
	member := func(breakdown string) string {
		if breakdown == "" {
			return "''"
		}
		return fmt.Sprintf("coalesce(m_%d::VARCHAR, '')", slices.Index(k.definition.Breakdowns, breakdown))
	}
	var where strings.Builder
	var args []any
	for _, b := range onlyBreakdowns(q.Only) {
		var places []string
		for _, o := range q.Only {
			if o.Breakdown == b {
				places, args = append(places, "?"), append(args, o.Member)
			}
		}
		fmt.Fprintf(&where, " AND %s IN (%s)", member(b), strings.Join(places, ", "))
	}
	rows, columns := map[string]bool{}, map[string]bool{}
	err := each(ctx, k.conn, `/* indicators.crossed */
		SELECT number, r, c, grouping(r), grouping(c), sum(numerator)::DECIMAL(38,4)::VARCHAR, coalesce(sum(denominator), 0)::DECIMAL(38,4)::VARCHAR
		FROM (SELECT number, `+member(q.Rows)+` AS r, `+member(q.Columns)+` AS c, numerator, denominator FROM fresh_measure WHERE true`+where.String()+`)
		GROUP BY GROUPING SETS ((number, r, c), (number, r), (number, c), (number))`, func(scan func(...any) error) error {
		var at crossedCell
		var row, column, numerator, denominator sql.NullString
		if err := scan(&at.period, &row, &column, &at.allRows, &at.allColumn, &numerator, &denominator); err != nil {
			return err
		}
		at.row, at.column = row.String, column.String
		of := complete[at.period]
		if err := of.setAmounts(numerator, denominator); err != nil {
			return err
		}
		out.cells[at] = of.figure(k.definition, out.periods[at.period], k.today)
		if !at.allRows && q.Rows != "" {
			rows[at.row] = true
		}
		if !at.allColumn && q.Columns != "" {
			columns[at.column] = true
		}
		return nil
	}, args...)
	out.rows, out.cols = inOrder(q.Rows, rows, labels), inOrder(q.Columns, columns, labels)
	return err
}

// inOrder are the members as they are called, in the order of their breakdown.
func inOrder(breakdown string, members map[string]bool, labels map[string]map[string]Label) []Label {
	b, _ := BreakdownOf(breakdown)
	var out []Label
	for m := range members {
		l := b.label(labels[breakdown], m)
		l.Member = m
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Label) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), strings.Compare(a.Text, b.Text), strings.Compare(a.Member, b.Member))
	})
	return out
}

// completeness is how much of what each period needs has been received, of the whole
// authority, by the period's number: a filter changes nothing of when it is judged.
func (k *computation) completeness(ctx context.Context) ([]cell, error) {
	rule := completenessRules[k.definition.Complete.Rule]
	counted := `SELECT period_id, NULL::BIGINT AS received, NULL::BIGINT AS expected FROM period WHERE false`
	if rule.sql != "" {
		counted = `WITH each AS (` + rule.sql + `) SELECT period_id, sum(received)::BIGINT AS received, sum(expected)::BIGINT AS expected FROM each GROUP BY period_id`
	}
	var out []cell
	return out, each(ctx, k.conn, `/* indicators.completeness */
		WITH counted AS (`+counted+`), begun AS (`+rule.from+`)
		SELECT b.complete_from, coalesce(c.received, 0), coalesce(c.expected, 0)
		FROM numbered_period n LEFT JOIN begun b USING (period_id) LEFT JOIN counted c USING (period_id) ORDER BY n.number`, func(scan func(...any) error) error {
		var of cell
		var from sql.NullTime
		if err := scan(&from, &of.received, &of.expected); err != nil {
			return err
		}
		if from.Valid {
			of.completeFrom = utcDay(from.Time).AddDate(0, 0, k.definition.Complete.Days)
		}
		out = append(out, of)
		return nil
	})
}

// crossedFacts are the tables that say whom the crossing counts.
func (c *computed) crossedFacts(q Crossing) []string {
	facts := c.whoseFacts(Question{})
	if facts == nil {
		return nil
	}
	for _, name := range q.breakdowns() {
		b, _ := BreakdownOf(name)
		facts = append(facts, b.facts...)
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}

// crossings are those answered from one snapshot.
type crossings struct {
	mu      sync.Mutex
	given   map[string]Crossed
	cells   int
	summed  map[string]bool // measures whose sums were made again for a crossing
	reading sync.Mutex
	members map[string][]Label // that breakdowns know of
}

// mostCrossedCells bounds what is kept of them between two runs: some 60 MB.
const mostCrossedCells = 200_000

// resum reports whether the sums of a measure are to be made again: once.
func (c *crossings) resum(indicator string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.summed == nil {
		c.summed = map[string]bool{}
	}
	was := c.summed[indicator]
	c.summed[indicator] = true
	return !was
}

func (c *crossings) get(key string) (Crossed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	given, ok := c.given[key]
	return given, ok
}

func (c *crossings) put(key string, given Crossed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given == nil || c.cells+len(given.cells) > mostCrossedCells {
		c.given, c.cells = map[string]Crossed{}, 0
	}
	c.given[key] = given
	c.cells += len(given.cells)
}
