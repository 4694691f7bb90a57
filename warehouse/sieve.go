package warehouse

/*
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// What is used of DuckDB's interface for C, whose handles are pointers.
extern uint64_t duckdb_data_chunk_get_size(void *chunk);
extern void *duckdb_data_chunk_get_vector(void *chunk, uint64_t column);
extern void *duckdb_vector_get_data(void *vector);
extern void *duckdb_scalar_function_get_extra_info(void *info);

static inline uint32_t place(uint64_t key) { return (key * 0x9E3779B97F4A7C15u) >> 44; }

static void put(uint64_t *bits, const int64_t *keys, uint64_t n) {
	for (uint64_t i = 0; i < n; i++) {
		uint32_t at = place(keys[i]);
		bits[at >> 6] |= (uint64_t)1 << (at & 63);
	}
}

static void sieve(void *info, void *input, void *output) {
	const uint64_t *bits = duckdb_scalar_function_get_extra_info(info);
	const int64_t *keys = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 0));
	bool *maybe = duckdb_vector_get_data(output);
	for (uint64_t i = 0, n = duckdb_data_chunk_get_size(input); i < n; i++) {
		uint32_t at = place(keys[i]);
		maybe[i] = bits[at >> 6] >> (at & 63) & 1;
	}
}

static void *sieve_function(void) { return sieve; }
static void *free_function(void) { return free; }
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// sieve is the function maybe_staged(key) of a build's instance: false for nearly
// every key that was not put in last. A search all over a table for some thousand
// keys spends its time on the millions of rows that are not meant, and this says
// so of a row in a fraction of a join's time.
type sieve struct{ bits *C.uint64_t }

const (
	sieveBytes = 1 << 17 // 2^20 bits stay in a processor's cache
	sieveKeys  = 100_000 // of more, too many others pass
)

func newSieve(d *duck) (*sieve, error) {
	s := &sieve{(*C.uint64_t)(C.calloc(1, sieveBytes))}
	f := mapping.CreateScalarFunction()
	defer mapping.DestroyScalarFunction(&f)
	key, answer := mapping.CreateLogicalType(mapping.TypeBigInt), mapping.CreateLogicalType(mapping.TypeBoolean)
	defer mapping.DestroyLogicalType(&key)
	defer mapping.DestroyLogicalType(&answer)
	mapping.ScalarFunctionSetName(f, "maybe_staged")
	mapping.ScalarFunctionAddParameter(f, key)
	mapping.ScalarFunctionSetReturnType(f, answer)
	mapping.ScalarFunctionSetExtraInfo(f, unsafe.Pointer(s.bits), C.free_function()) // DuckDB frees it with the function
	mapping.ScalarFunctionSetFunction(f, C.sieve_function())
	if mapping.RegisterScalarFunction(d.conn, f) == mapping.StateError {
		return nil, errors.New("DuckDB refuses the function maybe_staged")
	}
	return s, nil
}

// fill puts in what a query of one BIGINT column answers, and nothing else.
func (s *sieve) fill(d *duck, query string) error {
	clear(unsafe.Slice((*byte)(unsafe.Pointer(s.bits)), sieveBytes))
	return d.chunks(query, func(chunk mapping.DataChunk) {
		keys := mapping.VectorGetData(mapping.DataChunkGetVector(chunk, 0))
		C.put(s.bits, (*C.int64_t)(keys), C.uint64_t(mapping.DataChunkGetSize(chunk)))
	})
}
