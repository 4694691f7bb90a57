package dashboards

// Fields of a form, as the template part "field" writes them.

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
