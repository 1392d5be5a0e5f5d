"""Studies and replications, one file each."""
