package indicators_test

import (
	"context"
	"database/sql"
	"testing"
	_ "time/tzdata"

	_ "github.com/duckdb/duckdb-go/v2"

	"onevision/indicators/indicatorstest"
)

// oneThread is the setting of DuckDB for tests. With more, whoever waits for the others
// turns in circles, which is most of the processor's time where a table has ten rows.
const oneThread = "?threads=1"

// memory is a sandbox of DuckDB in memory.
type memory struct{}

func (memory) Memory(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("duckdb", oneThread)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// open is a warehouse over the DuckDB of that file, "" for one in memory.
func open(t testing.TB, file string) *indicatorstest.Warehouse {
	t.Helper()
	db, err := sql.Open("duckdb", file+oneThread)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return indicatorstest.New(t, db)
}
