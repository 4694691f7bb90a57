package records_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"onevision/records"
	"onevision/records/recordstest"
)

// breaking is a way to break a rule: what is changed in a good record of the kind.
// A kind's file of tests adds its own by breaks.
type breaking struct {
	kind, field, source string
	says                string // some of the rule's words, where field and source do not tell which it is
	with                map[string]any
	// before prepares what the record refers to; members are those of the good one.
	before func(r *rulebreaker, members map[string]any)
}

var breakings []breaking

func breaks(kind string, list ...breaking) bool {
	for _, b := range list {
		b.kind = kind
		breakings = append(breakings, b)
	}
	return true
}

// rulebreaker is a record store with samples.
type rulebreaker struct {
	*fixture
	t       *testing.T
	samples *recordstest.Samples
}

// alter corrects a stored record.
func (r *rulebreaker) alter(name string, id any, with map[string]any) {
	r.t.Helper()
	k := kind(name)
	rec, err := r.store.Get(r.t.Context(), everything, k, id.(string))
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := json.Marshal(with)
	if err == nil {
		err = json.Unmarshal(body, rec)
	}
	if err == nil {
		err = r.store.Put(r.t.Context(), everything, rec, "a test")
	}
	if err != nil {
		r.t.Fatalf("alter %s: %v", name, details(err))
	}
}

// end ends a stored record on the day before 1 March 2026.
func (r *rulebreaker) end(name string, id any) {
	with := r.samples.Ending(r.t, kind(name))
	with["to_date"] = "2026-03-01"
	r.alter(name, id, with)
}

// TestEachRuleRefuses breaks every rule of every kind in a record that is good but
// for that, and wants the rule's own words.
func TestEachRuleRefuses(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := &rulebreaker{fixture: h, t: t, samples: recordstest.New(h.store)}
	for _, rule := range records.Rules() {
		i := slices.IndexFunc(breakings, func(b breaking) bool {
			return b.kind == rule.Kind && b.field == rule.Field && b.source == rule.Source && strings.Contains(rule.Says, b.says)
		})
		b := r.outside(rule)
		switch {
		case i >= 0:
			b = breakings[i]
		case b.kind == "":
			t.Errorf("no test breaks the rule of %s about %s (%s): %s", rule.Kind, rule.Field, rule.Source, rule.Says)
			continue
		}
		k := kind(rule.Kind)
		members := r.samples.Members(t, k)
		if b.before != nil {
			b.before(r, members)
		}
		for name, value := range b.with {
			if members[name] = value; value == nil {
				delete(members, name)
			}
		}
		rec := k.New()
		body, err := json.Marshal(members)
		if err == nil {
			err = json.Unmarshal(body, rec)
		}
		if err != nil {
			t.Fatal(err)
		}
		err = h.store.Put(t.Context(), everything, rec, "")
		var invalid *records.Invalid
		if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Problems, func(p records.Problem) bool {
			return p.Field == rule.Field && p.Code == rule.Code && p.Message == rule.Message()
		}) {
			got := "it was stored"
			if err != nil {
				got = details(err)
			}
			t.Errorf("%s %v: want %s %s (%s), got %s", rule.Kind, b.with, rule.Field, rule.Code, rule.Source, got)
		}
	}
}

// outside breaks the rules that keep a record within another: those need no test of
// their own. Records of the samples are of 12 January 2026.
func (r *rulebreaker) outside(rule *records.Rule) breaking {
	of := strings.TrimPrefix(rule.Says, "is not within the days of the ")
	switch {
	case rule.Code == records.NotPossible && strings.HasPrefix(rule.Says, "led to no further action"):
		return breaking{kind: rule.Kind, before: func(r *rulebreaker, members map[string]any) {
			r.alter("social-care-case", members["case"], map[string]any{"no_further_action": true})
		}}
	case rule.Code != records.Outside:
	case rule.Field == "to_date":
		whole := strings.ReplaceAll(of[:strings.Index(of, " that it belongs to")], " ", "-")
		return breaking{kind: rule.Kind, with: map[string]any{"to_date": "2026-05-01"}, before: func(r *rulebreaker, members map[string]any) {
			for _, f := range kind(rule.Kind).Fields {
				if f.Ref == whole {
					r.end(whole, members[f.Name])
				}
			}
			for name, value := range r.samples.Ending(r.t, kind(rule.Kind)) {
				members[name] = value
			}
		}}
	default:
		return breaking{kind: rule.Kind, with: map[string]any{rule.Field: "2026-01-05"}} // before what it belongs to began
	}
	return breaking{}
}
