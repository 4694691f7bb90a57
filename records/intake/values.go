package intake

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"onevision/records"
)

// Values as the systems of authorities and schools write them.

var (
	isoDay = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
	ukDay  = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$`)
	inWord = regexp.MustCompile(`(?i)^([0-9]{1,2})[ /.-]([a-z]{3,9})[ /.-]([0-9]{4})$`)
	serial = regexp.MustCompile(`^[2-6][0-9]{4}(\.0+)?$`)
	clock  = regexp.MustCompile(`[T ]00:00(:00(\.0+)?)?Z?$`)
)

const dayAdvice = "write the date as yyyy-mm-dd or dd/mm/yyyy"

// ReadDay reads a day: 2026-11-02, 02/11/2026, 2-11-2026, 2-Nov-2026, each with
// midnight after it or without, and 46328, the number by which a spreadsheet has it
// (of 1954 to 2091). Empty is no day; ok is false for what is none. The day
// comes before the month, as in this country, and years have four digits.
func ReadDay(s string) (d records.Date, ok bool) {
	s = clock.ReplaceAllString(Plain(s), "")
	if s == "" {
		return d, true
	}
	if m := ukDay.FindStringSubmatch(s); m != nil {
		s = m[3] + "-" + two(m[2]) + "-" + two(m[1])
	}
	if m := inWord.FindStringSubmatch(s); m != nil {
		if month := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(m[2][:3])); month >= 0 && month%3 == 0 {
			s = m[3] + "-" + two(strconv.Itoa(month/3+1)) + "-" + two(m[1])
		}
	}
	if serial.MatchString(s) { // days since 30 December 1899
		days, _ := strconv.Atoi(s[:5])
		return records.NewDate(1899, time.December, 30).Add(days), true
	}
	if !isoDay.MatchString(s) {
		return d, false
	}
	d, err := records.ParseDate(s)
	return d, err == nil
}

func two(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// Plain is a value without spaces around it and with ordinary ones within, and
// nothing where a system writes a word for nothing.
func Plain(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\t' || r == '\r' || r == '\n' }), " ")
	switch strings.ToUpper(s) {
	case "#N/A", "NULL", "N/A", "(NULL)":
		return ""
	}
	return s
}
