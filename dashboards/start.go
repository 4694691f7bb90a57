package dashboards

// The guided start: what a new authority still lacks, and the next step for each.

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"onevision/access"
)

func init() {
	register(func(s *site) []route {
		if s.Start == nil {
			return nil
		}
		return []route{{method: http.MethodGet, path: "/start", page: s.start, may: access.OperateSystem, menu: "Start", place: 70}}
	}, startPage{})
}

// StartStep is one thing that an authority needs before it sees its own figures.
type StartStep struct {
	Title   string `json:"title"`
	Have    string `json:"have"`              // what is there
	Missing string `json:"missing,omitempty"` // what is not, and what that means; "": nothing
	Command string `json:"command,omitempty"` // what to run next
	Href    string `json:"page,omitempty"`    // the page where it is kept, "" for none
}

// Start lists the steps, in the order in which they are best taken.
type Start func(ctx context.Context) ([]StartStep, error)

type startPage struct {
	frame
	Lead  string
	Steps []StartStep
}

func (startPage) file() string { return "start.html" }

func (s *site) start(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	steps, err := s.Start(c.Request().Context())
	if err != nil {
		return fmt.Errorf("list what is lacking: %w", err)
	}
	p := startPage{frame: s.frame(c, v, "Start"), Steps: steps}
	there := 0
	for i, step := range steps {
		if step.Missing == "" {
			there++
		}
		p.Steps[i].Have = sentence(step.Have)
	}
	p.Lead = fmt.Sprintf("%d of %s there.", there, count(len(steps), "thing is", "things are"))
	return s.render(c, http.StatusOK, p)
}
