package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

// The calendar: half terms, bank holidays as the government publishes them, and
// the days on which a school is closed or open against it.

var (
	halfTermHeader   = []string{"academic_year", "number", "first_day", "last_day"}
	holidayHeader    = []string{"date", "title", "notes"}
	exceptionsHeader = []string{"date", "reason", "laestab"}
)

var _ = Define(Format{
	Name: "half-terms", Title: "Half terms", Rank: -6, Source: records.SourceSchool, Category: access.Organisation, Named: true, Needed: 4, Header: halfTermHeader,
	Also: map[string][]string{"academic_year": {"academic year", "school year", "year"}, "number": {"half_term", "half term", "term"}, "first_day": {"first day", "start", "start date", "opens"}, "last_day": {"last day", "end", "end date", "closes"}},
	Rows: func() Rows { return &halfTerms{} },
})

var _ = Define(Format{
	Name: "bank-holidays", Title: "Bank holidays (bank-holidays.json)", Rank: -5, Source: records.SourceGovernment, Category: access.Organisation, Named: true, Needed: 2, Header: holidayHeader,
	Also: map[string][]string{"title": {"name", "holiday"}},
	Like: func(head []byte) bool {
		return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \r\n\t"), []byte("{")) && bytes.Contains(head, []byte(`"england-and-wales"`))
	},
	Open: func(r io.Reader) source { return &holidayFile{r: r} },
	Rows: func() Rows { return &holidays{} },
})

var _ = Define(Format{
	Name: "school-days", Title: "Days on which a school is closed or open against the calendar", Rank: -4, Source: records.SourceSchool, Category: access.Organisation, Named: true, Needed: 2, Header: exceptionsHeader,
	Also: map[string][]string{"date": {"day"}, "laestab": {"dfe number", "school"}, "reason": {"why", "type"}},
	Rows: func() Rows { return &schoolDays{} },
})

// halfTerms are rows of half terms.
type halfTerms struct{ rows []records.FileRow }

func (h *halfTerms) Add(line int64, f []string) *Problem {
	year, _, _ := strings.Cut(Plain(f[0]), "/") // 2026/27
	begins, err := strconv.ParseInt(year, 10, 16)
	if err != nil || len(year) != 4 {
		return &Problem{"academic_year", f[0], "give the academic year as 2026/27, or the year in which it begins"}
	}
	number, ok := halfTermNumber(f[1])
	if !ok {
		return &Problem{"number", f[1], "give the half term as 1 to 6, or as Autumn 1 to Summer 2"}
	}
	rec := &records.HalfTerm{AcademicYear: int16(begins), Number: number}
	if rec.FirstDay, ok = ReadDay(f[2]); !ok {
		return &Problem{"first_day", f[2], dayAdvice}
	}
	if rec.LastDay, ok = ReadDay(f[3]); !ok {
		return &Problem{"last_day", f[3], dayAdvice}
	}
	h.rows = append(h.rows, records.FileRow{Line: line, Record: rec})
	return nil
}

// halfTermNumber reads 1 to 6, HT1, or Autumn 1, Spring 2 and the like.
func halfTermNumber(s string) (int16, bool) {
	s = strings.NewReplacer("HALF TERM", "", "TERM", "", "HT", "", " ", "").Replace(Tidy(Plain(s)))
	add := 0
	for i, season := range []string{"AUTUMN", "SPRING", "SUMMER"} {
		if rest, ok := strings.CutPrefix(s, season); ok {
			if rest != "1" && rest != "2" {
				return 0, false
			}
			s, add = rest, 2*i
		}
	}
	n, err := strconv.Atoi(s)
	return int16(n + add), err == nil && n+add >= 1 && n+add <= 6
}

func (h *halfTerms) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.MergeFile(ctx, v, b, "half-term", h.rows, map[string]string{"": "number", "academic_year": "academic_year", "number": "number", "first_day": "first_day", "last_day": "last_day"})
	h.rows = h.rows[:0]
	return outcomes, err
}

func (h *halfTerms) Subject(f []string) (subject, saying string) {
	return Tidied(f[0], f[1]), Tidied(f[2], f[3])
}

// holidays are rows of bank holidays.
type holidays struct{ rows []records.FileRow }

func (h *holidays) Add(line int64, f []string) *Problem {
	day, ok := ReadDay(f[0])
	if !ok {
		return &Problem{"date", f[0], dayAdvice}
	}
	name := strings.ReplaceAll(Plain(f[1]), "’", "'") // as those that are shipped
	if strings.EqualFold(Plain(f[2]), "substitute day") {
		name += " (substitute day)"
	}
	h.rows = append(h.rows, records.FileRow{Line: line, Record: &records.BankHoliday{Date: day, Name: name}})
	return nil
}

func (h *holidays) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.MergeFile(ctx, v, b, "bank-holiday", h.rows, map[string]string{"": "date", "date": "date", "name": "title"})
	h.rows = h.rows[:0]
	return outcomes, err
}

func (h *holidays) Subject(f []string) (subject, saying string) {
	return Tidy(f[0]), Tidied(f[1], f[2])
}

// holidayFile reads bank-holidays.json: England's and Wales' days.
type holidayFile struct {
	r     io.Reader
	bytes int64
	days  [][]string // nil: not read yet
	at    int
}

func (h *holidayFile) place() (line, bytes int64) { return int64(h.at), h.bytes }
func (h *holidayFile) ended() bool                { return true }

func (h *holidayFile) next() (row, error) {
	if h.days == nil {
		text, err := io.ReadAll(io.LimitReader(h.r, 4<<20))
		if err != nil {
			return row{}, err
		}
		h.bytes = int64(len(text))
		var file map[string]struct {
			Events []struct{ Title, Date, Notes string }
		}
		if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &file); err != nil {
			return row{}, refuse("this is not bank-holidays.json as it is published, or it was cut off (%v): take it again from www.gov.uk/bank-holidays.json", err)
		}
		h.days = [][]string{}
		for _, e := range file["england-and-wales"].Events {
			h.days = append(h.days, []string{e.Date, e.Title, e.Notes})
		}
	}
	if h.at == len(h.days) {
		return row{line: int64(h.at)}, io.EOF
	}
	fields := h.days[h.at]
	h.at++
	return row{line: int64(h.at), fields: fields, text: strings.Join(fields, ",")}, nil
}

// schoolDays are rows of days against the calendar.
type schoolDays struct{ rows []records.SchoolDayRow }

// dayReasons are the codes of the reasons by what people write.
var dayReasons = map[string]string{
	"INSET": "inset", "INSET DAY": "inset", "TRAINING DAY": "inset", "STAFF TRAINING": "inset", "NON-PUPIL DAY": "inset", "TRAINING DAY (INSET)": "inset",
	"WEATHER": "weather", "SNOW": "weather", "PREMISES": "premises", "HEATING": "premises", "HEATING, WATER OR PREMISES": "premises",
	"STAFF": "staff", "STRIKE": "staff", "STAFF ABSENCE OR INDUSTRIAL ACTION": "staff", "POLLING": "polling", "POLLING STATION": "polling",
	"OTHER": "other", "CLOSED": "other", "OTHER CLOSURE": "other", "EXTRA": "extra", "OPEN": "extra", "EXTRA DAY OF SCHOOL": "extra",
}

func (s *schoolDays) Add(line int64, f []string) *Problem {
	day, ok := ReadDay(f[0])
	if !ok || day.IsZero() {
		return &Problem{"date", f[0], dayAdvice}
	}
	reason, ok := dayReasons[Tidy(Plain(f[1]))]
	if !ok {
		return &Problem{"reason", f[1], "give one of inset, weather, premises, staff, polling, other; or extra for a day on which it is open"}
	}
	s.rows = append(s.rows, records.SchoolDayRow{Line: line, LAESTAB: Plain(f[2]), Date: day, Reason: reason})
	return nil
}

func (s *schoolDays) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutSchoolDays(ctx, v, s.rows, b)
	s.rows = s.rows[:0]
	return outcomes, err
}

func (s *schoolDays) Subject(f []string) (subject, saying string) {
	return Tidied(f[0], f[2]), Tidy(f[1])
}
