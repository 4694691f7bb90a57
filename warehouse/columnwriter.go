// Values of PostgreSQL's binary format written into the vectors of a DuckDB data
// chunk, one function for each type.

package warehouse

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// columnWriter writes one column of a data chunk.
type columnWriter struct {
	name     string
	kind     Type
	nullable bool
	width    uintptr // bytes of one value of an integer, decimal or ENUM
	scale    int
	limit    int64 // beyond every decimal of this precision

	single [256]int32 // ENUM value + 1 of one-letter codes, which most are
	codes  map[string]uint32

	vector   mapping.Vector
	data     unsafe.Pointer
	validity unsafe.Pointer // nil until the chunk's first NULL
}

// is makes the writer that of a column, whose type in DuckDB is kind.
func (c *columnWriter) is(column *Column, kind mapping.LogicalType) {
	c.name, c.kind, c.nullable, c.scale = column.Name, column.Type, column.Null, column.Scale
	switch column.Type {
	case Int16:
		c.width = 2
	case Int32:
		c.width = 4
	case Int64:
		c.width = 8
	case Decimal:
		c.width = physical(mapping.DecimalInternalType(kind))
		c.limit = int64(math.Pow10(column.Precision))
	case Code:
		c.width = physical(mapping.EnumInternalType(kind))
		c.codes = map[string]uint32{}
		for i := range mapping.EnumDictionarySize(kind) {
			code := mapping.EnumDictionaryValue(kind, mapping.IdxT(i))
			c.codes[code] = i
			if len(code) == 1 {
				c.single[code[0]] = int32(i) + 1
			}
		}
	}
}

func physical(t mapping.Type) uintptr {
	switch t {
	case mapping.TypeUTinyInt:
		return 1
	case mapping.TypeUSmallInt, mapping.TypeSmallInt:
		return 2
	case mapping.TypeUInteger, mapping.TypeInteger:
		return 4
	}
	return 8
}

func (c *columnWriter) point(v mapping.Vector) {
	c.vector, c.data, c.validity = v, mapping.VectorGetData(v), nil
}

func (c *columnWriter) null(row int) {
	if c.validity == nil {
		mapping.VectorEnsureValidityWritable(c.vector)
		c.validity = mapping.VectorGetValidity(c.vector)
	}
	word := (*uint64)(unsafe.Add(c.validity, row/64*8))
	*word &^= 1 << (row % 64)
}

// put writes a value that came in PostgreSQL's binary form.
func (c *columnWriter) put(row int, v []byte) error {
	switch c.kind {
	case Int16, Int32, Int64:
		n, err := integer(v)
		if err != nil {
			return err
		}
		return c.integer(row, n)
	case Bool:
		if len(v) != 1 {
			return errWidth
		}
		*(*byte)(unsafe.Add(c.data, row)) = v[0]
	case Date:
		if len(v) != 4 {
			return errWidth
		}
		n := int32(binary.BigEndian.Uint32(v))
		switch n {
		case math.MaxInt32: // infinity on both sides
		case math.MinInt32:
			n = -math.MaxInt32
		default:
			n += 10957 // days from 1970 to 2000
		}
		*(*int32)(unsafe.Add(c.data, row*4)) = n
	case Timestamp:
		if len(v) != 8 {
			return errWidth
		}
		n := int64(binary.BigEndian.Uint64(v))
		switch n {
		case math.MaxInt64:
		case math.MinInt64:
			n = -math.MaxInt64
		default:
			n += 946684800000000 // microseconds from 1970 to 2000
		}
		*(*int64)(unsafe.Add(c.data, row*8)) = n
	case Decimal:
		n, err := decimal(v, c.scale, c.limit)
		if err != nil {
			return err
		}
		return c.integer(row, n)
	case Code:
		if len(v) == 1 {
			if i := c.single[v[0]]; i > 0 {
				c.word(row, int64(i-1))
				return nil
			}
			return errUnknownCode
		}
		i, ok := c.codes[string(v)]
		if !ok {
			return errUnknownCode
		}
		c.word(row, int64(i))
	default:
		c.text(row, v)
	}
	return nil
}

// text writes a string: up to 12 bytes lie in the vector itself.
func (c *columnWriter) text(row int, v []byte) {
	if len(v) > 12 {
		mapping.VectorAssignStringElementLen(c.vector, mapping.IdxT(row), v)
		return
	}
	s := (*[16]byte)(unsafe.Add(c.data, row*16))
	*s = [16]byte{}
	binary.NativeEndian.PutUint32(s[:4], uint32(len(v)))
	copy(s[4:], v)
}

func (c *columnWriter) integer(row int, n int64) error {
	if bits := c.width * 8; bits < 64 && (n >= 1<<(bits-1) || n < -(1<<(bits-1))) {
		return errRange
	}
	c.word(row, n)
	return nil
}

func (c *columnWriter) word(row int, n int64) {
	p := unsafe.Add(c.data, uintptr(row)*c.width)
	switch c.width {
	case 1:
		*(*uint8)(p) = uint8(n)
	case 2:
		*(*int16)(p) = int16(n)
	case 4:
		*(*int32)(p) = int32(n)
	default:
		*(*int64)(p) = n
	}
}

// flag writes a boolean of our own.
func (c *columnWriter) flag(row int, v bool) {
	p := (*byte)(unsafe.Add(c.data, row))
	*p = 0
	if v {
		*p = 1
	}
}

// integer reads int2, int4 or int8.
func integer(v []byte) (int64, error) {
	switch len(v) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))), nil
	case 8:
		return int64(binary.BigEndian.Uint64(v)), nil
	}
	return 0, errWidth
}

// decimal reads a numeric as an integer of 10^-scale. A digit beyond the scale
// is an error, since it would be lost.
func decimal(v []byte, scale int, limit int64) (int64, error) {
	if len(v) < 8 {
		return 0, errWidth
	}
	count := int(binary.BigEndian.Uint16(v))
	weight := int(int16(binary.BigEndian.Uint16(v[2:])))
	sign := binary.BigEndian.Uint16(v[4:])
	if len(v) != 8+2*count {
		return 0, errWidth
	}
	if sign != 0 && sign != 0x4000 {
		return 0, errRange // NaN, infinity
	}
	var n int64
	for i := range count {
		digits := int64(binary.BigEndian.Uint16(v[8+2*i:]))
		// This group counts 10000^(weight-i), that is 10^shift of our unit.
		shift := (weight-i)*4 + scale
		for ; shift < 0; shift++ {
			if digits%10 != 0 {
				return 0, errRange
			}
			digits /= 10
		}
		for ; shift > 0 && digits != 0; shift-- {
			digits *= 10
			if digits >= limit {
				return 0, errRange
			}
		}
		n += digits
		if n >= limit {
			return 0, errRange
		}
	}
	if sign == 0x4000 {
		n = -n
	}
	return n, nil
}
