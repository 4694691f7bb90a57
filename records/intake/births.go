package intake

import (
	"context"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

// Birth notifications: a CSV of named columns, as the child health information
// service sends it each week.

var birthHeader = []string{"nhs_number", "surname", "date_of_birth", "sex", "forename", "notified", "weight_g", "gestation_weeks", "number_of_births", "birth_order", "feeding", "ethnicity", "address", "postcode"}

var _ = Define(Format{
	Name: "births", Title: "Birth notifications", Rank: -5, Source: records.SourceNHS, Category: access.Health,
	Named: true, Needed: 4, Longest: 500,
	Header: birthHeader,
	Also: map[string][]string{
		"nhs_number": {"nhs number", "nhs no", "nhs no.", "baby nhs number"}, "surname": {"last name", "family name", "baby surname"}, "date_of_birth": {"date of birth", "dob", "birth date"}, "sex": {"gender"},
		"forename": {"forenames", "first name", "given name", "baby forename"}, "notified": {"date notified", "notification date", "date of notification"}, "weight_g": {"birth weight", "birth weight (g)", "birth weight g", "weight"},
		"gestation_weeks": {"gestation", "gestation (weeks)", "gestation weeks", "gestational age"}, "number_of_births": {"number of births", "multiple", "number in birth"}, "birth_order": {"birth order", "order"},
		"feeding": {"infant feeding", "feeding method"}, "ethnicity": {"ethnic code", "ethnicity code"}, "address": {"home address", "full address"}, "postcode": {"post code", "home postcode"},
	},
	Rows: func() Rows { return &births{} },
})

// births are rows of births, in the order of birthHeader.
type births struct{ rows []records.BirthRow }

// feedings are the ways to write how a baby was fed.
var feedings = map[string]string{"": "", "BREAST": "breast", "TOTALLY": "breast", "TOTALLY BREASTFED": "breast", "PARTIAL": "partial", "PARTIALLY": "partial", "PARTIALLY BREASTFED": "partial", "MIXED": "partial",
	"NOT": "not", "NOT AT ALL": "not", "NOT BREASTFED": "not", "ARTIFICIAL": "not", "FORMULA": "not", "UNKNOWN": "unknown", "NOT KNOWN": "unknown"}

func (b *births) Add(line int64, f []string) *Problem {
	r := records.BirthRow{NHSNumber: Plain(f[0])}
	r.Line, r.Surname, r.Forename, r.Ethnicity, r.Address, r.Postcode = line, Plain(f[1]), Plain(f[4]), Tidy(Plain(f[11])), f[12], Plain(f[13])
	var ok bool
	for _, d := range []struct {
		at  int
		day *records.Date
	}{{2, &r.Born}, {5, &r.Notified}} {
		if *d.day, ok = ReadDay(f[d.at]); !ok {
			return &Problem{birthHeader[d.at], f[d.at], dayAdvice}
		}
	}
	if r.Sex, ok = sexes[Tidy(f[3])]; !ok {
		return &Problem{"sex", f[3], "give M, F or U (not known)"}
	}
	for at, to := range map[int]**int16{6: &r.WeightG, 7: &r.GestationWeeks, 8: &r.Births, 9: &r.Order} {
		text := strings.TrimSuffix(Plain(f[at]), ".0")
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 16)
		if err != nil {
			return &Problem{birthHeader[at], f[at], "give a whole number"}
		}
		small := int16(n)
		*to = &small
	}
	if r.Feeding, ok = feedings[Tidy(Plain(f[10]))]; !ok {
		return &Problem{"feeding", f[10], "give breast, partial, not or unknown"}
	}
	b.rows = append(b.rows, r)
	return nil
}

func (b *births) Put(ctx context.Context, store *records.Store, v access.Viewer, from records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutBirths(ctx, v, b.rows, from)
	b.rows = b.rows[:0]
	return outcomes, err
}

// A row is about the baby who was given the number.
func (b *births) Subject(f []string) (subject, saying string) {
	return Tidy(Plain(f[0])), Tidied(f[1:]...)
}
