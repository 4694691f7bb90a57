package ssd

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"onevision/records"
	"onevision/records/intake"
)

// Values as the systems write them.

var (
	afterDay = regexp.MustCompile(`[T ][0-9]{1,2}:[0-9]{2}.*$`)
	letter   = regexp.MustCompile(`^[a-z]\) *`) // of a list of Ofsted's: "a) Relevant child"
)

// day reads the day of a column, whatever the time after it.
func (e *entry) day(column string) (records.Date, bool) {
	return intake.ReadDay(afterDay.ReplaceAllString(strings.TrimSpace(e.v[column]), ""))
}

// code is a code as tables of codes have it.
func code(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// lower is a text in which words are looked for.
func lower(s string) string {
	return letter.ReplaceAllString(strings.ToLower(strings.TrimSpace(s)), "")
}

// yes reads a flag.
func yes(s string) bool {
	return slices.Contains([]string{"Y", "YES", "1", "T", "TRUE"}, code(s))
}

// word is the first code of which one of the words stands in the text.
func word(text string, words ...[2]string) string {
	text = lower(text)
	for _, w := range words {
		for _, one := range strings.Split(w[0], "|") {
			if strings.Contains(text, one) {
				return w[1]
			}
		}
	}
	return ""
}

// role is the code of what a worker is to a child, "" if no record holds that.
func role(text string) string {
	return word(text, [2]string{"personal adv", "personal-adviser"}, [2]string{"reviewing|iro", "iro"}, [2]string{"health visitor", "health-visitor"}, [2]string{"education welfare|ewo", "ewo"},
		[2]string{"sen officer|sen case", "sen-officer"}, [2]string{"social work|allocated|case work|case_work|lead worker|key worker", "social-worker"})
}

// service is what a team does, by its name.
func service(name string) string {
	if s := word(name, [2]string{"leaving|leaver|16+|throughcare", "leaving-care"}, [2]string{"disab", "disability"}, [2]string{"looked after|in care|fostering|adoption|permanence|corporate parent|cla|lac ", "looked-after"},
		[2]string{"welfare", "education-welfare"}, [2]string{"assess|front door|mash|referral|duty|hub", "assessment"}); s != "" {
		return s
	}
	return "safeguarding"
}

// flags are the outcomes that a JSON text of flags says yes to, without OUTCOME_
// before and _FLAG after.
func flags(text string) map[string]bool {
	var all map[string]any
	said := map[string]bool{}
	if json.Unmarshal([]byte(text), &all) != nil {
		return said
	}
	for name, value := range all {
		if s, ok := value.(string); ok && yes(s) {
			said[strings.TrimSuffix(strings.TrimPrefix(code(name), "OUTCOME_"), "_FLAG")] = true
		}
	}
	return said
}

// outcome is the code of the first flag that is said.
func outcome(said map[string]bool, codes ...[2]string) string {
	for _, c := range codes {
		if said[c[0]] {
			return c[1]
		}
	}
	return "other"
}

// factorCode is one of the codes of factors that an assessment may find.
var factorCode = regexp.MustCompile(`^[0-9]{1,2}[A-Z]?$`)

// factorsOf are the factors of a JSON text: a list of codes, or codes with yes or no.
func factorsOf(text string) (codes []string, ok bool) {
	var list []any
	var said map[string]any
	switch {
	case strings.TrimSpace(text) == "":
		return nil, true
	case json.Unmarshal([]byte(text), &list) == nil:
		for _, one := range list {
			s, _ := one.(string)
			codes = append(codes, code(s))
		}
	case json.Unmarshal([]byte(text), &said) == nil:
		for name, value := range said {
			if s, _ := value.(string); yes(s) || code(s) == code(name) {
				codes = append(codes, code(name))
			}
		}
	default:
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(`,;[]" `, r) }) {
			codes = append(codes, code(one))
		}
	}
	for _, c := range codes {
		if !factorCode.MatchString(c) {
			return nil, false
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes), true
}

// addressLines are the lines of an address of JSON, or of a text.
func addressLines(text string) (lines string, uprn string) {
	var parts map[string]any
	if json.Unmarshal([]byte(text), &parts) != nil {
		return strings.TrimSpace(text), ""
	}
	part := func(name string) string {
		for key, value := range parts {
			if s, ok := value.(string); ok && code(key) == name {
				return intake.Plain(s)
			}
		}
		return ""
	}
	first := strings.TrimSpace(part("HOUSE") + " " + part("STREET"))
	var list []string
	for _, s := range []string{part("ROOM"), part("FLOOR"), part("FLAT"), part("BUILDING"), first, part("LOCALITY"), part("TOWN")} {
		if s != "" {
			list = append(list, s)
		}
	}
	return strings.Join(list, "\n"), part("UPRN")
}
