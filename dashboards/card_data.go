package dashboards

// A card as JSON.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
)

func init() {
	register(func(s *site) []route {
		return []route{{method: http.MethodGet, path: "/cards/:indicator", page: s.cardData, may: access.ViewDashboards, data: true}}
	})
}

// cardData is a card for a program: the same answer, already as its viewer may
// see it. Numbers are JSON numbers, exact; a figure without a number has none.
type cardData struct {
	Indicator  string       `json:"indicator"`
	Title      string       `json:"title"`
	Unit       string       `json:"unit"`
	Member     string       `json:"member,omitempty"`
	AsAt       time.Time    `json:"as_at"`
	ComputedAt time.Time    `json:"computed_at"`
	Definition string       `json:"definition_hash"`
	Position   string       `json:"position"`
	Status     string       `json:"status"`
	Current    figureData   `json:"current"`
	Previous   figureData   `json:"previous"`
	Newest     figureData   `json:"newest"`
	Change     string       `json:"change,omitempty"`
	Judgement  string       `json:"judgement,omitempty"`
	Target     json.Number  `json:"target,omitempty"`
	Series     []figureData `json:"series"`
	Members    []memberData `json:"members,omitempty"`
	Unrecorded []string     `json:"unrecorded,omitempty"` // what the figures rest on and nobody has recorded, in sentences
}

type figureData struct {
	Period      string      `json:"period"`
	Name        string      `json:"name"`
	State       string      `json:"state"`
	Text        string      `json:"text"`
	Value       json.Number `json:"value,omitempty"`
	Numerator   json.Number `json:"numerator,omitempty"`
	Denominator json.Number `json:"denominator,omitempty"`
	Note        string      `json:"note,omitempty"`
}

type memberData struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Status  string     `json:"status"`
	Current figureData `json:"current"`
}

// cardData answers GET /cards/:indicator. Its query is that of the page of the
// measure, without what only a page has.
func (s *site) cardData(c echo.Context, v access.Viewer) error {
	d, ok := s.definition(v, c.Param("indicator"))
	if !ok {
		return indicators.ErrNotFound
	}
	q, err := queryOf(c, allowed{"period": texts(d.Periods), "at": nil, "breakdown": d.Breakdowns, "member": nil, "last": lengths})
	if err != nil {
		return err
	}
	ask, err := questionOf(d, q)
	if err != nil {
		return err
	}
	a, err := s.Engine.Ask(c.Request().Context(), v, ask)
	if err != nil {
		return fmt.Errorf("ask %s: %w", d.ID, err)
	}
	return c.JSON(http.StatusOK, cardDataOf(a))
}

func cardDataOf(a indicators.Answer) cardData {
	d := a.Definition()
	card := cardData{
		Indicator: d.ID, Title: d.Title, Unit: string(d.Unit), Member: a.MemberName(), AsAt: a.AsAt(), ComputedAt: a.ComputedAt(),
		Definition: d.Hash, Position: a.Position(), Status: a.Status().String(),
		Current: figureDataOf(a.Current()), Previous: figureDataOf(a.Previous()), Newest: figureDataOf(a.Newest()),
		Change: a.Change().Text, Judgement: a.Change().Judgement.String(), Series: []figureData{}, Unrecorded: a.Unrecorded(),
	}
	if t, ok := a.Target(); ok {
		card.Target = exact(t.Value)
	}
	for _, f := range a.Series() {
		card.Series = append(card.Series, figureDataOf(f))
	}
	for _, m := range a.Members() {
		card.Members = append(card.Members, memberData{ID: m.ID, Name: m.Name, Status: m.Status.String(), Current: figureDataOf(m.Current)})
	}
	return card
}

func figureDataOf(f indicators.Figure) figureData {
	data := figureData{Period: f.Period.ID, Name: f.Period.Name, State: f.State.String(), Text: f.Text, Note: f.Note}
	if f.HasNumber() {
		data.Value, data.Numerator = exact(f.Value), exact(f.Numerator)
		if !f.Denominator.IsZero() {
			data.Denominator = exact(f.Denominator)
		}
	}
	return data
}

func exact(d decimal.Decimal) json.Number { return json.Number(d.String()) }
