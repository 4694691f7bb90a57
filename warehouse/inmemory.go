// A DuckDB without a file, for trying definitions.

package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"

	"github.com/duckdb/duckdb-go/v2"
)

// Memory opens an empty DuckDB in memory, without file or network access, for
// trying a definition on its examples.
func Memory(ctx context.Context) (*sql.DB, error) {
	values := url.Values{}
	for name, value := range settings("512MB", 1) {
		values.Set(name, value)
	}
	connector, err := duckdb.NewConnector("?"+values.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("open DuckDB in memory: %w", err)
	}
	db := sql.OpenDB(connector)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open DuckDB in memory: %w", err)
	}
	return db, nil
}
