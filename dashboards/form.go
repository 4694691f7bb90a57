package dashboards

// Fields of a form, as the template parts "field" and "date" write them.

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// formField is one field as it was filled in, and what is wrong with it.
type formField struct {
	Kind                     string // "": a line of text, or a select where there are options; "checkbox", "text" (several lines), "password", "new-password"
	Name, Label, Hint, Value string
	Error                    string
	Short                    bool
	Options                  []option
}

// choose makes a select of the pairs of value and text.
func choose(name, label, hint, value string, options ...option) formField {
	for i := range options {
		options[i].Selected = options[i].Value == value
	}
	return formField{Name: name, Label: label, Hint: hint, Value: value, Options: options}
}

// formDate is a date as three fields of a form.
type formDate struct {
	Name, Label, Error string
	Fields             []formDateField
}

type formDateField struct{ ID, Label, Width, Value string }

func dateFields(name, label, wrong, day, month, year string) formDate {
	return formDate{name, label, wrong, []formDateField{{name + "-day", "Day", "2", day}, {name + "-month", "Month", "2", month}, {name + "-year", "Year", "4", year}}}
}

// formDay is a date of three fields, as a midnight in UTC.
func formDay(day, month, year string) (time.Time, error) {
	return time.Parse("2 1 2006", strings.Join([]string{strings.TrimLeft(strings.TrimSpace(day), "0"), strings.TrimLeft(strings.TrimSpace(month), "0"), strings.TrimSpace(year)}, " "))
}

// dayOrNone is the day of three fields of a form; none where all are empty.
func dayOrNone(c echo.Context, name string) (time.Time, [3]string, error) {
	given := [3]string{c.FormValue(name + "-day"), c.FormValue(name + "-month"), c.FormValue(name + "-year")}
	if strings.TrimSpace(strings.Join(given[:], "")) == "" {
		return time.Time{}, given, nil
	}
	day, err := formDay(given[0], given[1], given[2])
	return day, given, err
}

// childField asks which child somebody means, with bornFields after it.
func childField(value string) formField {
	return formField{Name: "child", Label: "Child", Value: value, Hint: "A UPN, an NHS number, a number of social care’s or the id in the address of the child’s page. Or the full name, with the date of birth below."}
}

const bornWrong = "The date of birth must be a real date, such as 27 3 2015"

func bornFields(born [3]string, wrong string) formDate {
	return dateFields("born", "Date of birth (only with a name)", wrong, born[0], born[1], born[2])
}

// wrong puts what is wrong beside its field, and says it for the summary.
func wrong(fields []formField, field, text string) []formProblem {
	for i := range fields {
		if fields[i].Name == field {
			fields[i].Error = text
			return []formProblem{{field, text}}
		}
	}
	return []formProblem{{"", text}}
}

// titled is the title of a page with a form: it says first that something is wrong.
func titled(title string, wrong bool) string {
	if wrong {
		return "Error: " + title
	}
	return title
}
