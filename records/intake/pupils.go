package intake

import (
	"context"

	"onevision/access"
	"onevision/records"
)

// Pupils and their enrolments: a CSV of named columns, as an authority's own
// system or a school's writes it. The school census gives the same rows.

var pupilHeader = []string{"laestab", "surname", "forename", "date_of_birth", "sex", "entry_date", "upn", "former_upn", "middle_names", "ethnicity", "enrolment_status", "leaving_date", "address", "postcode"}

// pupilsFormat is what the formats of pupils have in common.
func pupilsFormat(name, title string, rank int) Format {
	return Format{
		Name: name, Title: title, Rank: rank, Source: records.SourceSchool, Category: access.Identity,
		Named: true, Needed: 6, Longest: 500,
		Header: pupilHeader,
		Also: map[string][]string{
			"laestab": {"dfe number", "dfes number", "school laestab", "lea estab"}, "surname": {"legal surname", "last name", "family name"}, "forename": {"legal forename", "first name", "given name"},
			"date_of_birth": {"date of birth", "dob", "birth date"}, "sex": {"gender", "legal sex"}, "entry_date": {"entry date", "date of entry", "admission date", "date of admission", "start date"},
			"upn": {"unique pupil number"}, "former_upn": {"former upn", "formerupn"}, "middle_names": {"middle names", "middle name", "middlenames"}, "ethnicity": {"ethnic code", "ethnicity code", "ethnic"},
			"enrolment_status": {"enrolment status", "enrol status", "enrolstatus", "status"}, "leaving_date": {"leaving date", "date of leaving", "end date", "leavingdate"},
			"address": {"home address", "full address"}, "postcode": {"post code", "home postcode"},
		},
		Rows: func() Rows { return &pupils{} },
	}
}

var _ = Define(pupilsFormat("pupils", "Pupils and enrolments", -9))

// pupils are rows of pupils, in the order of pupilHeader.
type pupils struct{ rows []records.PupilRow }

// sexes are the ways to write sex, of this and of former years' files.
var sexes = map[string]string{"M": "M", "MALE": "M", "1": "M", "F": "F", "FEMALE": "F", "2": "F", "U": "U", "UNKNOWN": "U", "0": "U", "9": "U"}

func (p *pupils) Add(line int64, f []string) *Problem {
	r := records.PupilRow{Line: line, LAESTAB: f[0], Surname: Plain(f[1]), Forename: Plain(f[2]), UPN: Tidy(Plain(f[6])), FormerUPN: Tidy(Plain(f[7])), MiddleNames: Plain(f[8]),
		Ethnicity: Tidy(Plain(f[9])), Status: Tidy(Plain(f[10])), Address: f[12], Postcode: Plain(f[13])}
	for _, d := range []struct {
		at  int
		day *records.Date
	}{{3, &r.Born}, {5, &r.Entry}, {11, &r.Left}} {
		var ok bool
		if *d.day, ok = ReadDay(f[d.at]); !ok {
			return &Problem{pupilHeader[d.at], f[d.at], dayAdvice}
		}
	}
	var ok bool
	if r.Sex, ok = sexes[Tidy(f[4])]; !ok {
		return &Problem{"sex", f[4], "give M, F or U (not known)"}
	}
	p.rows = append(p.rows, r)
	return nil
}

func (p *pupils) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutPupils(ctx, v, p.rows, b)
	p.rows = p.rows[:0]
	return outcomes, err
}

// A row is about a pupil at a school from a day.
func (p *pupils) Subject(f []string) (subject, saying string) {
	who := Tidy(f[6])
	if who == "" {
		who = Tidied(f[1:5]...)
	}
	return Tidied(f[0], who, f[5]), Tidied(f[1:]...)
}
