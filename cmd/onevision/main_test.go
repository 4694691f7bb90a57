package main

import (
	"testing"

	"onevision/records/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }
