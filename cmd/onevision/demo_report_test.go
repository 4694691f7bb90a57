package main

import (
	"math"
	"testing"

	"onevision/records/county"
)

func TestAFigureIsPrintedInItsUnit(t *testing.T) {
	for _, c := range []struct {
		c                        county.Calibration
		published, here, differs string
	}{
		{county.Calibration{Unit: county.Percent, Published: 6.82, Here: 7}, "6.82 %", "7.00 %", "+0.18 pp"},
		{county.Calibration{Unit: county.Number, Published: 2424.8, Here: 2303.56}, "2425", "2304", "-5.0 %"},
		{county.Calibration{Unit: county.Mean, Published: 48.1, Here: 48.1}, "48.1", "48.1", "+0.0 %"},
		{county.Calibration{Unit: county.Percent, Published: 0.03, Here: math.NaN()}, "0.03 %", "none", ""},
	} {
		if p, h, d := amount(c.c.Published, c.c.Unit), amount(c.c.Here, c.c.Unit), difference(c.c); p != c.published || h != c.here || d != c.differs {
			t.Errorf("%+v: %s, %s, %s", c.c, p, h, d)
		}
	}
}
