package records

// The rules of the kinds, each with who says so.

import (
	"cmp"
	"slices"
)

// Rule is something that the law, a return or a register forbids a record to say.
// A kind's rules stand beside it; docs/rules.md lists them all, and a test breaks
// each.
type Rule struct {
	Kind   string // its name: "assessment"
	Field  string // which is told of
	Code   string // for programs, as Problem.Code
	Says   string // what is wrong, and what to do
	Source string // who says so: "CIN census, 8608"
}

// Message is what a person is told.
func (r *Rule) Message() string { return r.Says + " (" + r.Source + ")" }

var rules []*Rule

// rule makes a rule of a kind.
func rule(kind, field, code, says, source string) *Rule {
	r := &Rule{Kind: kind, Field: field, Code: code, Says: says, Source: source}
	rules = append(rules, r)
	return r
}

// Rules are all of them, by kind, field and source.
func Rules() []*Rule {
	all := slices.Clone(rules)
	slices.SortStableFunc(all, func(a, b *Rule) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Source, b.Source))
	})
	return all
}

// Break notes that the record breaks the rule.
func (p *Problems) Break(r *Rule) { p.Add(r.Field, r.Code, r.Message()) }

// BreakIf notes it where broken, and nothing is wrong with the field already.
func (p *Problems) BreakIf(broken bool, r *Rule) {
	if broken && !p.On(r.Field) {
		p.Break(r)
	}
}
