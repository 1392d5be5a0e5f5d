"""Tables in, comparisons out: nothing here knows a live simulation."""
