package records

// Whom a row of a file is about, by whatever its system says of the child: numbers,
// or name and date of birth. Nobody is guessed, and no child is made.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Clues are what a row says of whom it is about. A name counts only with the date
// of birth.
type Clues struct {
	UPN, NHSNumber    string
	Number            string // in the SSDA903 return (CHILD)
	SystemNumber      string // of the social-care system
	Own               string // by which the file's own system knows the child
	Surname, Forename string
	Born              Date
}

// The names by which problems call clues.
const (
	ClueUPN      = "child.upn"
	ClueNHS      = "child.nhs_number"
	ClueNumber   = "child.ssda903"
	ClueSystem   = "child.social_care"
	ClueOwn      = "child.own"
	ClueSurname  = "child.surname"
	ClueForename = "child.forename"
	ClueBorn     = "child.date_of_birth"
)

// clueWords are clues in a sentence.
var clueWords = map[string]string{ClueUPN: "UPN", ClueNHS: "NHS number", ClueNumber: "number of the SSDA903 return", ClueSystem: "social-care number", ClueOwn: "number of its own system"}

// ownNumbers is the table of extract_number that holds by which children's numbers a
// source knows them, in files of a category.
func ownNumbers(k *Kind) string { return "child in " + string(k.Category) }

// clued is a row that looks for its child.
type clued struct {
	*Clues
	out   *RowOutcome
	found map[int64]clueChild       // by numbers
	how   map[string]map[int64]bool // of each clue, the children who have it
	named map[int64]clueChild       // by name and date of birth
	child aChild
}

type clueChild struct {
	public, upn, nhs string
	born             Date
	name             bool // the row's name is one of the child's
}

// tidy tidies the clues. A number that cannot be right is left out, and said, where
// there is another clue.
func (c *clued) tidy() {
	none := func() bool {
		return c.UPN+c.NHSNumber+c.Number+c.SystemNumber+c.Own == "" && (c.Surname == "" || c.Forename == "" || c.Born.IsZero())
	}
	for _, f := range []struct {
		clue, as string
		value    *string
	}{{ClueUPN, "upn", &c.UPN}, {ClueNHS, "nhs-number", &c.NHSNumber}, {ClueNumber, "", &c.Number}, {ClueSystem, "", &c.SystemNumber}, {ClueOwn, "", &c.Own}, {ClueSurname, "", &c.Surname}, {ClueForename, "", &c.Forename}} {
		tidy, message := tidyUp(f.as, *f.value)
		if *f.value = tidy; message == "" {
			continue
		}
		*f.value = ""
		if none() {
			c.out.Result, c.out.Problem = Rejected, &Problem{f.clue, Format, message}
			return
		}
		c.out.Kept = append(c.out.Kept, Kept{f.clue, "it is left out: " + message})
	}
	if none() {
		c.out.Result, c.out.Problem = Rejected, &Problem{"", Required, "nothing says which child this is: give one of the numbers, or surname, forename and date of birth"}
	}
}

// findClued finds the children of rows, and says of those who are not certain why they
// wait.
func (t *Tx) findClued(ctx context.Context, k *Kind, rows []*clued) error {
	var sought []*clued
	for _, c := range rows {
		if c.tidy(); c.out.Result == 0 {
			c.found, c.how, c.named = map[int64]clueChild{}, map[string]map[int64]bool{}, map[int64]clueChild{}
			sought = append(sought, c)
		}
	}
	if len(sought) == 0 {
		return nil
	}
	column := func(get func(*clued) string) []any {
		list := make([]any, len(sought))
		for i, c := range sought {
			list[i] = orNull(get(c))
		}
		return list
	}
	born := make([]Date, len(sought))
	for i, c := range sought {
		born[i] = c.Born
	}
	found, _ := t.tx.Query(ctx, `/* records.Tx.findClued */
		WITH r AS MATERIALIZED (SELECT n::int - 1 AS n, upn, nhs, number, system, own, born, fold_name(surname) AS surname, fold_name(forename) AS forename
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::text[]) WITH ORDINALITY u (upn, nhs, number, system, own, born, surname, forename, n)),
		candidate AS (
			SELECT r.n, '`+ClueUPN+`' AS how, c.id FROM r JOIN child c ON c.upn = r.upn
			UNION ALL SELECT r.n, '`+ClueNHS+`', c.id FROM r JOIN child c ON c.nhs_number = r.nhs
			UNION ALL SELECT r.n, '`+ClueNumber+`', i.child_id FROM r JOIN child_identifier i ON i.scheme = '`+ssda903+`' AND ltrim(i.value, '0') = ltrim(r.number, '0')
			UNION ALL SELECT r.n, '`+ClueSystem+`', i.child_id FROM r JOIN child_identifier i ON i.scheme = '`+SystemNumber+`' AND i.value = r.system
			UNION ALL SELECT r.n, '`+ClueOwn+`', x.child_id FROM r JOIN extract_number x ON x.source = $9 AND x.tbl = $10 AND x.number = r.own
			UNION ALL SELECT r.n, '', c.id FROM r JOIN child c ON c.date_of_birth = r.born)
		SELECT a.n, a.how, c.id, c.public_id::text, coalesce(c.upn, ''), coalesce(c.nhs_number, ''), c.date_of_birth,
			EXISTS (SELECT FROM child_name m WHERE m.child_id = c.id AND fold_name(m.surname) = r.surname AND fold_name(m.forename) = r.forename) AS name
		FROM candidate a JOIN r USING (n) JOIN child c ON c.id = a.id ORDER BY a.n, c.id`,
		column(func(c *clued) string { return c.UPN }), column(func(c *clued) string { return c.NHSNumber }), column(func(c *clued) string { return c.Number }), column(func(c *clued) string { return c.SystemNumber }),
		column(func(c *clued) string { return c.Own }), born, column(func(c *clued) string { return c.Surname }), column(func(c *clued) string { return c.Forename }), t.batch.Source, ownNumbers(k))
	var n int
	var how string
	var id int64
	var one clueChild
	if _, err := pgx.ForEachRow(found, []any{&n, &how, &id, &one.public, &one.upn, &one.nhs, &one.born, &one.name}, func() error {
		c := sought[n]
		if how == "" {
			if one.name {
				c.named[id] = one
			}
			return nil
		}
		c.found[id] = one
		if c.how[how] == nil {
			c.how[how] = map[int64]bool{}
		}
		c.how[how][id] = true
		return nil
	}); err != nil {
		return fmt.Errorf("look for the children of %d rows: %w", len(sought), err)
	}
	for _, c := range sought {
		if problem := c.choose(); problem != nil {
			c.out.Result, c.out.Problem = Unmatched, problem
		}
	}
	return nil
}

// choose finds the one child that the clues say, or why nobody can tell.
func (c *clued) choose() *Problem {
	ids := slices.Sorted(maps.Keys(c.found))
	switch len(ids) {
	case 0:
		return c.byName()
	case 1:
		one := c.found[ids[0]]
		if c.Born.IsZero() || one.born.IsZero() || one.born == c.Born || one.name {
			c.child = aChild{ids[0], one.public}
			return nil
		}
		clue := slices.Sorted(maps.Keys(c.how))[0]
		return &Problem{clue, Contradicts, "the child with this " + clueWords[clue] + " has another date of birth and another name on record: check the number, and look at the record"}
	}
	names := slices.Sorted(maps.Keys(c.how))
	if len(names) == 1 {
		return &Problem{names[0], Contradicts, "several children on record have this " + clueWords[names[0]] + ": look at their records"}
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = clueWords[n]
	}
	return &Problem{names[0], Contradicts, "the " + strings.Join(words, " and the ") + " are of different children on record: look at both, and correct the number that is wrong"}
}

// byName is the one child of the row's name and date of birth, whose numbers are not
// others.
func (c *clued) byName() *Problem {
	clue := ClueSurname
	for _, f := range []struct{ clue, value string }{{ClueOwn, c.Own}, {ClueSystem, c.SystemNumber}, {ClueNumber, c.Number}, {ClueNHS, c.NHSNumber}, {ClueUPN, c.UPN}} {
		if f.value != "" {
			clue = f.clue
		}
	}
	switch {
	case len(c.named) > 1:
		return &Problem{ClueSurname, Contradicts, "several children on record have this name and date of birth: look which of them it is, and give a number"}
	case len(c.named) == 0 && clue == ClueSurname:
		return &Problem{clue, NoSuchRecord, "no child has this name and date of birth: check them, or record the child first"}
	case len(c.named) == 0:
		return &Problem{clue, NoSuchRecord, "no child has this " + clueWords[clue] + ": check it, or record the child first"}
	}
	for id, one := range c.named {
		if c.UPN != "" && one.upn != "" || c.NHSNumber != "" && one.nhs != "" { // the number would have found the child
			return &Problem{clue, Contradicts, "the child on record with this name and date of birth has another " + cmp.Or(clueWords[clue], "number") + ": look whether it is the same child, and correct the number that is wrong"}
		}
		c.child = aChild{id, one.public}
	}
	return nil
}
