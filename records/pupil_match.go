package records

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// namesake is a child on record whom a row may be about.
type namesake struct {
	id               int64
	public, upn, sex string
	born             Date
	named            bool // there is a name on record
	surname          bool // one of the child's names has the row's surname
	forename         bool // one of them has surname and forename
	alike            bool // one of them has the surname, and a forename that begins alike
}

// agrees reports whether a child with the row's UPN can be the one that it is
// about: the day of birth or the whole name is the same.
func (n *namesake) agrees(p *aPupil) bool { return n.born == p.Born || n.forename }

// matchNamesakes finds the school and the child of each row, and says of rows that
// are not certain why they wait.
func (t *Tx) matchNamesakes(ctx context.Context, pupils []*aPupil) error {
	sought := standing(pupils)
	if len(sought) == 0 {
		return nil
	}
	col := columnOf(sought)
	surnames, forenames := col(func(p *aPupil) any { return p.Surname }), col(func(p *aPupil) any { return p.Forename })
	rows, _ := t.tx.Query(ctx, `/* records.Tx.matchNamesakes */ SELECT coalesce(s.id, 0), fold_name(r.surname), fold_name(r.forename)
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY r (laestab, surname, forename, n) LEFT JOIN school s ON s.laestab = r.laestab ORDER BY r.n`,
		col(func(p *aPupil) any { return p.LAESTAB }), surnames, forenames)
	n := 0
	var school int64
	var surname, forename string
	if _, err := pgx.ForEachRow(rows, []any{&school, &surname, &forename}, func() error {
		sought[n].school, sought[n].surname, sought[n].forename = school, surname, forename
		n++
		return nil
	}); err != nil {
		return fmt.Errorf("look for the schools of %d rows: %w", len(sought), err)
	}
	byUPN, byName, err := t.candidates(ctx, sought)
	if err != nil {
		return err
	}
	first := map[string]*aPupil{} // of this batch, by what a child is known by
	for i, p := range sought {
		if p.school == 0 {
			p.fail(Unmatched, Problem{"laestab", NoSuchRecord, "no school has this number: check it, or record the school first"})
			continue
		}
		if problem := p.choose(byUPN[i], byName[i]); problem != nil {
			p.fail(Unmatched, *problem)
			continue
		}
		p.follow(first)
	}
	return nil
}

// candidates are the children on record whom each row may be about: who have its UPN
// or former one, and who have its day of birth and surname.
func (t *Tx) candidates(ctx context.Context, sought []*aPupil) (byUPN, byName [][]namesake, err error) {
	col := columnOf(sought)
	byUPN, byName = make([][]namesake, len(sought)), make([][]namesake, len(sought))
	rows, _ := t.tx.Query(ctx, `/* records.Tx.matchNamesakes */
		WITH r AS MATERIALIZED (SELECT n::int - 1 AS n, upn, former, born, fold_name(surname) AS surname, fold_name(forename) AS forename
			FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[]) WITH ORDINALITY u (upn, former, born, surname, forename, n)),
		candidate AS (
			SELECT r.n, true AS by_upn, c.id FROM r JOIN child c ON c.upn = r.upn OR c.upn = r.former
			UNION SELECT r.n, false, c.id FROM r JOIN child c ON c.date_of_birth = r.born)
		SELECT r.n, a.by_upn, c.id, c.public_id::text, coalesce(c.upn, ''), c.sex, c.date_of_birth, coalesce(m.named, false), coalesce(m.surname, false), coalesce(m.forename, false), coalesce(m.alike, false)
		FROM candidate a JOIN r USING (n) JOIN child c ON c.id = a.id
		LEFT JOIN LATERAL (SELECT count(*) > 0 AS named, bool_or(fold_name(n.surname) = r.surname) AS surname,
			bool_or(fold_name(n.surname) = r.surname AND fold_name(n.forename) = r.forename) AS forename,
			bool_or(fold_name(n.surname) = r.surname AND left(fold_name(n.forename), 1) = left(r.forename, 1)) AS alike
			FROM child_name n WHERE n.child_id = c.id) m ON true
		WHERE a.by_upn OR m.surname
		ORDER BY r.n, c.id`, col(func(p *aPupil) any { return orNull(p.UPN) }), col(func(p *aPupil) any { return orNull(p.FormerUPN) }), col(func(p *aPupil) any { return p.Born }), col(func(p *aPupil) any { return p.Surname }), col(func(p *aPupil) any { return p.Forename }))
	var at int
	var upn bool
	var c namesake
	if _, err := pgx.ForEachRow(rows, []any{&at, &upn, &c.id, &c.public, &c.upn, &c.sex, &c.born, &c.named, &c.surname, &c.forename, &c.alike}, func() error {
		if upn {
			byUPN[at] = append(byUPN[at], c)
		} else {
			byName[at] = append(byName[at], c)
		}
		return nil
	}); err != nil {
		return nil, nil, fmt.Errorf("look for the children of %d rows: %w", len(sought), err)
	}
	return byUPN, byName, nil
}

// columnOf makes a column of what get gives of each row.
func columnOf(sought []*aPupil) func(get func(*aPupil) any) []any {
	return func(get func(*aPupil) any) []any {
		list := make([]any, len(sought))
		for i, p := range sought {
			list[i] = get(p)
		}
		return list
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// choose finds the child that the row is about, nil for a new one, or says why
// nobody can tell.
func (p *aPupil) choose(byUPN, byName []namesake) *Problem {
	switch {
	case len(byUPN) > 1:
		return &Problem{"former_upn", Contradicts, "the child with this UPN and the child with the former one are two records: look at both"}
	case len(byUPN) == 1 && !byUPN[0].agrees(p):
		return &Problem{"upn", Contradicts, "the child with this UPN has another date of birth and another name on record: check the number, and look at the record"}
	case len(byUPN) == 1:
		p.found = &byUPN[0]
		return nil
	}
	var exact []namesake
	for _, c := range byName {
		if c.forename && (c.sex == p.Sex || c.sex == "U" || p.Sex == "U") {
			exact = append(exact, c)
		}
	}
	switch {
	case len(exact) > 1:
		return &Problem{"surname", Contradicts, "several children on record have this name, date of birth and sex: look which of them it is, and give the UPN"}
	case len(exact) == 1 && exact[0].upn != "" && p.UPN != "":
		return &Problem{"upn", Contradicts, "the child on record with this name, date of birth and sex has another UPN: look whether it is the same child, and correct the number that is wrong, or give the other as the former UPN"}
	case len(exact) == 1:
		p.found = &exact[0]
		return nil
	}
	for _, c := range byName {
		if (c.forename || c.alike) && (c.upn == "" || p.UPN == "") {
			return &Problem{"forename", Contradicts, "a child on record has this surname and date of birth and a name or sex that is nearly the same: look whether it is the same child, and correct one of the two"}
		}
	}
	return nil
}

// follow finds the row before in the batch that is about the same child.
func (p *aPupil) follow(first map[string]*aPupil) {
	keys := []string{"name " + strings.Join([]string{p.surname, p.forename, p.Born.String(), p.Sex}, "\x1f")}
	if p.UPN != "" {
		keys = append(keys, "upn "+p.UPN)
	}
	if p.found != nil {
		keys = append(keys, "child "+p.found.public)
	}
	for _, key := range keys {
		other := first[key]
		switch {
		case other == nil:
			continue
		case other.UPN != "" && p.UPN != "" && other.UPN != p.UPN:
			p.fail(Unmatched, Problem{"upn", Contradicts, fmt.Sprintf("the row on line %d has the same child with another UPN: look which is right", other.Line)})
			return
		case strings.HasPrefix(key, "upn ") && other.Born != p.Born && (other.surname != p.surname || other.forename != p.forename):
			p.fail(Unmatched, Problem{"upn", Contradicts, fmt.Sprintf("the row on line %d gives this UPN to a child of another name and date of birth: look which is right", other.Line)})
			return
		}
		p.leader = other
	}
	for _, key := range keys {
		if first[key] == nil {
			first[key] = p
			if p.leader != nil {
				first[key] = p.leader
			}
		}
	}
}
