package main

import "context"

func imports(context.Context, *bench) (float64, error)   { return 0, nil }
