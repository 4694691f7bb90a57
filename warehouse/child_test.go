package warehouse

func following() bool { return false }
