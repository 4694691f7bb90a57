// The children behind a figure: what the definition's query answers for the figure's
// period, computed again, child by child.

package indicators

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"onevision/access"
)

// ChildrenBehind is whom a figure counts, by the keys of the record store: the
// warehouse has no names.
type ChildrenBehind struct {
	Answer   Answer // the figure is its Current
	Children []CountedChild
	// Differs: the children add up to another figure, because facts changed since it
	// was computed.
	Differs bool
	rest    CountedChild // what is counted of no child
}

// Keys are those of the children, in their order.
func (b ChildrenBehind) Keys() []int64 {
	var out []int64
	for _, c := range b.Children {
		out = append(out, c.Key)
	}
	return out
}

// FigureOf is the figure with these of the children alone, by their places. Beside a
// list of them the exact figure would tell of whoever is left out.
func (b ChildrenBehind) FigureOf(places []int) Figure {
	of := cell{has: true, numerator: b.rest.Numerator, denominator: b.rest.Denominator}
	for _, i := range places {
		of.numerator, of.denominator = of.numerator.Add(b.Children[i].Numerator), of.denominator.Add(b.Children[i].Denominator)
	}
	f, d := b.Answer.Current(), b.Answer.Definition()
	value, ok := of.value(d.Unit)
	if !ok {
		return Figure{Period: f.Period, Text: "no data"}
	}
	f.Numerator, f.Denominator, f.Value, f.Text = of.numerator, of.denominator, value, valueText(d, value)
	return f
}

// CountedChild is one child and what they counted. Denominator is zero where the
// definition has none.
type CountedChild struct {
	Key                    int64
	Numerator, Denominator decimal.Decimal
}

// ChildrenBehind computes whom the current figure of q counts, those who make it
// worse first. ErrNotFound for a viewer who may not see the exact figure, for what does
// not exist, and for an indicator that does not count children.
func (e *Engine) ChildrenBehind(ctx context.Context, v access.Viewer, q Question) (ChildrenBehind, error) {
	if b, _ := BreakdownOf(q.Breakdown); !v.SeesExactly(b.Subject, q.Member) {
		return ChildrenBehind{}, ErrNotFound
	}
	a, err := e.Ask(ctx, v, q)
	if err != nil {
		return ChildrenBehind{}, err
	}
	q = a.Question()
	if len(a.WhoseFacts()) == 0 {
		return ChildrenBehind{}, ErrNotFound
	}
	if q.Member == "" {
		q.Breakdown = "" // all members together are the whole
	}
	out := ChildrenBehind{Answer: a}
	d := a.Definition()
	d.Breakdowns = nil
	if q.Breakdown != "" {
		d.Breakdowns = []string{q.Breakdown}
	}
	err = e.measureNow(ctx, d, nil, []Period{a.Current().Period}, func(ctx context.Context, k *computation) (err error) {
		out.Children, err = k.countedChildren(ctx, q)
		if i := slices.IndexFunc(out.Children, func(c CountedChild) bool { return c.Key == 0 }); i >= 0 {
			out.rest = out.Children[i]
			out.Children = slices.Delete(out.Children, i, i+1)
		}
		return err
	})
	if err != nil {
		return ChildrenBehind{}, fmt.Errorf("find the children behind %s: %w", q.Indicator, err)
	}
	out.order()
	return out, nil
}

// countedChildren sums what each child counted, of one member or of all; what is of
// no child has the key 0.
func (k *computation) countedChildren(ctx context.Context, q Question) ([]CountedChild, error) {
	where, args := "", []any{}
	if q.Breakdown != "" {
		where, args = ` AND coalesce(m_0::VARCHAR, '') = ?`, append(args, q.Member)
	}
	var out []CountedChild
	err := each(ctx, k.conn, `/* indicators.countedChildren */
		SELECT coalesce(child_id, 0), coalesce(sum(numerator), 0)::DECIMAL(38,4)::VARCHAR, coalesce(sum(denominator), 0)::DECIMAL(38,4)::VARCHAR
		FROM fresh_measure WHERE true`+where+` GROUP BY ALL`, func(scan func(...any) error) error {
		var child CountedChild
		var numerator, denominator string
		err := scan(&child.Key, &numerator, &denominator)
		if err == nil {
			child.Numerator, err = decimal.NewFromString(numerator)
		}
		if err == nil {
			child.Denominator, err = decimal.NewFromString(denominator)
		}
		out = append(out, child)
		return err
	}, args...)
	return out, err
}

// order puts first whoever moves the figure to where it is not good: of what should
// be low those who count most, of what should be high those who leave most out.
func (b *ChildrenBehind) order() {
	high := b.Answer.Definition().Polarity == HighIsGood
	numerator, denominator := b.rest.Numerator, b.rest.Denominator
	for _, c := range b.Children {
		numerator, denominator = numerator.Add(c.Numerator), denominator.Add(c.Denominator)
	}
	slices.SortFunc(b.Children, func(x, y CountedChild) int {
		if high {
			return cmp.Or(y.Denominator.Sub(y.Numerator).Cmp(x.Denominator.Sub(x.Numerator)), cmp.Compare(x.Key, y.Key))
		}
		return cmp.Or(y.Numerator.Cmp(x.Numerator), y.Denominator.Cmp(x.Denominator), cmp.Compare(x.Key, y.Key))
	})
	f := b.Answer.Current()
	b.Differs = f.HasNumber() && (!numerator.Equal(f.Numerator) || !denominator.Equal(f.Denominator))
}

var sqlWord = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// whoseFacts are the tables beneath what the query reads, and beneath the
// circumstances that it names or that the question breaks it down by: the others are
// there for whoever asks, and nobody did.
func (c *computed) whoseFacts(q Question) []string {
	if !c.ofChildren {
		return nil
	}
	words := sqlWord.FindAllString(c.definition.SQL, -1)
	all := slices.Contains(c.relations, everyCircumstance)
	named := func(column string) bool { // SQL's names are the same in capitals
		return all || slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, column) })
	}
	facts := []string{"child"}
	for _, r := range Relations() {
		if r.Name != "circumstances" {
			if slices.Contains(c.relations, r.Name) {
				facts = append(facts, r.Facts...)
			}
			continue
		}
		for _, column := range r.Columns {
			if named(column.Name) {
				facts = append(facts, circumstanceFacts(column.Name)...)
			}
		}
	}
	for _, b := range breakdowns {
		if named(b.Column) || q.Member != "" && q.Breakdown == b.Name {
			facts = append(facts, b.facts...)
		}
	}
	slices.Sort(facts)
	return slices.Compact(facts)
}
