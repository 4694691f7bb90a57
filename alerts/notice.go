package alerts

import "slices"

// fold is what is left to tell of one alert, when these were to be told to one
// reader, in that order, and nothing of it was yet; "" where nothing is. What has
// recovered before it could be told is one thing to tell, and to somebody who was
// not concerned when it began it is none.
func fold(all []What) What {
	var opening, ending, other What
	for _, w := range all {
		switch {
		case w.opens(), w == WhatHandover, w == WhatEscalated:
			if opening == "" || w == WhatEscalated {
				opening = w
			}
		case w.ends():
			ending = w
		default:
			other = w
		}
	}
	switch {
	case opening.opens() && ending != "":
		return WhatPassed
	case opening != "" && ending != "":
		return ""
	case ending != "":
		return ending
	case opening != "":
		return opening
	case slices.Contains(all, WhatAssigned):
		return WhatAssigned
	case slices.Contains(all, WhatWorse):
		return WhatWorse
	}
	return other
}
