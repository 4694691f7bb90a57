package intake

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"onevision/records"
)

// mostTogether is how many rows a file may have whose rows are held at once:
// those of the largest authority for many years, and some 400 MB.
const mostTogether = 500_000

// group is rows that go in together.
type group []row

// holds reports whether the file must be held at once, and not row by row.
func (u *run) holds() bool { return u.format.Together }

// together takes a whole file in which the rows about a child go in together: no
// transaction divides a child, and a row that cannot go in keeps the child's
// other rows out.
func (u *run) together(ctx context.Context, in source, progress func(Progress)) error {
	groups, err := u.hold(in)
	if err != nil {
		return err
	}
	for n, g := range groups {
		if u.enough() {
			return nil
		}
		u.takeGroup(g)
		if n+1 < len(groups) && len(u.pending)+len(u.bad) >= batchRows {
			// Groups are in the order of their first lines.
			if err := u.put(ctx, groups[n+1][0].line-1); err != nil {
				return err
			}
			_, read := in.place()
			progress(Progress{Bytes: read, Total: u.size, Rows: u.report.Rows})
		}
	}
	return nil
}

// survey has a format that must see every row look at the file before anything
// goes in.
func (u *run) survey(ctx context.Context, r io.ReadSeeker, o Options) error {
	s, ok := u.into.(Surveyor)
	if !ok {
		return nil
	}
	if u.tooMany() {
		return u.refuseMany()
	}
	in, err := u.reread(r)
	if err != nil {
		return err
	}
	var all, broken [][]string
	for {
		found, err := u.read(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if fields, p := u.values(found); p == nil {
			all = append(all, fields)
		} else {
			broken = append(broken, found.fields)
		}
	}
	authorities := o.Authorities
	if u.format.National && len(authorities) == 0 {
		var own string
		if err := u.Pool.QueryRow(ctx, `/* intake.run.survey */ SELECT authority_code FROM installation`).Scan(&own); err != nil {
			return fmt.Errorf("read which authority this is: %w", err)
		}
		if own != "" {
			authorities = []string{own}
		}
	}
	notes, coversTo, err := s.Survey(all, Survey{Today: u.today(), Year: o.Year, Name: u.report.Name, Full: o.Full, Much: o.Withdraw, Rejects: u.fedBack, Broken: broken, Authorities: authorities})
	if err != nil {
		return err
	}
	u.report.Notes, u.from.CoversTo = append(u.report.Notes, notes...), coversTo
	if o.Notes != nil {
		o.Notes(notes)
	}
	return nil
}

// mostRows is how many rows the file may have, since they are held at once.
func (u *run) mostRows() int64 { return cmp.Or(u.format.Most, mostTogether) }

func (u *run) tooMany() bool { return u.scanned.rows > u.mostRows() }

func (u *run) refuseMany() error {
	return refuse("the file has more than %d rows: import it in parts, each with all rows of its children", u.mostRows())
}

// hold reads the rows that are left and divides them into groups.
func (u *run) hold(in source) ([]group, error) {
	if u.tooMany() {
		return nil, u.refuseMany()
	}
	var groups []group
	at := map[string]int{}
	for {
		found, err := u.following(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		fields, p := u.values(found)
		if p != nil || !u.format.Together {
			groups = append(groups, group{found})
			continue
		}
		child := Tidied(fields[0])
		n, ok := at[child]
		if !ok {
			n = len(groups)
			at[child], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], found)
	}
	return groups, nil
}

// today is the day in London.
func (u *run) today() records.Date {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("intake: the program was built without time zones: import time/tzdata") // programmer error at start-up
	}
	return records.DateOf(u.Now().In(london))
}

// takeGroup takes rows that go in together, or hands all of them back. Of a file of
// several tables only those are handed back that are wrong themselves: its rows are
// many, and the record store sees which belong to which.
func (u *run) takeGroup(g group) {
	var first *row // that cannot go in
	problems := make([]*Problem, len(g))
	if len(g) > 1 && u.format.Part == nil {
		trial := u.format.Rows()
		for i, found := range g {
			fields, p := u.examine(found)
			if p == nil {
				p = trial.Add(found.line, fields)
			}
			if problems[i] = p; p != nil && first == nil {
				first = &g[i]
			}
		}
	}
	for i, found := range g {
		if first == nil {
			u.take(found)
			continue
		}
		if problems[i] == nil {
			problems[i] = &Problem{Reason: fmt.Sprintf("a child's rows go in together, and line %d does not: its reason stands there", first.line)}
		}
		u.bad = append(u.bad, bad{found, problems[i]})
	}
}
