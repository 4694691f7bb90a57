package records

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is the record store.
type Store struct {
	pool   *pgxpool.Pool
	now    func() time.Time
	london *time.Location
}

// NewStore is a store on the program's own pool (the role under row-level
// security). now is the clock that "today" follows, in London's time.
func NewStore(pool *pgxpool.Pool, now func() time.Time) *Store {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("records: the program was built without time zones: import time/tzdata") // programmer error at start-up
	}
	return &Store{pool: pool, now: now, london: london}
}

// today is the day in London.
func (s *Store) today() Date { return DateOf(s.now().In(s.london)) }
